/* The worker's side: rows out and in. */
#include "rpc/service_rows.h"

#include "rpc/service_priv.h"

#include "base/alloc.h"
#include "base/metric.h"
#include "copy/options.h"
#include "pgwire/message.h"
#include "rows/row_batch.h"
#include "rows/row_desc.h"
#include "rows/row_stream.h"
#include "rows/rows_hash.h"
#include "rpc/check.h"
#include "rpc/server_batch.h"
#include "rpc/server_call.h"
#include "rpc/service_portal.h"
#include "rpc/service_session.h"

#include <string.h>

/* A batch is full with the row that reaches this; only one of rows that are larger than the rest is cut. */
enum { BATCH_AIM = RPC_BATCH_MAX - 16 * 1024 };

/* ---- what a fetch asks for ---- */

static int take_copy(struct service_fetched *f, const Tavana__V1__CopyFormat *m,
                     const struct backend_portal *p, struct arena *a, struct err *e)
{
    TRY(rpc_check_copy_format(m, p->desc, e));
    struct copy_options *copy = arena_calloc(a, 1, sizeof *copy);
    bool *marks = arena_calloc(a, m->n_force_quote + 1, sizeof *marks);
    if (!copy || !marks)
        return err_oom(e);
    *copy = (struct copy_options){
        .format = (enum copy_format)m->format,
        .header = (enum copy_header)m->header,
        .delimiter = (char)m->delimiter,
        .quote = (char)m->quote,
        .escape = (char)m->escape,
    };
    TRY(rpc_bytes_text(a, &m->null, &copy->null, e));
    for (size_t i = 0; i < m->n_force_quote; i++)
        marks[i] = m->force_quote[i];
    f->how.copy = copy;
    f->how.copy_force_quote = m->n_force_quote ? marks : NULL;
    return ST_OK;
}

static int take_formats(const int32_t *formats, size_t n, const struct backend_portal *p, struct arena *a,
                        const int16_t **out, struct err *e)
{
    if (n == 0)
        return ST_OK;
    if (!p->desc || n != p->desc->ncolumns)
        return err_set(e, SQLSTATE_PROTOCOL_VIOLATION, "there are formats for other columns");
    int16_t *copy = arena_calloc(a, n, sizeof *copy);
    if (!copy)
        return err_oom(e);
    for (size_t i = 0; i < n; i++) {
        if (formats[i] != 0 && formats[i] != 1)
            return err_set(e, SQLSTATE_PROTOCOL_VIOLATION, "there is no format %d", formats[i]);
        copy[i] = (int16_t)formats[i];
    }
    *out = copy;
    return ST_OK;
}

int service_expect(struct backend_portal *p, const Tavana__V1__Expected *m, struct arena *a, struct err *e)
{
    if (!m)
        return ST_OK;
    p->expects_formats = true;
    p->expected_bytes = BATCH_AIM;
    p->takes_all = m->whole;
    return take_formats(m->formats, m->n_formats, p, a, &p->expected_formats, e);
}

int service_take_fetch(struct service_fetched *f, const Tavana__V1__FetchRequest *m,
                       const struct backend_portal *p, struct arena *a, struct err *e)
{
    TRY(rpc_check_fetch(m, p, e));
    *f = (struct service_fetched){
        .how =
            {
                .from = m->from,
                .max_rows = m->max_rows,
                .backward = m->backward,
                .skip = m->skip,
                .batch_bytes = m->batch_bytes < BATCH_AIM ? (size_t)m->batch_bytes : BATCH_AIM,
                .batch_most = BATCH_AIM,
                .batch_rows = m->batch_rows,
            },
    };
    return m->copy ? take_copy(f, m->copy, p, a, e)
                   : take_formats(m->formats, m->n_formats, p, a, &f->how.formats, e);
}

/* ---- Fetch ---- */

static void on_break(void *arg)
{
    struct service_session *s = arg;
    s->backend->ops->cancel(s->backend);
}

/* Rows that another worker has sent: made and looked at, not sent. */
static int pass_rows(struct row_stream *stream, struct rows_hash *hash, uint64_t *rows, struct rpc_in *in,
                     struct err *e)
{
    struct row_batch *batch;
    int st;
    while ((st = row_stream_next(stream, &batch, e)) == ST_OK) {
        rows_hash_add(hash, batch->data, batch->len);
        *rows += batch->nrows;
        if (rpc_in_broken(in))
            return ST_ERR;
    }
    return st == ST_EOF ? ST_OK : st;
}

