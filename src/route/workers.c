/* Which workers there are. A thread resolves the configured names every so often, makes channels to new
 * addresses, within the size of the pool, and ends those of no use; it alone does so, and without the lock,
 * since both wait. Sessions choose and hold workers under the lock; a worker that somebody holds is not taken
 * away. An address whose worker is known by another one counts as its twin, and gets nothing to run. */
#include "route/workers_priv.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"
#include "route/gate.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

DEFINE_CLEANUP(struct workers, workers_free)

enum {
    CONNECT_US = 2 * 1000 * 1000, /* that a worker has before another one takes its place */
    CHOOSE_AGAIN_US = 20 * 1000,  /* while none is there */
};

struct rpc_client *worker_client(const struct worker_node *n)
{
    return n->client;
}

/* ---- with the lock ---- */

bool worker_serves(const struct worker_node *n, struct rpc_report *report)
{
    if (!n->client || n->twin)
        return false;
    rpc_client_report(n->client, report);
    return report->there && !report->draining;
}

/* Statements that run on the worker now: ours are counted here, those of other gateways the
 * worker reports. */
unsigned worker_load(const struct worker_node *n, const struct rpc_report *report)
{
    return n->running + report->streams_of_others;
}

bool worker_is_better(const struct worker_node *a, const struct rpc_report *ra, const struct worker_node *b,
                      const struct rpc_report *rb)
{
    if (worker_load(a, ra) != worker_load(b, rb))
        return worker_load(a, ra) < worker_load(b, rb);
    return ra->sessions < rb->sessions;
}

struct worker_node *worker_any(const struct workers *w)
{
    list_for_each (l, &w->nodes) {
        struct worker_node *n = list_entry(l, struct worker_node, link);
        if (n->client)
            return n;
    }
    return NULL;
}

int workers_none(struct err *e)
{
    (void)err_set(e, SQLSTATE_CONNECTION_FAILURE, "no worker is known");
    err_hint(e, "None of the names in the gateway's option workers resolves to an address now.");
    return ST_ERR;
}

int worker_ticket_cancelled(struct err *e)
{
    return err_set(e, SQLSTATE_QUERY_CANCELED, "canceling statement due to user request");
}

static void unref(struct worker_node *n)
{
    assert(n->refs > 0);
    n->refs--;
}

/* ---- names ---- */

static struct worker_node *find(struct workers *w, const char *address)
{
    list_for_each (l, &w->nodes) {
        struct worker_node *n = list_entry(l, struct worker_node, link);
        if (strcmp(n->address, address) == 0)
            return n;
    }
    return NULL;
}

/* Below every turn: gateways that know more workers than they have channels begin with others. */
static uint64_t some_number(void)
{
    uint32_t n = 0;
    if (getrandom(&n, sizeof n, 0) != sizeof n)
        n = (uint32_t)clock_now_us();
    return n;
}

static void add(struct workers *w, const struct worker_name *name, const char *address)
{
    struct worker_node *n = find(w, address);
    if (n) {
        n->named = true;
        return;
    }
    if (w->nnodes == WORKERS_MAX) {
        if (!w->is_full)
            notes_add(&w->notes, LOG_WARNING, "worker_left_out", "address=%s known=%d", address, WORKERS_MAX);
        w->is_full = true;
        return;
    }
    n = mem_calloc(1, sizeof *n);
    if (!n)
        return; /* the next time */
    (void)snprintf(n->address, sizeof n->address, "%s", address);
    n->name = name;
    n->named = true;
    n->tried = some_number();
    list_append(&w->nodes, &n->link);
    w->nnodes++;
    notes_add(&w->notes, LOG_INFO, "worker_found", "address=%s name=%s", address, name->address.host);
}

