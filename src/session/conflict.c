/* Whether rows would be lost is asked first, by a query over the rows as the statement writes them: two
 * that are the same in a key, with a NULL among them. A column that the statement does not name is NULL
 * there, unless it has a default, and so is DEFAULT. That is asked at most too often: one by one is right,
 * too, and only slow. */
#include "session/conflict.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "rows/row_desc.h"
#include "session/session_priv.h"
#include "session/stand_in.h"
#include "session/value_text.h"
#include "sql/change.h"
#include "sql/name.h"

#include <assert.h>
#include <string.h>

enum { TEXT_MAX = 64 * 1024 * 1024, NAMES_MAX = 1600 };

struct inserting {
    struct session *session;
    struct portal *portal;
    struct sql_change change;
    struct ask_rows columns; /* of the table: name, whether it has a default */
    struct ask_rows keys;    /* of the table: "a", "b" */
    uint64_t rows;           /* that were put in */
    struct backend_portal *last;
};

static const char *finish(struct session *s, const struct buf *b)
{
    return buf_ok(b) ? arena_strndup(&s->message_arena, (const char *)b->data, b->len) : NULL;
}

static bool has_values(const struct inserting *in)
{
    struct sql_lexer l;
    struct sql_token t;
    sql_lexer_init(&l, sql_tokens_of(in->change.rows));
    (void)sql_lexer_next(&l, &t);
    return sql_token_is_word(&t, "VALUES");
}

/* VALUES of one row, which conflicts with none of its statement. */
static bool is_one_row(const struct inserting *in)
{
    struct sql_lexer l;
    struct sql_token t;
    size_t depth = 0, rows = 0;
    if (!has_values(in))
        return false;
    sql_lexer_init(&l, sql_tokens_of(in->change.rows));
    while (rows < 2 && sql_lexer_next(&l, &t) != SQL_TOK_END && t.kind != SQL_TOK_BAD) {
        rows += sql_token_is(&t, '(') && depth++ == 0;
        depth -= depth > 0 && sql_token_is(&t, ')');
    }
    return rows < 2;
}

/* ---- what is known ---- */

static int look_up(struct inserting *in, const struct relation *table, struct err *e)
{
    struct session *s = in->session;
    const char *name = step_literal(s, table->name), *schema = step_literal(s, table->schema);
    const char *database = table->temporary ? "'temp'" : "system.main.current_database()";
    if (!name || !schema)
        return err_oom(e);
    TRY(session_ask(
        s,
        step_text(s,
                  "SELECT column_name, column_default IS NOT NULL FROM system.main.duckdb_columns() "
                  "WHERE database_name = %s AND schema_name = %s AND table_name = %s ORDER BY "
                  "column_index",
                  database, schema, name),
        &in->columns, e));
    if (in->change.key.n)
        return ST_OK;
    return session_ask(
        s,
        step_text(
            s,
            "SELECT array_to_string(['\"' || replace(x, '\"', '\"\"') || '\"' FOR x IN "
            "constraint_column_names], ', ') FROM system.main.duckdb_constraints() WHERE constraint_type = "
            "'UNIQUE' AND database_name = %s AND schema_name = %s AND table_name = %s UNION ALL SELECT "
            "expressions[2:-2] FROM system.main.duckdb_indexes() WHERE is_unique AND database_name = %s AND "
            "schema_name = %s AND table_name = %s",
            database, schema, name, database, schema, name),
        &in->keys, e);
}

static int make(const struct inserting *in, const char *text, struct stand_in *out, struct err *e)
{
    const struct portal *p = in->portal;
    const struct stand_in_params all = {
        .n = p->nparams, .oids = p->statement->engine->info.param_oids, .values = p->params};
    return stand_in_make(in->session, &p->sql, text, &all, out, e);
}

/* Runs a query in the statement's place, with its parameters. desc NULL: nobody wants it; else the
 * caller's. */
