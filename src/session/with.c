/* The text of a part is that of the parts before it, each with what it returned as a list of values, and its
 * own. Values are written as text with the type of their column. While nothing has run, a part's place holds
 * a query of its columns without rows. */
#include "session/with.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "pgtype/oid.h"
#include "rows/row_desc.h"
#include "session/session_priv.h"
#include "session/stand_in.h"
#include "session/value_text.h"
#include "sql/name.h"
#include "sql/with.h"

#include <assert.h>
#include <string.h>

/* ---- texts ---- */

struct parts {
    struct session *session;
    const struct sql_statement *sql;
    struct sql_with with;
    const char **bodies; /* of the parts; NULL: as they were written */
    struct stand_in_params params;
};

static int begin(struct parts *p, struct err *e)
{
    struct session *s = p->session;
    TRY(sql_with_read(&s->message_arena, sql_statement_tokens(p->sql), &p->with, e));
    p->bodies = arena_calloc(&s->message_arena, p->with.n, sizeof *p->bodies);
    return p->bodies ? ST_OK : err_oom(e);
}

/* The parts before `end`, and then `text`. NULL without memory. */
static const char *text_of(const struct parts *p, size_t end, struct str text)
{
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, SIZE_MAX);
    assert(end <= p->with.n);
    if (end > 0)
        buf_put(&b, p->with.with.p, p->with.with.n);
    for (size_t i = 0; i < end; i++) {
        const struct sql_with_part *part = &p->with.parts[i];
        struct str body = p->bodies[i] ? str_of(p->bodies[i]) : part->body;
        buf_printf(&b, i ? ", " : " ");
        buf_put(&b, part->head.p, part->head.n);
        buf_put(&b, body.p, body.n);
        buf_put(&b, part->tail.p, part->tail.n);
    }
    buf_printf(&b, " ");
    buf_put(&b, text.p, text.n);
    return buf_ok(&b) ? arena_strndup(&p->session->message_arena, (const char *)b.data, b.len) : NULL;
}

/* CAST('value' AS type) */
static void put_value(struct buf *b, const struct column_desc *c, const char *value)
{
    buf_printf(b, "CAST(");
    value_put_literal(b, value);
    buf_printf(b, " AS ");
    if (!value_put_type(b, c))
        buf_printf(b, "text");
    buf_put_u8(b, ')');
}

/* SELECT * FROM (VALUES (CAST('1' AS integer), …), …) AS …; without rows one that gives none. NULL without
 * memory. */
static const char *rows_as_query(struct session *s, const struct row_desc *desc, const struct ask_rows *rows)
{
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, SIZE_MAX);
    size_t n = desc ? desc->ncolumns : 0, nrows = rows ? rows->n : 0;
    buf_printf(&b, nrows ? "SELECT * FROM (VALUES " : "SELECT ");
    for (size_t row = 0; row < (nrows ? nrows : 1); row++) {
        buf_printf(&b, nrows ? row ? ", (" : "(" : "");
        for (size_t i = 0; i < n; i++) {
            buf_printf(&b, i ? ", " : "");
            put_value(&b, &desc->columns[i], nrows ? ask_value(rows, row, i) : NULL);
            if (!nrows) {
                buf_printf(&b, " AS ");
                sql_name_put(&b, str_of(desc->columns[i].name));
            }
        }
        buf_printf(&b, nrows ? ")" : n ? " WHERE false" : "NULL WHERE false");
    }
    for (size_t i = 0; nrows && i < n; i++) {
        buf_printf(&b, i ? ", " : ") AS \"tavana: rows\" (");
        sql_name_put(&b, str_of(desc->columns[i].name));
    }
    buf_printf(&b, nrows ? ")" : "");
    return buf_ok(&b) ? arena_strndup(&s->message_arena, (const char *)b.data, b.len) : NULL;
}

/* ---- before it runs ---- */

/* The highest number of a parameter in the text. */
static size_t highest(struct sql_tokens sql)
{
    struct sql_lexer l;
    struct sql_token t;
    int64_t n = 0, most = 0;
    sql_lexer_init(&l, sql);
    while (sql_lexer_next(&l, &t) != SQL_TOK_END)
        if (t.kind == SQL_TOK_PARAM &&
            str_to_i64((struct str){t.text.p + 1, t.text.n - 1}, 1, BACKEND_PARAMS_MAX, &n) && n > most)
            most = n;
    return (size_t)most;
}

/* Prepares text, and learns what its parameters are. */
static int prepare_text(const struct parts *p, uint32_t *oids, const char *text, struct account *memory,
                        struct stand_in *made, struct backend_stmt **out, struct err *e)
{
    TRY(stand_in_make(p->session, p->sql, text, &p->params, made, e));
    TRY(stand_in_prepare(p->session, p->sql, made, memory, out, e));
    const struct backend_stmt_info *info = &(*out)->info;
    for (size_t i = 0; i < made->n && i < info->nparams; i++)
        oids[made->numbers[i] - 1] = info->param_oids[i];
    return ST_OK;
}