/* False: it does not fit. */
static bool address_text(char out[static WORKERS_ADDRESS_MAX], const struct sockaddr_storage *a,
                         socklen_t len)
{
    char host[NI_MAXHOST];
    union {
        const struct sockaddr_storage *storage;
        const struct sockaddr *any;
    } u = {.storage = a};
    if (getnameinfo(u.any, len, host, sizeof host, NULL, 0, NI_NUMERICHOST) != 0)
        return false;
    int n = snprintf(out, WORKERS_ADDRESS_MAX, a->ss_family == AF_INET6 ? "[%s]:%u" : "%s:%u", host,
                     address_port(a));
    return n > 0 && n < WORKERS_ADDRESS_MAX;
}

/* Of a name with addresses of both kinds those of IPv4: else each worker would be two. */
static void add_all(struct workers *w, const struct worker_name *name, const struct address_list *list)
{
    bool has_v4 = false;
    for (int i = 0; i < list->n; i++)
        has_v4 |= list->at[i].ss_family == AF_INET;
    for (int i = 0; i < list->n; i++) {
        char text[WORKERS_ADDRESS_MAX];
        if ((!has_v4 || list->at[i].ss_family == AF_INET) && address_text(text, &list->at[i], list->len[i]))
            add(w, name, text);
    }
}

/* Those of a name that does not resolve now stay. */
static void mark(struct workers *w, const struct worker_name *name, bool named)
{
    list_for_each (l, &w->nodes) {
        struct worker_node *n = list_entry(l, struct worker_node, link);
        if (n->name == name)
            n->named = named;
    }
}

/* Without the lock while the resolver is asked, which may take seconds. A failure is noted once, until the
 * name has resolved again; the workers that were known by it stay. */
static void resolve(struct workers *w, struct worker_name *name)
{
    struct address_list list;
    struct err e;
    err_init(&e);
    int st = address_resolve(&list, &name->address, &e);
    (void)pthread_mutex_lock(&w->lock);
    if (st == ST_OK) {
        mark(w, name, false);
        add_all(w, name, &list);
    } else if (!name->failed) {
        char text[LOG_QUOTE_MAX];
        notes_add(&w->notes, LOG_WARNING, "workers_not_resolved", "name=%s error=%s", name->address.host,
                  log_quote(text, e.message));
    }
    name->failed = st != ST_OK;
    (void)pthread_mutex_unlock(&w->lock);
}

/* ---- the pool ---- */

static bool is_there(const struct worker_node *n, bool *draining)
{
    struct rpc_report report = {0};
    if (n->client)
        rpc_client_report(n->client, &report);
    *draining = report.draining;
    return report.there;
}

/* The one without a channel that has waited longest for one; NULL: none. */
static struct worker_node *next_spare(struct workers *w)
{
    struct worker_node *found = NULL;
    list_for_each (l, &w->nodes) {
        struct worker_node *n = list_entry(l, struct worker_node, link);
        if (!n->client && n->named && (!found || n->tried < found->tried))
            found = n;
    }
    return found;
}

/* Nobody is on it, and it is of no use, or less than one that has no channel would be. */
static bool is_idle_and_useless(const struct worker_node *n, bool has_spare)
{
    bool draining, there = is_there(n, &draining);
    if (n->refs > 0 || !n->client || clock_now_us() < n->opened_us + CONNECT_US)
        return false;
    return n->named ? has_spare && (!there || draining) : !there;
}

/* Channels are made and ended without the lock, by this thread alone: they wait. */
static struct rpc_client *take_useless(struct workers *w)
{
    bool has_spare = next_spare(w) != NULL;
    if (has_spare && w->nchannels < w->pool_size)
        return NULL; /* there is a place without */
    list_for_each (l, &w->nodes) {
        struct worker_node *n = list_entry(l, struct worker_node, link);
        if (!is_idle_and_useless(n, has_spare))
            continue;
        assert(w->nchannels > 0);
        w->nchannels--;
        n->tried = ++w->turn;
        return TAKE_PTR(n->client);
    }
    return NULL;
}

/* An address that no name resolves to any more is dropped when it has no channel and no
 * session holds it. */
