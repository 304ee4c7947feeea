/* The worker's sessions: found by a random id, each of the lease of one gateway's connection. */
#include "rpc/service_session.h"

#include "rpc/service_priv.h"

#include "base/alloc.h"
#include "base/str.h"
#include "rpc/check.h"
#include "rpc/server_batch.h"
#include "rpc/server_call.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

/* ---- objects ---- */

void *service_find(const struct service_objects *o, uint64_t id)
{
    return id > 0 && id <= o->n ? o->items[id - 1] : NULL;
}

struct backend_portal *service_portal(const struct service_session *s, uint64_t id, struct err *e)
{
    struct backend_portal *p = service_find(&s->portals, id);
    if (!p)
        (void)err_set(e, SQLSTATE_INVALID_CURSOR_NAME, "the worker has no portal %llu",
                      (unsigned long long)id);
    return p;
}

static int grow(struct service_objects *o, struct err *e)
{
    if (o->n < o->cap)
        return ST_OK;
    size_t cap = o->cap ? 2 * o->cap : 8;
    if (cap > SERVICE_OBJECTS_MAX)
        return err_set(e, SQLSTATE_CONFIGURATION_LIMIT_EXCEEDED,
                       "too many statements or portals in this session");
    void **items = mem_realloc(o->items, cap * sizeof *items);
    if (!items)
        return err_oom(e);
    o->items = items;
    o->cap = cap;
    return ST_OK;
}

int service_put(struct service_objects *o, void *item, uint64_t *id, struct err *e)
{
    size_t at = 0;
    while (at < o->n && o->items[at])
        at++;
    if (at == o->n) {
        TRY(grow(o, e));
        o->n++;
    }
    o->items[at] = item;
    *id = at + 1;
    return ST_OK;
}

void *service_take(struct service_objects *o, uint64_t id)
{
    void *item = service_find(o, id);
    if (item)
        o->items[id - 1] = NULL;
    while (o->n && !o->items[o->n - 1])
        o->n--;
    return item;
}

/* ---- ids ---- */

/* Nobody who has not been told one finds it: 64 random bits. 0: the system gives none. */
static uint64_t random_id(void)
{
    uint64_t id = 0;
    if (getrandom(&id, sizeof id, 0) != sizeof id)
        return 0;
    return id ? id : 1;
}

static struct service_session **bucket(const struct rpc_service *v, uint64_t id)
{
    return &v->buckets[id & (v->nbuckets - 1)];
}

/* With the lock. */
static struct service_session *find(const struct rpc_service *v, uint64_t id)
{
    struct service_session *s = *bucket(v, id);
    while (s && s->id != id)
        s = s->chain;
    return s;
}

int service_sessions_init(struct rpc_service *v, struct err *e)
{
    v->nbuckets = 64;
    while (v->nbuckets < v->sessions_max)
        v->nbuckets *= 2;
    v->buckets = mem_calloc(v->nbuckets, sizeof(struct service_session *));
    return v->buckets ? ST_OK : err_oom(e);
}

void service_sessions_release(struct rpc_service *v)
{
    mem_free(v->buckets);
}

/* ---- leases ---- */

/* With the lock; whether it was the last one to let go of it. */
static bool lease_put(struct service_lease *l)
{
    return --l->refs == 0;
}

static bool is_of_peer(const struct service_lease *l, const char *peer)
{
    return strncmp(l->peer, peer, sizeof l->peer - 1) == 0;
}

struct service_lease *service_lease_new(struct rpc_service *v, struct rpc_in *in)
{
    struct service_lease *l = mem_calloc(1, sizeof *l);
    if (!l)
        return NULL;
    l->refs = 1;
    l->id = random_id();
    list_init(&l->sessions);
    (void)snprintf(l->peer, sizeof l->peer, "%s", rpc_in_peer(in));
    (void)pthread_mutex_lock(&v->lock);
    bool room = v->nleases < SERVICE_LEASES_MAX && l->id != 0;
    if (room) {
        list_append(&v->leases, &l->link);
        v->nleases++;
    }
    (void)pthread_mutex_unlock(&v->lock);
    if (room)
        return l;
    mem_free(l);
    return NULL;
}

/* ---- sessions ---- */

