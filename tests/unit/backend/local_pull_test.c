/* A portal over a source without an engine: every state, and every way from one to another. */
#include "fake_source.h"

#include "backend/local_call.h"
#include "backend/local_fetch.h"
#include "backend/local_pull.h"
#include "base/alloc.h"
#include "base/clock.h"

#include <stdlib.h>

enum { ROWS = 10, TEXT = 256 };

static struct local_portal *streaming(struct fake_source *f)
{
    struct local_portal *p = fake_streaming(f);
    if (!p)
        abort(); /* the compiler knows that it does not return */
    return p;
}

/* The rows of a fetch as "0 1 2 ", and how it ended. */
static int fetched(struct local_portal *p, const struct backend_fetch *how, char *text)
{
    struct row_stream *rs;
    struct row_batch *b;
    size_t n = 0;
    text[0] = '\0';
    err_init(&err);
    int st = local_fetch(&p->base, how, &rs, &err);
    if (st != ST_OK)
        return st;
    while ((st = row_stream_next(rs, &b, &err)) == ST_OK)
        for (const uint8_t *m = b->data; m < b->data + b->len; m += 1 + get_be32(m + 1))
            n += (size_t)snprintf(text + n, TEXT - n, "%.*s ", (int)get_be32(m + 7), (const char *)m + 11);
    row_stream_close(rs);
    return st;
}

static void gives(struct local_portal *p, uint64_t max, int end, const char *want)
{
    char text[TEXT];
    const struct backend_fetch how = {.max_rows = max, .batch_bytes = 1};
    assert_int_equal(fetched(p, &how, text), end);
    assert_string_equal(text, want);
}

static void state_is(const struct local_portal *p, enum local_state want)
{
    assert_int_equal(p->state, want);
    assert_true(p->base.started == (want != LOCAL_NEW));
    assert_true(local_state_is_over(want) ? p->base.complete : true);
    assert_true((p->user.conn != NULL) == local_state_streams(want));
}

static void closed(struct local_portal *p, const struct fake_source *f)
{
    local_portal_free(p);
    assert_int_equal(f->closed, 1);
    assert_null(fake_session.on_main);
}

static int parked(struct local_portal *p, int64_t until_us)
{
    err_init(&err);
    return local_park(&p->base, until_us, &err);
}

/* To the end: typed rows and encoded ones, in pages. */
static void test_read_to_the_end(void **state)
{
    (void)state;
    for (int encoded = 0; encoded < 2; encoded++) {
        struct fake_source f = fake_of(ROWS, encoded);
        struct local_portal *p = streaming(&f);
        gives(p, 3, ST_EOF, "0 1 2 ");
        state_is(p, encoded ? LOCAL_STREAMS_ENCODED : LOCAL_STREAMS_TYPED);
        gives(p, 5, ST_EOF, "3 4 5 6 7 ");
        gives(p, 0, ST_EOF, "8 9 ");
        state_is(p, LOCAL_COMPLETE);
        assert_int_equal(f.closed, 1);
        assert_int_equal(p->base.rows, ROWS);
        gives(p, 0, ST_EOF, "");
        assert_int_equal(parked(p, CLOCK_NEVER), ST_OK);
        state_is(p, LOCAL_COMPLETE);
        closed(p, &f);
    }
}

/* Encoded rows that a fetch wants in another form. */
static void test_encoded_made_typed(void **state)
{
    (void)state;
    static const int16_t binary[] = {1};
    char text[TEXT];
    const struct backend_fetch how = {.max_rows = 1, .batch_bytes = 1, .formats = binary};
    struct fake_source f = fake_of(ROWS, true), odd = fake_of(ROWS, true), none = fake_of(0, true);
    struct local_portal *p = streaming(&f);
    assert_int_equal(fetched(p, &how, text), ST_EOF);
    state_is(p, LOCAL_STREAMS_TYPED);
    assert_true(f.typed);
    gives(p, 2, ST_EOF, "1 2 ");
    closed(p, &f);
    p = streaming(&odd);
    odd.undecodable = true;
    assert_int_equal(fetched(p, &how, text), ST_ERR);
    state_is(p, LOCAL_FAILED);
    closed(p, &odd);
    p = streaming(&none);
    assert_int_equal(parked(p, CLOCK_NEVER), ST_OK);
    state_is(p, LOCAL_COMPLETE);
    closed(p, &none);
}

