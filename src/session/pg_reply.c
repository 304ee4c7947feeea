#include "session/pg_reply.h"

#include "rows/row_batch.h"
#include "rows/row_desc.h"
#include "session/session_priv.h"

static struct pg_reply *own(struct reply *r)
{
    return list_entry(r, struct pg_reply, base);
}

static struct session *session_of(struct reply *r)
{
    return list_entry(own(r), struct session, pg);
}

static struct buf *out_of(struct reply *r)
{
    return &session_of(r)->output.bytes;
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
    struct pace *pace = &session_of(r)->output.pace;
    own(r)->is_page = is_page;
    own(r)->batches = 0;
    if (is_page)
        pace_page_begins(pace, clock_now_us());
    else
        pace_no_page(pace);
}

/* The rows that have come go out while the engine works on the next ones. But a session whose results have
 * ended with their first rows gets those and the end in one piece. */
static int flush_or_hold(struct session *s, bool first, struct err *e)
{
    if (!first || !pace_holds_first_rows(&s->output.pace))
        return session_flush(s, e);
    session_hold(s);
    return ST_OK;
}

static int rows(struct reply *r, struct row_batch *batch, bool is_last, struct err *e)
{
    struct session *s = session_of(r);
    session_unhold(s);
    if (own(r)->batches++ == 0)
        own(r)->first_us = clock_now_us();
    TRY(session_send_batch(s, batch, e));
    return is_last ? ST_OK : flush_or_hold(s, own(r)->batches == 1, e);
}

static int rows_end(struct reply *r, int status, struct err *e)
{
    struct session *s = session_of(r);
    struct pace *pace = &s->output.pace;
    const unsigned batches = own(r)->batches;
    session_unhold(s);
    if (status < 0)
        pace_result_failed(pace);
    else
        pace_result_ended(pace, batches, batches == 1 ? clock_now_us() - own(r)->first_us : 0);
    if (status >= 0 && conn_is_tls(s->conn)) /* TLS cannot read while the writer writes */
        status = session_drain(s, e);
    if (own(r)->is_page)
        pace_page_ended(pace, clock_now_us());
    return status < 0 ? status : ST_OK;
}

static int ready_rows(struct reply *r, const void *p, size_t n, struct err *e)
{
    return session_send_rows(session_of(r), p, n, e);
}

static int flush(struct reply *r, struct err *e)
{
    return session_flush(session_of(r), e);
}

/* ---- what ends an answer ---- */

static void tag(struct reply *r, const char *text)
{
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
    session_answer_is_due(session_of(r));
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
