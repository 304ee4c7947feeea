/* Rows of a portal to the client, batch after batch as they are made: within the limits of a result, and once
 * there is memory for one. */
#include "session/send.h"

#include "base/metric.h"
#include "rows/row_batch.h"
#include "rows/row_stream.h"
#include "session/session_priv.h"

#include <assert.h>
#include <poll.h>

/* A limit on one statement's result: rows or bytes beyond it end the statement. */
static int check_result_limits(const struct session *s, struct err *e)
{
    const struct session_config *c = session_config(s);
    const char *what = NULL;
    uint64_t limit = 0;
    if (c->max_result_rows && s->stats.rows > c->max_result_rows)
        what = "rows (max_result_rows)", limit = c->max_result_rows;
    else if (c->max_result_bytes && s->stats.bytes > c->max_result_bytes)
        what = "bytes (max_result_bytes)", limit = c->max_result_bytes;
    if (!what)
        return ST_OK;
    return err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "the result is larger than the limit of %llu %s",
                   (unsigned long long)limit, what);
}

static int send_batch(struct session *s, struct row_batch *batch, bool is_last, struct err *e)
{
    stats_add(&s->stats, batch->nrows, batch->len);
    TRY(check_result_limits(s, e));
    TRY(s->reply->ops->rows(s->reply, batch, is_last, e));
    stats_rows_sent(&s->stats, batch->nrows);
    return ST_OK;
}

/* ---- memory for a result ---- */

static int too_many_results(const struct session *s, bool own, struct err *e)
{
    const struct admission *a = &s->server->admission;
    (void)err_set(e, SQLSTATE_TOO_MANY_CONNECTIONS, "too many results are being sent at once");
    err_detail(e, "They take all of stream_memory%s (%llu MB); this one has waited for %lld s.",
               own ? " that one user may have" : "",
               (unsigned long long)((own ? a->share_max : a->limit) >> 20),
               (long long)(session_config(s)->stream_wait_us / 1000000));
    err_hint(e, "Try again later, or raise stream_memory or stream_wait.");
    return ST_ERR;
}

/* In line, with everything that may end the wait. */
static int stand_in_line(struct session *s, struct admission_ticket *t, struct err *e)
{
    struct admission *a = &s->server->admission;
    int64_t deadline = clock_now_us() + session_config(s)->stream_wait_us;
    while (!admission_granted(a, t)) {
        TRY(session_check_interrupts(s, e));
        if (clock_now_us() >= deadline) {
            return too_many_results(s, admission_waits_for_own(a, t), e);
        }
        struct pollfd bell = {.fd = waker_fd(t->bell), .events = POLLIN};
        if (poll(&bell, 1, clock_poll_ms(deadline)) > 0)
            waker_clear(t->bell);
    }
    return ST_OK;
}

static int admit(struct session *s, struct err *e)
{
    struct admission *a = &s->server->admission;
    struct admission_share *share = session_share(s);
    if (admission_try(a, share, ADMISSION_STREAM, false))
        return ST_OK;
    TRY(s->reply->ops->flush(s->reply, e));
    assert(s->shared.worker); /* rows are sent by a thread that runs the session: its bell is waited for */
    struct admission_ticket t = {.bell = &s->shared.worker->waker, .share = share, .bytes = ADMISSION_STREAM};
    admission_queue(a, &t);
    int st = stand_in_line(s, &t, e);
    bool granted = admission_unqueue(a, &t);
    if (st < 0) {
        if (granted)
            admission_give_back(a, share, ADMISSION_STREAM);
        metric_add(METRIC_STREAMS_REFUSED, 1);
    }
    return st;
}

/* ---- its rows ---- */

static int send_rows(struct session *s, struct backend_portal *engine, struct row_stream *stream,
                     uint64_t *rows, struct err *e)
{
    struct row_batch *batch;
    int st;
    while ((st = row_stream_next(stream, &batch, e)) == ST_OK) {
        st = send_batch(s, batch, engine->complete, e);
        if (st == ST_OK && !engine->complete) /* else it is done, and is too late to be cancelled */
            st = session_check_interrupts(s, e);
        if (st < 0)
            break;
        *rows += batch->nrows;
    }
    return st;
}

int session_send_stream(struct session *s, struct backend_portal *engine, const struct backend_fetch *how,
                        uint64_t *rows, struct err *e)
{
    struct row_stream *stream;
    assert(s->engine && engine->started);
    TRY(admit(s, e));
    metric_gauge_add(METRIC_STREAMS, 1);
    int st = s->engine->ops->fetch(engine, how, &stream, e);
    if (st == ST_OK) {
        const bool is_page = how->max_rows > 0;
        s->reply->ops->rows_begin(s->reply, engine->desc, how->formats, is_page);
        st = send_rows(s, engine, stream, rows, e);
        st = s->reply->ops->rows_end(s->reply, st, e);
        row_stream_close(stream);
        bool looks = st == ST_OK && is_page && pace_makes_ahead(s->stats.bytes);
        portals_look_ahead_of(s, looks && !engine->complete ? engine : NULL);
    }
    metric_gauge_add(METRIC_STREAMS, -1);
    admission_give_back(&s->server->admission, session_share(s), ADMISSION_STREAM);
    return st;
}

/* The client has a page to read. */
void session_look_ahead(struct session *s)
{
    struct backend_portal *p = portals_take_ahead(s);
    if (p)
        while (s->engine->ops->ahead(p) == ST_AGAIN && !session_is_wanted(s))
            ;
}