/* The last one to let go of it. */
static void session_free(struct service_session *s)
{
    const struct backend_ops *ops = s->backend->ops;
    for (size_t i = 0; i < s->portals.n; i++)
        ops->portal_close(s->portals.items[i]);
    for (size_t i = 0; i < s->statements.n; i++)
        if (s->statements.items[i])
            ops->stmt_free(s->statements.items[i]);
    ops->session_close(s->backend);
    mem_free(s->portals.items);
    mem_free(s->statements.items);
    rpc_slots_unref(s->slots);
    (void)pthread_mutex_destroy(&s->busy);
    mem_free(s);
}

void service_session_unref(struct rpc_service *v, struct service_session *s)
{
    (void)pthread_mutex_lock(&v->lock);
    bool last = --s->refs == 0, last_of_lease = last && lease_put(s->lease);
    if (last)
        list_remove(&s->alive);
    (void)pthread_mutex_unlock(&v->lock);
    if (last_of_lease)
        mem_free(s->lease);
    if (last)
        session_free(s);
}

struct service_session *service_session_ref(struct rpc_service *v, struct rpc_in *in, uint64_t id)
{
    const char *peer = rpc_in_peer(in);
    (void)pthread_mutex_lock(&v->lock);
    struct service_session *s = find(v, id);
    if (s && !is_of_peer(s->lease, peer))
        s = NULL;
    if (s)
        s->refs++;
    (void)pthread_mutex_unlock(&v->lock);
    return s;
}

/* Nobody finds it any more. With the lock. */
static void unlist(struct rpc_service *v, struct service_session *s)
{
    struct service_session **at = bucket(v, s->id);
    while (*at != s)
        at = &(*at)->chain;
    *at = s->chain;
    list_remove(&s->link);
    atomic_store(&s->closed, true);
    v->nsessions--;
}

/* ---- OpenSession ---- */

/* With the lock; NULL: the gateway is not attached, or not over this connection. */
static struct service_lease *lease_of(const struct rpc_service *v, uint64_t id, const char *peer)
{
    list_for_each (link, &v->leases) {
        struct service_lease *l = list_entry(link, struct service_lease, link);
        if (l->id == id && !l->ended && is_of_peer(l, peer))
            return l;
    }
    return NULL;
}

/* ST_ERR: it is not in the table. */
static int enlist(struct rpc_service *v, struct rpc_in *in, uint64_t lease, struct service_session *s,
                  struct err *e)
{
    int st = ST_OK;
    const uint64_t id = random_id();
    const char *peer = rpc_in_peer(in);
    (void)pthread_mutex_lock(&v->lock);
    s->lease = lease_of(v, lease, peer);
    if (!s->lease)
        st = err_set(e, SQLSTATE_CONNECTION_FAILURE, "the gateway is not attached");
    else if (v->nsessions >= v->sessions_max)
        st = err_set(e, SQLSTATE_TOO_MANY_CONNECTIONS, "too many sessions on this worker (%u)",
                     v->sessions_max);
    else if (id == 0 || find(v, id))
        st = err_set(e, SQLSTATE_INTERNAL_ERROR, "could not generate random bytes");
    if (st == ST_OK && s->lease) {
        s->id = id;
        s->chain = *bucket(v, id);
        *bucket(v, id) = s;
        list_append(&s->lease->sessions, &s->link);
        list_append(&v->alive, &s->alive);
        s->lease->refs++;
        v->nsessions++;
    }
    (void)pthread_mutex_unlock(&v->lock);
    return st;
}

static int open_session(struct rpc_service *v, struct rpc_in *in, const Tavana__V1__OpenSessionRequest *m,
                        uint64_t *id, struct err *e)
{
    const struct backend_identity who = {m->user, m->database, m->application_name};
    if (atomic_load(&v->draining))
        return err_set(e, SQLSTATE_CANNOT_CONNECT_NOW, "this worker is going");
    TRY(rpc_check_name(m->user, "user", e));
    TRY(rpc_check_name(m->database, "database", e));
    TRY(rpc_check_name(m->application_name, "application_name", e));
    struct service_session *s = mem_calloc(1, sizeof *s);
    if (!s)
        return err_oom(e);
    int st = v->backend->ops->session_open(v->backend, &who, &s->backend, e);
    if (st != ST_OK) {
        mem_free(s);
        return st;
    }
    s->refs = 1;
    list_init(&s->link);
    list_init(&s->alive);
    (void)pthread_mutex_init(&s->busy, NULL);
    st = enlist(v, in, m->lease, s, e);
    if (st == ST_OK)
        *id = s->id;
    else
        session_free(s);
    return st;
}

