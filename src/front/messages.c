/* Messages, one after the other, as long as whole ones are there. */
#include "front/messages.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"
#include "front/extended.h"
#include "front/front_priv.h"
#include "front/function_call.h"
#include "front/recode.h"
#include "front/simple.h"
#include "pgwire/frontend.h"
#include "session/cursor.h"
#include "session/left.h"
#include "session/notice.h"
#include "session/send.h"

#include <assert.h>

static void log_statement(struct pg_client *c, char type, const struct err *e)
{
    const bool runs_something = type == 'Q' || type == 'E';
    if (!runs_something && !err_is_set(e))
        return;
    int64_t us = clock_now_us() - c->session.stats.start_us;
    if (runs_something) {
        metric_add(METRIC_STATEMENTS, 1);
        metric_observe(METRIC_STATEMENT_SECONDS, us);
    }
    if (!session_config(&c->session)->log_statements)
        return;
    char user[LOG_QUOTE_MAX], database[LOG_QUOTE_MAX], application[LOG_QUOTE_MAX], label[LOG_QUOTE_MAX];
    log_line(LOG_INFO, "statement",
             "pid=%u user=%s database=%s application=%s message=%c statement=%s ms=%.3f rows=%llu bytes=%llu "
             "sqlstate=%s",
             c->session.place.pid, log_quote(user, c->session.user), log_quote(database, c->session.database),
             log_quote(application, settings_get(&c->session.settings, SET_APPLICATION_NAME)), type,
             log_quote(label, c->session.stats.label), (double)us / 1e3,
             (unsigned long long)c->session.stats.rows, (unsigned long long)c->session.stats.bytes,
             sqlstate_code(e->code));
}

/* Errors that leave no session behind them. */
static bool is_fatal(const struct pg_client *c, const struct err *e)
{
    return c->closing || e->code == SQLSTATE_ADMIN_SHUTDOWN || e->code == SQLSTATE_CRASH_SHUTDOWN ||
           pg_client_is_gone(c, e);
}

static void count_statement_end(const struct pg_client *c, const struct err *e)
{
    if (e->code == SQLSTATE_QUERY_CANCELED)
        metric_add(METRIC_CANCELS, 1);
    else if (pg_client_is_gone(c, e))
        metric_add(METRIC_CLIENTS_GONE, 1);
}

/* Tells the client and brings the transaction to where an error brings it. */
static void statement_failed(struct pg_client *c, struct err *e)
{
    session_name_cancel(&c->session, e); /* the engine does not know whose idea it was */
    if (session_is_left(&c->session)) {  /* somebody else has told its client, and counted */
        pg_client_ends(c);
        return;
    }
    count_statement_end(c, e);
    memory_name_limit(&c->session, e);
    if (is_fatal(c, e)) {
        if (!pg_client_is_gone(c, e))
            session_report(&c->session, REPLY_FATAL, e);
        pg_client_ends(c);
    } else {
        session_report(&c->session, REPLY_ERROR, e);
    }
    session_statement_failed(&c->session);
    tx_failed(&c->session);
}

/* As ReadyForQuery tells it. */
static char status_of(const struct session *s)
{
    return tx_has_failed(s) ? 'E' : tx_is_block(s) ? 'T' : 'I';
}

/* As PostgreSQL, between two transactions alone. */
static void send_notifications(struct pg_client *c)
{
    struct notification *n;
    while (!tx_is_block(&c->session) && (n = notify_take(&c->session))) {
        size_t mark = c->output.bytes.len;
        be_notification(&c->output.bytes, n->pid, n->channel, n->payload);
        pg_reply_recode(&c->reply, mark);
        notify_free(n);
        output_is_due(c);
    }
}

static void report_setting(struct pg_client *c, size_t i)
{
    size_t mark = c->output.bytes.len;
    be_parameter_status(&c->output.bytes, settings_name(&c->session.settings, i),
                        settings_get(&c->session.settings, i));
    pg_reply_recode(&c->reply, mark);
}

static void ready_for_query(struct pg_client *c)
{
    send_notifications(c);
    uint64_t reports = settings_take_reports(&c->session.settings);
    for (size_t i = 0; reports && i < SETTINGS_COUNT; i++)
        if (reports >> i & 1)
            report_setting(c, i);
    be_ready_for_query(&c->output.bytes, status_of(&c->session));
    output_is_due(c);
}

static int on_query(struct pg_client *c, const struct frame *f, struct err *e)
{
    struct fe_query m;
    TRY(fe_query_decode(f->payload, f->len, &m, e));
    return simple_query(c, m.sql, e);
}

static int on_sync(struct pg_client *c, const struct frame *f, struct err *e)
{
    TRY(fe_empty_decode(f->len, e));
    return extended_sync(c, e);
}

/* In a pipeline they wait for those of what is here already, or for as much as is written at once. */
static void send_answers(struct pg_client *c, bool answers_ready)
{
    struct err e;
    err_init(&e);
    bool now = answers_ready && !input_has_more(c);
    if ((now ? output_flush(c, &e) : output_flush_full(c, &e)) < 0 && !pg_client_is_gone(c, &e))
        session_report(&c->session, REPLY_FATAL, &e);
}

