/* Attach: how the worker is, to one gateway, whose sessions end with the call. */
#include "rpc/service_attach.h"

#include "rpc/service_priv.h"

#include "base/clock.h"
#include "base/log.h"
#include "rpc/server_call.h"
#include "rpc/service_session.h"

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
    struct service_lease *lease = service_lease_new(v, in);
    if (!lease) {
        rpc_refuse(in, GRPC_STATUS_RESOURCE_EXHAUSTED, "too many gateways are attached");
        return;
    }
    (void)log_quote(gateway, m->gateway);
    log_line(LOG_INFO, "gateway_attached", "gateway=%s peer=%s", gateway, lease->peer);
    (void)atomic_fetch_add(&v->gateways, 1);
    while (!atomic_load(&v->stopped) && report(v, in, lease) == ST_OK &&
           rpc_in_wait(in, clock_now_us() + REPORT_EVERY_US))
        ;
    (void)atomic_fetch_sub(&v->gateways, 1);
    log_line(LOG_INFO, "gateway_gone", "gateway=%s peer=%s", gateway, lease->peer);
    service_lease_end(v, lease);
    rpc_finish(in);
}
