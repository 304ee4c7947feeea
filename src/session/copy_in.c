/* COPY FROM STDIN: what the client sends goes to the backend as it comes. Reading it is the front's
 * (client.h). Source: PostgreSQL manual, COPY; its errors as measured. */
#include "session/copy_in.h"

#include "base/metric.h"
#include "session/kept.h"
#include "session/session_priv.h"
#include "sql/copy.h"

#include <assert.h>
#include <stdio.h>

struct copy_in {
    struct copy_sink sink;
    struct session *session;
    const char *table;
    bool binary;
    struct backend_copy *backend;
};

static struct copy_in *of_sink(struct copy_sink *sink)
{
    struct copy_in *c = list_entry(sink, struct copy_in, sink);
    assert(c->backend && c->session->engine);
    return c;
}

static int data(struct copy_sink *sink, const void *p, size_t n, struct err *e)
{
    struct copy_in *c = of_sink(sink);
    stats_add(&c->session->stats, 0, n);
    return c->session->engine->ops->copy_data(c->backend, p, n, e);
}

/* Before the session ends the COPY itself, the data has the first word. */
static int settle(struct copy_sink *sink, struct err *e)
{
    struct copy_in *c = of_sink(sink);
    return c->session->engine->ops->copy_settle(c->backend, e);
}

/* Where in the file the session found fault; the backend has said so itself. */
static void locate(struct copy_sink *sink, struct err *e)
{
    const struct copy_in *c = of_sink(sink);
    if (!e->context[0])
        err_context(e, "COPY %s, line %llu", c->table, (unsigned long long)c->backend->line);
}

static int begin(struct copy_in *c, const struct sql_copy *copy, struct err *e)
{
    struct session *s = c->session;
    const struct backend_copy_in in = {
        .table = copy->source,
        .name = copy->table,
        .ncolumns = copy->ncolumns,
        .columns = copy->columns,
        .options = &copy->options,
        .statement = copy,
    };
    TRY(tx_before_statement(s, !tx_reads_only(s), e));
    TRY(portals_start_readers(s, s->portals.running, e));
    session_engine_counts(s->engine, &s->memory.all); /* a line that does not end */
    TRY(s->engine->ops->copy_open(s->engine, &in, &c->backend, e));
    if (tx_reads_only(s)) /* told only when there is nothing else to tell */
        return err_set(e, SQLSTATE_READ_ONLY_SQL_TRANSACTION,
                       "cannot execute COPY FROM in a read-only transaction");

    s->reply->ops->copy_begins(s->reply, REPLY_COPY_IN, c->binary, c->backend->ncolumns, copy->encoding);
    return s->reply->ops->flush(s->reply, e);
}

static int transfer(struct copy_in *c, uint64_t *rows, struct err *e)
{
    struct session *s = c->session;
    TRY(s->client->ops->copy_in(s->client, &c->sink, e));
    int st = s->engine->ops->copy_finish(c->backend, rows, e);
    if (st < 0)
        locate(&c->sink, e);
    return st;
}

/* The table, where the engine knows it, also in the text, which a gateway hands on. */
static int lead(struct session *s, const struct sql_copy *sent, struct sql_copy *out, struct err *e)
{
    *out = *sent;
    TRY(qualified_lead(s, &out->source, e));
    if (out->source.p == sent->source.p)
        return ST_OK;
    size_t end = sent->source_at + sent->source.n;
    const char *text = step_text(s, "%.*s%.*s%.*s", (int)sent->source_at, sent->text.p, (int)out->source.n,
                                 out->source.p, (int)(sent->text.n - end), sent->text.p + end);
    if (!text)
        return err_oom(e);
    out->text = str_of(text);
    return ST_OK;
}

/* Foreign keys of the table that the session keeps. */
static int check_keys(struct session *s, const char *source, struct err *e)
{
    struct relation_name name;
    struct relation table;
    struct kept_keys keys;
    assert(source && *source);
    relation_name_read(str_of(source), &name);
    TRY(relation_find(s, &name, "r", &table, e));
    if (!table.found)
        return ST_OK;
    TRY(kept_find(s, &table, KEPT_OF, &keys, e));
    for (size_t i = 0; i < keys.n; i++)
        TRY(kept_check(s, &keys.items[i], true, e));
    return ST_OK;
}

static int run(struct session *s, const struct sql_copy *copy, uint64_t *rows, struct err *e)
{
    struct copy_in c = {.sink = {.data = data, .settle = settle, .locate = locate},
                        .session = s,
                        .table = copy->table,
                        .binary = copy->options.format == COPY_BINARY};
    const char *source = NULL; /* its name is of a message that is gone once data comes */
    int st = begin(&c, copy, e);
    if (st == ST_OK && c.backend->keeps_keys) {
        source = arena_strndup(&s->message_arena, copy->source.p, copy->source.n);
        st = source ? ST_OK : err_oom(e);
    }
    if (st == ST_OK)
        st = transfer(&c, rows, e);
    if (s->engine)
        s->engine->ops->copy_close(c.backend);
    return st == ST_OK && source ? check_keys(s, source, e) : st;
}

int copy_in_run(struct session *s, const struct sql_copy *copy, struct command_result *r, struct err *e)
{
    struct backend_session *engine;
    struct sql_copy led;
    uint64_t rows = 0;
    TRY(session_engine(s, &engine, e));
    TRY(lead(s, copy, &led, e));
    TRY(tx_implicit_begin(s, e)); /* a row that fails takes those before it along */
    TRY(run(s, &led, &rows, e));
    stats_rows_are(&s->stats, rows);
    metric_add(METRIC_ROWS_LOADED, rows);
    (void)snprintf(r->tag, sizeof r->tag, "COPY %llu", (unsigned long long)rows);
    return ST_OK;
}