static int work_on(struct pg_client *c, const struct frame *sent, struct err *e)
{
    struct frame own = *sent, *f = &own;
    struct recoder *recoder;
    switch (f->type) {
    case 'd': /* of a COPY that has ended: dropped, as in PostgreSQL */
    case 'c':
    case 'f': return ST_OK;
    default: break;
    }
    if (session_is_too_late(&c->session))
        return err_set(e, SQLSTATE_QUERY_CANCELED, "canceling statement due to statement timeout");
    TRY(recode_with(c, &recoder, e));
    if (recoder)
        TRY(recode_frame(c, recoder, f, e));
    switch (f->type) {
    case 'Q': return on_query(c, f, e);
    case 'S': return on_sync(c, f, e);
    case 'F': return function_call(c, f, e);
    default: return extended_message(c, f, e);
    }
}

/* A message whose work a time limit may end. */
static bool takes_time(char type)
{
    switch (type) {
    case 'P':
    case 'B':
    case 'D':
    case 'E':
    case 'Q': return true;
    default: return false; /* or cannot be stopped; session_is_too_late has been asked */
    }
}

/* One whole message. After an error of the extended protocol all but Sync and Terminate is skipped. */
static void dispatch(struct pg_client *c, const struct frame *f)
{
    struct err e;
    err_init(&e);
    assert(c->startup.phase == PHASE_READY && !c->closing);
    if (f->type == 'X') {
        pg_client_ends(c);
        return;
    }
    if (c->skip_to_sync && f->type != 'S')
        return;
    c->idle_deadline_us = 0; /* from its end on */
    memory_begin(&c->session.memory, session_config(&c->session)->memory_max);
    int64_t now = clock_now_us();
    if (cursors_are_due(&c->session, now)) {
        cursors_sweep(&c->session, false);
        now = clock_now_us();
    }
    session_message_begin(&c->session, takes_time(f->type), now);
    pg_reply_begin(&c->reply);
    bool answers_ready = f->type == 'Q' || f->type == 'S' || f->type == 'F';
    if (f->type == 'S')
        c->skip_to_sync = false;
    if (work_on(c, f, &e) < 0) {
        statement_failed(c, &e);
        c->skip_to_sync = !answers_ready;
    }
    session_pipeline_over(&c->session, answers_ready);
    log_statement(c, f->type, &e);
    session_message_end(&c->session);
    if (c->closing)
        return;
    if (answers_ready)
        ready_for_query(c);
    send_answers(c, answers_ready);
}

/* A message that the session has no room for: it is told so, and what has still to come of it is dropped. */
static void pass_over(struct pg_client *c, char type, size_t total)
{
    size_t n;
    struct err e;
    err_init(&e);
    (void)conn_input(c->conn, &n);
    conn_consume(c->conn, n);
    input_skip(c, total - n);
    bool of_copy = type == 'd' || type == 'c' || type == 'f';
    if (of_copy || c->skip_to_sync)
        return;
    memory_refuse(&c->session.memory, total);
    (void)err_oom(&e);
    statement_failed(c, &e);
    c->skip_to_sync = type != 'Q';
    if (type == 'Q')
        ready_for_query(c);
    send_answers(c, type == 'Q');
}

/* The message whose beginning is there is not. ST_OK: it may be once there is more of it. */
static int check_size(struct pg_client *c, char type, size_t total, struct err *e)
{
    size_t max = input_message_max(c);
    if (total > max)
        return err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED,
                       "message of %zu bytes is larger than the limit of %zu", total, max);
    if (total > memory_input_max(&c->session.memory, CONN_READ_CHUNK))
        pass_over(c, type, total);
    return ST_OK;
}

/* Most clients send their next message at once: waiting for it here costs less than parking and another
 * thread. Not while others wait in line for this one. */
static int fill_or_linger(struct pg_client *c, struct err *e)
{
    if (thread_pool_stats(c->front->wiring.pool).queued > 0)
        return ST_AGAIN;
    if (!c->output.writer)
        return input_fill(c, true, e);
    TRY(conn_wait_readable(c->conn, session_bell(&c->session), clock_now_us() + PACE_LINGER_US, e));
    return input_fill(c, false, e);
}

int messages_run(struct pg_client *c, struct err *e)
{
    bool answered = false;
    send_notifications(c); /* whoever sent them has woken it */
    while (!c->closing) {
        struct frame f;
        size_t n, need = 0;
        const bool skips = input_is_skipping(c);
        const uint8_t *in = conn_input(c->conn, &n);
        int st = skips ? ST_AGAIN : frame_next(in, n, &f, &need, e);
        if (st == ST_AGAIN && !skips && n >= FRAME_HEADER)
            TRY(check_size(c, (char)in[0], need, e));
        if (st == ST_AGAIN) {
            TRY(output_flush_due(c, e));
            session_look_ahead(&c->session);
            /* Once for each message worked on; a read at once would most likely be too early. */
            st = answered ? fill_or_linger(c, e) : input_fill(c, false, e);
            answered = false;
            if (st != ST_OK)
                return st;
            continue;
        }
        TRY(st);
        input_message_begin(c, &f);
        dispatch(c, &f);
        answered = true;
        input_message_end(c);
        arena_clear(&c->session.message_arena);
    }
    return ST_OK;
}
