/* Each sender takes a message from the ring and tells it to all peers, one after the other, over a new
 * connection each, without the lock. A peer that let a try run into its timeout rests for a while and is left
 * out; one that refuses at once is tried each time. The ring lies in the struct, so that sending takes no
 * memory and a flood of cancels is bounded. */
#include "front/peers.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"
#include "base/thread.h"
#include "net/dial.h"

#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

DEFINE_CLEANUP(struct peers, peers_free)

enum { LOG_EVERY_US = 60 * 1000 * 1000 };

struct peer {
    char *address;
    int64_t rests_until_us; /* with the lock */
    struct log_limit unreachable;
};

struct message {
    uint8_t bytes[PEERS_MESSAGE_MAX];
    size_t n;
};

struct peers {
    struct peer *all;
    size_t n;
    pthread_t senders[PEERS_SENDERS];
    unsigned nsenders;

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    bool stop;
    struct message queue[PEERS_QUEUE_MAX];
    unsigned first, waiting;
};

/* ---- sending ---- */

static bool rests(struct peers *p, const struct peer *peer)
{
    (void)pthread_mutex_lock(&p->lock);
    bool no = clock_now_us() < peer->rests_until_us || p->stop;
    (void)pthread_mutex_unlock(&p->lock);
    return no;
}

/* One that refuses at once costs nothing; one that is silent would cost every message its time. */
static void failed(struct peers *p, struct peer *peer, int64_t begun_us, const struct err *e)
{
    char text[LOG_QUOTE_MAX];
    unsigned left_out;
    int64_t now = clock_now_us();
    if (now - begun_us >= (int64_t)PEERS_TIMEOUT_MS * 1000) {
        (void)pthread_mutex_lock(&p->lock);
        peer->rests_until_us = now + (int64_t)PEERS_REST_MS * 1000;
        (void)pthread_mutex_unlock(&p->lock);
    }
    if (log_limit_passes(&peer->unreachable, LOG_EVERY_US, &left_out))
        log_line(LOG_WARNING, "peer_unreachable", "peer=%s error=%s lines_left_out=%u", peer->address,
                 log_quote(text, e->message), left_out);
}

static void send_to(struct peers *p, struct peer *peer, const struct message *m)
{
    struct err e;
    int64_t begun_us = clock_now_us();
    err_init(&e);
    if (rests(p, peer))
        metric_add(METRIC_CANCELS_DROPPED, 1);
    else if (dial_send_all(peer->address, m->bytes, m->n, PEERS_TIMEOUT_MS, &e) == ST_OK)
        metric_add(METRIC_CANCELS_SENT_ON, 1);
    else
        failed(p, peer, begun_us, &e);
}

/* False: there will be none any more. */
static bool take(struct peers *p, struct message *out)
{
    (void)pthread_mutex_lock(&p->lock);
    while (p->waiting == 0 && !p->stop)
        (void)pthread_cond_wait(&p->changed, &p->lock);
    bool goes_on = !p->stop;
    assert(p->first < PEERS_QUEUE_MAX && p->waiting <= PEERS_QUEUE_MAX);
    if (goes_on) {
        *out = p->queue[p->first];
        p->first = (p->first + 1) % PEERS_QUEUE_MAX;
        p->waiting--;
    }
    (void)pthread_mutex_unlock(&p->lock);
    return goes_on;
}

static void *sender_main(void *arg)
{
    struct peers *p = arg;
    struct message m;
    thread_set_name("peers");
    while (take(p, &m))
        for (size_t i = 0; i < p->n; i++)
            send_to(p, &p->all[i], &m);
    return NULL;
}

/* ---- for others ---- */

static int start_senders(struct peers *p, struct err *e)
{
    for (; p->nsenders < PEERS_SENDERS; p->nsenders++) {
        int rc = thread_start(&p->senders[p->nsenders], 0, sender_main, p);
        if (rc != 0)
            return err_errno(e, rc, "start a thread");
    }
    return ST_OK;
}

int peers_new(struct peers **out, const char *const *addresses, size_t n, struct err *e)
{
    *out = NULL;
    if (n == 0)
        return ST_OK;
    CLEANUP(peers_freep) struct peers *p = mem_calloc(1, sizeof *p);
    if (!p)
        return err_oom(e);
    (void)pthread_mutex_init(&p->lock, NULL);
    (void)pthread_cond_init(&p->changed, NULL);
    p->all = mem_calloc(n, sizeof *p->all);
    if (!p->all)
        return err_oom(e);
    for (; p->n < n; p->n++)
        if (!(p->all[p->n].address = mem_strdup(addresses[p->n])))
            return err_oom(e);
    TRY(start_senders(p, e));
    *out = TAKE_PTR(p);
    return ST_OK;
}

void peers_send(struct peers *p, const uint8_t *message, size_t n)
{
    if (!p)
        return;
    assert(n <= PEERS_MESSAGE_MAX);
    (void)pthread_mutex_lock(&p->lock);
    bool full = p->waiting == PEERS_QUEUE_MAX;
    if (!full) {
        struct message *m = &p->queue[(p->first + p->waiting++) % PEERS_QUEUE_MAX];
        memcpy(m->bytes, message, n);
        m->n = n;
        (void)pthread_cond_signal(&p->changed);
    }
    (void)pthread_mutex_unlock(&p->lock);
    if (full)
        metric_add(METRIC_CANCELS_DROPPED, 1);
}

void peers_free(struct peers *p)
{
    if (!p)
        return;
    (void)pthread_mutex_lock(&p->lock);
    p->stop = true;
    (void)pthread_cond_broadcast(&p->changed);
    (void)pthread_mutex_unlock(&p->lock);
    for (unsigned i = 0; i < p->nsenders; i++)
        (void)pthread_join(p->senders[i], NULL);
    for (size_t i = 0; i < p->n; i++)
        mem_free(p->all[i].address);
    mem_free(p->all);
    (void)pthread_cond_destroy(&p->changed);
    (void)pthread_mutex_destroy(&p->lock);
    mem_free(p);
}
