#include "rpc/service_call.h"

#include "rpc/service_priv.h"

#include "rpc/server_call.h"
#include "rpc/service_session.h"

/* What a call says whose session was closed meanwhile, since the gateway seemed to be lost, is no answer: it
 * was cancelled, and not by the client. */
static const _Atomic bool always = true;

struct service_session *service_enter(struct rpc_service *v, struct rpc_in *in, uint64_t id, struct err *e)
{
    struct service_session *s = service_session_ref(v, in, id);
    if (!s) {
        rpc_refuse(in, GRPC_STATUS_UNAVAILABLE, "the session has ended");
        return NULL;
    }
    (void)pthread_mutex_lock(&s->busy);
    rpc_in_void_when(in, &s->closed);
    uint64_t call = atomic_fetch_add(&s->calls, 1) + 1;
    if (atomic_load(&s->cancelled_to) >= call)
        (void)err_set(e, SQLSTATE_QUERY_CANCELED, "canceling statement due to user request");
    return s;
}

void service_leave(struct rpc_service *v, struct rpc_in *in, struct service_session *s)
{
    if (in)
        rpc_in_void_when(in, atomic_load(&s->closed) ? &always : NULL);
    (void)pthread_mutex_unlock(&s->busy);
    service_session_unref(v, s);
}

void service_begin(struct rpc_service *v, struct service_session *s)
{
    (void)atomic_fetch_add(&s->lease->running, 1);
    (void)atomic_fetch_add(&v->streams, 1);
}

void service_end(struct rpc_service *v, struct service_session *s)
{
    (void)atomic_fetch_sub(&v->streams, 1);
    (void)atomic_fetch_sub(&s->lease->running, 1);
}

void service_refuse(struct service_call *c, int status, const char *why)
{
    c->refused = true;
    rpc_refuse(c->in, status, why);
}
