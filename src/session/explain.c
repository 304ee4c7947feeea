/* EXPLAIN: the engine prepares its own EXPLAIN (FORMAT JSON) of the query, with its parameters; what that
 * says when it runs becomes the rows that PostgreSQL would send. */
#include "session/explain.h"

#include "base/buf.h"
#include "pgtype/oid.h"
#include "pgwire/backend_msg.h"
#include "rows/row_desc.h"
#include "session/kept.h"
#include "session/prepare.h"
#include "session/session_priv.h"
#include "sql/explain.h"
#include "sql/plan.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

int explain_text(struct session *s, struct statement *st, struct sql_rewritten *out, struct err *e)
{
    assert(st->sql.kind == SQL_EXPLAIN && !st->engine);
    TRY(statement_parse(s, st, e));
    const struct sql_explain *x = &st->sql.parsed->explain;
    const struct str head =
        x->analyze ? STR("EXPLAIN (ANALYZE, FORMAT JSON) ") : STR("EXPLAIN (FORMAT JSON) ");
    struct sql_edit *edit = arena_calloc(&s->message_arena, 1, sizeof *edit);
    const char *text = step_text(s, "%s%.*s", head.p, (int)x->query.n, x->query.p);
    if (!edit || !text)
        return err_oom(e);
    *edit = (struct sql_edit){.at = 0, .removed = (size_t)(x->query.p - st->sql.text.p), .added = head.n};
    *out = (struct sql_rewritten){.text = str_of(text), .nedits = 1, .edits = edit};
    return ST_OK;
}

int explain_describe(struct session *s, struct statement *st, struct row_desc **out, struct err *e)
{
    TRY(statement_parse(s, st, e));
    assert(st->engine);
    bool json = st->sql.parsed->explain.json;
    const struct column_desc column = {
        .name = "QUERY PLAN", .type_oid = json ? PGTYPE_JSON : PGTYPE_TEXT, .type_size = -1, .typmod = -1};
    return row_desc_new(out, &column, 1, e);
}

/* A row for each line, or one of all of them. */
static void put_rows(struct buf *rows, const struct buf *plan, bool json)
{
    const char *line = (const char *)plan->data, *end = line + plan->len;
    while (line < end) {
        const char *to = json ? end : memchr(line, '\n', (size_t)(end - line));
        to = to ? to : end;
        int32_t n = (int32_t)(to - line);
        be_data_row_text(rows, &line, &n, 1);
        line = to + 1;
    }
}

/* ---- how wide a row is ----
 * Source: the average widths of types that PostgreSQL 15 takes for what has no statistics. */

enum { NO_SIZE = -1, FEW = 32, ENOUGH = 1000, HEADER = 4 };

/* Of what has a typmod that says it; a worker may have sent any. */
static int64_t most_bytes(const struct column_desc *c)
{
    enum { BYTES_A_CHARACTER = 4, NUMERIC_HEADER = 8, DIGITS_A_PART = 4, BYTES_A_PART = 2 };
    const int64_t n = (int64_t)c->typmod - HEADER;
    if (n < 0)
        return NO_SIZE;
    switch (c->type_oid) {
    case PGTYPE_BPCHAR:
    case PGTYPE_VARCHAR: return n * BYTES_A_CHARACTER + HEADER;
    case PGTYPE_NUMERIC:
        return NUMERIC_HEADER + ((n >> 16 & 0xffff) + 2 * (DIGITS_A_PART - 1)) / DIGITS_A_PART * BYTES_A_PART;
    default: return NO_SIZE;
    }
}

static int64_t width_of(const struct column_desc *c)
{
    if (c->type_size > 0)
        return c->type_size;
    const int64_t most = most_bytes(c);
    assert(most == NO_SIZE || most >= HEADER);
    if (most == NO_SIZE)
        return FEW;
    if (most <= FEW || c->type_oid == PGTYPE_BPCHAR)
        return most;
    return FEW + ((most < ENOUGH ? most : ENOUGH) - FEW) / 2;
}

static unsigned row_width(const struct row_desc *d)
{
    int64_t width = 0;
    for (uint16_t i = 0; d && i < d->ncolumns; i++)
        width += width_of(&d->columns[i]);
    return width < INT32_MAX ? (unsigned)width : INT32_MAX;
}

/* The engine's EXPLAIN says nothing of the rows' types, so the query is prepared by itself; what cannot be is
 * of no width. */
static unsigned result_width(struct session *s, struct statement *st)
{
    struct sql_statement query;
    struct backend_stmt *prepared = NULL;
    struct err ignored;
    err_init(&ignored);
    const struct sql_tokens text = sql_tokens_of(st->sql.parsed->explain.query);
    assert(st->sql.kind == SQL_EXPLAIN && st->sql.parsed);
    struct session_query q = {.sql = &query, .oids = st->oids, .noids = st->noids, .memory = st->memory};
    if (sql_classify(&s->message_arena, text, &query, &ignored) != ST_OK ||
        session_prepare(s, &q, &prepared, &ignored) < 0)
        return 0;
    unsigned width = row_width(prepared->info.returns_rows ? prepared->info.desc : NULL);
    s->engine->ops->stmt_free(prepared);
    return width;
}

static int tell(struct session *s, struct portal *p, struct err *e)
{
    struct ask_rows rows;
    struct buf plan;
    struct sql_explain x = p->statement->sql.parsed->explain;
    assert(p->engine->started);
    TRY(session_ask_portal(s, p->engine, &rows, e));
    if (rows.n == 0 || rows.ncolumns != 2 || !ask_value(&rows, 0, 1))
        return err_set(e, SQLSTATE_INTERNAL_ERROR, "the engine says nothing of its plan");
    if (x.costs)
        x.width = result_width(s, p->statement);
    buf_init_of(&plan, SIZE_MAX, &s->memory.all);
    int st = sql_plan_put(&s->message_arena, &x, str_of(ask_text(&rows, 0, 1)), &plan, e);
    if (st == ST_OK)
        put_rows(&p->result.rows, &plan, x.json);
    buf_release(&plan);
    if (st == ST_OK && !buf_ok(&p->result.rows))
        return err_oom(e);
    return st;
}

int explain_run(struct session *s, struct portal *p, struct err *e)
{
    assert(p->engine && p->statement->sql.parsed);
    if (p->writes && s->tx.state == TX_IDLE)
        TRY(tx_implicit_begin(s, e));
    TRY(tx_before_statement(s, p->changes_data, e));
    if (p->writes) {
        TRY(portals_start_readers(s, p, e));
        tx_writes(s);
    }
    TRY(s->engine->ops->start(p->engine, e));
    if (p->writes)
        TRY(kept_check_all(s, e));
    int st = tell(s, p, e);
    portal_close_engine(s, p); /* its rows are the result now */
    (void)snprintf(p->result.tag, sizeof p->result.tag, "EXPLAIN");
    return st;
}
