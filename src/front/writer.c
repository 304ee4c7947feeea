/* A ring of slots under one lock. The session appends behind the full slots; the writer sends the first
 * one without the lock, as a full slot belongs to it until it is empty. The memory of batches goes
 * round: the session gets a batch that was written before for the one that it hands over, so that a
 * long result allocates no more than the ring holds. After an error nothing more is written, and every
 * later call returns that error. */
#include "front/writer.h"

#include "base/alloc.h"
#include "base/thread.h"
#include "front/client.h"
#include "front/socket.h"
#include "rows/pace.h"
#include "rows/row_batch.h"
#include "session/admission.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

enum { SPARE_LEAST = 64 * 1024 }; /* what messages between rows had is not kept */

struct writer {
    struct pg_client *client;
    struct admission *admission;
    struct admission_share *share; /* its bytes are of */
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    struct row_batch slots[WRITER_SLOTS]; /* those from `first` on are full */
    unsigned first, n;
    size_t bytes;                         /* of the full ones */
    struct row_batch spare[WRITER_SLOTS]; /* memory that rows had: of so many as were full at once */
    unsigned nspare;
    unsigned naps; /* left */
    bool napping;
    bool stop;
    int status;
    struct err err;
};

static _Atomic unsigned writers;

/* The slot stays full until its bytes are written: nobody touches it meanwhile. */
static int write_first(struct writer *w)
{
    const struct row_batch *b = &w->slots[w->first];
    struct err e;
    err_init(&e);
    (void)pthread_mutex_unlock(&w->lock);
    int st = socket_write(w->client, NULL, b->data, b->len, &e);
    (void)pthread_mutex_lock(&w->lock);
    if (st < 0)
        w->err = e;
    return st;
}

static void nap(struct writer *w)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += PACE_WRITER_NAP_US * 1000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    w->naps--;
    w->napping = true;
    (void)pthread_cond_timedwait(&w->changed, &w->lock, &until);
    w->napping = false;
}

/* Until there is something to write, or might be: while rows come fast it naps, so that they gather. */
static void rest(struct writer *w)
{
    if (w->naps > 0 && w->status == ST_OK)
        nap(w);
    else
        (void)pthread_cond_wait(&w->changed, &w->lock);
}

/* Rows have been put into a slot. The last slot but one wakes it in any case. The writer is woken without the
 * lock, which it would have to wait for. */
static void unlock_and_tell(struct writer *w, bool now)
{
    bool gathers = !now && w->n + 1 < WRITER_SLOTS && w->bytes < PACE_WRITER_WAKE;
    bool wakes = w->n > 0 && (w->napping ? !gathers : w->n == 1);
    (void)pthread_mutex_unlock(&w->lock);
    if (wakes)
        (void)pthread_cond_broadcast(&w->changed);
}

static void take_first_away(struct writer *w)
{
    struct row_batch *b = &w->slots[w->first];
    assert(w->n > 0 && w->bytes >= b->len);
    w->bytes -= b->len;
    row_batch_clear(b);
    if (b->cap >= SPARE_LEAST && w->nspare < WRITER_SLOTS)
        w->spare[w->nspare++] = *b;
    else
        row_batch_release(b);
    *b = (struct row_batch){0};
    w->first = (w->first + 1) % WRITER_SLOTS;
    w->n--;
}

static void *writer_main(void *arg)
{
    struct writer *w = arg;
    thread_set_name("writer");
    (void)pthread_mutex_lock(&w->lock);
    while (!w->stop) {
        if (w->n == 0 || w->status < 0) {
            rest(w);
            continue;
        }
        w->status = write_first(w);
        w->naps = PACE_WRITER_NAPS;
        take_first_away(w);
        (void)pthread_cond_broadcast(&w->changed);
    }
    (void)pthread_mutex_unlock(&w->lock);
    return NULL;
}

