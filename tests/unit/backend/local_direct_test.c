/* Rows that the engine's pipeline encodes: the same as those that the session does, whatever is asked for. */
#include "local_fixture.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "sql/token.h"

static void ran(struct backend_session *s, const char *sql)
{
    s->ops->portal_close(started(s, sql));
}

static struct backend_portal *whole(struct backend_session *s, const char *sql, const int16_t *formats)
{
    struct backend_stmt *st = prepared(s, sql);
    struct backend_portal *p = bound(s, st, NULL);
    p->takes_all = p->expects_formats = true;
    p->expected_formats = formats;
    err_init(&err);
    assert_int_equal(s->ops->start(p, &err), ST_OK);
    s->ops->stmt_free(st);
    return p;
}

/* The bytes of all rows; how many in *rows. Each batch is whole messages and no larger than it may be. */
static uint64_t all_bytes(struct backend_session *s, struct backend_portal *p, const int16_t *formats,
                          uint64_t *rows, int end)
{
    const struct backend_fetch how = {.formats = formats, .batch_bytes = 65536};
    struct row_stream *rs;
    struct row_batch *b;
    uint64_t hash = 0xcbf29ce484222325U;
    int st;
    *rows = 0;
    err_init(&err);
    assert_int_equal(s->ops->fetch(p, &how, &rs, &err), ST_OK);
    while ((st = row_stream_next(rs, &b, &err)) == ST_OK) {
        uint64_t n = 0;
        for (const uint8_t *m = b->data; m < b->data + b->len; n++)
            m += 1 + get_be32(m + 1);
        assert_int_equal(n, b->nrows);
        assert_true(b->len <= 2 * (size_t)ROW_BATCH_MAX || n == 1);
        for (size_t i = 0; i < b->len; i++)
            hash = (hash ^ b->data[i]) * 0x100000001b3U;
        *rows += n;
    }
    if (st != end)
        print_error("%s %s\n", sqlstate_code(err.code), err.message);
    assert_int_equal(st, end);
    row_stream_close(rs);
    s->ops->portal_close(p);
    return hash;
}

/* Whatever is encoded in the engine's pipeline is what the session would have encoded. */
static void test_direct(void **state)
{
    (void)state;
    static const int16_t binary[] = {1, 1, 1, 1, 1, 1};
    static const char *const works[] = {"select * from long_one",
                                        "select a, b, c, d, e, f from long_one order by a desc",
                                        "select a + 1, b, c, d, e, f from long_one where a % 3 <> 1",
                                        "select * from wide", "select * from short_one"};
    struct backend_session *s = session();
    ran(s, "create table long_one as select i a, i::varchar || ' of many' b, i / 7 c, date '2000-01-01' + (i "
           "% 999)::int d, "
           "(i * 1.01)::decimal(12, 2) e, case when i % 5 > 0 then i::int end f from range(300000) r(i)");
    ran(s, "create table wide as select i a, repeat('w', 3000) b, 1 c, 2 d, 3 e, 4 f from range(5000) r(i)");
    ran(s, "create table short_one as select 1 a, 'x' b, null::int c, 2 d, 3 e, 4 f");
    for (size_t i = 0; i < sizeof works / sizeof *works; i++)
        for (unsigned round = 0; round < 3; round++) { /* from the second on it is known what is long */
            const int16_t *formats = round % 2 ? binary : NULL;
            uint64_t rows, typed_rows;
            uint64_t hash = all_bytes(s, whole(s, works[i], formats), formats, &rows, ST_EOF);
            assert_int_equal(all_bytes(s, started(s, works[i]), formats, &typed_rows, ST_EOF), hash);
            assert_int_equal(rows, typed_rows);
        }
    s->ops->session_close(s);
}