static int ask(const struct inserting *in, const char *text, struct ask_rows *out, struct row_desc **desc,
               struct err *e)
{
    struct session *s = in->session;
    struct stand_in made;
    struct backend_portal *portal = NULL;
    TRY(make(in, text, &made, e));
    TRY(stand_in_open(s, &in->portal->sql, &made, &s->memory.all, &portal, e));
    int st = s->engine->ops->start(portal, e);
    if (st == ST_OK)
        st = session_ask_portal(s, portal, out, e);
    if (st == ST_OK && desc && portal->desc)
        *desc = row_desc_ref(portal->desc);
    s->engine->ops->portal_close(portal);
    return st;
}

/* The rows as a query: DEFAULT is no value of one. */
static const char *rows_text(const struct inserting *in)
{
    CLEANUP(buf_release) struct buf b = {0};
    struct sql_lexer l;
    struct sql_token t;
    const struct str rows = in->change.rows;
    size_t at = 0;
    buf_init_of(&b, TEXT_MAX, &in->session->memory.all);
    sql_lexer_init(&l, sql_tokens_of(rows));
    while (has_values(in) && sql_lexer_next(&l, &t) != SQL_TOK_END && t.kind != SQL_TOK_BAD)
        if (sql_token_is_word(&t, "DEFAULT")) {
            buf_put(&b, rows.p + at, t.at - at);
            buf_printf(&b, "NULL");
            at = t.at + t.text.n;
        }
    buf_put(&b, rows.p + at, rows.n - at);
    return finish(in->session, &b);
}

/* ---- whether rows would be lost ---- */

/* The names of what is inserted. n: how many the rows have. */
static size_t names_of(const struct inserting *in, const char **names, size_t n)
{
    struct session *s = in->session;
    struct sql_lexer l;
    struct sql_token t;
    size_t given = 0;
    if (!in->change.columns.n) {
        for (; given < n && given < in->columns.n; given++)
            names[given] = ask_text(&in->columns, given, 0);
        return given;
    }
    sql_lexer_init(&l, sql_tokens_of(in->change.columns));
    while (given < n && sql_lexer_next(&l, &t) != SQL_TOK_END) {
        char *name = sql_token_is_name(&t) ? arena_alloc(&s->message_arena, t.text.n + 1) : NULL;
        if (!name)
            continue;
        name[sql_name_read(&t, name)] = '\0';
        names[given++] = name;
    }
    return given;
}

static bool is_among(const char *const *names, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (str_ieq(str_of(names[i]), str_of(name)))
            return true;
    return false;
}

/* SELECT *, NULL AS "c" FROM (rows) AS excluded("a", "b"): all columns of the table. NULL without memory. */
static const char *all_columns(const struct inserting *in, const char *rows, size_t n)
{
    CLEANUP(buf_release) struct buf b = {0};
    struct session *s = in->session;
    const char **names = arena_calloc(&s->message_arena, n + 1, sizeof *names);
    if (!names)
        return NULL;
    size_t given = names_of(in, names, n);
    buf_init_of(&b, TEXT_MAX, &s->memory.all);
    buf_printf(&b, "SELECT *");
    for (size_t i = 0; i < in->columns.n; i++) {
        const char *name = ask_text(&in->columns, i, 0);
        if (is_among(names, given, name))
            continue;
        buf_printf(&b, ask_text(&in->columns, i, 1)[0] == 't' ? ", 0 AS " : ", NULL AS ");
        sql_name_put(&b, str_of(name));
    }
    buf_printf(&b, " FROM (%s) AS excluded(", rows);
    for (size_t i = 0; i < given; i++) {
        buf_printf(&b, "%s", i ? ", " : "");
        sql_name_put(&b, str_of(names[i]));
    }
    buf_printf(&b, ")");
    return given ? finish(s, &b) : NULL;
}

/* (a) IS NULL OR (b) IS NULL, of what a key is of. */
static void put_nulls(struct buf *b, struct str key)
{
    struct sql_lexer l;
    struct sql_token t;
    size_t depth = 0, from = 0;
    sql_lexer_init(&l, sql_tokens_of(key));
    buf_printf(b, "(");
    while (sql_lexer_next(&l, &t) != SQL_TOK_END && t.kind != SQL_TOK_BAD) {
        depth += sql_token_is(&t, '(');
        depth -= depth > 0 && sql_token_is(&t, ')');
        if (depth > 0 || !sql_token_is(&t, ','))
            continue;
        buf_printf(b, "%.*s) IS NULL OR (", (int)(t.at - from), key.p + from);
        from = t.at + t.text.n;
    }
    buf_printf(b, "%.*s) IS NULL", (int)(key.n - from), key.p + from);
}

