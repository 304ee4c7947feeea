/* Attach: how the worker is, to one gateway, whose sessions end with the call. */
#include "rpc/service_attach.h"

#include "rpc/service_priv.h"

#include "base/clock.h"
#include "base/log.h"
#include "rpc/server_call.h"
#include "rpc/service_call.h"
#include "rpc/service_session.h"

#include <stdio.h>
#include <unistd.h>

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

static int report(struct rpc_service *v, struct rpc_in *in, struct service_lease *lease)
{
    Tavana__V1__Report m;
    tavana__v1__report__init(&m);
    union {
        const char *in;
        char *out;
    } version = {.in = v->version};
    m.lease = lease->id;
    m.worker = v->id;
    m.version = version.out;
    m.draining = atomic_load(&v->draining);
    m.streams = atomic_load(&v->streams);
    m.memory = resident();
    m.memory_max = v->memory_max;
    m.own_writes = v->own_writes;
    m.streams_max = v->streams_max;
    m.streams_yours = atomic_load(&lease->running);
    m.sessions = rpc_service_stats(v).sessions;
    return rpc_in_send(in, &m.base);
}

int service_attach(struct service_call *c, struct err *e)
{
    struct rpc_service *v = c->service;
    struct rpc_in *in = c->in;
    char gateway[LOG_QUOTE_MAX];
    struct service_lease *lease = service_lease_new(v, in);
    (void)e;
    if (!lease) {
        service_refuse(c, GRPC_STATUS_RESOURCE_EXHAUSTED, "too many gateways are attached");
        return ST_ERR;
    }
    (void)log_quote(gateway, ((const Tavana__V1__AttachRequest *)c->request)->gateway);
    log_line(LOG_INFO, "gateway_attached", "gateway=%s peer=%s", gateway, lease->peer);
    (void)atomic_fetch_add(&v->gateways, 1);
    while (!atomic_load(&v->stopped) && report(v, in, lease) == ST_OK &&
           rpc_in_wait(in, clock_now_us() + v->report_us))
        ;
    (void)atomic_fetch_sub(&v->gateways, 1);
    log_line(LOG_INFO, "gateway_gone", "gateway=%s peer=%s", gateway, lease->peer);
    service_lease_end(v, lease);
    return ST_OK;
}