/* The rows before a value that cannot be sent, and before one that cannot be computed, and then why. */
static void test_direct_fails(void **state)
{
    (void)state;
    struct backend_session *s = session();
    uint64_t rows;
    ran(s, "create table huge as select i a, case when i = 200000 then '290309-12-22'::date else "
           "date '2000-01-01' end b, "
           "case when i = 150000 then 'x' else i::varchar end c from range(300000) r(i)");
    for (unsigned round = 0; round < 2; round++) {
        (void)all_bytes(s, whole(s, "select a, c::int, 1 as d, 2 as e from huge", NULL), NULL, &rows, ST_ERR);
        assert_int_equal(err.code, SQLSTATE_INVALID_TEXT_REPRESENTATION);
        assert_in_range(rows, 140000, 150000);
    }
    struct backend_portal *p = whole(s, "select a, b, c, a as d from huge", NULL);
    s->ops->portal_close(p); /* not read */
    p = whole(s, "select * from huge", NULL);
    const struct backend_fetch how = {.batch_bytes = 65536};
    struct row_stream *rs;
    struct row_batch *b;
    assert_int_equal(s->ops->fetch(p, &how, &rs, &err), ST_OK);
    assert_int_equal(row_stream_next(rs, &b, &err), ST_OK);
    row_stream_close(rs); /* left early */
    s->ops->portal_close(p);
    assert_string_equal(query(s, "select 1 + 0"), "1\n");
    struct backend_stmt *st = NULL;
    err_init(&err);
    assert_int_equal(
        s->ops->prepare(s, &(struct sql_tokens){.text = STR("select tavana_rows(1)")}, NULL, 0, &st, &err),
        ST_ERR);
    assert_int_equal(err.code, SQLSTATE_INSUFFICIENT_PRIVILEGE);
    s->ops->session_close(s);
}

/* ---- in pages, and differently than expected ---- */

enum { PAGED_ROWS = 40000 };

static const int16_t all_binary[] = {1, 1, 1, 1, 1, 1};

static struct backend_portal *expecting(struct backend_session *s, const char *sql, const int16_t *formats,
                                        bool expects)
{
    struct backend_stmt *st = prepared(s, sql);
    struct backend_portal *p = bound(s, st, NULL);
    p->expects_formats = expects;
    p->expected_formats = formats;
    err_init(&err);
    assert_int_equal(s->ops->start(p, &err), ST_OK);
    s->ops->stmt_free(st);
    return p;
}

static uint64_t hash_of(uint64_t hash, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ p[i]) * 0x100000001b3U;
    return hash;
}

/* A fetch's rows as their hash and number. */
static uint64_t piece_of(struct backend_session *s, struct backend_portal *p, const struct backend_fetch *how,
                         uint64_t *rows)
{
    struct row_stream *rs;
    struct row_batch *b;
    uint64_t hash = 0xcbf29ce484222325U;
    int st;
    *rows = 0;
    err_init(&err);
    assert_int_equal(s->ops->fetch(p, how, &rs, &err), ST_OK);
    while ((st = row_stream_next(rs, &b, &err)) == ST_OK) {
        hash = hash_of(hash, b->data, b->len);
        *rows += b->nrows;
    }
    if (st != ST_EOF)
        print_error("%s %s\n", sqlstate_code(err.code), err.message);
    assert_int_equal(st, ST_EOF);
    row_stream_close(rs);
    return hash;
}

static uint64_t slice_of(struct backend_session *s, struct backend_portal *p, const struct backend_fetch *how,
                         uint64_t *rows)
{
    struct backend_portal *slice;
    err_init(&err);
    assert_int_equal(s->ops->slice(p, how, &slice, &err), ST_OK);
    const struct backend_fetch all = {.batch_bytes = 65536};
    uint64_t hash = piece_of(s, slice, &all, rows);
    s->ops->portal_close(slice);
    return hash;
}

enum step { PAGE, AHEAD, BINARY_PAGE, MOVE, SLICE, PARK, ELSEWHERE, SETTINGS, STEPS };

static void set_zone(struct backend_session *s, const char *zone)
{
    const struct backend_settings settings = {.time_zone = zone, .extra_float_digits = 1};
    err_init(&err);
    assert_int_equal(s->ops->apply_settings(s, &settings, &err), ST_OK);
}

