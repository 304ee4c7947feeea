/* Bytes leave in one of three ways: by the session's thread (send_all), by the writer, which is given
 * batches, or by the monitor, which sends what is held, and the last words of a session whose thread was left
 * behind. No two of them write at once: the session drains the writer before it writes itself, and output is
 * held only while there is no writer and the session writes nothing. The first write that fails is the last
 * one: the client may have got half a message, and nothing may follow that. */
#include "front/output.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/metric.h"
#include "front/front_priv.h"
#include "front/socket.h"
#include "rows/row_batch.h"

#include <assert.h>
#include <string.h>

/* By this thread, when the writer has nothing left. One that failed may have ended amid a message, and found
 * the socket full: nothing follows it. */
static int send_all(struct pg_client *c, const uint8_t *p, size_t n, struct err *e)
{
    if (c->output.write_failed)
        return err_set(e, SQLSTATE_CONNECTION_FAILURE, "connection to client lost");
    int st = c->output.writer ? writer_drain(c->output.writer, e) : ST_OK;
    if (st == ST_OK)
        st = socket_write(c, session_bell(&c->session), p, n, e);
    if (st < 0) {
        c->output.write_failed = true;
        pg_client_ends(c);
    }
    return st;
}

int output_drain(struct pg_client *c, struct err *e)
{
    return c->output.writer ? send_all(c, NULL, 0, e) : ST_OK;
}

/* A message had no room. Those before it are whole and go out, so that a FATAL can follow them. */
static int lost_message(struct pg_client *c, struct err *e)
{
    pg_client_ends(c);
    TRY(send_all(c, c->output.bytes.data, c->output.bytes.len, e));
    buf_clear(&c->output.bytes);
    return err_oom(e);
}

/* Messages between rows that the writer writes go with those: this thread does not wait for them. */
static int flush_with(struct pg_client *c, bool rows_around, bool rows_follow, struct err *e)
{
    assert(!c->output.held); /* else the monitor may have sent some of it */
    if (!buf_ok(&c->output.bytes))
        return lost_message(c, e);
    if (c->output.bytes.len == 0)
        return ST_OK;
    int st;
    if (c->output.bytes.len > PACE_WRITER_MESSAGES || !rows_around)
        st = send_all(c, c->output.bytes.data, c->output.bytes.len, e);
    else
        st = writer_put_bytes(c->output.writer, c->output.bytes.data, c->output.bytes.len, !rows_follow, e);
    if (st < 0)
        pg_client_ends(c);
    buf_clear(&c->output.bytes);
    c->output.due = false;
    return st;
}

int output_flush(struct pg_client *c, struct err *e)
{
    return flush_with(c, c->output.writer && !writer_idle(c->output.writer), false, e);
}

int output_flush_full(struct pg_client *c, struct err *e)
{
    return buf_ok(&c->output.bytes) && c->output.bytes.len < session_config(&c->session)->write_buffer
               ? ST_OK
               : output_flush(c, e);
}

int output_flush_due(struct pg_client *c, struct err *e)
{
    bool waits = buf_ok(&c->output.bytes) && !c->output.due && c->output.bytes.len < PACE_ANSWERS_BYTES;
    return waits ? ST_OK : output_flush(c, e);
}

void output_is_due(struct pg_client *c)
{
    c->output.due = true;
}

void output_hold(struct pg_client *c)
{
    (void)pthread_mutex_lock(&c->session.shared.lock);
    c->output.held = buf_ok(&c->output.bytes) && c->output.bytes.len > 0 && !c->output.writer;
    c->output.held_sent = 0;
    c->output.held_since_us = clock_now_us();
    (void)pthread_mutex_unlock(&c->session.shared.lock);
}

void output_unhold(struct pg_client *c)
{
    if (!c->output.held) /* nobody else sets it */
        return;
    (void)pthread_mutex_lock(&c->session.shared.lock);
    size_t sent = c->output.held_sent;
    assert(sent <= c->output.bytes.len);
    c->output.held = false;
    (void)pthread_mutex_unlock(&c->session.shared.lock);
    memmove(c->output.bytes.data, c->output.bytes.data + sent, c->output.bytes.len - sent);
    c->output.bytes.len -= sent;
}

/* What the socket takes at once. An error is met again by the session itself. */
void output_send_held(struct pg_client *c, int64_t now_us)
{
    struct err ignored;
    size_t done = 0;
    if (!c->output.held || now_us - c->output.held_since_us < PACE_HOLD_US ||
        c->output.held_sent == c->output.bytes.len)
        return;
    err_init(&ignored);
    (void)conn_write(c->conn, NULL, c->output.bytes.data + c->output.held_sent,
                     c->output.bytes.len - c->output.held_sent, &done, now_us, NULL, &ignored);
    c->output.held_sent += done;
    metric_add(METRIC_BYTES_SENT, done);
}

int output_rows(struct pg_client *c, const void *p, size_t n, struct err *e)
{
    size_t room = pace_is_plain() ? 0 : session_config(&c->session)->write_buffer;
    if (c->output.bytes.len + n <= room) { /* one write for a small result and what surrounds it */
        buf_put(&c->output.bytes, p, n);
        c->output.due |= n > 0;
        return ST_OK;
    }
    TRY(output_flush(c, e));
    return send_all(c, p, n, e);
}

static bool writes_itself(struct pg_client *c, const struct row_batch *batch)
{
    if (!c->output.writer && !server_forwards(c->session.server) &&
        pace_wants_writer(&c->output.pace, c->session.stats.bytes))
        c->output.writer = writer_new(c);
    return !c->output.writer || pace_bypasses_writer(&c->output.pace, c->session.stats.bytes, batch->len);
}

int output_batch(struct pg_client *c, struct row_batch *batch, struct err *e)
{
    if (writes_itself(c, batch))
        return output_rows(c, batch->data, batch->len, e);
    TRY(flush_with(c, true, true, e));
    int st = writer_put(c->output.writer, batch, e);
    if (st < 0)
        pg_client_ends(c);
    return st;
}

/* What the session's thread had put into the output is whole messages, and stays as it is from then on;
 * they go out before the last word, and only while no writer is at the socket. */
void output_last_words(struct pg_client *c, const struct err *why, int64_t now_us)
{
    struct buf last;
    struct err ignored;
    size_t done = 0;
    if (!buf_ok(&c->output.bytes) || (c->output.writer && !writer_idle(c->output.writer)))
        return;
    err_init(&ignored);
    buf_init(&last, OUTPUT_MAX);
    buf_put(&last, c->output.bytes.data, c->output.bytes.len);
    be_report(&last, BE_FATAL, why);
    if (buf_ok(&last))
        (void)conn_write(c->conn, NULL, last.data, last.len, &done, now_us, NULL, &ignored);
    metric_add(METRIC_BYTES_SENT, done);
    buf_release(&last);
}

void output_trim(struct pg_client *c)
{
    assert(!c->output.held);
    buf_trim(&c->output.bytes);
    writer_free(TAKE_PTR(c->output.writer));
}

void output_init(struct output *o)
{
    *o = (struct output){0};
    buf_init(&o->bytes, OUTPUT_MAX);
}

void output_release(struct output *o)
{
    writer_free(TAKE_PTR(o->writer));
    buf_release(&o->bytes);
}