static void forget_old(struct workers *w)
{
    struct list *next;
    for (struct list *l = w->nodes.next; l != &w->nodes; l = next) {
        struct worker_node *n = list_entry(l, struct worker_node, link);
        next = l->next;
        if (n->named || n->client || n->refs > 0)
            continue;
        notes_add(&w->notes, LOG_INFO, "worker_forgotten", "address=%s", n->address);
        list_remove(&n->link);
        assert(w->nnodes > 0 && n->running == 0);
        w->nnodes--;
        w->is_full = false;
        mem_free(n);
    }
}

/* Another address of the same worker, which is the one that counts. */
static bool has_elder(const struct workers *w, const struct worker_node *n)
{
    struct rpc_report report, other;
    if (!n->client)
        return false;
    rpc_client_report(n->client, &report);
    list_for_each (l, &w->nodes) {
        const struct worker_node *m = list_entry(l, struct worker_node, link);
        if (!report.there || !m->client || strcmp(m->address, n->address) >= 0)
            continue;
        rpc_client_report(m->client, &other);
        if (other.there && strcmp(other.worker, report.worker) == 0)
            return true;
    }
    return false;
}

static void find_twins(struct workers *w)
{
    list_for_each (l, &w->nodes) {
        struct worker_node *n = list_entry(l, struct worker_node, link);
        n->twin = has_elder(w, n);
    }
}

/* The channel's address is numeric, but a certificate is made for the name that was configured: unless
 * that was numeric too, the certificate is checked against the name. */
static int open_channel(struct workers *w, struct worker_node *n, struct err *e)
{
    struct rpc_security security = w->security;
    struct rpc_client_options o = w->client;
    struct rpc_client *c;
    if (!n->name->is_numeric)
        security.server_name = n->name->address.host;
    o.channel.security = &security;
    o.channel.address = n->address;
    assert(!n->client);
    n->tried = ++w->turn;
    (void)pthread_mutex_unlock(&w->lock); /* only this thread takes nodes away */
    int st = rpc_client_new(&c, &o, e);
    (void)pthread_mutex_lock(&w->lock);
    if (st == ST_OK) {
        n->client = c;
        n->opened_us = clock_now_us();
        w->nchannels++;
    }
    return st;
}

/* With the lock, which it lets go of meanwhile. */
static int look_after(struct workers *w, struct err *e)
{
    struct rpc_client *c;
    struct worker_node *n;
    int st = ST_OK;
    while ((c = take_useless(w))) {
        (void)pthread_mutex_unlock(&w->lock);
        rpc_client_free(c);
        (void)pthread_mutex_lock(&w->lock);
    }
    forget_old(w);
    while (st == ST_OK && w->nchannels < w->pool_size && (n = next_spare(w)))
        st = open_channel(w, n, e);
    find_twins(w);
    return st;
}

static int tick(struct workers *w, struct err *e)
{
    for (size_t i = 0; i < w->nnames; i++)
        resolve(w, &w->names[i]);
    (void)pthread_mutex_lock(&w->lock);
    int st = look_after(w, e);
    (void)pthread_mutex_unlock(&w->lock);
    notes_write(&w->notes);
    return st;
}

static void wait_until(struct workers *w, int64_t us)
{
    struct timespec t = {us / 1000000, us % 1000000 * 1000};
    int rc = 0;
    while (!w->stop && rc == 0)
        rc = pthread_cond_timedwait(&w->changed, &w->lock, &t);
}

static void *workers_main(void *arg)
{
    struct workers *w = arg;
    thread_set_name("workers");
    (void)pthread_mutex_lock(&w->lock);
    while (!w->stop) {
        wait_until(w, clock_now_us() + w->resolve_us);
        if (w->stop)
            break;
        struct err e;
        char text[LOG_QUOTE_MAX];
        err_init(&e);
        (void)pthread_mutex_unlock(&w->lock);
        if (tick(w, &e) != ST_OK)
            log_line(LOG_ERROR, "worker_channel", "error=%s", log_quote(text, e.message));
        (void)pthread_mutex_lock(&w->lock);
    }
    (void)pthread_mutex_unlock(&w->lock);
    return NULL;
}

