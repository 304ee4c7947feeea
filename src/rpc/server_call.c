/* What a handler does with its call: reads, sends, ends it. */
#include "rpc/server_call.h"

#include "rpc/server_priv.h"

#include "base/cleanup.h"
#include "rpc/server_in.h"

#include <assert.h>
#include <time.h>

static const ProtobufCMessageDescriptor *const requests[] = {
#define X(symbol, path, request, reply, shape) &request##__descriptor,
    RPC_METHODS(X)
#undef X
};

/* ---- what a handler does ---- */

enum rpc_method rpc_in_method(const struct rpc_in *in)
{
    return in->method;
}

const char *rpc_in_peer(struct rpc_in *in)
{
    if (!in->peer)
        in->peer = grpc_call_get_peer(in->call);
    return in->peer;
}

/* Nothing was read of a call whose sender is not known. */
bool rpc_in_has_request(const struct rpc_in *in)
{
    return in->payload != NULL || in->request != NULL;
}

int rpc_in_request(struct rpc_in *in, ProtobufCMessage **out, struct err *e)
{
    if (!in->request)
        TRY(rpc_unpack(requests[in->method], in->payload, &in->request, e));
    *out = in->request;
    return ST_OK;
}

void rpc_in_on_break(struct rpc_in *in, void (*cb)(void *arg), void *arg)
{
    assert(!cb || !in->on_break);
    (void)pthread_mutex_lock(&in->lock);
    in->on_break = cb;
    in->break_arg = arg;
    if (cb && in->broken)
        cb(arg);
    (void)pthread_mutex_unlock(&in->lock);
}

bool rpc_in_broken(struct rpc_in *in)
{
    (void)pthread_mutex_lock(&in->lock);
    bool broken = in->broken;
    (void)pthread_mutex_unlock(&in->lock);
    return broken;
}

/* Until the messages before have gone; whether they have. */
static bool wait_sent(struct rpc_in *in)
{
    (void)pthread_mutex_lock(&in->lock);
    while (in->sending)
        (void)pthread_cond_wait(&in->changed, &in->lock);
    bool ok = !in->broken;
    (void)pthread_mutex_unlock(&in->lock);
    grpc_byte_buffer_destroy(TAKE_PTR(in->sent));
    return ok;
}

/* One message is on its way and one waits, so that the handler makes rows while the one before is written,
 * and stops when the other side does not read. */
int rpc_in_send_buffer(struct rpc_in *in, grpc_byte_buffer *b)
{
    assert(b && !in->ended);
    (void)pthread_mutex_lock(&in->lock);
    while (in->waiting && !in->broken)
        (void)pthread_cond_wait(&in->changed, &in->lock);
    bool ok = !in->broken;
    if (ok) {
        in->waiting = TAKE_PTR(b);
        if (!in->sending)
            rpc_in_send_waiting(in);
    }
    (void)pthread_mutex_unlock(&in->lock);
    grpc_byte_buffer_destroy(b);
    return ok ? ST_OK : ST_ERR;
}

int rpc_in_send(struct rpc_in *in, const ProtobufCMessage *m)
{
    return rpc_in_send_buffer(in, rpc_pack(m));
}

bool rpc_in_wait(struct rpc_in *in, int64_t until_us)
{
    struct timespec until = {.tv_sec = until_us / 1000000, .tv_nsec = until_us % 1000000 * 1000};
    (void)pthread_mutex_lock(&in->lock);
    int rc = 0;
    while (!in->broken && rc == 0)
        rc = pthread_cond_timedwait(&in->changed, &in->lock, &until);
    bool ok = !in->broken;
    (void)pthread_mutex_unlock(&in->lock);
    return ok;
}

int rpc_in_read(struct rpc_in *in, ProtobufCMessage **out, struct err *e)
{
    const grpc_op op = {.op = GRPC_OP_RECV_MESSAGE, .data.recv_message.recv_message = &in->incoming};
    assert(!in->incoming && !in->ended);
    (void)pthread_mutex_lock(&in->lock); /* on_event reads it */
    assert(!in->reading);
    in->reading = true;
    (void)pthread_mutex_unlock(&in->lock);
    rpc_in_start(in, STEP_READ, &op, 1);
    (void)pthread_mutex_lock(&in->lock);
    while (in->reading)
        (void)pthread_cond_wait(&in->changed, &in->lock);
    bool ok = in->read_ok && !in->broken;
    (void)pthread_mutex_unlock(&in->lock);
    grpc_byte_buffer *b = TAKE_PTR(in->incoming);
    if (!ok) {
        grpc_byte_buffer_destroy(b);
        return err_set(e, SQLSTATE_CONNECTION_FAILURE, "the gateway has gone");
    }
    if (!b)
        return ST_EOF;
    int st = rpc_unpack(requests[in->method], b, out, e);
    grpc_byte_buffer_destroy(b);
    return st;
}

/* ---- how it ends ---- */

static void end(struct rpc_in *in, grpc_status_code status, const char *why, grpc_byte_buffer *message)
{
    assert(!in->ended && !in->on_break); /* once, and nobody is to be told of its end any more */
    in->ended = true;
    (void)wait_sent(in);
    grpc_slice details = grpc_slice_from_copied_string(why);
    grpc_op ops[3];
    size_t n = 0;
    ops[n++] = (grpc_op){.op = GRPC_OP_SEND_STATUS_FROM_SERVER,
                         .data.send_status_from_server = {0, NULL, status, &details}};
    if (!in->greeted)
        ops[n++] = (grpc_op){.op = GRPC_OP_SEND_INITIAL_METADATA};
    if (message)
        ops[n++] = (grpc_op){.op = GRPC_OP_SEND_MESSAGE, .data.send_message.send_message = message};
    in->sent = message;
    rpc_in_start(in, STEP_END, ops, n);
    grpc_slice_unref(details);
    rpc_in_unref(in);
}

void rpc_in_void_when(struct rpc_in *in, const _Atomic bool *gone)
{
    in->gone = gone;
}

static void end_well(struct rpc_in *in, grpc_byte_buffer *message)
{
    bool gone = in->gone && atomic_load(in->gone);
    if (gone) {
        grpc_byte_buffer_destroy(message);
        message = NULL;
    }
    end(in, gone ? GRPC_STATUS_UNAVAILABLE : GRPC_STATUS_OK, gone ? "the session has ended" : "", message);
}

void rpc_reply(struct rpc_in *in, const ProtobufCMessage *m)
{
    end_well(in, rpc_pack(m));
}

void rpc_finish(struct rpc_in *in)
{
    end_well(in, NULL);
}

void rpc_refuse(struct rpc_in *in, int status, const char *why)
{
    end(in, (grpc_status_code)status, why, NULL);
}
