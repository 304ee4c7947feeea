/* The gateway's side: the Attach call, which a thread of the client keeps. */
#include "rpc/client_attach.h"

#include "rpc/client_priv.h"

#include "base/clock.h"
#include "base/thread.h"
#include "rpc/channel_stream.h"
#include "rpc/check.h"
#include "rpc/client_trust.h"

#include <stdio.h>
#include <time.h>

enum {
    ATTACH_AGAIN_MS = 200, /* after it broke … */
    STOP_LOOK_MS = 10,     /* … or so long after the client is told to stop */
    REPORT_REST_MS = 20,   /* between two reports */
};

/* ---- what is known before the next report says so ---- */

/* With the lock. */
static void say_that_it_goes(struct rpc_client *c)
{
    if (c->goes && !c->report.draining)
        atomic_fetch_add(c->goes, 1);
}

void rpc_learn_that_it_goes(struct rpc_client *c)
{
    (void)pthread_mutex_lock(&c->lock);
    say_that_it_goes(c);
    c->report.draining = true;
    (void)pthread_mutex_unlock(&c->lock);
}

/* A call was cut off, of a session that belongs to that lease: of an old one it says nothing about how the
 * worker is now. If it is well after all it says so within a second. */
void rpc_learn_that_it_is_gone(struct rpc_client *c, uint64_t lease)
{
    (void)pthread_mutex_lock(&c->lock);
    if (c->lease == lease)
        c->report.there = false;
    (void)pthread_mutex_unlock(&c->lock);
}

/* Reports that had come before are not waited for: after this process has been frozen there are many. They do
 * not bring the lease back either, so that who opens a session from here on waits for the next one. */
void rpc_learn_that_the_lease_has_ended(struct rpc_client *c, uint64_t lease)
{
    (void)pthread_mutex_lock(&c->lock);
    if (c->lease == lease) {
        if (c->goes)
            atomic_fetch_add(c->goes, 1);
        c->lease = 0;
        c->ended_lease = lease;
        c->report.there = false;
        if (c->attached)
            rpc_stream_break(c->attached);
    }
    (void)pthread_mutex_unlock(&c->lock);
}

bool rpc_lease_has_ended(struct rpc_client *c, uint64_t lease)
{
    (void)pthread_mutex_lock(&c->lock);
    bool ended = c->ended_lease == lease;
    (void)pthread_mutex_unlock(&c->lock);
    return ended;
}

/* ---- Attach ---- */

static void learn(struct rpc_client *c, const Tavana__V1__Report *m)
{
    (void)pthread_mutex_lock(&c->lock);
    if (m->lease == c->ended_lease) {
        (void)pthread_mutex_unlock(&c->lock);
        return;
    }
    c->lease = m->lease;
    if (m->draining)
        say_that_it_goes(c);
    c->report = (struct rpc_report){
        .there = true,
        .draining = m->draining,
        .sessions = m->sessions,
        .streams = m->streams,
        .streams_of_others = m->streams - (m->streams_yours < m->streams ? m->streams_yours : m->streams),
        .streams_max = m->streams_max,
        .memory = m->memory,
        .memory_max = m->memory_max,
        .own_writes = m->own_writes,
    };
    (void)snprintf(c->report.worker, sizeof c->report.worker, "%s", m->worker);
    (void)pthread_cond_broadcast(&c->changed);
    (void)pthread_mutex_unlock(&c->lock);
}

/* A worker that reports without a pause costs this thread no more than so many a second. */
static void rest_between_reports(void)
{
    static const struct timespec rest = {.tv_nsec = REPORT_REST_MS * 1000 * 1000};
    (void)nanosleep(&rest, NULL);
}

static int take_report(struct rpc_client *c, unsigned epoch, grpc_byte_buffer *b, uint64_t *lease,
                       struct err *e)
{
    ProtobufCMessage *m;
    int st = rpc_unpack(&tavana__v1__report__descriptor, b, &m, e);
    if (st == ST_OK) {
        const Tavana__V1__Report *report = (const Tavana__V1__Report *)m;
        st = rpc_check_report(report, *lease, e);
        *lease = report->lease;
        if (st == ST_OK)
            learn(c, report);
        rpc_message_free(m);
    }
    if (st != ST_OK && e->code == SQLSTATE_OUT_OF_MEMORY)
        return ST_OK; /* the next one comes within a second */
    if (st != ST_OK)
        rpc_client_throw_out(c, epoch, e->message);
    return st;
}