/* Whether two rows are the same in a key, with a NULL among them. */
static int loses(const struct inserting *in, const char *columns, struct str key, bool *out, struct err *e)
{
    CLEANUP(buf_release) struct buf b = {0};
    struct ask_rows rows = {0};
    struct session *s = in->session;
    buf_init_of(&b, TEXT_MAX, &s->memory.all);
    buf_printf(&b, "%.*sSELECT 1 FROM (%s) AS excluded GROUP BY %.*s HAVING count(*) > 1 AND (",
               (int)in->change.with.n, in->change.with.p, columns, (int)key.n, key.p);
    put_nulls(&b, key);
    buf_printf(&b, ") LIMIT 1");
    TRY(ask(in, finish(s, &b), &rows, NULL, e));
    *out = rows.n > 0;
    return ST_OK;
}

/* How many columns the rows have. */
static int count_columns(const struct inserting *in, const char *rows, size_t *n, struct err *e)
{
    struct session *s = in->session;
    struct stand_in made;
    struct backend_stmt *stmt = NULL;
    TRY(make(
        in,
        step_text(s, "%.*sSELECT * FROM (%s) AS excluded", (int)in->change.with.n, in->change.with.p, rows),
        &made, e));
    TRY(stand_in_prepare(s, &in->portal->sql, &made, &s->memory.all, &stmt, e));
    *n = stmt->info.desc ? stmt->info.desc->ncolumns : 0;
    s->engine->ops->stmt_free(stmt);
    return ST_OK;
}

static int any_lost(const struct inserting *in, bool *out, struct err *e)
{
    size_t n;
    const char *rows = rows_text(in);
    *out = false;
    if (!rows)
        return err_oom(e);
    TRY(count_columns(in, rows, &n, e));
    const char *columns = n ? all_columns(in, rows, n) : NULL;
    if (!columns)
        return err_oom(e);
    if (in->change.key.n)
        return loses(in, columns, in->change.key, out, e);
    for (size_t i = 0; i < in->keys.n && !*out; i++)
        TRY(loses(in, columns, str_of(ask_text(&in->keys, i, 0)), out, e));
    return ST_OK;
}

/* ---- one by one ---- */

/* A row's statement; it runs, or is the last one. */
static int insert(struct inserting *in, struct str row, bool last, struct err *e)
{
    struct session *s = in->session;
    struct portal *p = in->portal;
    const struct sql_change *c = &in->change;
    struct stand_in made;
    struct backend_portal *portal = NULL;
    TRY(session_check_interrupts(s, e));
    TRY(make(in,
             step_text(s, "%.*sVALUES %.*s %.*s", (int)c->head.n, c->head.p, (int)row.n, row.p,
                       (int)c->tail.n, c->tail.p),
             &made, e));
    TRY(stand_in_open(s, &p->sql, &made, p->memory, &portal, e));
    if (last) {
        in->last = portal;
        return ST_OK;
    }
    int st = s->engine->ops->start(portal, e);
    if (st == ST_OK)
        in->rows += portal->rows_affected;
    s->engine->ops->portal_close(portal);
    return st;
}

/* The rows of VALUES, each as it is written. */
static int insert_written(struct inserting *in, struct err *e)
{
    const struct str rows = in->change.rows;
    struct sql_lexer l;
    struct sql_token t;
    struct str row = {0};
    size_t depth = 0, from = 0;
    sql_lexer_init(&l, sql_tokens_of(rows));
    while (sql_lexer_next(&l, &t) != SQL_TOK_END && t.kind != SQL_TOK_BAD) {
        if (sql_token_is(&t, '(') && depth++ == 0) {
            if (row.n)
                TRY(insert(in, row, false, e));
            from = t.at;
        }
        if (depth > 0 && sql_token_is(&t, ')') && --depth == 0)
            row = (struct str){rows.p + from, t.at + t.text.n - from};
    }
    assert(row.n > 0);
    return insert(in, row, true, e);
}

