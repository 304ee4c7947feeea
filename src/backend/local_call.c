/* session.lock guards who is busy and on which connection, so that a cancel from another thread interrupts
 * a connection only while the call that it is meant for is under way. It is held for a few stores, never
 * around the engine. */
#include "backend/local_call.h"

#include "backend/local_cache.h"
#include "backend/local_conn.h"
#include "backend/local_priv.h"

#include <assert.h>

void local_enter(struct local_session *s, struct local_conn *c)
{
    pthread_mutex_lock(&s->lock);
    assert(!s->busy);
    s->busy = true;
    s->running = c ? c->conn : NULL;
    __atomic_store_n(&s->cancelled, backend_is_left(&s->base), __ATOMIC_SEQ_CST);
    pthread_mutex_unlock(&s->lock);
}

void local_plans_begin(struct local_session *s)
{
    enum backend_hearing hears = BACKEND_HEARS;
    (void)atomic_compare_exchange_strong(&s->base.hearing, &hears, BACKEND_DEAF);
}

void local_plans_end(struct local_session *s)
{
    enum backend_hearing deaf = BACKEND_DEAF;
    (void)atomic_compare_exchange_strong(&s->base.hearing, &deaf, BACKEND_HEARS);
    if (deaf == BACKEND_LEFT)
        __atomic_store_n(&s->cancelled, true, __ATOMIC_SEQ_CST);
}

void local_enter_for(struct local_session *s, const struct local_stmt *st, struct local_conn *c)
{
    if (st)
        black_box_begin(s->slot, st->shape.fingerprint, st->shape.text);
    local_enter(s, c);
}

void local_running_on(struct local_session *s, struct local_conn *c)
{
    pthread_mutex_lock(&s->lock);
    s->running = c ? c->conn : NULL;
    pthread_mutex_unlock(&s->lock);
}

bool local_leave(struct local_session *s)
{
    local_plans_end(s);
    black_box_end(s->slot, s->on_main || s->ndetached > 0);
    local_plans_settle(s);
    pthread_mutex_lock(&s->lock);
    bool cancelled = __atomic_load_n(&s->cancelled, __ATOMIC_SEQ_CST);
    s->running = NULL;
    s->busy = false;
    pthread_mutex_unlock(&s->lock);
    return cancelled;
}

bool local_is_cancelled(const struct local_session *s)
{
    return __atomic_load_n(&s->cancelled, __ATOMIC_SEQ_CST);
}

int local_cancelled(struct err *e)
{
    return err_set(e, SQLSTATE_QUERY_CANCELED, "canceling statement due to user request");
}

void local_call_cancel(struct local_session *s)
{
    pthread_mutex_lock(&s->lock);
    if (s->busy) {
        __atomic_store_n(&s->cancelled, true, __ATOMIC_SEQ_CST);
        if (s->running)
            engine_interrupt(s->running);
    }
    pthread_mutex_unlock(&s->lock);
}