int service_open_session(struct service_call *c, struct err *e)
{
    return open_session(c->service, c->in, (const Tavana__V1__OpenSessionRequest *)c->request,
                        &c->reply.open_session.session, e);
}

/* ---- CloseSession, Cancel: beside the session's calls ---- */

static void cancel(struct service_session *s)
{
    s->backend->ops->cancel(s->backend);
}

/* What runs in it ends soon. Takes the caller's hold. */
static void close_session(struct rpc_service *v, struct service_session *s)
{
    (void)pthread_mutex_lock(&v->lock);
    bool mine = !atomic_load(&s->closed);
    if (mine)
        unlist(v, s);
    (void)pthread_mutex_unlock(&v->lock);
    cancel(s);
    if (mine)
        service_session_unref(v, s); /* the table's */
    service_session_unref(v, s);
}

int service_close_session(struct service_call *c, struct err *e)
{
    const Tavana__V1__SessionRequest *m = (const Tavana__V1__SessionRequest *)c->request;
    struct service_session *s = service_session_ref(c->service, c->in, m->session);
    (void)e;
    if (s)
        close_session(c->service, s);
    return ST_OK; /* a session that is not there is closed */
}

int service_cancel(struct service_call *c, struct err *e)
{
    const Tavana__V1__CancelRequest *m = (const Tavana__V1__CancelRequest *)c->request;
    struct service_session *s = service_session_ref(c->service, c->in, m->session);
    (void)e;
    if (!s)
        return ST_OK; /* then nothing runs in it */
    uint64_t now = atomic_load(&s->calls);
    if (m->call >= now || m->call == 0) {
        atomic_store(&s->cancelled_to, m->call);
        cancel(s);
    }
    service_session_unref(c->service, s);
    return ST_OK;
}

/* ---- the end of a lease ---- */

/* One of its sessions, held; NULL: none is left. */
static struct service_session *any_of(struct rpc_service *v, const struct service_lease *l)
{
    struct service_session *s = NULL;
    (void)pthread_mutex_lock(&v->lock);
    if (!list_is_empty(&l->sessions)) {
        s = list_entry(l->sessions.next, struct service_session, link);
        s->refs++;
    }
    (void)pthread_mutex_unlock(&v->lock);
    return s;
}

void service_lease_end(struct rpc_service *v, struct service_lease *l)
{
    struct service_session *s;
    (void)pthread_mutex_lock(&v->lock);
    l->ended = true;
    list_remove(&l->link);
    v->nleases--;
    (void)pthread_mutex_unlock(&v->lock);
    while ((s = any_of(v, l)))
        close_session(v, s);
    (void)pthread_mutex_lock(&v->lock);
    bool last = lease_put(l);
    (void)pthread_mutex_unlock(&v->lock);
    if (last)
        mem_free(l);
}

/* One of any lease, held; NULL: none is left. */
static struct service_session *any_session(struct rpc_service *v)
{
    struct service_session *s = NULL;
    (void)pthread_mutex_lock(&v->lock);
    list_for_each (link, &v->leases) {
        struct service_lease *l = list_entry(link, struct service_lease, link);
        if (list_is_empty(&l->sessions))
            continue;
        s = list_entry(l->sessions.next, struct service_session, link);
        s->refs++;
        break;
    }
    (void)pthread_mutex_unlock(&v->lock);
    return s;
}

void service_close_all(struct rpc_service *v)
{
    struct service_session *s;
    while ((s = any_session(v)))
        close_session(v, s);
}

struct rpc_service_stats rpc_service_stats(struct rpc_service *v)
{
    (void)pthread_mutex_lock(&v->lock);
    unsigned sessions = v->nsessions;
    (void)pthread_mutex_unlock(&v->lock);
    return (struct rpc_service_stats){atomic_load(&v->gateways), sessions, atomic_load(&v->streams)};
}

struct rpc_service_left rpc_service_left(struct rpc_service *v, bool leave)
{
    struct rpc_service_left left = {0};
    (void)pthread_mutex_lock(&v->lock);
    list_for_each (link, &v->alive) {
        struct service_session *s = list_entry(link, struct service_session, alive);
        if (leave)
            (void)backend_leave_behind(s->backend);
        if (backend_is_left(s->backend))
            left.behind++;
        else
            left.running++;
    }
    (void)pthread_mutex_unlock(&v->lock);
    return left;
}