/* ---- for sessions ---- */

bool workers_are_several(struct workers *w)
{
    size_t n = 0;
    (void)pthread_mutex_lock(&w->lock);
    list_for_each (l, &w->nodes) {
        const struct worker_node *node = list_entry(l, struct worker_node, link);
        bool draining;
        n += !node->twin && (node->named || is_there(node, &draining));
    }
    (void)pthread_mutex_unlock(&w->lock);
    return n > 1;
}

/* NULL: none serves. */
static struct worker_node *choose(struct workers *w)
{
    struct worker_node *best = NULL;
    struct rpc_report report, of_best = {0};
    list_for_each (l, &w->nodes) {
        struct worker_node *n = list_entry(l, struct worker_node, link);
        if (!worker_serves(n, &report) || (best && !worker_is_better(n, &report, best, &of_best)))
            continue;
        best = n;
        of_best = report;
    }
    return best;
}

/* With the lock, which it lets go of meanwhile. */
static int choose_or_wait(struct workers *w, const struct worker_ticket *t, struct worker_node **out,
                          struct err *e)
{
    const int64_t until = clock_now_us() + w->client.channel.timeout_ms * 1000;
    struct worker_node *n;
    while (!(n = choose(w))) {
        if (w->nchannels == 0)
            return workers_none(e);
        if (atomic_load(&t->cancelled))
            return worker_ticket_cancelled(e);
        if (clock_now_us() >= until)
            return err_set(e, SQLSTATE_CONNECTION_FAILURE, "no worker can be reached");
        int64_t tick = clock_now_us() + CHOOSE_AGAIN_US;
        const struct timespec at = {tick / 1000000, tick % 1000000 * 1000};
        (void)pthread_cond_timedwait(&w->changed, &w->lock, &at);
    }
    n->refs++;
    list_remove(&n->link); /* equals take turns */
    list_append(&w->nodes, &n->link);
    *out = n;
    return ST_OK;
}

int workers_choose(struct workers *w, const struct worker_ticket *t, struct worker_node **out, struct err *e)
{
    (void)pthread_mutex_lock(&w->lock);
    int st = choose_or_wait(w, t, out, e);
    (void)pthread_mutex_unlock(&w->lock);
    return st;
}

void workers_stay(struct workers *w, struct worker_node *n)
{
    (void)pthread_mutex_lock(&w->lock);
    assert(n->refs > 0); /* else it could have gone */
    n->refs++;
    (void)pthread_mutex_unlock(&w->lock);
}

void workers_leave(struct workers *w, struct worker_node *n)
{
    (void)pthread_mutex_lock(&w->lock);
    unref(n);
    (void)pthread_mutex_unlock(&w->lock);
}

/* Whether some channel reaches the worker with this id now, even if it is draining. */
bool workers_have(struct workers *w, const char *id)
{
    bool found = false;
    (void)pthread_mutex_lock(&w->lock);
    list_for_each (l, &w->nodes) {
        struct rpc_report report;
        const struct worker_node *n = list_entry(l, struct worker_node, link);
        if (!n->client)
            continue;
        rpc_client_report(n->client, &report);
        found |= report.there && strcmp(report.worker, id) == 0;
    }
    (void)pthread_mutex_unlock(&w->lock);
    return found;
}

size_t workers_stats(struct workers *w, struct worker_stats *out)
{
    size_t n = 0;
    (void)pthread_mutex_lock(&w->lock);
    list_for_each (l, &w->nodes) {
        const struct worker_node *node = list_entry(l, struct worker_node, link);
        assert(n < WORKERS_MAX); /* callers have room for so many */
        struct worker_stats *s = &out[n++];
        *s = (struct worker_stats){.channel = node->client, .twin = node->twin, .running = node->running};
        memcpy(s->address, node->address, sizeof s->address);
        if (node->client)
            rpc_client_report(node->client, &s->report);
    }
    (void)pthread_mutex_unlock(&w->lock);
    return n;
}

