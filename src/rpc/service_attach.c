/* Attach: how the worker is, to one gateway, whose sessions end with the call. */
#include "rpc/service_priv.h"

#include "base/clock.h"
#include "base/log.h"

#include <stdio.h>
#include <unistd.h>

enum { REPORT_EVERY_US = 1000 * 1000 };

static uint64_t resident(void)
{
    unsigned long pages = 0, ignored;
    FILE *f = fopen("/proc/self/statm", "re");
    if (!f)
        return 0;
    int n = fscanf(f, "%lu %lu", &ignored, &pages); // NOLINT(cert-err34-c): n says whether it was read
    (void)fclose(f);
    return n == 2 ? (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

static void count_sessions(struct rpc_service *v, uint64_t lease, Tavana__V1__Report *m)
{
    (void)pthread_mutex_lock(&v->lock);
    m->sessions = v->nsessions;
    list_for_each (l, &v->sessions) {
        const struct service_session *s = list_entry(l, struct service_session, link);
        m->streams_yours += s->lease == lease && atomic_load(&s->running);
    }
    (void)pthread_mutex_unlock(&v->lock);
}

static int report(struct rpc_service *v, struct rpc_in *in, uint64_t lease)
{
    Tavana__V1__Report m;
    tavana__v1__report__init(&m);
    union {
        const char *in;
        char *out;
    } version = {.in = v->version};
    m.lease = lease;
    m.worker = v->id;
    m.version = version.out;
    m.draining = atomic_load(&v->draining);
    m.streams = atomic_load(&v->streams);
    m.memory = resident();
    m.memory_max = v->memory_max;
    m.own_writes = v->own_writes;
    m.streams_max = v->streams_max;
    count_sessions(v, lease, &m);
    return rpc_in_send(in, &m.base);
}

void service_attach(void *arg, struct rpc_in *in)
{
    struct rpc_service *v = arg;
    struct err e;
    char gateway[LOG_QUOTE_MAX];
    err_init(&e);
    ProtobufCMessage *request;
    if (rpc_in_request(in, &request, &e) < 0) {
        rpc_refuse(in, GRPC_STATUS_INVALID_ARGUMENT, e.message);
        return;
    }
    const Tavana__V1__AttachRequest *m = (const Tavana__V1__AttachRequest *)request;
    struct service_lease mine = {.id = atomic_fetch_add(&v->next_lease, 1) + 1};
    const uint64_t lease = mine.id;
    (void)pthread_mutex_lock(&v->lock);
    list_append(&v->leases, &mine.link);
    (void)pthread_mutex_unlock(&v->lock);
    (void)log_quote(gateway, m->gateway);
    log_line(LOG_INFO, "gateway_attached", "gateway=%s lease=%llu", gateway, (unsigned long long)lease);
    (void)atomic_fetch_add(&v->gateways, 1);
    while (!atomic_load(&v->stopped) && report(v, in, lease) == ST_OK &&
           rpc_in_wait(in, clock_now_us() + REPORT_EVERY_US))
        ;
    (void)atomic_fetch_sub(&v->gateways, 1);
    (void)pthread_mutex_lock(&v->lock);
    list_remove(&mine.link); /* no session is opened for it from here on */
    (void)pthread_mutex_unlock(&v->lock);
    service_close_lease(v, lease);
    log_line(LOG_INFO, "gateway_gone", "gateway=%s lease=%llu", gateway, (unsigned long long)lease);
    rpc_finish(in);
}