/* Put down after some rows were read, and read from there. */
static void test_put_down(void **state)
{
    (void)state;
    for (int encoded = 0; encoded < 2; encoded++) {
        struct fake_source f = fake_of(ROWS, encoded);
        struct local_portal *p = streaming(&f);
        if (!encoded)
            gives(p, 3, ST_EOF, "0 1 2 ");
        assert_int_equal(parked(p, 0), ST_AGAIN); /* the time is over already: a chunk all the same */
        state_is(p, LOCAL_STREAMS_KEPT);
        gives(p, 2, ST_EOF, encoded ? "0 1 " : "3 4 ");
        assert_int_equal(parked(p, CLOCK_NEVER), ST_OK);
        state_is(p, LOCAL_PUT_DOWN);
        assert_int_equal(f.closed, 1);
        gives(p, 0, ST_EOF, encoded ? "2 3 4 5 6 7 8 9 " : "5 6 7 8 9 ");
        assert_int_equal(parked(p, CLOCK_NEVER), ST_OK);
        state_is(p, LOCAL_PUT_DOWN);
        closed(p, &f);
    }
}

/* One that scrolls keeps its rows as they come, and ends put down. */
static void test_scroll(void **state)
{
    (void)state;
    char text[TEXT];
    struct fake_source f = fake_of(ROWS, false);
    struct local_portal *p = streaming(&f);
    const struct backend_fetch back = {.from = 5, .max_rows = 3, .backward = true, .batch_bytes = 1};
    const struct backend_fetch on = {.from = 2, .batch_bytes = 1};
    p->base.scroll = true;
    assert_int_equal(local_keep_rows(p, &err), ST_OK);
    state_is(p, LOCAL_STREAMS_KEPT);
    gives(p, 5, ST_EOF, "0 1 2 3 4 ");
    assert_int_equal(fetched(p, &back, text), ST_EOF);
    assert_string_equal(text, "4 3 2 ");
    assert_int_equal(fetched(p, &on, text), ST_EOF);
    assert_string_equal(text, "2 3 4 5 6 7 8 9 ");
    state_is(p, LOCAL_PUT_DOWN);
    assert_int_equal(fetched(p, &back, text), ST_EOF);
    assert_string_equal(text, "4 3 2 ");
    closed(p, &f);
}

/* The rows before the error come, and then the error, whoever asks. */
static void test_fails(void **state)
{
    (void)state;
    for (int how = 0; how < 4; how++) { /* typed, encoded, kept; kept while it is put down */
        struct fake_source f = fake_of(ROWS, how == 1);
        struct local_portal *p = streaming(&f);
        f.fails_at = 6;
        gives(p, 3, ST_EOF, "0 1 2 ");
        if (how >= 2)
            assert_int_equal(local_keep_rows(p, &err), ST_OK);
        if (how == 3)
            assert_int_equal(parked(p, CLOCK_NEVER), ST_ERR);
        else
            gives(p, 0, ST_ERR, "3 4 5 ");
        for (int again = 0; again < 2; again++) {
            assert_int_equal(err.code, SQLSTATE_DIVISION_BY_ZERO);
            state_is(p, LOCAL_FAILED);
            assert_int_equal(f.closed, 1);
            if (again)
                gives(p, 0, ST_ERR, "");
            else
                assert_int_equal(parked(p, CLOCK_NEVER), ST_ERR);
        }
        closed(p, &f);
    }
}

/* From the states in which nothing streams. */
static void test_fails_at_rest(void **state)
{
    (void)state;
    struct err why;
    err_init(&why);
    (void)err_set(&why, SQLSTATE_DISK_FULL, "for the test");
    for (int how = 0; how < 3; how++) { /* new, put down, complete; and each fails again */
        struct fake_source f = fake_of(ROWS, false);
        struct local_portal *p = how == 0 ? fake_portal() : streaming(&f);
        if (how == 1)
            assert_int_equal(parked(p, CLOCK_NEVER), ST_OK);
        if (how == 2)
            gives(p, 0, ST_EOF, "0 1 2 3 4 5 6 7 8 9 ");
        state_is(p, how == 0 ? LOCAL_NEW : how == 1 ? LOCAL_PUT_DOWN : LOCAL_COMPLETE);
        assert_int_equal(local_portal_fail(p, &why), ST_ERR);
        assert_int_equal(local_portal_fail(p, &why), ST_ERR);
        state_is(p, LOCAL_FAILED);
        gives(p, 0, ST_ERR, "");
        assert_int_equal(err.code, SQLSTATE_DISK_FULL);
        local_portal_free(p);
    }
}

/* Without memory for its error a portal that was complete does not pass for an empty one. */
static void test_fails_without_memory(void **state)
{
    (void)state;
    struct fake_source f = fake_of(ROWS, false);
    struct local_portal *p = streaming(&f);
    assert_int_equal(parked(p, CLOCK_NEVER), ST_OK);
    alloc_fail_nth(1);
    assert_int_equal(local_portal_fail(p, &err), ST_ERR);
    assert_true(alloc_failed());
    gives(p, 0, ST_ERR, "");
    assert_int_equal(err.code, SQLSTATE_OUT_OF_MEMORY);
    closed(p, &f);
}

