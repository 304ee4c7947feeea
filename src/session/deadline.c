/* When a statement may be ended, and when statement_timeout ends it. */
#include "session/deadline.h"

#include "session/session_priv.h"

#include <assert.h>

/* statement_timeout runs from the first message that needs a transaction until an Execute completes, a Query
 * or a Sync ends or something fails, over waits for the client too. Source: PostgreSQL's start_xact_command
 * and exec_execute_message. */
static int64_t deadline_for(struct session *s, bool takes_time, int64_t now)
{
    int64_t limit = settings_duration_us(&s->settings, SET_STATEMENT_TIMEOUT);
    if (!takes_time)
        return CLOCK_NEVER;
    if (!limit)
        s->message.timeout_us = 0;
    else if (!s->message.timeout_us)
        s->message.timeout_us = now + limit;
    return s->message.timeout_us ? s->message.timeout_us : CLOCK_NEVER;
}

/* With the lock. The monitor looks at the second one without it, to pass over sessions that are idle. */
static void set_times(struct session *s, int64_t deadline_us, int64_t active_since_us)
{
    atomic_store_explicit(&s->shared.deadline_us, deadline_us, memory_order_relaxed);
    atomic_store_explicit(&s->shared.active_since_us, active_since_us, memory_order_relaxed);
}

void session_message_begin(struct session *s, bool takes_time, int64_t now)
{
    s->message.completed = false;
    stats_begin(&s->stats, now);
    (void)pthread_mutex_lock(&s->shared.lock);
    assert(!s->shared.active);
    set_times(s, deadline_for(s, takes_time, now), now);
    s->shared.active = true;
    s->shared.thread = pthread_self();
    s->shared.interrupted_us = 0;
    (void)pthread_mutex_unlock(&s->shared.lock);
}

void session_next_statement(struct session *s)
{
    int64_t limit = settings_duration_us(&s->settings, SET_STATEMENT_TIMEOUT);
    if (!limit && atomic_load(&s->shared.deadline_us) == CLOCK_NEVER)
        return;
    (void)pthread_mutex_lock(&s->shared.lock); /* what was due to the one before does not reach this one */
    atomic_fetch_and(&s->shared.interrupts, ~(unsigned)INT_STATEMENT_TIMEOUT);
    atomic_store(&s->shared.deadline_us, limit ? clock_now_us() + limit : CLOCK_NEVER);
    (void)pthread_mutex_unlock(&s->shared.lock);
}

void session_statement_failed(struct session *s)
{
    s->message.timeout_us = 0;
    (void)pthread_mutex_lock(&s->shared.lock);
    atomic_store(&s->shared.deadline_us, CLOCK_NEVER);
    atomic_fetch_and(&s->shared.interrupts, ~(unsigned)INT_STATEMENT_MASK);
    s->shared.interrupted_us = 0;
    (void)pthread_mutex_unlock(&s->shared.lock);
}

void session_message_end(struct session *s)
{
    s->message.query = (struct str){0};
    s->message.is_query = false;
    (void)pthread_mutex_lock(&s->shared.lock);
    s->shared.active = false;
    activity_end(s);
    if (atomic_load(&s->shared.interrupts))
        atomic_fetch_and(&s->shared.interrupts, ~(unsigned)INT_STATEMENT_MASK);
    set_times(s, CLOCK_NEVER, 0);
    (void)pthread_mutex_unlock(&s->shared.lock);
}

void session_stop_hearing(struct session *s)
{
    (void)pthread_mutex_lock(&s->shared.lock);
    s->shared.active = false;
    (void)pthread_mutex_unlock(&s->shared.lock);
}

void session_query_is(struct session *s, struct str text)
{
    s->message.query = text;
    s->message.is_query = true;
    activity_begin(s, text);
}

void session_statement_completed(struct session *s)
{
    s->message.completed = true;
}

void session_pipeline_over(struct session *s, bool is_last)
{
    if (is_last || s->message.completed)
        s->message.timeout_us = 0;
}

bool session_is_too_late(const struct session *s)
{
    return s->message.timeout_us && s->stats.start_us >= s->message.timeout_us;
}
