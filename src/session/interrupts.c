#include "session/interrupts.h"

#include "session/session_priv.h"

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
    unsigned interrupts = atomic_load_explicit(&s->interrupts, memory_order_relaxed);
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

void session_interrupt_locked(struct session *s, unsigned why)
{
    bool of_statement = why & (INT_STATEMENT_MASK | INT_CLIENT_GONE);
    if (of_statement && !s->active)
        return;
    atomic_fetch_or(&s->interrupts, why);
    if (s->active && s->cancel_target)
        s->cancel_target->ops->cancel(s->cancel_target);
    if (s->worker)
        waker_ring(&s->worker->waker);
}

void session_interrupt(struct session *s, enum interrupt why)
{
    (void)pthread_mutex_lock(&s->lock);
    session_interrupt_locked(s, why);
    (void)pthread_mutex_unlock(&s->lock);
}