/* A slice has its rows from the start, or none; its portal's connection is asked for room in between. */
static void test_slices_and_room(void **state)
{
    (void)state;
    struct fake_source f = fake_of(ROWS, false);
    struct local_portal *p = streaming(&f);
    struct backend_portal *slice, *rest, *none;
    const struct backend_fetch four = {.max_rows = 4}, all = {0};
    assert_int_equal(local_slice(&p->base, &four, &slice, &err), ST_OK);
    state_is((struct local_portal *)slice, LOCAL_PUT_DOWN);
    fake_session.on_main->ops->leave(fake_session.on_main);
    state_is(p, LOCAL_PUT_DOWN);
    assert_int_equal(local_slice(&p->base, &all, &rest, &err), ST_OK);
    gives((struct local_portal *)rest, 0, ST_EOF, "4 5 6 7 8 9 ");
    gives((struct local_portal *)slice, 0, ST_EOF, "0 1 2 3 ");
    closed(p, &f);
    f = fake_of(0, false);
    p = streaming(&f);
    gives(p, 0, ST_EOF, "");
    assert_int_equal(local_slice(&p->base, &all, &none, &err), ST_OK);
    state_is((struct local_portal *)none, LOCAL_COMPLETE);
    gives((struct local_portal *)none, 0, ST_EOF, "");
    closed(p, &f);
    local_portal_close(slice);
    local_portal_close(rest);
    local_portal_close(none);
}

/* Another thread's cancel: one that comes between two calls does nothing. Here from within a pull. */
static int cancelled_next(struct row_source *s, const struct chunk_view **out, struct err *e)
{
    local_call_cancel(&fake_session);
    return fake_next(s, out, e);
}

static void test_cancel(void **state)
{
    (void)state;
    static const struct row_source_ops ops = {
        .types = fake_types_of, .next = cancelled_next, .close = fake_close};
    struct fake_source f = fake_of(ROWS, false);
    struct local_portal *p = streaming(&f);
    local_call_cancel(&fake_session);
    gives(p, 2, ST_EOF, "0 1 ");
    f.source.ops = &ops;
    gives(p, 0, ST_ERR, "2 3 ");
    assert_int_equal(err.code, SQLSTATE_QUERY_CANCELED);
    state_is(p, LOCAL_FAILED);
    closed(p, &f);
}

/* Whichever allocation fails: all rows, or an error and a portal that has failed or is as it was. */
static int read_and_put_down(struct fake_source *f, struct local_portal **out)
{
    char text[TEXT];
    struct backend_portal *slice = NULL;
    const struct backend_fetch two = {.max_rows = 2, .batch_bytes = 1}, all = {.batch_bytes = 1};
    err_init(&err);
    struct local_portal *p = *out = fake_streaming(f);
    if (!p || fetched(p, &two, text) != ST_EOF || local_slice(&p->base, &two, &slice, &err) != ST_OK)
        return ST_ERR;
    local_portal_close(slice);
    if (parked(p, CLOCK_NEVER) != ST_OK || fetched(p, &all, text) != ST_EOF)
        return ST_ERR;
    assert_string_equal(text, "4 5 6 7 8 9 ");
    return ST_OK;
}

static void test_allocations_fail(void **state)
{
    (void)state;
    for (int encoded = 0; encoded < 2; encoded++)
        for (unsigned nth = 1, more = 1; more; nth++) {
            struct fake_source f = fake_of(ROWS, encoded);
            struct local_portal *p = NULL;
            alloc_fail_nth(nth);
            int st = read_and_put_down(&f, &p);
            more = alloc_failed();
            assert_int_equal(st, more ? ST_ERR : ST_OK);
            assert_true(!more || err.code == SQLSTATE_OUT_OF_MEMORY);
            local_portal_free(p);
            assert_int_equal(f.closed, p ? 1 : 0);
            assert_null(fake_session.on_main);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read_to_the_end), cmocka_unit_test(test_encoded_made_typed),
        cmocka_unit_test(test_put_down),        cmocka_unit_test(test_scroll),
        cmocka_unit_test(test_fails),           cmocka_unit_test(test_fails_at_rest),
        cmocka_unit_test(test_slices_and_room), cmocka_unit_test(test_fails_without_memory),
        cmocka_unit_test(test_cancel),          cmocka_unit_test(test_allocations_fail),
    };
    return cmocka_run_group_tests(tests, fake_open, fake_shut);
}