static int describe_part(struct parts *p, uint32_t *oids, size_t i, struct err *e)
{
    struct session *s = p->session;
    struct stand_in made;
    struct backend_stmt *stmt = NULL;
    assert(i < p->with.n);
    if (!p->with.parts[i].changes)
        return ST_OK;
    TRY(prepare_text(p, oids, text_of(p, i, p->with.parts[i].body), &s->memory.all, &made, &stmt, e));
    p->bodies[i] = rows_as_query(s, stmt->info.returns_rows ? stmt->info.desc : NULL, NULL);
    s->engine->ops->stmt_free(stmt);
    return p->bodies[i] ? ST_OK : err_oom(e);
}

int with_prepare(struct session *s, struct statement *st, const struct sql_statement *sql,
                 const uint32_t *oids, size_t noids, struct err *e)
{
    struct parts p = {.session = s, .sql = sql};
    struct stand_in made;
    assert(!st->engine && !st->with);
    TRY(begin(&p, e));
    size_t n = highest(sql_statement_tokens(sql));
    n = n > noids ? n : noids;
    struct statement_with *with = arena_calloc(&st->arena, 1, sizeof *with);
    uint32_t *all = arena_calloc(&st->arena, n + 1, sizeof *all);
    uint16_t *numbers = arena_calloc(&st->arena, n + 1, sizeof *numbers);
    if (!with || !all || !numbers || n > BACKEND_PARAMS_MAX)
        return err_oom(e);
    if (noids)
        memcpy(all, oids, noids * sizeof *all);
    p.params = (struct stand_in_params){.n = n, .oids = all};
    for (size_t i = 0; i < p.with.n; i++)
        TRY(describe_part(&p, all, i, e));
    TRY(prepare_text(&p, all, text_of(&p, p.with.n, p.with.main), st->memory, &made, &st->engine, e));
    for (size_t i = 0; i < n; i++)
        all[i] = all[i] ? all[i] : PGTYPE_TEXT;
    for (size_t i = 0; i < made.n; i++)
        numbers[i] = (uint16_t)made.numbers[i];
    *with = (struct statement_with){.nparams = (uint16_t)n, .oids = all, .nown = made.n, .own = numbers};
    st->with = with;
    return ST_OK;
}

/* ---- running it ---- */

static int too_many(struct err *e)
{
    err_init(e);
    return err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED,
                   "a query that changes rows in WITH can return at most %d of them", WITH_ROWS_MAX);
}

static int run_part(struct parts *p, size_t i, struct err *e)
{
    struct session *s = p->session;
    struct stand_in made;
    struct backend_portal *portal = NULL;
    struct ask_rows rows = {0};
    assert(i < p->with.n && !p->bodies[i]);
    if (!p->with.parts[i].changes)
        return ST_OK;
    TRY(stand_in_make(s, p->sql, text_of(p, i, p->with.parts[i].body), &p->params, &made, e));
    TRY(stand_in_open(s, p->sql, &made, &s->memory.all, &portal, e));
    int st = s->engine->ops->start(portal, e);
    if (st == ST_OK && portal->desc)
        st = session_ask_portal(s, portal, &rows, e);
    if (st < 0 && e->code == SQLSTATE_PROGRAM_LIMIT_EXCEEDED && portal->desc)
        (void)too_many(e);
    if (st == ST_OK)
        p->bodies[i] = rows_as_query(s, portal->desc, &rows);
    if (st == ST_OK && !p->bodies[i])
        st = err_oom(e);
    s->engine->ops->portal_close(portal);
    return st;
}

int with_before(struct session *s, struct portal *portal, struct err *e)
{
    const struct statement_with *with = portal->statement->with;
    struct parts p = {.session = s, .sql = &portal->sql};
    struct stand_in made;
    struct backend_portal *engine = NULL;
    assert(with && !portal->engine->started && portal->nparams == with->nparams);
    _Static_assert((int)WITH_ROWS_MAX == (int)ASK_ROWS_MAX, "");
    TRY(begin(&p, e));
    p.params = (struct stand_in_params){.n = with->nparams, .oids = with->oids, .values = portal->params};
    for (size_t i = 0; i < p.with.n; i++)
        TRY(run_part(&p, i, e));
    TRY(stand_in_make(s, p.sql, text_of(&p, p.with.n, p.with.main), &p.params, &made, e));
    TRY(stand_in_open(s, p.sql, &made, portal->memory, &engine, e));
    portal_close_engine(s, portal);
    portal->engine = engine;
    return ST_OK;
}
