/* Any bytes, cut as a start-up packet, as messages and as a log-in message. */
#include "pgwire/frame.h"

#include <assert.h>

enum { DRIBBLE_MAX = 128 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef int cut_fn(const uint8_t *in, size_t n, struct frame *f, size_t *need, struct err *e);

static void check_one(int st, const struct frame *f, size_t need, const uint8_t *in, size_t n,
                      const struct err *e)
{
    if (st == ST_AGAIN) {
        assert(need > n && need <= (size_t)FRAME_LARGE_MAX + 1);
    } else if (st == ST_OK) {
        assert(f->total <= n && f->len < f->total);
        assert(f->payload > in && f->payload + f->len == in + f->total);
    } else {
        assert(st == ST_ERR && e->code == SQLSTATE_PROTOCOL_VIOLATION && e->message[0]);
    }
}

/* The same messages must come out when the bytes arrive one at a time. */
static void check_dribble(cut_fn *cut, const uint8_t *in, size_t n, int whole, const struct frame *expected)
{
    for (size_t have = 0; have <= n; have++) {
        struct frame f = {0};
        struct err e;
        size_t need = 0;
        err_init(&e);
        int st = cut(in, have, &f, &need, &e);
        check_one(st, &f, need, in, have, &e);
        if (st == ST_AGAIN)
            continue;
        assert(st == whole);
        if (st == ST_OK)
            assert(f.total == expected->total && f.type == expected->type);
        return;
    }
    assert(whole == ST_AGAIN);
}

static void run(cut_fn *cut, const uint8_t *in, size_t n)
{
    for (;;) {
        struct frame f = {0};
        struct err e;
        size_t need = 0;
        err_init(&e);
        int st = cut(in, n, &f, &need, &e);
        check_one(st, &f, need, in, n, &e);
        if (n <= DRIBBLE_MAX)
            check_dribble(cut, in, n, st, &f);
        if (st != ST_OK)
            return;
        in += f.total;
        n -= f.total;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    run(frame_next, data, size);
    run(frame_next_startup, data, size);
    run(frame_next_auth, data, size);
    return 0;
}