static int pass(struct service_session *s, struct rpc_in *in, struct backend_portal *p,
                struct service_fetched *f, const Tavana__V1__FetchRequest *m, struct err *e)
{
    struct row_stream *stream;
    struct backend_fetch how = f->how;
    uint64_t rows = 0;
    if (m->passed_rows == 0)
        return ST_OK;
    struct rows_hash *hash = rows_hash_new();
    if (!hash)
        return err_oom(e);
    how.max_rows = m->passed_rows;
    int st = s->backend->ops->fetch(p, &how, &stream, e);
    if (st == ST_OK) {
        st = pass_rows(stream, hash, &rows, in, e);
        row_stream_close(stream);
    }
    if (st == ST_OK && (rows != m->passed_rows || rows_hash_value(hash) != m->passed_hash))
        st = rows_hash_differs(m->passed_rows, e);
    rows_hash_free(hash);
    f->how.from += m->passed_rows;
    return st;
}

/* The rows of a batch that is too large for one message, one or several in each. */
static int send_cut(struct service_session *s, struct rpc_in *in, const struct row_batch *batch, bool last,
                    struct err *e)
{
    struct row_batch part;
    row_batch_init(&part);
    int st = ST_OK;
    for (size_t at = 0; at < batch->len && st == ST_OK;) {
        size_t end = at;
        uint64_t rows = 0;
        while (end < batch->len) {
            size_t row = message_size(batch->data + end);
            if (rows > 0 && end + row - at > RPC_BATCH_MAX)
                break;
            end += row;
            rows++;
        }
        row_batch_clear(&part);
        st = row_batch_reserve(&part, end - at, e);
        if (st != ST_OK)
            break;
        memcpy(part.data, batch->data + at, end - at);
        row_batch_commit(&part, part.data + (end - at), rows);
        st = rpc_in_send_batch(in, s->slots, &part, last && end == batch->len);
        at = end;
    }
    row_batch_release(&part);
    return st;
}

/* ST_EOF: all is there; ST_ERR with e unset: nobody takes it. */
static int send_rows(struct service_session *s, struct rpc_in *in, const struct backend_portal *p,
                     const struct backend_fetch *how, struct row_stream *stream, struct err *e)
{
    struct row_batch *batch;
    int st;
    while ((st = row_stream_next(stream, &batch, e)) == ST_OK) {
        /* Of a file an end follows; of a portal that was put down the end is known from the start. */
        bool last = p->complete && p->position >= p->rows && !how->backward && !how->copy;
        const uint64_t rows = batch->nrows, bytes = batch->len; /* before they are taken away */
        bool too_large = bytes > RPC_BATCH_MAX && rows > 1;
        st = too_large ? send_cut(s, in, batch, last, e) : rpc_in_send_batch(in, s->slots, batch, last);
        if (st < 0)
            return ST_ERR;
        metric_add(METRIC_ROWS_SENT, rows);
        metric_add(METRIC_BYTES_SENT, bytes);
    }
    return st;
}

int service_fetch(struct service_call *c, struct err *e)
{
    const Tavana__V1__FetchRequest *m = (const Tavana__V1__FetchRequest *)c->request;
    struct service_session *s = c->session;
    struct service_fetched f;
    struct row_stream *stream;
    struct backend_portal *p = service_portal(s, m->portal, e);
    if (!p)
        return ST_ERR;
    if (!s->slots && !(s->slots = rpc_slots_new()))
        return err_oom(e);
    int st = service_take_fetch(&f, m, p, &c->arena, e);
    rpc_in_on_break(c->in, on_break, s);
    if (st == ST_OK)
        st = pass(s, c->in, p, &f, m, e);
    if (st == ST_OK)
        st = s->backend->ops->fetch(p, &f.how, &stream, e);
    if (st == ST_OK) {
        st = send_rows(s, c->in, p, &f.how, stream, e);
        row_stream_close(stream);
    }
    rpc_in_on_break(c->in, NULL, NULL);
    return st;
}

/* Nobody hears of rows that nobody took: st is ST_ERR and e unset, or the session was closed meanwhile. */
static bool wants_trailer(const struct service_call *c, int st, const struct err *e)
{
    return st >= 0 || (err_is_set(e) && !atomic_load(&c->session->closed));
}

void service_send_trailer(struct service_call *c, int st, struct err *e)
{
    const Tavana__V1__FetchRequest *m = (const Tavana__V1__FetchRequest *)c->request;
    Tavana__V1__FetchReply reply;
    tavana__v1__fetch_reply__init(&reply);
    Tavana__V1__Trailer trailer;
    tavana__v1__trailer__init(&trailer);
    Tavana__V1__PortalState state;
    Tavana__V1__Error error;
    if (!wants_trailer(c, st, e))
        return;
    const struct backend_portal *p = service_find(&c->session->portals, m->portal);
    if (p) {
        rpc_state_put(&state, p);
        trailer.state = &state;
    }
    if (st < 0) {
        rpc_error_put(&error, e);
        trailer.error = &error;
    }
    reply.part_case = TAVANA__V1__FETCH_REPLY__PART_TRAILER;
    reply.trailer = &trailer;
    (void)rpc_in_send(c->in, &reply.base);
}
