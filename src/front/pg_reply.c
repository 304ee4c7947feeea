/* Each answer of the session becomes one message in the output's buffer. Only what is about rows, and flush,
 * may write to the socket and fail: the others return nothing, because a message that found no memory leaves
 * its mark in the buffer, and the next flush answers for it. The pace is told of each page and each result,
 * since it decides whether first rows are held back for the end of a short result. */
#include "front/pg_reply.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/encoding.h"
#include "front/front_priv.h"
#include "front/recode.h"
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

/* ---- the client's encoding ---- */

/* What converts for the client; NULL: nothing has to, or no memory was there to find out, which the next call
 * meets again. */
static struct recoder *recoder_of(struct reply *r)
{
    struct recoder *recoder;
    struct err ignored;
    err_init(&ignored);
    return recode_with(client_with(r), &recoder, &ignored) < 0 ? NULL : recoder;
}

/* An error in place of a message that the client's encoding does not hold, as PostgreSQL sends it. */
static void recode_report(struct reply *r, size_t mark, enum be_severity severity)
{
    struct recoder *recoder = recoder_of(r);
    struct err e;
    if (!recoder)
        return;
    err_init(&e);
    if (recode_answer(recoder, out_of(r), mark, false, &e) < 0)
        be_report(out_of(r), severity, &e);
}

void pg_reply_recode(struct pg_reply *r, size_t mark)
{
    struct recoder *recoder = recoder_of(&r->base);
    struct err ignored;
    if (!recoder)
        return;
    err_init(&ignored);
    (void)recode_answer(recoder, out_of(&r->base), mark, true, &ignored);
}

int pg_reply_late(struct pg_reply *r, struct err *e)
{
    if (!r->late)
        return ST_OK;
    *e = *r->late;
    r->late = NULL;
    return ST_ERR;
}

/* Names of columns. What they do not say the first of their rows, or the end of those, will. */
static void recode_columns(struct reply *r, size_t mark)
{
    struct recoder *recoder = recoder_of(r);
    if (!recoder)
        return;
    struct err *e = arena_alloc(&client_with(r)->session.message_arena, sizeof *e);
    if (!e)
        return pg_reply_recode(own(r), mark);
    err_init(e);
    if (recode_answer(recoder, out_of(r), mark, false, e) < 0)
        own(r)->late = e;
}

/* Rows that lie in `recoded` from now on. Those before one that cannot be converted are sent. */
static int recode_batch(struct reply *r, struct recoder *recoder, const void *p, size_t n, struct err *e)
{
    struct row_batch *to = &own(r)->recoded;
    const struct recode_rows how = {own(r)->desc, own(r)->formats, own(r)->copies_binary};
    row_batch_clear(to);
    int st = recode_rows(recoder, &how, p, n, to, e);
    if (st < 0 && to->len) {
        struct err ignored;
        err_init(&ignored);
        (void)output_rows(client_with(r), to->data, to->len, &ignored);
    }
    return st;
}

void pg_reply_begin(struct pg_reply *r)
{
    r->late = NULL; /* of another message's arena */
    r->file_encoding = NULL;
    recoder_free(TAKE_PTR(r->file_recoder));
}

void pg_reply_trim(struct pg_reply *r)
{
    pg_reply_begin(r);
    row_batch_release(&r->recoded);
}

int pg_reply_recoder(struct pg_reply *r, struct recoder **out, struct err *e)
{
    if (!r->file_encoding)
        return recode_with(client_with(&r->base), out, e);
    const struct encoding *enc = encoding_find(r->file_encoding);
    assert(enc); /* it was looked up when the COPY was read */
    if (!r->file_recoder && !encoding_is_plain(enc))
        TRY(recoder_new(&r->file_recoder, enc, e));
    *out = r->file_recoder;
    return ST_OK;
}

/* ---- columns ---- */

static void columns(struct reply *r, const struct row_desc *desc, const int16_t *formats)
{
    struct buf *out = out_of(r);
    const size_t begin = out->len;
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
    recode_columns(r, begin);
}

static void no_columns(struct reply *r)
{
    be_no_data(out_of(r));
}

/* ---- rows ---- */

static void rows_begin(struct reply *r, const struct row_desc *desc, const int16_t *formats, bool is_page)
{
    struct pace *pace = &client_with(r)->output.pace;
    assert(!own(r)->sends);
    own(r)->sends = true;
    own(r)->desc = desc;
    own(r)->formats = formats;
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
    struct recoder *recoder;
    assert(own(r)->sends);
    output_unhold(c);
    TRY(pg_reply_recoder(own(r), &recoder, e));
    if (recoder) {
        TRY(pg_reply_late(own(r), e));
        TRY(recode_batch(r, recoder, batch->data, batch->len, e));
        batch = &own(r)->recoded;
    }
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
    own(r)->desc = NULL;
    own(r)->formats = NULL;
    output_unhold(c);
    if (status >= 0)
        status = pg_reply_late(own(r), e);
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
    struct recoder *recoder;
    assert(!own(r)->sends);
    TRY(recode_with(client_with(r), &recoder, e));
    if (!recoder)
        return output_rows(client_with(r), p, n, e);
    TRY(pg_reply_late(own(r), e));
    TRY(recode_batch(r, recoder, p, n, e));
    return output_rows(client_with(r), own(r)->recoded.data, own(r)->recoded.len, e);
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

static void copy_begins(struct reply *r, enum reply_copy way, bool binary, uint16_t ncolumns,
                        const char *encoding)
{
    pg_reply_begin(own(r));
    own(r)->copies_binary = binary;
    own(r)->file_encoding = encoding;
    be_copy_response(out_of(r), way == REPLY_COPY_IN ? BE_COPY_IN : BE_COPY_OUT, binary, ncolumns);
}

static void copy_ends(struct reply *r)
{
    be_copy_done(out_of(r));
    pg_reply_begin(own(r));
}

static void report(struct reply *r, enum reply_severity severity, const struct err *e)
{
    static const enum be_severity as[] = {
        [REPLY_NOTICE] = BE_NOTICE,
        [REPLY_WARNING] = BE_WARNING,
        [REPLY_ERROR] = BE_ERROR,
        [REPLY_FATAL] = BE_FATAL,
    };
    const size_t mark = out_of(r)->len;
    be_report(out_of(r), as[severity], e);
    recode_report(r, mark, as[severity]);
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
