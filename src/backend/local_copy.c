/* COPY FROM STDIN: the reader's rows into the engine's appender, in the session's transaction. Another
 * portal of the session makes room for it as for any statement that writes. The session counts as busy from
 * open to close: the appender inserts behind the caller's back, and a cancel must reach it at any time. The
 * thread of the session. */
#include "backend/local_copy.h"

#include "backend/local_call.h"
#include "backend/local_conn.h"
#include "backend/local_errors.h"
#include "backend/local_priv.h"
#include "backend/local_tx.h"
#include "backend/local_version.h"
#include "base/alloc.h"
#include "base/cleanup.h"
#include "copy/reader.h"
#include "engine/appender.h"
#include "pgtype/fit.h"
#include "sql/copy.h"
#include "sql/limit.h"

#include <assert.h>
#include <string.h>

enum { COPY_NAMES_MAX = 64 * 1024 * 1024 }; /* bytes of marks and types of columns */

struct local_copy {
    struct backend_copy base;
    struct local_session *session;
    struct engine_appender *appender;
    struct copy_reader *reader;
    struct local_table *table;
    const struct sql_limit **limits; /* of each column; NULL: none has one that is seen to here */
    struct str *fitted;              /* a row's fields that fit */
    bool entered;
};

static void copy_free(struct local_copy *c)
{
    if (!c)
        return;
    engine_appender_free(c->appender);
    copy_reader_free(c->reader);
    local_table_unref(c->table);
    mem_free(c->limits);
    mem_free(c->fitted);
    if (c->entered)
        (void)local_leave(c->session);
    mem_free(c);
}

static void copy_freep(struct local_copy **c)
{
    copy_free(*c);
}

static void arena_releasep(struct arena *a)
{
    arena_release(a);
}

/* ---- open ---- */

static int mark(const struct backend_copy_in *in, const struct sql_copy_names *list, const char *option,
                const struct engine_appender_info *info, struct arena *a, const bool **out, struct err *e)
{
    if (!list->all && list->n == 0)
        return ST_OK;
    bool *marks = arena_calloc(a, info->ncolumns, sizeof *marks);
    if (!marks)
        return err_oom(e);
    TRY(sql_copy_mark(in->statement, list, option, info->names, info->ncolumns, marks, e));
    *out = marks;
    return ST_OK;
}

static int open_reader(struct local_copy *c, const struct backend_copy_in *in, struct arena *a, struct err *e)
{
    const struct engine_appender_info *info = engine_appender_info(c->appender);
    struct copy_target target = {.table = in->name,
                                 .ncolumns = info->ncolumns,
                                 .columns = info->names,
                                 .memory = c->session->base.memory};
    if (in->statement) {
        TRY(mark(in, &in->statement->force_not_null, "FORCE_NOT_NULL", info, a, &target.force_not_null, e));
        TRY(mark(in, &in->statement->force_null, "FORCE_NULL", info, a, &target.force_null, e));
    }
    return copy_reader_new(&c->reader, in->options, &target, e);
}

static int start_appender(struct local_copy *c, const struct backend_copy_in *in, struct arena *a,
                          struct err *e)
{
    const struct engine_appender_info *info = engine_appender_info(c->appender);
    uint32_t *oids = arena_calloc(a, info->ncolumns, sizeof *oids);
    if (!oids)
        return err_oom(e);
    for (size_t i = 0; i < info->ncolumns; i++) {
        struct column_desc d = {0};
        encode_describe(info->types[i], &d);
        oids[i] = d.type_oid;
    }
    return engine_appender_start(c->appender, oids, in->options->format == COPY_BINARY,
                                 c->session->encode.zone, e);
}

