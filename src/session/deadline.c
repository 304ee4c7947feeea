/* When a statement may be ended, and when statement_timeout ends it. */
#include "session/deadline.h"

#include "session/session_priv.h"

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

/* statement_timeout runs from the first message that needs a transaction until an Execute completes, a Query
 * or a Sync ends or something fails, over waits for the client too. Source: PostgreSQL's start_xact_command
 * and exec_execute_message. */
static int64_t deadline_for(struct session *s, char type, int64_t now)
{
    int64_t limit = settings_duration_us(&s->settings, SET_STATEMENT_TIMEOUT);
    if (!takes_time(type))
        return CLOCK_NEVER;
    if (!limit)
        s->timeout_us = 0;
    else if (!s->timeout_us)
        s->timeout_us = now + limit;
    return s->timeout_us ? s->timeout_us : CLOCK_NEVER;
}

/* With the lock. The monitor looks at the second one without it, to pass over sessions that are idle. */
static void set_times(struct session *s, int64_t deadline_us, int64_t active_since_us)
{
    atomic_store_explicit(&s->statement_deadline_us, deadline_us, memory_order_relaxed);
    atomic_store_explicit(&s->active_since_us, active_since_us, memory_order_relaxed);
}

void session_statement_begin(struct session *s, char type)
{
    int64_t now = clock_now_us();
    s->completed = false;
    s->statement_start_us = now;
    s->statement_rows = s->statement_bytes = 0;
    s->first_row_seen = false;
    s->statement_label[0] = '\0';
    (void)pthread_mutex_lock(&s->lock);
    set_times(s, deadline_for(s, type, now), now);
    s->active = true;
    s->interrupted_us = 0;
    (void)pthread_mutex_unlock(&s->lock);
}

void session_next_statement(struct session *s)
{
    int64_t limit = settings_duration_us(&s->settings, SET_STATEMENT_TIMEOUT);
    if (!limit && atomic_load(&s->statement_deadline_us) == CLOCK_NEVER)
        return;
    (void)pthread_mutex_lock(&s->lock); /* what was due to the one before does not reach this one */
    atomic_fetch_and(&s->interrupts, ~(unsigned)INT_STATEMENT_TIMEOUT);
    atomic_store(&s->statement_deadline_us, limit ? clock_now_us() + limit : CLOCK_NEVER);
    (void)pthread_mutex_unlock(&s->lock);
}

void session_statement_over(struct session *s)
{
    s->timeout_us = 0;
    (void)pthread_mutex_lock(&s->lock);
    atomic_store(&s->statement_deadline_us, CLOCK_NEVER);
    atomic_fetch_and(&s->interrupts, ~(unsigned)INT_STATEMENT_MASK);
    s->interrupted_us = 0;
    (void)pthread_mutex_unlock(&s->lock);
}

void session_statement_end(struct session *s)
{
    (void)pthread_mutex_lock(&s->lock);
    s->active = false;
    if (atomic_load(&s->interrupts))
        atomic_fetch_and(&s->interrupts, ~(unsigned)INT_STATEMENT_MASK);
    set_times(s, CLOCK_NEVER, 0);
    (void)pthread_mutex_unlock(&s->lock);
}

bool session_is_too_late(const struct session *s)
{
    return s->timeout_us && s->statement_start_us >= s->timeout_us;
}
