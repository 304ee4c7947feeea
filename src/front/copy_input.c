/* COPY FROM STDIN: the client's CopyData goes to the core as it comes, however its messages are cut, until
 * CopyDone or CopyFail. What is read is used at once: no message has to fit in memory. Flush and Sync are
 * passed over; any other message ends the session, since what it was meant for is lost. After an error the
 * client goes on sending: dispatch drops that (simple protocol), or all up to Sync. Source: PostgreSQL
 * manual, 55.2.6; its errors as measured. */
#include "front/copy_input.h"

#include "base/clock.h"
#include "base/encoding.h"
#include "base/log.h"
#include "base/metric.h"
#include "front/front_priv.h"
#include "front/recode.h"
#include "pgwire/frontend.h"
#include "session/notice.h"

struct reader {
    struct pg_client *client;
    struct copy_sink *sink;
    size_t left;             /* bytes of a CopyData that are still to come */
    bool unsettled;          /* some have come since the last settle */
    struct recoder *recoder; /* NULL: the file is UTF-8 */
    uint8_t *chunk, *utf8;   /* with it: so much of the file at once, and what that becomes … */
    size_t carried;          /* … of which so many bytes at the start begin a character */
};

enum { RECODE_CHUNK = 16 * 1024 };
enum { PAUSE_US = 100 * 1000 }; /* without input, after which the rows so far go in */

/* Before the session ends the COPY itself, the data has the first word. */
static int settle(struct reader *r, struct err *e)
{
    r->unsettled = false;
    return r->sink->settle(r->sink, e);
}

/* Like a reader that takes nothing for as long, it holds a thread. */
static int stalled(struct pg_client *c, int64_t since_us, struct err *e)
{
    pg_client_ends(c);
    metric_add(METRIC_FLUSH_TIMEOUTS, 1);
    log_line(LOG_WARNING, "client_cut_off", "pid=%u peer=%s stalled_s=%.1f", c->session.place.pid,
             conn_peer_name(c->conn), (double)(clock_now_us() - since_us) / 1e6);
    return err_set(e, SQLSTATE_IDLE_SESSION_TIMEOUT,
                   "terminating connection: COPY FROM STDIN got no data for too long (flush_timeout)");
}

/* Nothing has come since since_us. A client that pauses is told what is wrong with its rows so far. */
static int wait_for_input(struct reader *r, int64_t since_us, struct err *e)
{
    struct pg_client *c = r->client;
    int64_t limit = session_config(&c->session)->flush_timeout_us;
    int64_t end = limit ? since_us + limit : CLOCK_NEVER;
    int64_t pause = r->unsettled ? since_us + PAUSE_US : CLOCK_NEVER;
    int st = conn_wait_readable(c->conn, session_bell(&c->session), pause < end ? pause : end, e);
    if (st < 0)
        pg_client_ends(c);
    if (st != ST_AGAIN)
        return st;
    int64_t now = clock_now_us();
    if (now >= end)
        return stalled(c, since_us, e);
    return now >= pause ? settle(r, e) : ST_OK;
}

/* Waits until there is more input than before. */
static int read_more(struct reader *r, struct err *e)
{
    struct pg_client *c = r->client;
    int64_t since_us = clock_now_us();
    int st;
    TRY(session_check_interrupts(&c->session, e));
    while ((st = input_fill(c, false, e)) == ST_AGAIN) {
        TRY(wait_for_input(r, since_us, e));
        TRY(session_check_interrupts(&c->session, e));
    }
    if (st == ST_EOF)
        st = err_set(e, SQLSTATE_CONNECTION_FAILURE,
                     "unexpected EOF on client connection with an open transaction");
    if (st < 0)
        pg_client_ends(c);
    return st;
}

/* What comes cannot be told from CopyData any more. */
static int lost_in_messages(struct reader *r, uint8_t type, struct err *e)
{
    struct pg_client *c = r->client;
    struct err first;
    err_init(&first);
    if (settle(r, &first) == ST_OK)
        (void)err_set(&first, SQLSTATE_PROTOCOL_VIOLATION,
                      "unexpected message type 0x%02X during COPY from stdin", type);
    r->sink->locate(r->sink, &first);
    session_report(&c->session, REPLY_ERROR, &first);
    pg_client_ends(c);
    return err_set(e, SQLSTATE_PROTOCOL_VIOLATION,
                   "terminating connection because protocol synchronization was lost");
}

static int failed_by_client(struct reader *r, const struct frame *f, struct err *e)
{
    const char *why;
    struct frame own = *f;
    struct recoder *recoder;
    TRY(recode_with(r->client, &recoder, e));
    if (recoder)
        TRY(recode_frame(r->client, recoder, &own, e));
    f = &own;
    TRY(fe_copy_fail_decode(f->payload, f->len, &why, e));
    TRY(settle(r, e));
    return err_set(e, SQLSTATE_QUERY_CANCELED, "COPY from stdin failed: %s", why);
}

/* A CopyData begins: its bytes are used as they come. */
static int begin_data(struct reader *r, const uint8_t *in, size_t n, struct err *e)
{
    struct frame f;
    size_t total = 0;
    struct pg_client *c = r->client;
    int st = frame_next(in, n, &f, &total, e);
    if (st == ST_OK)
        total = f.total;
    if (st >= 0 && total > input_message_max(c))
        st = err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED,
                     "message of %zu bytes is larger than the limit of %zu", total, input_message_max(c));
    if (st < 0) {
        pg_client_ends(c);
        return st;
    }
    if (n < FRAME_HEADER)
        return read_more(r, e);
    conn_consume(c->conn, FRAME_HEADER);
    r->left = total - FRAME_HEADER;
    return ST_OK;
}