/* "s.t" as it is written. Before the connection is the appender's. */
static int find_table(struct local_copy *c, struct str name, struct err *e)
{
    struct sql_token parts[SQL_SOURCE_PARTS_MAX], t;
    struct sql_lexer l;
    size_t n = 0;
    sql_lexer_init(&l, sql_tokens_of(name));
    while (n < SQL_SOURCE_PARTS_MAX && (sql_lexer_next(&l, &t), sql_token_is_name(&t))) {
        parts[n++] = t;
        if (sql_lexer_next(&l, &t) == SQL_TOK_END)
            break;
    }
    return n ? local_table_find(c->session, parts, n, &c->table, e) : ST_OK;
}

static const struct sql_limit *limit_of(const struct sql_source *s, const char *column)
{
    for (size_t i = 0; i < s->ncolumns; i++)
        if (str_ieq(s->columns[i].name, str_of(column)))
            return &s->columns[i].limit;
    return NULL;
}

/* Texts are made to fit before they go to the appender, moments by its INSERT. */
static int take_limits(struct local_copy *c, struct err *e)
{
    static const char *const rounds[] = {[SQL_LIMIT_TIME] = "pg_fit_time",
                                         [SQL_LIMIT_TIMESTAMP] = "pg_fit_timestamp",
                                         [SQL_LIMIT_TIMESTAMPTZ] = "pg_fit_timestamptz"};
    const struct sql_source *s = local_table_source(c->table);
    const struct engine_appender_info *info = engine_appender_info(c->appender);
    for (size_t i = 0; s && s->limited && i < info->ncolumns; i++) {
        const struct sql_limit *limit = limit_of(s, info->names[i]);
        if (!limit || limit->kind == SQL_LIMIT_NONE)
            continue;
        if (limit->kind < sizeof rounds / sizeof *rounds && rounds[limit->kind])
            engine_appender_fit(c->appender, i, rounds[limit->kind], limit->n);
        if (limit->kind != SQL_LIMIT_VARCHAR && limit->kind != SQL_LIMIT_CHAR)
            continue;
        if (!c->limits) {
            c->limits = mem_calloc(info->ncolumns, sizeof(void *));
            c->fitted = mem_calloc(info->ncolumns, sizeof *c->fitted);
        }
        if (!c->limits || !c->fitted)
            return err_oom(e);
        assert(limit->n > 0);
        c->limits[i] = limit;
    }
    return ST_OK;
}

static int begin(struct local_copy *c, const struct backend_copy_in *in, struct err *e)
{
    struct local_session *s = c->session;
    struct local_conn *conn;
    CLEANUP(arena_releasep) struct arena a;
    arena_init(&a, COPY_NAMES_MAX);
    local_enter(s, s->on_main ? NULL : s->main);
    c->entered = true;
    TRY(local_claim(s, &conn, e));
    local_tx_writes(s);
    local_version_outdate(s);
    TRY(find_table(c, in->table, e));
    TRY(engine_appender_open(conn->conn, in->table, in->name, in->columns, in->ncolumns, &c->appender, e));
    TRY(open_reader(c, in, &a, e));
    TRY(take_limits(c, e));
    TRY(start_appender(c, in, &a, e));
    c->base.ncolumns = (uint16_t)engine_appender_info(c->appender)->ncolumns;
    c->base.line = 1;
    const struct sql_source *table = local_table_source(c->table);
    for (size_t i = 0; table && i < table->nkeys; i++)
        c->base.keeps_keys |= table->keys[i].kind == SQL_KEY_KEPT;
    return ST_OK;
}

int local_copy_open(struct backend_session *bs, const struct backend_copy_in *in, struct backend_copy **out,
                    struct err *e)
{
    CLEANUP(copy_freep) struct local_copy *c = mem_calloc(1, sizeof *c);
    if (!c)
        return err_oom(e);
    c->session = (struct local_session *)bs;
    TRY(begin(c, in, e));
    *out = &TAKE_PTR(c)->base;
    return ST_OK;
}

/* ---- rows ---- */

