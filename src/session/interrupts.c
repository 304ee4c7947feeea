/* An interrupt does three things under the session's lock: it sets its bit, cancels what runs in the backend,
 * and rings the worker's bell, which ends a wait for the socket. The session's thread looks at the bits
 * without the lock between two batches, and makes an error of the gravest one. What is about a statement (a
 * cancel, its timeout, a client that has gone) is dropped while none runs: kept, it would end the next one,
 * which PostgreSQL never does. */
#include "session/interrupts.h"

#include "session/session_priv.h"

#include <assert.h>

void shared_init(struct session_shared *sh)
{
    *sh = (struct session_shared){.magic = SESSION_SHARED_MAGIC};
    (void)pthread_mutex_init(&sh->lock, NULL);
    atomic_store(&sh->deadline_us, CLOCK_NEVER);
}

void shared_release(struct session_shared *sh)
{
    assert(sh->magic == SESSION_SHARED_MAGIC && !sh->active && !sh->worker && !sh->cancel_target);
    sh->magic = 0;
    (void)pthread_mutex_destroy(&sh->lock);
}

void shared_set_worker(struct session_shared *sh, struct worker *w)
{
    (void)pthread_mutex_lock(&sh->lock);
    assert(!w != !sh->worker);
    sh->worker = w;
    (void)pthread_mutex_unlock(&sh->lock);
}

void shared_set_target(struct session_shared *sh, struct backend_session *target)
{
    (void)pthread_mutex_lock(&sh->lock);
    sh->cancel_target = target;
    (void)pthread_mutex_unlock(&sh->lock);
}

int session_terminated(const struct session *s, struct err *e)
{
    if (!atomic_load(&s->server->crashed))
        return err_set(e, SQLSTATE_ADMIN_SHUTDOWN, "terminating connection due to administrator command");
    (void)err_set(e, SQLSTATE_CRASH_SHUTDOWN, "terminating connection because the engine has failed");
    err_hint(e, "In a moment you should be able to reconnect and repeat your command.");
    return ST_ERR;
}

int session_check_interrupts(struct session *s, struct err *e)
{
    unsigned interrupts = atomic_load_explicit(&s->shared.interrupts, memory_order_relaxed);
    if (!interrupts)
        return ST_OK;
    if (interrupts & INT_CLIENT_GONE)
        return err_set(e, SQLSTATE_CONNECTION_FAILURE, "connection to client lost");
    if (interrupts & INT_TERMINATE)
        return session_terminated(s, e);
    if (interrupts & INT_CANCEL)
        return err_set(e, SQLSTATE_QUERY_CANCELED, "canceling statement due to user request");
    return err_set(e, SQLSTATE_QUERY_CANCELED, "canceling statement due to statement timeout");
}

void session_name_cancel(struct session *s, struct err *e)
{
    if (e->code != SQLSTATE_QUERY_CANCELED)
        return;
    struct err why;
    err_init(&why);
    if (session_check_interrupts(s, &why) >= 0)
        return;
    if (*e->detail)
        err_detail(&why, "%s", e->detail);
    *e = why;
}

bool session_is_wanted(struct session *s)
{
    return atomic_load(&s->shared.interrupts) || s->client->ops->is_waiting(s->client);
}

void session_interrupt_locked(struct session *s, unsigned why)
{
    assert(s->shared.magic == SESSION_SHARED_MAGIC);
    bool of_statement = why & (INT_STATEMENT_MASK | INT_CLIENT_GONE);
    if (of_statement && !s->shared.active)
        return;
    atomic_fetch_or(&s->shared.interrupts, why);
    if (s->shared.active && s->shared.cancel_target)
        s->shared.cancel_target->ops->cancel(s->shared.cancel_target);
    if (s->shared.worker)
        waker_ring(&s->shared.worker->waker);
}

void session_interrupt(struct session *s, enum interrupt why)
{
    (void)pthread_mutex_lock(&s->shared.lock);
    session_interrupt_locked(s, why);
    (void)pthread_mutex_unlock(&s->shared.lock);
}
