#include "session/output.h"

#include "base/log.h"
#include "base/metric.h"
#include "rows/row_batch.h"
#include "session/session_priv.h"

#include <stdio.h>
#include <string.h>

enum { WRITER_TICK_US = 100 * 1000 }; /* no bell reaches the writer's wait */

/* What the wait for a slow client ends with. ST_OK: go on waiting. */
static int while_blocked(struct session *s, int64_t blocked_since_us, struct err *e)
{
    unsigned interrupts = atomic_load(&s->interrupts);
    if (interrupts & INT_CLIENT_GONE)
        return err_set(e, SQLSTATE_CONNECTION_FAILURE, "connection to client lost");
    if (interrupts & INT_TERMINATE)
        return session_terminated(s, e);
    const struct session_config *c = session_config(s);
    int64_t blocked_us = clock_now_us() - blocked_since_us;
    if (blocked_us >= c->slow_flush_us && !s->output.slow_logged) {
        s->output.slow_logged = true;
        metric_add(METRIC_SLOW_FLUSHES, 1);
        log_line(LOG_WARNING, "slow_client", "pid=%u peer=%s blocked_s=%.1f", s->pid, conn_peer_name(s->conn),
                 (double)blocked_us / 1e6);
    }
    if (c->flush_timeout_us && blocked_us >= c->flush_timeout_us) {
        metric_add(METRIC_FLUSH_TIMEOUTS, 1);
        log_line(LOG_WARNING, "client_cut_off", "pid=%u peer=%s blocked_s=%.1f", s->pid,
                 conn_peer_name(s->conn), (double)blocked_us / 1e6);
        return err_set(e, SQLSTATE_CONNECTION_FAILURE, "client did not read for too long");
    }
    return ST_OK;
}

/* All of it, however long the client takes within the limits. A cancel does not end it: what was begun are
 * whole messages, and the statement ends after them. */
int session_write(struct session *s, struct waker *bell, const uint8_t *p, size_t n, struct err *e)
{
    const struct session_config *c = session_config(s);
    int64_t waited_us = 0, now = clock_now_us(), since = now;
    int64_t tick_us = bell ? c->slow_flush_us : WRITER_TICK_US;
    if (c->slow_flush_us < tick_us)
        tick_us = c->slow_flush_us;
    if (c->flush_timeout_us && c->flush_timeout_us < tick_us)
        tick_us = c->flush_timeout_us;
    s->output.slow_logged = false;
    bool counted = false;
    for (size_t at = 0; at < n;) {
        size_t done = 0;
        int st = conn_write(s->conn, bell, p + at, n - at, &done, now + tick_us, &waited_us, e);
        at += done;
        if (at < n)
            now = clock_now_us();
        if (done)
            since = now;
        if (waited_us > 0 && !counted) {
            counted = true;
            metric_add(METRIC_BACKPRESSURE, 1);
        }
        if (st == ST_AGAIN)
            st = while_blocked(s, since, e);
        TRY(st);
    }
    metric_add(METRIC_BYTES_SENT, n);
    return ST_OK;
}

/* By this thread, when the writer has nothing left. One that failed may have ended amid a message, and found
 * the socket full: nothing follows it. */
static int send_all(struct session *s, const uint8_t *p, size_t n, struct err *e)
{
    if (s->output.write_failed)
        return err_set(e, SQLSTATE_CONNECTION_FAILURE, "connection to client lost");
    int st = s->output.writer ? writer_drain(s->output.writer, e) : ST_OK;
    if (st == ST_OK)
        st = session_write(s, &s->worker->waker, p, n, e);
    if (st < 0)
        s->closing = s->output.write_failed = true;
    return st;
}

int session_drain(struct session *s, struct err *e)
{
    return s->output.writer ? send_all(s, NULL, 0, e) : ST_OK;
}

/* A message had no room. Those before it are whole and go out, so that a FATAL can follow them. */
static int lost_message(struct session *s, struct err *e)
{
    s->closing = true;
    TRY(send_all(s, s->output.bytes.data, s->output.bytes.len, e));
    buf_clear(&s->output.bytes);
    return err_oom(e);
}