/* (CAST('1' AS integer), …) */
static const char *row_text(const struct inserting *in, const struct ask_rows *rows, size_t row,
                            const struct row_desc *desc)
{
    CLEANUP(buf_release) struct buf b = {0};
    buf_init_of(&b, TEXT_MAX, &in->session->memory.all);
    for (size_t i = 0; i < desc->ncolumns; i++) {
        CLEANUP(buf_release) struct buf type = {0};
        buf_init(&type, ERR_NAME_MAX);
        bool casts = value_put_type(&type, &desc->columns[i]) && buf_ok(&type);
        buf_printf(&b, "%s%s", i ? ", " : "(", casts ? "CAST(" : "");
        value_put_literal(&b, ask_value(rows, row, i));
        if (casts)
            buf_printf(&b, " AS %.*s)", (int)type.len, (const char *)type.data);
    }
    buf_put_u8(&b, ')');
    return finish(in->session, &b);
}

/* The rows of a query, which is run once. */
static int insert_queried(struct inserting *in, struct err *e)
{
    struct session *s = in->session;
    struct ask_rows rows = {0};
    struct row_desc *desc = NULL;
    const struct sql_change *c = &in->change;
    if (c->with.n) /* it stands in front of the INSERT, and each row's statement would run it again */
        return err_set(
            e, SQLSTATE_FEATURE_NOT_SUPPORTED,
            "INSERT with ON CONFLICT of several rows with NULL in a unique key is not supported behind WITH");
    int st =
        ask(in, step_text(s, "SELECT * FROM (%.*s) AS excluded", (int)c->rows.n, c->rows.p), &rows, &desc, e);
    if (st < 0 && e->code == SQLSTATE_PROGRAM_LIMIT_EXCEEDED && !desc) {
        err_init(e);
        return err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED,
                       "INSERT with ON CONFLICT of more than %d rows, several with NULL in a unique key",
                       ASK_ROWS_MAX);
    }
    TRY(st);
    st = desc ? ST_OK : err_set(e, SQLSTATE_INTERNAL_ERROR, "the rows of an INSERT have no columns");
    for (size_t i = 0; st == ST_OK && i < rows.n; i++) {
        const char *text = row_text(in, &rows, i, desc);
        st = text ? insert(in, str_of(text), i + 1 == rows.n, e) : err_oom(e);
    }
    row_desc_unref(desc);
    return st;
}

int conflict_before(struct session *s, struct portal *p, bool otherwise, struct backend_portal **last,
                    uint64_t *rows, struct err *e)
{
    const struct sql_token none = {.kind = SQL_TOK_END};
    struct inserting in = {.session = s, .portal = p};
    struct sql_change *c = &in.change;
    struct relation table;
    bool lost;
    *last = NULL;
    *rows = 0;
    TRY(sql_change_read(&s->message_arena, sql_statement_tokens(&p->sql), c, e));
    if (!c->conflict || c->nparts == 0 || is_one_row(&in))
        return ST_OK;
    const struct relation_name name = {.database = c->nparts > 2 ? c->parts[c->nparts - 3] : none,
                                       .schema = c->nparts > 1 ? c->parts[c->nparts - 2] : none,
                                       .relation = c->parts[c->nparts - 1]};
    TRY(relation_find(s, &name, "r", &table, e));
    if (!table.found)
        return ST_OK;
    TRY(look_up(&in, &table, e));
    TRY(any_lost(&in, &lost, e));
    if (!lost)
        return ST_OK;
    if (otherwise || p->returns_rows)
        return err_set(
            e, SQLSTATE_FEATURE_NOT_SUPPORTED,
            "INSERT with ON CONFLICT of several rows with NULL in a unique key is not supported %s",
            p->returns_rows ? "with RETURNING" : "for a table with foreign keys");
    tx_writes(s);
    TRY(has_values(&in) ? insert_written(&in, e) : insert_queried(&in, e));
    *last = in.last;
    *rows = in.rows;
    return ST_OK;
}