/* ---- all ---- */

static int copy_text(const char *text, const char **out, struct err *e)
{
    *out = text ? mem_strdup(text) : NULL;
    return text && !*out ? err_oom(e) : ST_OK;
}

static int copy_options(struct workers *w, const struct workers_options *o, struct err *e)
{
    const struct rpc_security *from = o->client.channel.security;
    w->pool_size = o->pool_size;
    w->resolve_us = o->resolve_us;
    w->client = o->client;
    w->client.gateway = NULL;
    TRY(copy_text(o->client.gateway, &w->client.gateway, e));
    TRY(copy_text(from->cert_file, &w->security.cert_file, e));
    TRY(copy_text(from->key_file, &w->security.key_file, e));
    TRY(copy_text(from->ca_file, &w->security.ca_file, e));
    return copy_text(from->token_file, &w->security.token_file, e);
}

static bool is_numeric(const char *host)
{
    struct in6_addr v6;
    struct in_addr v4;
    return inet_pton(AF_INET, host, &v4) == 1 || inet_pton(AF_INET6, host, &v6) == 1;
}

static int take_names(struct workers *w, const struct workers_options *o, struct err *e)
{
    if (o->nnames == 0 || o->nnames > WORKERS_MAX)
        return err_set(e, SQLSTATE_CONFIG_FILE_ERROR, "a gateway has from 1 to %d workers", WORKERS_MAX);
    w->names = mem_calloc(o->nnames, sizeof *w->names);
    if (!w->names)
        return err_oom(e);
    for (; w->nnames < o->nnames; w->nnames++) {
        struct worker_name *name = &w->names[w->nnames];
        TRY(address_parse(&name->address, o->names[w->nnames], e));
        name->is_numeric = is_numeric(name->address.host);
    }
    return ST_OK;
}

int workers_new(struct workers **out, const struct workers_options *o, struct err *e)
{
    CLEANUP(workers_freep) struct workers *w = mem_calloc(1, sizeof *w);
    if (!w)
        return err_oom(e);
    (void)pthread_mutex_init(&w->lock, NULL);
    thread_cond_init(&w->changed);
    w->turn = UINT32_MAX;
    list_init(&w->nodes);
    list_init(&w->users);
    list_init(&w->waiting);
    TRY(copy_options(w, o, e));
    TRY(take_names(w, o, e));
    TRY(tick(w, e));
    int rc = thread_start(&w->thread, 0, workers_main, w);
    if (rc != 0)
        return err_errno(e, rc, "start a thread");
    w->has_thread = true;
    *out = TAKE_PTR(w);
    return ST_OK;
}

static void end_thread(struct workers *w)
{
    (void)pthread_mutex_lock(&w->lock);
    w->stop = true;
    (void)pthread_cond_broadcast(&w->changed);
    (void)pthread_mutex_unlock(&w->lock);
    (void)pthread_join(w->thread, NULL);
}

static void free_text(const char *text)
{
    mem_free((void *)(uintptr_t)text);
}

void workers_free(struct workers *w)
{
    if (!w)
        return;
    if (w->has_thread)
        end_thread(w);
    while (!list_is_empty(&w->nodes)) {
        struct worker_node *n = list_entry(w->nodes.next, struct worker_node, link);
        list_remove(&n->link);
        assert(n->refs == 0 && n->running == 0);
        rpc_client_free(n->client);
        mem_free(n);
    }
    assert(list_is_empty(&w->users) && list_is_empty(&w->waiting));
    (void)pthread_cond_destroy(&w->changed);
    (void)pthread_mutex_destroy(&w->lock);
    free_text(w->client.gateway);
    free_text(w->security.cert_file);
    free_text(w->security.key_file);
    free_text(w->security.ca_file);
    free_text(w->security.token_file);
    mem_free(w->names);
    mem_free(w);
}
