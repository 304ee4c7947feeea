/* The worker's side: sessions and their calls, but for rows. */
#include "rpc/service_priv.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "rows/row_desc.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

DEFINE_CLEANUP(struct rpc_service, rpc_service_free)

/* ---- objects ---- */

void *service_find(const struct service_objects *o, uint64_t id)
{
    return id > 0 && id <= o->n ? o->items[id - 1] : NULL;
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

static void session_unref(struct rpc_service *v, struct service_session *s)
{
    (void)pthread_mutex_lock(&v->lock);
    bool last = --s->refs == 0;
    (void)pthread_mutex_unlock(&v->lock);
    if (last)
        session_free(s);
}

static struct service_session *session_ref(struct rpc_service *v, uint64_t id)
{
    struct service_session *found = NULL;
    (void)pthread_mutex_lock(&v->lock);
    for (struct list *l = v->sessions.next; l != &v->sessions; l = l->next) {
        struct service_session *s = list_entry(l, struct service_session, link);
        if (s->id == id) {
            s->refs++;
            found = s;
            break;
        }
    }
    (void)pthread_mutex_unlock(&v->lock);
    return found;
}

/* Nobody finds it any more. With the lock. */
static void unlist(struct rpc_service *v, struct service_session *s)
{
    list_remove(&s->link);
    atomic_store(&s->closed, true);
    v->nsessions--;
}

/* What a call says whose session was closed meanwhile, since the gateway seemed to be lost, is no answer: it
 * was cancelled, and not by the client. */
static const _Atomic bool always = true;

struct service_session *service_enter(struct rpc_service *v, struct rpc_in *in, uint64_t id, struct err *e)
{
    struct service_session *s = session_ref(v, id);
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
    session_unref(v, s);
}

void service_begin(struct rpc_service *v, struct service_session *s)
{
    atomic_store(&s->running, true);
    (void)atomic_fetch_add(&v->streams, 1);
}

void service_end(struct rpc_service *v, struct service_session *s)
{
    (void)atomic_fetch_sub(&v->streams, 1);
    atomic_store(&s->running, false);
}

/* With the lock. */
static bool has_lease(const struct rpc_service *v, uint64_t id)
{
    list_for_each (l, &v->leases)
        if (list_entry(l, struct service_lease, link)->id == id)
            return true;
    return false;
}

static int open_session(struct rpc_service *v, const Tavana__V1__OpenSessionRequest *m, uint64_t *id,
                        struct err *e)
{
    const struct backend_identity who = {m->user, m->database, m->application_name};
    if (atomic_load(&v->draining))
        return err_set(e, SQLSTATE_CANNOT_CONNECT_NOW, "this worker is going");
    struct service_session *s = mem_calloc(1, sizeof *s);
    if (!s)
        return err_oom(e);
    int st = v->backend->ops->session_open(v->backend, &who, &s->backend, e);
    if (st != ST_OK) {
        mem_free(s);
        return st;
    }
    s->lease = m->lease;
    s->refs = 1;
    (void)pthread_mutex_init(&s->busy, NULL);
    (void)pthread_mutex_lock(&v->lock);
    bool full = v->nsessions >= v->sessions_max, attached = has_lease(v, m->lease);
    if (!full && attached) {
        s->id = *id = ++v->next_session;
        list_append(&v->sessions, &s->link);
        v->nsessions++;
    }
    (void)pthread_mutex_unlock(&v->lock);
    if (!full && attached)
        return ST_OK;
    session_free(s);
    if (!attached)
        return err_set(e, SQLSTATE_CONNECTION_FAILURE, "the gateway is not attached");
    return err_set(e, SQLSTATE_TOO_MANY_CONNECTIONS, "too many sessions on this worker (%u)",
                   v->sessions_max);
}

static void cancel(struct service_session *s)
{
    s->backend->ops->cancel(s->backend);
}

/* What runs in it ends soon. */
static void close_session(struct rpc_service *v, uint64_t id)
{
    struct service_session *s = session_ref(v, id);
    if (!s)
        return;
    (void)pthread_mutex_lock(&v->lock);
    bool mine = !atomic_load(&s->closed);
    if (mine)
        unlist(v, s);
    (void)pthread_mutex_unlock(&v->lock);
    cancel(s);
    if (mine)
        session_unref(v, s); /* the table's */
    session_unref(v, s);
}

static uint64_t any_of_lease(struct rpc_service *v, uint64_t lease)
{
    uint64_t id = 0;
    (void)pthread_mutex_lock(&v->lock);
    for (struct list *l = v->sessions.next; l != &v->sessions && id == 0; l = l->next) {
        const struct service_session *s = list_entry(l, struct service_session, link);
        if (s->lease == lease || lease == 0)
            id = s->id;
    }
    (void)pthread_mutex_unlock(&v->lock);
    return id;
}

void service_close_lease(struct rpc_service *v, uint64_t lease)
{
    uint64_t id;
    while ((id = any_of_lease(v, lease)))
        close_session(v, id);
}

/* ---- calls about sessions ---- */

static void reply_with(struct rpc_in *in, int st, const struct err *e)
{
    Tavana__V1__Reply reply;
    tavana__v1__reply__init(&reply);
    Tavana__V1__Error error;
    if (st < 0) {
        rpc_error_put(&error, e);
        reply.error = &error;
    }
    rpc_reply(in, &reply.base);
}

static bool request_of(struct rpc_in *in, void *out, struct err *e)
{
    ProtobufCMessage **m = out;
    if (rpc_in_request(in, m, e) == ST_OK)
        return true;
    rpc_refuse(in, GRPC_STATUS_INVALID_ARGUMENT, e->message);
    return false;
}

static void on_open_session(void *arg, struct rpc_in *in)
{
    struct err e;
    Tavana__V1__OpenSessionRequest *m;
    Tavana__V1__OpenSessionReply reply;
    tavana__v1__open_session_reply__init(&reply);
    Tavana__V1__Error error;
    err_init(&e);
    if (!request_of(in, &m, &e))
        return;
    if (open_session(arg, m, &reply.session, &e) < 0) {
        rpc_error_put(&error, &e);
        reply.error = &error;
    }
    rpc_reply(in, &reply.base);
}

static void on_close_session(void *arg, struct rpc_in *in)
{
    struct err e;
    Tavana__V1__SessionRequest *m;
    err_init(&e);
    if (!request_of(in, &m, &e))
        return;
    close_session(arg, m->session);
    reply_with(in, ST_OK, &e);
}

static void on_cancel(void *arg, struct rpc_in *in)
{
    struct err e;
    Tavana__V1__CancelRequest *m;
    err_init(&e);
    if (!request_of(in, &m, &e))
        return;
    struct service_session *s = session_ref(arg, m->session);
    if (s) {
        uint64_t now = atomic_load(&s->calls);
        if (m->call >= now || m->call == 0) {
            atomic_store(&s->cancelled_to, m->call);
            cancel(s);
        }
        session_unref(arg, s);
    }
    reply_with(in, ST_OK, &e);
}

static int configure(const struct service_session *s, const Tavana__V1__ConfigureRequest *m, struct err *e)
{
    const struct backend_ops *ops = s->backend->ops;
    switch (m->change_case) {
    case TAVANA__V1__CONFIGURE_REQUEST__CHANGE_FORMATS: {
        const struct backend_settings settings = {
            .time_zone = m->formats->time_zone,
            .extra_float_digits = m->formats->extra_float_digits,
            .bytea_escape = m->formats->bytea_escape,
        };
        return ops->apply_settings(s->backend, &settings, e);
    }
    case TAVANA__V1__CONFIGURE_REQUEST__CHANGE_SEARCH_PATH:
        return ops->set_search_path(s->backend, m->search_path, e);
    case TAVANA__V1__CONFIGURE_REQUEST__CHANGE_RESET: return ops->reset(s->backend, e);
    default: return err_set(e, SQLSTATE_PROTOCOL_VIOLATION, "ConfigureRequest asks for nothing");
    }
}

static void on_configure(void *arg, struct rpc_in *in)
{
    struct err e;
    Tavana__V1__ConfigureRequest *m;
    err_init(&e);
    if (!request_of(in, &m, &e))
        return;
    struct service_session *s = service_enter(arg, in, m->session, &e);
    if (!s)
        return;
    int st = err_is_set(&e) ? ST_ERR : configure(s, m, &e);
    service_leave(arg, in, s);
    reply_with(in, st, &e);
}

static void on_transaction(void *arg, struct rpc_in *in)
{
    static const enum backend_tx_op steps[] = {
        [TAVANA__V1__TRANSACTION_REQUEST__STEP__BEGIN] = BACKEND_TX_BEGIN,
        [TAVANA__V1__TRANSACTION_REQUEST__STEP__BEGIN_READ_ONLY] = BACKEND_TX_BEGIN_READ_ONLY,
        [TAVANA__V1__TRANSACTION_REQUEST__STEP__BEGIN_SNAPSHOT] = BACKEND_TX_BEGIN_SNAPSHOT,
        [TAVANA__V1__TRANSACTION_REQUEST__STEP__BEGIN_SNAPSHOT_READ_ONLY] =
            BACKEND_TX_BEGIN_SNAPSHOT_READ_ONLY,
        [TAVANA__V1__TRANSACTION_REQUEST__STEP__COMMIT] = BACKEND_TX_COMMIT,
        [TAVANA__V1__TRANSACTION_REQUEST__STEP__ROLLBACK] = BACKEND_TX_ROLLBACK,
    };
    struct err e;
    Tavana__V1__TransactionRequest *m;
    err_init(&e);
    if (!request_of(in, &m, &e))
        return;
    struct service_session *s = service_enter(arg, in, m->session, &e);
    if (!s)
        return;
    int st = ST_ERR;
    if ((unsigned)m->step > TAVANA__V1__TRANSACTION_REQUEST__STEP__ROLLBACK)
        (void)err_set(&e, SQLSTATE_PROTOCOL_VIOLATION, "TransactionRequest has an unknown step");
    else if (!err_is_set(&e) || steps[m->step] == BACKEND_TX_ROLLBACK)
        st = (err_init(&e), s->backend->ops->tx(s->backend, steps[m->step], &e));
    service_leave(arg, in, s);
    reply_with(in, st, &e);
}

static void drop_closed(struct service_session *s, const Tavana__V1__Closed *m)
{
    const struct backend_ops *ops = s->backend->ops;
    if (!m)
        return;
    for (size_t i = 0; i < m->n_portals; i++)
        ops->portal_close(service_take(&s->portals, m->portals[i]));
    for (size_t i = 0; i < m->n_statements; i++) {
        struct backend_stmt *st = service_take(&s->statements, m->statements[i]);
        if (st)
            ops->stmt_free(st);
    }
}

static void on_close(void *arg, struct rpc_in *in)
{
    struct err e;
    Tavana__V1__CloseRequest *m;
    err_init(&e);
    if (!request_of(in, &m, &e))
        return;
    struct service_session *s = service_enter(arg, in, m->session, &e);
    if (!s)
        return;
    drop_closed(s, m->closed);
    service_leave(arg, in, s);
    reply_with(in, ST_OK, &e);
}

static void on_health(void *arg, struct rpc_in *in)
{
    struct rpc_service *v = arg;
    struct err e;
    Grpc__Health__V1__HealthCheckRequest *m;
    Grpc__Health__V1__HealthCheckResponse reply;
    grpc__health__v1__health_check_response__init(&reply);
    err_init(&e);
    if (!request_of(in, &m, &e))
        return;
    if (*m->service && strcmp(m->service, "tavana.v1.Worker") != 0) {
        rpc_refuse(in, GRPC_STATUS_NOT_FOUND, "no such service");
        return;
    }
    reply.status = atomic_load(&v->draining)
                       ? GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__NOT_SERVING
                       : GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING;
    rpc_reply(in, &reply.base);
}

/* ---- statements ---- */

struct pieces {
    uint64_t *at, *length;
    size_t n, cap;
};

static int add_piece(void *arg, size_t off, size_t len)
{
    struct pieces *p = arg;
    if (p->n == p->cap) {
        size_t cap = p->cap ? 2 * p->cap : 16;
        uint64_t *at = mem_realloc(p->at, cap * sizeof *at);
        if (at)
            p->at = at;
        uint64_t *length = mem_realloc(p->length, cap * sizeof *length);
        if (length)
            p->length = length;
        if (!at || !length)
            return ST_ERR;
        p->cap = cap;
    }
    p->at[p->n] = off;
    p->length[p->n++] = len;
    return ST_OK;
}

static void on_split(void *arg, struct rpc_in *in)
{
    struct err e;
    struct pieces p = {0};
    Tavana__V1__SplitRequest *m;
    Tavana__V1__SplitReply reply;
    tavana__v1__split_reply__init(&reply);
    Tavana__V1__Error error;
    err_init(&e);
    if (!request_of(in, &m, &e))
        return;
    struct service_session *s = service_enter(arg, in, m->session, &e);
    if (!s)
        return;
    const struct str sql = {(const char *)m->sql.data, m->sql.len};
    int st = err_is_set(&e) ? ST_ERR : s->backend->ops->split(s->backend, sql, add_piece, &p, &e);
    service_leave(arg, in, s);
    if (st < 0) {
        if (!err_is_set(&e))
            (void)err_oom(&e);
        rpc_error_put(&error, &e);
        reply.error = &error;
    }
    reply.n_at = reply.n_length = p.n;
    reply.at = p.at;
    reply.length = p.length;
    rpc_reply(in, &reply.base);
    mem_free(p.at);
    mem_free(p.length);
}

static int put_info(struct arena *a, const struct backend_stmt *st, Tavana__V1__PrepareReply *reply,
                    struct err *e)
{
    static const Tavana__V1__PrepareReply__Effect effects[] = {
        [BACKEND_READS] = TAVANA__V1__PREPARE_REPLY__EFFECT__READS,
        [BACKEND_WRITES] = TAVANA__V1__PREPARE_REPLY__EFFECT__WRITES,
        [BACKEND_SESSION] = TAVANA__V1__PREPARE_REPLY__EFFECT__SESSION,
    };
    const struct backend_stmt_info *info = &st->info;
    union {
        const uint32_t *in;
        uint32_t *out;
    } oids = {.in = info->param_oids};
    union {
        const char *in;
        char *out;
    } tag = {.in = info->tag ? info->tag : ""};
    reply->effect = effects[info->effect];
    reply->tag = tag.out;
    reply->tag_count = info->tag_count;
    reply->repeats = info->repeats;
    reply->n_parameter_oids = info->nparams;
    reply->parameter_oids = oids.out;
    return rpc_columns_put(a, info->returns_rows ? info->desc : NULL, &reply->columns, e);
}

static int prepare(struct service_session *s, const Tavana__V1__PrepareRequest *m, struct arena *a,
                   Tavana__V1__PrepareReply *reply, struct err *e)
{
    const struct backend_ops *ops = s->backend->ops;
    const struct str sql = {(const char *)m->sql.data, m->sql.len};
    struct backend_stmt *st = NULL;
    TRY(ops->prepare(s->backend, sql, m->parameter_oids, m->n_parameter_oids, &st, e));
    int rc = put_info(a, st, reply, e);
    if (rc == ST_OK)
        rc = service_put(&s->statements, st, &reply->statement, e);
    if (rc != ST_OK)
        ops->stmt_free(st);
    return rc;
}

static void on_prepare(void *arg, struct rpc_in *in)
{
    struct err e;
    struct arena a;
    Tavana__V1__PrepareRequest *m;
    Tavana__V1__PrepareReply reply;
    tavana__v1__prepare_reply__init(&reply);
    Tavana__V1__Error error;
    err_init(&e);
    if (!request_of(in, &m, &e))
        return;
    struct service_session *s = service_enter(arg, in, m->session, &e);
    if (!s)
        return;
    arena_init(&a, SERVICE_REQUEST_MEMORY);
    drop_closed(s, m->closed);
    if (err_is_set(&e) || prepare(s, m, &a, &reply, &e) < 0) {
        tavana__v1__prepare_reply__init(&reply);
        rpc_error_put(&error, &e);
        reply.error = &error;
    }
    rpc_reply(in, &reply.base);
    service_leave(arg, NULL, s);
    arena_release(&a);
}

/* ---- portals ---- */

struct backend_portal *service_portal(const struct service_session *s, uint64_t id, struct err *e)
{
    struct backend_portal *p = service_find(&s->portals, id);
    if (!p)
        (void)err_set(e, SQLSTATE_INVALID_CURSOR_NAME, "the worker has no portal %llu",
                      (unsigned long long)id);
    return p;
}

void service_portal_reply(struct rpc_in *in, int st, uint64_t id, const struct backend_portal *p,
                          const struct row_desc *told, const struct backend_portal *source,
                          const struct err *e)
{
    Tavana__V1__PortalReply reply;
    tavana__v1__portal_reply__init(&reply);
    Tavana__V1__PortalState state, source_state;
    Tavana__V1__Error error;
    struct err why = *e;
    struct arena a;
    arena_init(&a, SERVICE_REQUEST_MEMORY);
    reply.portal = id;
    reply.again = st == ST_AGAIN;
    if (p) {
        rpc_state_put(&state, p);
        reply.state = &state;
    }
    if (source) {
        rpc_state_put(&source_state, source);
        reply.source = &source_state;
    }
    if (st >= 0 && p && p->desc != told && rpc_columns_put(&a, p->desc, &reply.columns, &why) < 0)
        st = ST_ERR;
    if (st < 0) {
        rpc_error_put(&error, &why);
        reply.error = &error;
    }
    rpc_reply(in, &reply.base);
    arena_release(&a);
}

static int open_portal(struct service_session *s, const Tavana__V1__OpenRequest *m, uint64_t *id,
                       struct backend_portal **out, const struct row_desc **told, struct arena *a,
                       struct err *e)
{
    const struct backend_ops *ops = s->backend->ops;
    struct backend_stmt *st = service_find(&s->statements, m->statement);
    if (!st)
        return err_set(e, SQLSTATE_INVALID_SQL_STATEMENT_NAME, "the worker has no statement %llu",
                       (unsigned long long)m->statement);
    struct backend_param *params = arena_calloc(a, m->n_parameter + 1, sizeof *params);
    if (!params)
        return err_oom(e);
    for (size_t i = 0; i < m->n_parameter; i++) {
        const Tavana__V1__Parameter *v = m->parameter[i];
        params[i] = (struct backend_param){v->value.len ? v->value.data : (const uint8_t *)"",
                                           v->is_null ? -1 : (int32_t)v->value.len, (int16_t)v->format};
    }
    *told = st->info.desc;
    TRY(ops->open(s->backend, st, params, m->n_parameter, out, e));
    int rc = service_put(&s->portals, *out, id, e);
    if (rc < 0)
        ops->portal_close(TAKE_PTR(*out));
    return rc;
}

static void on_open(void *arg, struct rpc_in *in)
{
    struct err e;
    struct arena a;
    Tavana__V1__OpenRequest *m;
    struct backend_portal *p = NULL;
    const struct row_desc *told = NULL;
    uint64_t id = 0;
    err_init(&e);
    if (!request_of(in, &m, &e))
        return;
    struct service_session *s = service_enter(arg, in, m->session, &e);
    if (!s)
        return;
    arena_init(&a, SERVICE_REQUEST_MEMORY);
    drop_closed(s, m->closed);
    int st = err_is_set(&e) ? ST_ERR : open_portal(s, m, &id, &p, &told, &a, &e);
    arena_release(&a);
    service_portal_reply(in, st, id, p, told, NULL, &e);
    service_leave(arg, NULL, s);
}

static void on_start(void *arg, struct rpc_in *in)
{
    struct err e;
    struct arena a;
    Tavana__V1__PortalRequest *m;
    err_init(&e);
    if (!request_of(in, &m, &e))
        return;
    struct service_session *s = service_enter(arg, in, m->session, &e);
    if (!s)
        return;
    struct backend_portal *p = service_portal(s, m->portal, &e);
    const struct row_desc *told = p ? p->desc : NULL;
    int st = ST_ERR;
    if (p && !err_is_set(&e)) {
        p->scroll = m->scroll;
        arena_init(&a, SERVICE_REQUEST_MEMORY);
        st = service_expect(p, m->expected, &a, &e);
        service_begin(arg, s);
        if (st == ST_OK)
            st = s->backend->ops->start(p, &e);
        service_end(arg, s);
        arena_release(&a);
    }
    service_portal_reply(in, st, m->portal, p, told, NULL, &e);
    service_leave(arg, NULL, s);
}

static void on_park(void *arg, struct rpc_in *in)
{
    struct err e;
    Tavana__V1__ParkRequest *m;
    err_init(&e);
    if (!request_of(in, &m, &e))
        return;
    struct service_session *s = service_enter(arg, in, m->session, &e);
    if (!s)
        return;
    struct backend_portal *p = service_portal(s, m->portal, &e);
    int st = ST_ERR;
    if (p && !err_is_set(&e))
        st = s->backend->ops->park(p, m->limit_us < 0 ? CLOCK_NEVER : clock_now_us() + m->limit_us, &e);
    service_portal_reply(in, st, m->portal, p, p ? p->desc : NULL, NULL, &e);
    service_leave(arg, NULL, s);
}

/* ---- the service ---- */

static void make_id(struct rpc_service *v)
{
    uint64_t random = 0;
    if (getrandom(&random, sizeof random, 0) != sizeof random)
        random = (uint64_t)clock_now_us();
    (void)snprintf(v->id, sizeof v->id, "%016llx", (unsigned long long)random);
}

int rpc_service_new(struct rpc_service **out, const struct rpc_service_options *o, struct err *e)
{
    CLEANUP(rpc_service_freep) struct rpc_service *v = mem_calloc(1, sizeof *v);
    if (!v)
        return err_oom(e);
    list_init(&v->sessions);
    list_init(&v->leases);
    (void)pthread_mutex_init(&v->lock, NULL);
    v->backend = o->backend;
    v->version = o->version;
    v->memory_max = o->memory_max;
    v->own_writes = o->own_writes;
    v->streams_max = o->streams_max;
    v->sessions_max = o->sessions_max;
    make_id(v);
    struct rpc_server_options server = o->server;
    server.arg = v;
    const rpc_handler handlers[RPC_METHOD_COUNT] = {
        [RPC_ATTACH] = service_attach,
        [RPC_OPEN_SESSION] = on_open_session,
        [RPC_CLOSE_SESSION] = on_close_session,
        [RPC_CANCEL] = on_cancel,
        [RPC_CLOSE] = on_close,
        [RPC_CONFIGURE] = on_configure,
        [RPC_TRANSACTION] = on_transaction,
        [RPC_SPLIT] = on_split,
        [RPC_PREPARE] = on_prepare,
        [RPC_OPEN] = on_open,
        [RPC_START] = on_start,
        [RPC_FETCH] = service_fetch,
        [RPC_PARK] = on_park,
        [RPC_SLICE] = service_slice,
        [RPC_COPY_IN] = service_copy_in,
        [RPC_HEALTH] = on_health,
    };
    memcpy(server.handlers, handlers, sizeof handlers);
    TRY(rpc_server_new(&v->server, &server, e));
    TRY(rpc_server_start(v->server, e));
    *out = TAKE_PTR(v);
    return ST_OK;
}

int rpc_service_port(const struct rpc_service *v)
{
    return rpc_server_port(v->server);
}

struct rpc_service_stats rpc_service_stats(struct rpc_service *v)
{
    (void)pthread_mutex_lock(&v->lock);
    unsigned sessions = v->nsessions;
    (void)pthread_mutex_unlock(&v->lock);
    return (struct rpc_service_stats){atomic_load(&v->gateways), sessions, atomic_load(&v->streams)};
}

void rpc_service_drain(struct rpc_service *v)
{
    atomic_store(&v->draining, true);
}

void rpc_service_stop(struct rpc_service *v)
{
    if (!v)
        return;
    atomic_store(&v->draining, true);
    atomic_store(&v->stopped, true);
    rpc_server_stop(v->server);
    service_close_lease(v, 0);
}

void rpc_service_free(struct rpc_service *v)
{
    if (!v)
        return;
    service_close_lease(v, 0);
    rpc_server_free(v->server);
    (void)pthread_mutex_destroy(&v->lock);
    mem_free(v);
}