struct writer *writer_new(struct pg_client *c)
{
    struct admission *admission = server_admission(c->session.server);
    struct admission_share *share = session_share(&c->session);
    if (!admission_try(admission, share, ADMISSION_WRITER, true))
        return NULL;
    if (atomic_fetch_add(&writers, 1) >= WRITERS_MAX) {
        atomic_fetch_sub(&writers, 1);
        admission_give_back(admission, share, ADMISSION_WRITER);
        return NULL;
    }
    struct writer *w = mem_calloc(1, sizeof *w);
    if (w) {
        w->client = c;
        w->admission = admission;
        w->share = share;
        (void)pthread_mutex_init(&w->lock, NULL);
        thread_cond_init(&w->changed);
        if (thread_start(&w->thread, 0, writer_main, w) == 0)
            return w;
        (void)pthread_cond_destroy(&w->changed);
        (void)pthread_mutex_destroy(&w->lock);
        mem_free(w);
    }
    atomic_fetch_sub(&writers, 1);
    admission_give_back(admission, share, ADMISSION_WRITER);
    return NULL;
}

static int result(const struct writer *w, struct err *e)
{
    if (w->status < 0)
        *e = w->err;
    return w->status;
}

int writer_put(struct writer *w, struct row_batch *batch, struct err *e)
{
    (void)pthread_mutex_lock(&w->lock);
    while (w->status == ST_OK && (w->n == WRITER_SLOTS || (w->n > 0 && w->bytes + batch->len > WRITER_BYTES)))
        (void)pthread_cond_wait(&w->changed, &w->lock);
    int st = result(w, e);
    if (st == ST_OK) {
        struct row_batch *slot = &w->slots[(w->first + w->n) % WRITER_SLOTS], empty = {0};
        if (w->nspare > 0)
            empty = w->spare[--w->nspare];
        *slot = *batch;
        batch->data = empty.data;
        batch->cap = empty.cap;
        batch->len = 0; /* how many rows it had stays */
        assert(w->n < WRITER_SLOTS && !empty.len);
        w->bytes += slot->len;
        w->n++;
    }
    unlock_and_tell(w, false);
    return st;
}

/* The last slot, when its bytes are not being written already; else the next one. */
static struct row_batch *slot_to_append_to(struct writer *w)
{
    if (w->n > 1)
        return &w->slots[(w->first + w->n - 1) % WRITER_SLOTS];
    struct row_batch *b = &w->slots[(w->first + w->n) % WRITER_SLOTS];
    assert(w->n < WRITER_SLOTS);
    w->n++;
    return b;
}

int writer_put_bytes(struct writer *w, const void *p, size_t n, bool now, struct err *e)
{
    (void)pthread_mutex_lock(&w->lock);
    int st = result(w, e);
    if (st == ST_OK) {
        struct row_batch *b = slot_to_append_to(w);
        st = row_batch_reserve(b, n, e);
        if (st == ST_OK) {
            memcpy(b->data + b->len, p, n);
            row_batch_commit(b, b->data + b->len + n, 0);
            w->bytes += n;
        }
    }
    unlock_and_tell(w, now);
    return st;
}

bool writer_idle(struct writer *w)
{
    (void)pthread_mutex_lock(&w->lock);
    bool idle = w->n == 0;
    (void)pthread_mutex_unlock(&w->lock);
    return idle;
}

int writer_drain(struct writer *w, struct err *e)
{
    (void)pthread_mutex_lock(&w->lock);
    if (w->napping)
        (void)pthread_cond_broadcast(&w->changed);
    while (w->n > 0 && w->status == ST_OK)
        (void)pthread_cond_wait(&w->changed, &w->lock);
    int st = result(w, e);
    (void)pthread_mutex_unlock(&w->lock);
    return st;
}

void writer_free(struct writer *w)
{
    if (!w)
        return;
    (void)pthread_mutex_lock(&w->lock);
    w->stop = true;
    (void)pthread_cond_broadcast(&w->changed);
    (void)pthread_mutex_unlock(&w->lock);
    (void)pthread_join(w->thread, NULL);
    for (unsigned i = 0; i < WRITER_SLOTS; i++)
        row_batch_release(&w->slots[i]);
    while (w->nspare > 0)
        row_batch_release(&w->spare[--w->nspare]);
    (void)pthread_cond_destroy(&w->changed);
    (void)pthread_mutex_destroy(&w->lock);
    admission_give_back(w->admission, w->share, ADMISSION_WRITER);
    mem_free(w);
    atomic_fetch_sub(&writers, 1);
}
