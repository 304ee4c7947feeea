/* Batches of rows under way: their memory is lent to gRPC until the bytes have left. */
#include "rpc/server_batch.h"

#include "rpc/server_priv.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "rows/row_batch.h"
#include "rpc/batch.h"
#include "rpc/server_call.h"

#include <grpc/slice.h>

#include <assert.h>
#include <stdatomic.h>

struct slot {
    _Atomic(struct rpc_slots *) all; /* atomic: gRPC's threads read it before they have the lock */
    uint8_t *data;
    size_t cap;
    bool under_way;
};

struct rpc_slots {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned refs; /* the stream, and each slot under way */
    struct slot slots[RPC_BATCHES_MAX];
};

struct rpc_slots *rpc_slots_new(void)
{
    struct rpc_slots *a = mem_calloc(1, sizeof *a);
    if (!a)
        return NULL;
    (void)pthread_mutex_init(&a->lock, NULL);
    (void)pthread_cond_init(&a->changed, NULL);
    a->refs = 1;
    for (unsigned i = 0; i < RPC_BATCHES_MAX; i++)
        atomic_store_explicit(&a->slots[i].all, a, memory_order_release);
    return a;
}

void rpc_slots_unref(struct rpc_slots *a)
{
    if (!a)
        return;
    (void)pthread_mutex_lock(&a->lock);
    assert(a->refs > 0);
    bool last = --a->refs == 0;
    (void)pthread_mutex_unlock(&a->lock);
    if (!last)
        return;
    for (unsigned i = 0; i < RPC_BATCHES_MAX; i++) {
        assert(!a->slots[i].under_way);
        mem_free(a->slots[i].data);
    }
    (void)pthread_cond_destroy(&a->changed);
    (void)pthread_mutex_destroy(&a->lock);
    mem_free(a);
}

/* By gRPC, when the bytes have left or the call has ended. */
static void slot_free(void *arg)
{
    struct slot *s = arg;
    struct rpc_slots *a = atomic_load_explicit(&s->all, memory_order_acquire);
    (void)pthread_mutex_lock(&a->lock);
    assert(s->under_way);
    s->under_way = false;
    (void)pthread_cond_signal(&a->changed);
    (void)pthread_mutex_unlock(&a->lock);
    rpc_slots_unref(a);
}

static struct slot *free_slot(struct rpc_slots *a)
{
    for (unsigned i = 0; i < RPC_BATCHES_MAX; i++)
        if (!a->slots[i].under_way)
            return &a->slots[i];
    return NULL;
}

static struct slot *take_slot(struct rpc_slots *a, struct row_batch *batch)
{
    struct slot *s;
    (void)pthread_mutex_lock(&a->lock);
    while (!(s = free_slot(a)))
        (void)pthread_cond_wait(&a->changed, &a->lock);
    s->under_way = true;
    a->refs++;
    (void)pthread_mutex_unlock(&a->lock);
    uint8_t *data = s->data;
    size_t cap = s->cap;
    s->data = batch->data;
    s->cap = batch->cap;
    batch->data = data;
    batch->cap = cap;
    return s;
}

int rpc_in_send_batch(struct rpc_in *in, struct rpc_slots *slots, struct row_batch *batch, bool last)
{
    uint8_t head[RPC_BATCH_HEAD_MAX];
    size_t n = rpc_batch_head(head, batch->nrows, last, batch->len);
    grpc_slice parts[2] = {grpc_slice_from_copied_buffer((const char *)head, n)};
    size_t nparts = 1, len = batch->len;
    assert(slots && n <= sizeof head);
    if (len) {
        struct slot *s = take_slot(slots, batch);
        parts[nparts++] = grpc_slice_new_with_user_data(s->data, len, slot_free, s);
        batch->len = 0;
    }
    grpc_byte_buffer *b = grpc_raw_byte_buffer_create(parts, nparts);
    for (size_t i = 0; i < nparts; i++)
        grpc_slice_unref(parts[i]);
    return rpc_in_send_buffer(in, b);
}