/* What a step has shown. */
static uint64_t take_step(struct backend_session *s, struct backend_portal *p, enum step step, uint64_t n)
{
    struct backend_fetch how = {.from = p->position, .max_rows = n, .batch_bytes = 65536};
    uint64_t rows, hash = 0;
    switch (step) {
    case PAGE: hash = piece_of(s, p, &how, &rows); break;
    case AHEAD:
        for (unsigned i = 0; i < 3 && s->ops->ahead(p) == ST_AGAIN; i++)
            ;
        return 0;
    case BINARY_PAGE:
        how.formats = all_binary;
        hash = piece_of(s, p, &how, &rows);
        break;
    case MOVE:
        how.skip = true;
        hash = piece_of(s, p, &how, &rows);
        break;
    case SLICE: hash = slice_of(s, p, &how, &rows); break;
    case PARK:
        err_init(&err);
        assert_int_not_equal(s->ops->park(p, clock_now_us() + 1, &err), ST_ERR);
        return 0;
    case ELSEWHERE: assert_string_equal(query(s, "select 1 + 0"), "1\n"); return 0;
    case SETTINGS: set_zone(s, n % 2 ? "Europe/Berlin" : "UTC"); return 0;
    case STEPS: break;
    }
    return hash ^ rows << 32 ^ p->position;
}

static unsigned next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005U + 1442695040888963407U;
    return (unsigned)(*state >> 33);
}

/* The same steps with a portal whose formats were expected and one without. */
static void walk(uint64_t seed, const char *sql, const int16_t *expected)
{
    struct backend_session *s[2] = {session(), session()};
    struct backend_portal *p[2] = {expecting(s[0], sql, expected, true), expecting(s[1], sql, NULL, false)};
    uint64_t state = seed;
    bool pages_alone = seed % 3 == 0;
    for (unsigned i = 0; i < 200 && !(p[0]->complete && p[1]->complete); i++) {
        uint64_t n = 1 + next_random(&state) % 3000;
        enum step step = next_random(&state) % (pages_alone || next_random(&state) % 4 ? BINARY_PAGE : STEPS);
        if (expected && step == PAGE)
            step = BINARY_PAGE;
        uint64_t got = take_step(s[0], p[0], step, n), want = take_step(s[1], p[1], step, n);
        if (got != want)
            fail_msg("seed %llu, step %u of kind %d", (unsigned long long)seed, i, (int)step);
    }
    for (unsigned i = 0; i < 2; i++) {
        s[i]->ops->portal_close(p[i]);
        s[i]->ops->session_close(s[i]);
    }
}

static void make_paged(void)
{
    char sql[512];
    struct backend_session *s = session();
    (void)snprintf(sql, sizeof sql,
                   "create table paged as select i a, i::varchar || ' of many, of which this is one' b, "
                   "i / 7 c, timestamptz '2000-01-01 00:00:00+00' + to_seconds(i * 1000) d, "
                   "(i * 1.01)::decimal(12, 2) e, case when i %% 5 > 0 then i::int end f from range(%d) r(i)",
                   PAGED_ROWS);
    ran(s, sql);
    (void)snprintf(sql, sizeof sql, "create table none as from paged where a < 0");
    ran(s, sql);
    s->ops->session_close(s);
}

static void drop_paged(void)
{
    struct backend_session *s = session();
    ran(s, "drop table paged");
    ran(s, "drop table none");
    s->ops->session_close(s);
}

static void test_steps(void **state)
{
    (void)state;
    make_paged();
    for (uint64_t seed = 0; seed < 60; seed++)
        walk(seed, "select * from paged", seed % 2 ? all_binary : NULL);
    for (uint64_t seed = 0; seed < 12; seed++)
        walk(seed, "select * from none", NULL);
    drop_paged();
}

