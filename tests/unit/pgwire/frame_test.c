#include "pgwire/frame.h"

#include "base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static size_t frame_make(uint8_t *out, char type, uint32_t length, size_t payload)
{
    uint8_t *p = type ? put_u8(out, (uint8_t)type) : out;
    p = put_be32(p, length);
    memset(p, 'x', payload);
    return (size_t)(p - out) + payload;
}

typedef int cut_fn(const uint8_t *in, size_t n, struct frame *f, size_t *need, struct err *e);

static void refused(cut_fn *cut, const uint8_t *in, size_t n, const char *message)
{
    struct frame f;
    struct err e;
    size_t need;
    err_init(&e);
    assert_int_equal(cut(in, n, &f, &need, &e), ST_ERR);
    assert_string_equal(sqlstate_code(e.code), "08P01");
    assert_string_equal(e.message, message);
}

static void test_cuts_at_every_length(void **state)
{
    (void)state;
    uint8_t in[64];
    size_t n = frame_make(in, 'Q', 4 + 9, 9);
    in[n] = 'S'; /* of the next one */
    for (size_t have = 0; have <= n + 1; have++) {
        struct frame f;
        struct err e;
        size_t need = 0;
        err_init(&e);
        int st = frame_next(in, have, &f, &need, &e);
        if (have < n) {
            assert_int_equal(st, ST_AGAIN);
            assert_int_equal(need, have < FRAME_HEADER ? FRAME_HEADER : n);
            continue;
        }
        assert_int_equal(st, ST_OK);
        assert_int_equal(f.type, 'Q');
        assert_ptr_equal(f.payload, in + 5);
        assert_int_equal(f.len, 9);
        assert_int_equal(f.total, n);
    }
}

static void test_every_type_and_its_bound(void **state)
{
    (void)state;
    static const char large[] = "QPBFd", small[] = "CDEHSXcf";
    for (unsigned type = 0; type < 256; type++) {
        uint8_t in[8] = {(uint8_t)type};
        char words[64];
        bool is_large = type && strchr(large, (int)type), is_small = type && strchr(small, (int)type);
        if (!is_large && !is_small) {
            (void)snprintf(words, sizeof words, "invalid frontend message type %u", type);
            refused(frame_next, in, 1, words); /* no need to wait for its length */
            continue;
        }
        struct frame f;
        struct err e;
        size_t need;
        uint32_t bound = is_large ? FRAME_LARGE_MAX : FRAME_SMALL_MAX;
        put_be32(in + 1, bound);
        err_init(&e);
        assert_int_equal(frame_next(in, 5, &f, &need, &e), ST_AGAIN);
        assert_int_equal(need, (size_t)bound + 1);
        put_be32(in + 1, bound + 1);
        refused(frame_next, in, 5, "invalid message length");
        put_be32(in + 1, 0xffffffff);
        refused(frame_next, in, 5, "invalid message length");
        put_be32(in + 1, 3);
        refused(frame_next, in, 5, "invalid message length");
        put_be32(in + 1, 4);
        assert_int_equal(frame_next(in, 5, &f, &need, &e), ST_OK);
        assert_int_equal(f.len, 0);
    }
}

static void test_startup_bounds(void **state)
{
    (void)state;
    uint8_t in[FRAME_STARTUP_MAX + 8];
    static const uint32_t wrong[] = {0, 3, 4, 7, FRAME_STARTUP_MAX + 5, 0x16030101, 0x47455420, 0xffffffff};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        put_be32(in, wrong[i]);
        refused(frame_next_startup, in, 4, "invalid length of startup packet");
    }
    struct frame f;
    struct err e;
    size_t need;
    err_init(&e);
    assert_int_equal(frame_next_startup(in, 3, &f, &need, &e), ST_AGAIN);
    assert_int_equal(need, 4);
    size_t n = frame_make(in, 0, FRAME_STARTUP_MAX + 4, FRAME_STARTUP_MAX);
    assert_int_equal(frame_next_startup(in, n - 1, &f, &need, &e), ST_AGAIN);
    assert_int_equal(need, n);
    assert_int_equal(frame_next_startup(in, n, &f, &need, &e), ST_OK);
    assert_int_equal(f.type, 0);
    assert_int_equal(f.len, FRAME_STARTUP_MAX);
    assert_int_equal(f.total, n);
}

static void test_auth_takes_nothing_but_p(void **state)
{
    (void)state;
    uint8_t in[64];
    struct frame f;
    struct err e;
    size_t need;
    err_init(&e);
    assert_int_equal(frame_next_auth(in, 0, &f, &need, &e), ST_AGAIN);
    frame_make(in, 'Q', 4, 0);
    refused(frame_next_auth, in, 5, "expected SASL response, got message type 81");
    frame_make(in, 'p', FRAME_AUTH_MAX + 1, 0);
    refused(frame_next_auth, in, 5, "invalid message length");
    size_t n = frame_make(in, 'p', 4 + 7, 7);
    assert_int_equal(frame_next_auth(in, n, &f, &need, &e), ST_OK);
    assert_int_equal(f.len, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cuts_at_every_length),
        cmocka_unit_test(test_every_type_and_its_bound),
        cmocka_unit_test(test_startup_bounds),
        cmocka_unit_test(test_auth_takes_nothing_but_p),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