static int listen_to(struct rpc_stream *s, struct rpc_client *c, struct err *e)
{
    const unsigned epoch = atomic_load(&c->epoch);
    uint64_t lease = 0;
    grpc_byte_buffer *b;
    int st;
    while ((st = rpc_stream_next(s, &b, e)) == ST_OK) {
        st = take_report(c, epoch, b, &lease, e);
        grpc_byte_buffer_destroy(b);
        if (st != ST_OK)
            break;
        rest_between_reports();
    }
    return st;
}

/* False: it shall end. */
static bool set_attached(struct rpc_client *c, struct rpc_stream *s)
{
    (void)pthread_mutex_lock(&c->lock);
    c->attached = s;
    if (!s) {
        if (c->goes && c->lease)
            atomic_fetch_add(c->goes, 1);
        c->lease = 0;
        c->report.there = false;
    }
    bool stop = c->stop;
    (void)pthread_mutex_unlock(&c->lock);
    return !stop;
}

static void attach(struct rpc_client *c)
{
    struct err e;
    struct rpc_stream *s;
    Tavana__V1__AttachRequest request;
    tavana__v1__attach_request__init(&request);
    request.gateway = c->gateway;
    err_init(&e);
    if (rpc_stream_open(&s, c->channel, RPC_ATTACH, &request.base, NULL, &e) != ST_OK)
        return;
    rpc_stream_in_background(s);
    if (set_attached(c, s))
        (void)listen_to(s, c, &e);
    (void)set_attached(c, NULL);
    rpc_stream_close(s);
}

static bool is_stopped(struct rpc_client *c)
{
    (void)pthread_mutex_lock(&c->lock);
    bool stop = c->stop;
    (void)pthread_mutex_unlock(&c->lock);
    return stop;
}

/* Before it attaches again. gRPC reconnects only while some thread of ours is in one of its queues, so no
 * condition is waited for here. */
static void rest(struct rpc_client *c)
{
    for (int ms = 0; ms < ATTACH_AGAIN_MS && !is_stopped(c); ms += STOP_LOOK_MS)
        rpc_channel_pause(STOP_LOOK_MS);
}

static void *attach_main(void *arg)
{
    struct rpc_client *c = arg;
    thread_set_name("rpc attach");
    while (!is_stopped(c)) {
        attach(c);
        do
            rest(c);
        while (rpc_client_is_out(c));
    }
    return NULL;
}

int rpc_wait_for_lease(struct rpc_client *c, uint64_t *lease, unsigned *epoch, struct err *e)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += c->timeout_us / 1000000 + 1;
    (void)pthread_mutex_lock(&c->lock);
    int rc = 0;
    while (c->lease == 0 && !c->stop && rc == 0)
        rc = pthread_cond_timedwait(&c->changed, &c->lock, &until);
    *lease = c->lease;
    *epoch = atomic_load(&c->epoch);
    (void)pthread_mutex_unlock(&c->lock);
    return *lease ? ST_OK
                  : err_set(e, SQLSTATE_CONNECTION_FAILURE, "worker %s cannot be reached",
                            rpc_channel_address(c->channel));
}

int rpc_attach_start(struct rpc_client *c, struct err *e)
{
    int rc = thread_start(&c->thread, 0, attach_main, c);
    if (rc != 0)
        return err_errno(e, rc, "start a thread");
    c->has_thread = true;
    return ST_OK;
}

void rpc_attach_stop(struct rpc_client *c)
{
    if (!c->has_thread)
        return;
    (void)pthread_mutex_lock(&c->lock);
    c->stop = true;
    if (c->attached)
        rpc_stream_break(c->attached);
    (void)pthread_cond_broadcast(&c->changed);
    (void)pthread_mutex_unlock(&c->lock);
    (void)pthread_join(c->thread, NULL);
}
