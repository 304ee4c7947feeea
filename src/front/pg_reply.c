/* Each answer of the session becomes one message in the output's buffer. Only what is about rows, and flush,
 * may write to the socket and fail: the others return nothing, because a message that found no memory leaves
 * its mark in the buffer, and the next flush answers for it. The pace is told of each page and each result,
 * since it decides whether first rows are held back for the end of a short result. */
#include "front/pg_reply.h"

#include "base/clock.h"
#include "front/front_priv.h"
#include "rows/row_batch.h"
#include "rows/row_desc.h"

#include <assert.h>

static struct pg_reply *own(struct reply *r)
{
    return list_entry(r, struct pg_reply, base);
}

static struct pg_client *client_with(struct reply *r)
{
    struct pg_client *c = list_entry(own(r), struct pg_client, reply);
    assert(c->magic == PG_CLIENT_MAGIC);
    return c;
}

static struct buf *out_of(struct reply *r)
{
    return &client_with(r)->output.bytes;
}

static void columns(struct reply *r, const struct row_desc *desc, const int16_t *formats)
{
    struct buf *out = out_of(r);
    size_t mark;
    be_row_description_begin(out, desc->ncolumns, &mark);
    for (uint16_t i = 0; i < desc->ncolumns; i++) {
        const struct column_desc *column = &desc->columns[i];
        be_row_description_column(out, &(struct be_column){
                                           .name = column->name,
                                           .table_oid = column->table_oid,
                                           .attnum = column->attnum,
                                           .type_oid = column->type_oid,
                                           .type_size = column->type_size,
                                           .typmod = column->typmod,
                                           .format = formats ? formats[i] : 0,
                                       });
    }
    be_row_description_end(out, mark);
}

static void no_columns(struct reply *r)
{
    be_no_data(out_of(r));
}

/* ---- rows ---- */

static void rows_begin(struct reply *r, bool is_page)
{
    struct pace *pace = &client_with(r)->output.pace;
    assert(!own(r)->sends);
    own(r)->sends = true;
    own(r)->is_page = is_page;
    own(r)->batches = 0;
    if (is_page)
        pace_page_begins(pace, clock_now_us());
    else
        pace_no_page(pace);
}

/* The rows that have come go out while the engine works on the next ones. But a session whose results have
 * ended with their first rows gets those and the end in one piece. */
static int flush_or_hold(struct pg_client *c, bool first, struct err *e)
{
    if (!first || !pace_holds_first_rows(&c->output.pace))
        return output_flush(c, e);
    output_hold(c);
    return ST_OK;
}

static int rows(struct reply *r, struct row_batch *batch, bool is_last, struct err *e)
{
    struct pg_client *c = client_with(r);
    assert(own(r)->sends);
    output_unhold(c);
    if (own(r)->batches++ == 0)
        own(r)->first_us = is_last ? 0 : clock_now_us();
    TRY(output_batch(c, batch, e));
    return is_last ? ST_OK : flush_or_hold(c, own(r)->batches == 1, e);
}

static int rows_end(struct reply *r, int status, struct err *e)
{
    struct pg_client *c = client_with(r);
    struct pace *pace = &c->output.pace;
    const unsigned batches = own(r)->batches;
    assert(own(r)->sends);
    own(r)->sends = false;
    output_unhold(c);
    if (status < 0)
        pace_result_failed(pace);
    else
        pace_result_ended(pace, batches,
                          batches == 1 && own(r)->first_us ? clock_now_us() - own(r)->first_us : 0);
    if (status >= 0 && conn_is_tls(c->conn)) /* TLS cannot read while the writer writes */
        status = output_drain(c, e);
    if (own(r)->is_page)
        pace_page_ended(pace, clock_now_us());
    return status < 0 ? status : ST_OK;
}

static int ready_rows(struct reply *r, const void *p, size_t n, struct err *e)
{
    assert(!own(r)->sends);
    return output_rows(client_with(r), p, n, e);
}

static int flush(struct reply *r, struct err *e)
{
    return output_flush(client_with(r), e);
}

/* ---- what ends an answer ---- */

static void tag(struct reply *r, const char *text)
{
    assert(!own(r)->sends); /* rows_end came before, however the rows ended */
    be_command_complete(out_of(r), text);
}

static void suspended(struct reply *r)
{
    be_portal_suspended(out_of(r));
}

static void empty(struct reply *r)
{
    be_empty_query_response(out_of(r));
}

static void copy_begins(struct reply *r, enum reply_copy way, bool binary, uint16_t ncolumns)
{
    be_copy_response(out_of(r), way == REPLY_COPY_IN ? BE_COPY_IN : BE_COPY_OUT, binary, ncolumns);
}

static void copy_ends(struct reply *r)
{
    be_copy_done(out_of(r));
}

static void report(struct reply *r, enum reply_severity severity, const struct err *e)
{
    static const enum be_severity as[] = {
        [REPLY_NOTICE] = BE_NOTICE,
        [REPLY_WARNING] = BE_WARNING,
        [REPLY_ERROR] = BE_ERROR,
        [REPLY_FATAL] = BE_FATAL,
    };
    be_report(out_of(r), as[severity], e);
    output_is_due(client_with(r));
}

static const struct reply_ops ops = {
    .columns = columns,
    .no_columns = no_columns,
    .rows_begin = rows_begin,
    .rows = rows,
    .rows_end = rows_end,
    .ready_rows = ready_rows,
    .flush = flush,
    .tag = tag,
    .suspended = suspended,
    .empty = empty,
    .copy_begins = copy_begins,
    .copy_ends = copy_ends,
    .report = report,
};

void pg_reply_init(struct pg_reply *r)
{
    *r = (struct pg_reply){.base = {.ops = &ops}};
}