/* Messages between rows that the writer writes go with those: this thread does not wait for them. */
static int flush_with(struct session *s, bool rows_around, bool rows_follow, struct err *e)
{
    if (!buf_ok(&s->output.bytes))
        return lost_message(s, e);
    if (s->output.bytes.len == 0)
        return ST_OK;
    int st;
    if (s->output.bytes.len > PACE_WRITER_MESSAGES || !rows_around)
        st = send_all(s, s->output.bytes.data, s->output.bytes.len, e);
    else
        st = writer_put_bytes(s->output.writer, s->output.bytes.data, s->output.bytes.len, !rows_follow, e);
    if (st < 0)
        s->closing = true;
    buf_clear(&s->output.bytes);
    s->output.due = false;
    return st;
}

int session_flush(struct session *s, struct err *e)
{
    return flush_with(s, s->output.writer && !writer_idle(s->output.writer), false, e);
}

int session_flush_full(struct session *s, struct err *e)
{
    return buf_ok(&s->output.bytes) && s->output.bytes.len < session_config(s)->write_buffer
               ? ST_OK
               : session_flush(s, e);
}

int session_flush_due(struct session *s, struct err *e)
{
    bool waits = buf_ok(&s->output.bytes) && !s->output.due && s->output.bytes.len < PACE_ANSWERS_BYTES;
    return waits ? ST_OK : session_flush(s, e);
}

void session_answer_is_due(struct session *s)
{
    s->output.due = true;
}

void session_hold(struct session *s)
{
    (void)pthread_mutex_lock(&s->lock);
    s->output.held = buf_ok(&s->output.bytes) && s->output.bytes.len > 0 && !s->output.writer;
    s->output.held_sent = 0;
    s->output.held_since_us = clock_now_us();
    (void)pthread_mutex_unlock(&s->lock);
}

void session_unhold(struct session *s)
{
    if (!s->output.held) /* nobody else sets it */
        return;
    (void)pthread_mutex_lock(&s->lock);
    size_t sent = s->output.held_sent;
    s->output.held = false;
    (void)pthread_mutex_unlock(&s->lock);
    memmove(s->output.bytes.data, s->output.bytes.data + sent, s->output.bytes.len - sent);
    s->output.bytes.len -= sent;
}

/* What the socket takes at once. An error is met again by the session itself. */
void session_send_held(struct session *s, int64_t now_us)
{
    struct err ignored;
    size_t done = 0;
    if (!s->output.held || now_us - s->output.held_since_us < PACE_HOLD_US ||
        s->output.held_sent == s->output.bytes.len)
        return;
    err_init(&ignored);
    (void)conn_write(s->conn, NULL, s->output.bytes.data + s->output.held_sent,
                     s->output.bytes.len - s->output.held_sent, &done, now_us, NULL, &ignored);
    s->output.held_sent += done;
    metric_add(METRIC_BYTES_SENT, done);
}

int session_send_rows(struct session *s, const void *p, size_t n, struct err *e)
{
    size_t room = pace_is_plain() ? 0 : session_config(s)->write_buffer;
    if (s->output.bytes.len + n <= room) { /* one write for a small result and what surrounds it */
        buf_put(&s->output.bytes, p, n);
        s->output.due |= n > 0;
        return ST_OK;
    }
    TRY(session_flush(s, e));
    return send_all(s, p, n, e);
}

static bool writes_itself(struct session *s, const struct row_batch *batch)
{
    if (!s->output.writer && !s->server->wiring.backend->forwards &&
        pace_wants_writer(&s->output.pace, s->statement_bytes))
        s->output.writer = writer_new(s);
    return !s->output.writer || pace_bypasses_writer(&s->output.pace, s->statement_bytes, batch->len);
}

int session_send_batch(struct session *s, struct row_batch *batch, struct err *e)
{
    if (writes_itself(s, batch))
        return session_send_rows(s, batch->data, batch->len, e);
    TRY(flush_with(s, true, true, e));
    int st = writer_put(s->output.writer, batch, e);
    if (st < 0)
        s->closing = true;
    return st;
}