/* The next message, or the beginning of it. ST_EOF: CopyDone. */
static int next_message(struct reader *r, struct err *e)
{
    struct pg_client *c = r->client;
    struct frame f;
    size_t n, need;
    const uint8_t *in = conn_input(c->conn, &n);
    if (n == 0)
        return read_more(r, e);
    if (in[0] == 'd')
        return begin_data(r, in, n, e);
    if (in[0] != 'c' && in[0] != 'f' && in[0] != 'H' && in[0] != 'S')
        return lost_in_messages(r, in[0], e);
    int st = frame_next(in, n, &f, &need, e);
    if (st < 0)
        pg_client_ends(c);
    if (st != ST_OK)
        return st < 0 ? st : read_more(r, e);
    conn_consume(c->conn, f.total); /* stays readable until the next read */
    switch (f.type) {
    case 'c': TRY(fe_empty_decode(f.len, e)); return ST_EOF;
    case 'f': return failed_by_client(r, &f, e);
    default: return ST_OK;
    }
}

/* ---- files that are not UTF-8 ---- */

static int begin_recoding(struct reader *r, struct err *e)
{
    struct pg_client *c = r->client;
    TRY(pg_reply_recoder(&c->reply, &r->recoder, e));
    if (!r->recoder)
        return ST_OK;
    if (c->reply.copies_binary)
        return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                       "COPY FROM in binary format is not supported in encoding %s",
                       encoding_name(recoder_encoding(r->recoder)));
    r->chunk = arena_alloc(&c->session.message_arena, RECODE_CHUNK);
    r->utf8 = arena_alloc(&c->session.message_arena, recoder_bound_in(RECODE_CHUNK));
    return r->chunk && r->utf8 ? ST_OK : err_oom(e);
}

static int give_recoded(struct reader *r, const uint8_t *p, size_t n, struct err *e)
{
    struct err wrong;
    err_init(&wrong);
    const uint8_t *end = recoder_in(r->recoder, (struct str){(const char *)p, n}, r->utf8,
                                    r->utf8 + recoder_bound_in(RECODE_CHUNK), &wrong);
    if (end)
        return r->sink->data(r->sink, r->utf8, (size_t)(end - r->utf8), e);
    TRY(settle(r, e));
    *e = wrong;
    return ST_ERR;
}

/* Line by line where something is wrong, so that what is in front of it is told first, and counted. */
static int give_lines(struct reader *r, size_t n, struct err *e)
{
    for (size_t at = 0; at < n;) {
        const uint8_t *p = r->chunk + at, *lf = memchr(p, '\n', n - at);
        size_t len = lf ? (size_t)(lf - p) + 1 : n - at;
        TRY(give_recoded(r, p, len, e));
        at += len;
    }
    return ST_OK;
}

static int give_chunk(struct reader *r, size_t n, struct err *e)
{
    struct err tried;
    err_init(&tried);
    const uint8_t *end = recoder_in(r->recoder, (struct str){(const char *)r->chunk, n}, r->utf8,
                                    r->utf8 + recoder_bound_in(RECODE_CHUNK), &tried);
    return end ? r->sink->data(r->sink, r->utf8, (size_t)(end - r->utf8), e) : give_lines(r, n, e);
}

static int recode_data(struct reader *r, const uint8_t *p, size_t n, struct err *e)
{
    while (n > 0) {
        size_t taken = n < RECODE_CHUNK - r->carried ? n : RECODE_CHUNK - r->carried;
        memcpy(r->chunk + r->carried, p, taken);
        size_t there = r->carried + taken, whole = recoder_whole(r->recoder, r->chunk, there);
        TRY(give_chunk(r, whole, e));
        r->carried = there - whole;
        memmove(r->chunk, r->chunk + whole, r->carried);
        p += taken;
        n -= taken;
    }
    return ST_OK;
}

/* A character that has begun and does not end. */
static int end_recoding(struct reader *r, struct err *e)
{
    return r->carried ? give_lines(r, r->carried, e) : ST_OK;
}

static int use_data(struct reader *r, struct err *e)
{
    struct pg_client *c = r->client;
    size_t n;
    const uint8_t *in = conn_input(c->conn, &n);
    if (n == 0)
        return read_more(r, e);
    if (n > r->left)
        n = r->left;
    r->left -= n;
    r->unsettled = true;
    int st = r->recoder ? recode_data(r, in, n, e) : r->sink->data(r->sink, in, n, e);
    conn_consume(c->conn, n);
    return st;
}

static int receive(struct reader *r, struct err *e)
{
    int st;
    TRY(begin_recoding(r, e));
    do {
        TRY(session_check_interrupts(&r->client->session, e));
        st = r->left ? use_data(r, e) : next_message(r, e);
    } while (st == ST_OK);
    return st == ST_EOF ? end_recoding(r, e) : st;
}

int copy_input(struct pg_client *c, struct copy_sink *sink, struct err *e)
{
    struct reader r = {.client = c, .sink = sink};
    input_let_go(c); /* the message that the statement came in gives way to what the client sends next */
    int st = receive(&r, e);
    pg_reply_begin(&c->reply);
    input_skip(c, r.left);
    if (st < 0 && !c->closing)
        sink->locate(sink, e);
    return st;
}