/* Parked before anything was asked for; and one that has no rows. */
static void test_park_at_once(void **state)
{
    (void)state;
    make_paged();
    struct backend_session *s = session();
    const struct backend_fetch all = {.batch_bytes = 65536};
    uint64_t rows;
    for (unsigned i = 0; i < 2; i++) {
        struct backend_portal *p = expecting(s, i ? "select * from none" : "select * from paged", NULL, true);
        err_init(&err);
        assert_int_equal(s->ops->park(p, CLOCK_NEVER, &err), ST_OK);
        assert_true(p->complete);
        (void)piece_of(s, p, &all, &rows);
        assert_int_equal(rows, i ? 0 : PAGED_ROWS);
        s->ops->portal_close(p);
    }
    s->ops->session_close(s);
    drop_paged();
}

/* Rows before a value that has no form, in pages, then the error; put down or not. */
static void test_error_in_pages(void **state)
{
    (void)state;
    struct backend_session *s = session();
    ran(s, "create table late as select i a, case when i = 20000 then chr(0) else 'x' end b, "
           "i c, i d from range(30000) r(i)");
    for (unsigned how = 0; how < 3; how++) {
        struct backend_portal *p = expecting(s, "select * from late", NULL, true);
        const struct backend_fetch page = {.max_rows = 3000, .batch_bytes = 65536},
                                   rest = {.batch_bytes = 65536};
        struct row_stream *rs;
        struct row_batch *b;
        uint64_t n = 0, rows;
        int st;
        (void)piece_of(s, p, &page, &rows);
        if (how == 1)
            (void)s->ops->park(p, clock_now_us() + 1, &err);
        while (how == 2 && s->ops->ahead(p) == ST_AGAIN)
            ;
        err_init(&err);
        assert_int_equal(s->ops->fetch(p, &rest, &rs, &err), ST_OK);
        while ((st = row_stream_next(rs, &b, &err)) == ST_OK)
            n += b->nrows;
        row_stream_close(rs);
        assert_int_equal(st, ST_ERR);
        assert_string_equal(sqlstate_code(err.code), "22P05");
        assert_int_equal(n + rows, 20000);
        s->ops->portal_close(p);
    }
    ran(s, "drop table late");
    s->ops->session_close(s);
}

/* No allocation that fails costs more than its statement, or a row. */
static void test_without_memory(void **state)
{
    (void)state;
    make_paged();
    struct backend_session *s = session();
    const struct backend_fetch page = {.max_rows = 3000, .batch_bytes = 65536},
                               other = {.from = 3000,
                                        .max_rows = 3000,
                                        .formats = all_binary,
                                        .batch_bytes = 65536};
    const struct backend_fetch *const fetches[] = {&page, &other};
    bool more = true;
    for (unsigned nth = 1; more; nth++) {
        struct backend_stmt *st = prepared(s, "select * from paged");
        struct backend_portal *p = bound(s, st, NULL);
        uint64_t rows = 0;
        p->expects_formats = true;
        err_init(&err);
        alloc_fail_nth(nth);
        int status = s->ops->start(p, &err);
        for (unsigned i = 0; i < 2 && status == ST_OK; i++) {
            struct row_stream *rs;
            struct row_batch *b;
            status = s->ops->fetch(p, fetches[i], &rs, &err);
            if (status != ST_OK)
                break;
            while ((status = row_stream_next(rs, &b, &err)) == ST_OK)
                rows += b->nrows;
            row_stream_close(rs);
            status = status == ST_EOF ? ST_OK : status;
        }
        more = alloc_failed();
        alloc_fail_nth(0);
        if (status == ST_OK)
            assert_int_equal(rows, 6000);
        else
            assert_true(more);
        s->ops->portal_close(p);
        s->ops->stmt_free(st);
    }
    s->ops->session_close(s);
    drop_paged();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_direct),         cmocka_unit_test(test_direct_fails),
        cmocka_unit_test(test_steps),          cmocka_unit_test(test_park_at_once),
        cmocka_unit_test(test_error_in_pages), cmocka_unit_test(test_without_memory),
    };
    return cmocka_run_group_tests(tests, open_backend, close_backend);
}
