/* A length is judged before the message is waited for: a peer that announces a gigabyte for a Sync is
 * refused at once, with nothing allocated. */
#include "pgwire/frame.h"

#include "base/bytes.h"

enum { LENGTH_WORD = 4, STARTUP_PAYLOAD_MIN = 4 };

/* What the length word may say, itself included; 0: there is no such message. */
static const uint32_t bounds[256] = {
    ['Q'] = FRAME_LARGE_MAX, /* Query */
    ['P'] = FRAME_LARGE_MAX, /* Parse */
    ['B'] = FRAME_LARGE_MAX, /* Bind */
    ['F'] = FRAME_LARGE_MAX, /* FunctionCall */
    ['d'] = FRAME_LARGE_MAX, /* CopyData */
    ['C'] = FRAME_SMALL_MAX, /* Close */
    ['D'] = FRAME_SMALL_MAX, /* Describe */
    ['E'] = FRAME_SMALL_MAX, /* Execute */
    ['H'] = FRAME_SMALL_MAX, /* Flush */
    ['S'] = FRAME_SMALL_MAX, /* Sync */
    ['X'] = FRAME_SMALL_MAX, /* Terminate */
    ['c'] = FRAME_SMALL_MAX, /* CopyDone */
    ['f'] = FRAME_SMALL_MAX, /* CopyFail */
};

static int typed(const uint8_t *in, size_t n, uint32_t bound, struct frame *f, size_t *need, struct err *e)
{
    if (n < FRAME_HEADER) {
        *need = FRAME_HEADER;
        return ST_AGAIN;
    }
    uint32_t length = get_be32(in + 1);
    if (length < LENGTH_WORD || length > bound)
        return err_set(e, SQLSTATE_PROTOCOL_VIOLATION, "invalid message length");
    size_t total = (size_t)length + 1;
    if (n < total) {
        *need = total;
        return ST_AGAIN;
    }
    *f = (struct frame){
        .type = (char)in[0], .payload = in + FRAME_HEADER, .len = total - FRAME_HEADER, .total = total};
    return ST_OK;
}

int frame_next(const uint8_t *in, size_t n, struct frame *f, size_t *need, struct err *e)
{
    if (n == 0) {
        *need = FRAME_HEADER;
        return ST_AGAIN;
    }
    if (bounds[in[0]] == 0)
        return err_set(e, SQLSTATE_PROTOCOL_VIOLATION, "invalid frontend message type %d", in[0]);
    return typed(in, n, bounds[in[0]], f, need, e);
}

int frame_next_startup(const uint8_t *in, size_t n, struct frame *f, size_t *need, struct err *e)
{
    if (n < LENGTH_WORD) {
        *need = LENGTH_WORD;
        return ST_AGAIN;
    }
    uint32_t length = get_be32(in);
    if (length < LENGTH_WORD + STARTUP_PAYLOAD_MIN || length > LENGTH_WORD + FRAME_STARTUP_MAX)
        return err_set(e, SQLSTATE_PROTOCOL_VIOLATION, "invalid length of startup packet");
    if (n < length) {
        *need = length;
        return ST_AGAIN;
    }
    *f = (struct frame){.payload = in + LENGTH_WORD, .len = length - LENGTH_WORD, .total = length};
    return ST_OK;
}

int frame_next_auth(const uint8_t *in, size_t n, struct frame *f, size_t *need, struct err *e)
{
    if (n == 0) {
        *need = FRAME_HEADER;
        return ST_AGAIN;
    }
    if (in[0] != 'p')
        return err_set(e, SQLSTATE_PROTOCOL_VIOLATION, "expected SASL response, got message type %d", in[0]);
    return typed(in, n, FRAME_AUTH_MAX, f, need, e);
}
