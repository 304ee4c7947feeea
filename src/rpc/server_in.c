#include "rpc/server_in.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/thread.h"

#include <grpc/support/alloc.h>

#include <assert.h>

void rpc_in_conditions_init(struct rpc_in *in)
{
    (void)pthread_mutex_init(&in->lock, NULL);
    thread_cond_init(&in->changed);
}

/* The handler has a hold, and each operation that gRPC has under way: whichever is last frees it. */
void rpc_in_unref(struct rpc_in *in)
{
    assert(in->magic == RPC_IN_MAGIC);
    if (atomic_fetch_sub(&in->refs, 1) != 1)
        return;
    assert(!in->sending); /* what is under way holds it */
    in->magic = 0;
    rpc_message_free(in->request);
    grpc_byte_buffer_destroy(in->payload);
    grpc_byte_buffer_destroy(in->sent);
    grpc_byte_buffer_destroy(in->waiting);
    grpc_byte_buffer_destroy(in->incoming);
    grpc_metadata_array_destroy(&in->metadata);
    gpr_free(in->peer);
    if (in->call)
        grpc_call_unref(in->call);
    (void)pthread_cond_destroy(&in->changed);
    (void)pthread_mutex_destroy(&in->lock);
    mem_free(in);
}

void rpc_in_start(struct rpc_in *in, enum rpc_step step, const grpc_op *ops, size_t n)
{
    assert(in->magic == RPC_IN_MAGIC && step < STEPS && n > 0);
    (void)atomic_fetch_add(&in->refs, 1);
    grpc_call_error rc = grpc_call_start_batch(in->call, ops, n, &in->ops[step], NULL);
    assert(rc == GRPC_CALL_OK);
    (void)rc;
}

void rpc_in_send_waiting(struct rpc_in *in)
{
    assert(in->waiting && !in->sending);
    grpc_byte_buffer_destroy(in->sent);
    in->sent = TAKE_PTR(in->waiting);
    in->sending = true;
    const grpc_op ops[] = {
        {.op = GRPC_OP_SEND_MESSAGE, .data.send_message.send_message = in->sent},
        {.op = GRPC_OP_SEND_INITIAL_METADATA},
    };
    size_t n = in->greeted ? 1 : 2;
    in->greeted = true;
    rpc_in_start(in, STEP_SEND, ops, n);
}