/* *fields of which each fits its column. ST_ERR: *column does not. */
static int fit(struct local_copy *c, const struct str **fields, size_t *column, struct err *e)
{
    size_t n = engine_appender_info(c->appender)->ncolumns;
    assert(c->limits && c->fitted);
    memcpy(c->fitted, *fields, n * sizeof *c->fitted);
    for (size_t i = 0; i < n; i++) {
        const struct sql_limit *limit = c->limits[i];
        char type[SQL_LIMIT_NAME_MAX];
        if (!limit || !c->fitted[i].p || pg_fit_text(&c->fitted[i], limit->n, limit->kind == SQL_LIMIT_CHAR))
            continue;
        *column = i;
        sql_limit_name(limit, type);
        return err_set(e, SQLSTATE_STRING_DATA_RIGHT_TRUNCATION, "value too long for type %s", type);
    }
    *fields = c->fitted;
    return ST_OK;
}

static int append(struct local_copy *c, const struct str *fields, struct err *e)
{
    size_t column;
    if (c->limits && fit(c, &fields, &column, e) < 0) {
        copy_reader_context(c->reader, column, e);
        return ST_ERR;
    }
    if (engine_append(c->appender, fields, &column, e) == ST_OK)
        return ST_OK;
    e->position = 0;        /* in a statement that is not the client's */
    if (column != SIZE_MAX) /* else it is about rows that went before, and which is not known */
        copy_reader_context(c->reader, column, e);
    return ST_ERR;
}

/* A row of the wrong form: a value in front of the fault that is wrong as well counts first. */
static int bad_row(struct local_copy *c, const struct str *fields, struct err *e)
{
    size_t column, n = copy_reader_fields(c->reader);
    struct err *first = n ? mem_alloc(sizeof *first) : NULL;
    if (!first)
        return ST_ERR; /* without memory too: it is wrong in either case */
    err_init(first);
    if (engine_append_check(c->appender, fields, n, &column, first) < 0) {
        first->position = 0;
        copy_reader_context(c->reader, column, first);
        *e = *first;
    }
    mem_free(first);
    return ST_ERR;
}

/* Rows until the reader asks for more. */
static int load(struct local_copy *c, struct err *e)
{
    const struct str *fields;
    int st;
    while ((st = copy_reader_next(c->reader, &fields, e)) == ST_OK)
        TRY(append(c, fields, e));
    return st < 0 ? bad_row(c, fields, e) : st;
}

static int check_cancelled(const struct local_copy *c, struct err *e)
{
    return __atomic_load_n(&c->session->cancelled, __ATOMIC_SEQ_CST) ? local_cancelled(e) : ST_OK;
}

int local_copy_data(struct backend_copy *bc, const void *p, size_t n, struct err *e)
{
    struct local_copy *c = (struct local_copy *)bc;
    TRY(check_cancelled(c, e));
    copy_reader_feed(c->reader, p, n);
    int st = load(c, e);
    if (st < 0)
        local_errors_explain(c->table, e);
    c->base.line = copy_reader_line(c->reader) + 1;
    return st < 0 ? st : ST_OK;
}

/* Values are looked at as they come, constraints where rows go into the table. */
int local_copy_settle(struct backend_copy *bc, struct err *e)
{
    struct local_copy *c = (struct local_copy *)bc;
    int st = engine_appender_settle(c->appender, e);
    if (st < 0)
        local_errors_explain(c->table, e);
    return st;
}

int local_copy_finish(struct backend_copy *bc, uint64_t *rows, struct err *e)
{
    struct local_copy *c = (struct local_copy *)bc;
    copy_reader_end(c->reader);
    int st = load(c, e);
    if (st == ST_OK || st == ST_EOF || st == ST_AGAIN)
        st = engine_appender_finish(c->appender, rows, e);
    if (st < 0)
        local_errors_explain(c->table, e);
    TRY(st);
    return check_cancelled(c, e);
}

void local_copy_close(struct backend_copy *bc)
{
    copy_free((struct local_copy *)bc);
}
