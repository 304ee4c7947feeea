#include "route/poison.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static _Atomic bool never;

static struct poison *new_poison(void)
{
    struct err e;
    struct poison *p;
    err_init(&e);
    assert_int_equal(poison_new(&p, &e), ST_OK);
    return p;
}

static struct poison_keys key(const char *sql)
{
    return poison_keys_of(str_of(sql));
}

/* arg: the id of a worker that is there; NULL: none. */
static bool lives(void *arg, const char *worker)
{
    return arg && strcmp(arg, worker) == 0;
}

static bool is_refused(struct poison *p, const char *sql)
{
    struct err e;
    const struct poison_keys k = key(sql);
    err_init(&e);
    bool refused = poison_check(p, &k, &e) != ST_OK;
    assert_true(!refused || e.code == SQLSTATE_OBJECT_NOT_IN_PREREQUISITE_STATE);
    return refused;
}

/* Whoever is to tell of a death has told. */
static void settle(void)
{
    const struct timespec t = {0, (long)POISON_SETTLE_MS * 1000000 + 1000000};
    (void)nanosleep(&t, NULL);
}

/* After so many rows; whether it is refused from then on, as far as is known at once. */
static bool died_at(struct poison *p, const void *who, const char *sql, const char *worker, uint64_t rows)
{
    const struct poison_run r = {.who = who, .keys = key(sql), .worker = worker, .rows = rows};
    poison_died(p, &r, lives, NULL);
    return is_refused(p, sql);
}

static bool died(struct poison *p, const void *who, const char *sql, const char *worker)
{
    return died_at(p, who, sql, worker, 0);
}

static void seat(struct poison *p, const void *who, const char *worker)
{
    poison_take_seat(p, who, worker, (int64_t)POISON_SEAT_MS * 1000, &never);
}

static void ended(struct poison *p, const char *sql)
{
    const struct poison_keys k = key(sql);
    poison_ended(p, &k);
}

static bool went_on(struct poison *p, const char *sql, int64_t us)
{
    const struct poison_keys k = key(sql);
    return !poison_went_on(p, &k, us);
}

static void keys(void **state)
{
    (void)state;
    struct poison_keys a = key("select f('x')"), b = key("select  f('y')"), c = a, d = a;
    assert_int_equal(a.shape, b.shape);
    assert_int_not_equal(a.exact, b.exact);
    poison_keys_add(&c, NULL, 0);
    poison_keys_add(&d, "", 0);
    assert_int_equal(c.shape, d.shape);
    assert_int_not_equal(c.exact, d.exact);
}

static void the_second_death_is_the_last(void **state)
{
    (void)state;
    struct poison *p = new_poison();
    int a, b;
    assert_false(poison_is_about(p));
    assert_false(died(p, &a, "select f(1)", "w1"));
    assert_false(died(p, &b, "select f(1)", "w1")); /* the same one, told of again */
    assert_true(poison_is_about(p));
    assert_false(is_refused(p, "select f(1)"));
    assert_true(died(p, &b, "select f(1)", "w2"));
    assert_true(is_refused(p, "select f(1)") && is_refused(p, "select f(2)"));
    assert_false(is_refused(p, "select g(1)"));
    ended(p, "select f(1)");
    assert_false(went_on(p, "select f(1)", INT64_MAX));
    assert_true(is_refused(p, "select f(1)")); /* one that had been begun before clears nothing */
    assert_int_equal(poison_refused(p), 2);
    poison_free(p);
}

static void what_ends_is_cleared(void **state)
{
    (void)state;
    struct poison *p = new_poison();
    int a;
    for (int i = 0; i < 5; i++) {
        const char worker[] = {'w', (char)('0' + i), '\0'};
        assert_false(died(p, &a, "select f(1)", worker));
        ended(p, "select f(1)");
        assert_false(poison_is_about(p));
    }
    poison_free(p);
}

/* What goes on is cleared, after a longer time when a worker died under it again. */
static void what_kills_late_has_to_go_on_for_longer(void **state)
{
    (void)state;
    struct poison *p = new_poison();
    int64_t needed = (int64_t)POISON_PROOF_MS * 1000;
    int a;
    for (int i = 0; i <= POISON_RELAPSES; i++, needed *= 10) {
        const char worker[] = {'w', (char)('0' + i), '\0'};
        assert_false(died_at(p, &a, "select f(1)", worker, 1000));
        const struct poison_keys k = key("select f(1)");
        assert_int_equal(poison_suspects(p, &k).rows, 1000);
        assert_false(went_on(p, "select f(1)", needed - 1));
        assert_true(went_on(p, "select f(1)", needed));
        assert_false(poison_is_about(p));
    }
    assert_true(needed >
                (int64_t)POISON_QUARANTINE_S * 1000000); /* the next one would have to wait that long */
    assert_false(died_at(p, &a, "select f(1)", "w8", 1000));
    assert_true(died_at(p, &a, "select f(1)", "w9", 1000));
    poison_free(p);
}

/* What came to its end is cleared, but not of what had been known of it. */
static void an_end_forgets_no_relapse(void **state)
{
    (void)state;
    struct poison *p = new_poison();
    int a;
    (void)died_at(p, &a, "late", "w1", 10);
    assert_true(went_on(p, "late", (int64_t)POISON_PROOF_MS * 1000));
    (void)died_at(p, &a, "late", "w2", 10);
    ended(p, "late");
    assert_false(poison_is_about(p));
    (void)died_at(p, &a, "late", "w3", 10);
    assert_false(went_on(p, "late", (int64_t)POISON_PROOF_MS * 1000));
    poison_free(p);
}

/* A stream that had to do with all of them by chance, many killers each of which has two workers. */
static void a_conviction_acquits_the_others(void **state)
{
    (void)state;
    struct poison *p = new_poison();
    char sql[] = "select a, 1 from x", w[2][3] = {"aa", "ba"};
    int stream, killer;
    for (int i = 0; i < 20; i++) {
        sql[7] = w[0][1] = w[1][1] = (char)('a' + i);
        (void)died_at(p, &stream, "stream", w[0], 1000);
        assert_false(died(p, &killer, sql, w[0]));
        seat(p, &killer, w[1]);
        assert_true(died(p, &killer, sql, w[1]));
        settle();
        assert_false(died_at(p, &stream, "stream", w[1], 1000));
        assert_false(died_at(p, &stream, "another", w[0], 1000)); /* told late */
        assert_false(is_refused(p, "stream") || is_refused(p, "another"));
        const struct poison_keys k = key("stream");
        assert_false(poison_suspects(p, &k).is);
    }
    assert_int_equal(poison_refused(p), 2 * 20);
    poison_free(p);
}

/* Killers of one worker each, which are not run again. */
static void who_had_just_begun_is_likelier_to_kill(void **state)
{
    (void)state;
    struct poison *p = new_poison();
    char sql[] = "insert into a select f()", w[] = "wa";
    int stream, killer;
    for (int i = 0; i < 20; i++) {
        sql[12] = w[1] = (char)('a' + i);
        assert_false(died_at(p, &stream, "stream", w, 1000));
        assert_false(died(p, &killer, sql, w));
        assert_false(is_refused(p, "stream"));
        if (i % 2)
            assert_true(went_on(p, "stream", (int64_t)POISON_PROOF_MS * 1000));
    }
    (void)died_at(p, &stream, "stream", "x1", 1000); /* that nothing else explains */
    assert_false(is_refused(p, "stream"));
    assert_true(died_at(p, &stream, "stream", "x2", 1000));
    poison_free(p);
}

/* One that had just begun, and has shown since that it does no harm, is no excuse. */
static void an_excuse_that_ends_is_none(void **state)
{
    (void)state;
    struct poison *p = new_poison();
    int a, b;
    for (int i = 0; i < 2; i++) {
        const char w[] = {'w', (char)('0' + i), '\0'};
        (void)died(p, &b, i ? "g" : "h", w);
        assert_false(died_at(p, &a, "late", w, 10));
    }
    assert_false(is_refused(p, "late"));
    ended(p, "g");
    assert_false(is_refused(p, "late"));
    ended(p, "h");
    assert_true(is_refused(p, "late"));
    poison_free(p);
}

/* However much speaks for others. */
static void deaths_are_bounded(void **state)
{
    (void)state;
    struct poison *p = new_poison();
    int a, b;
    for (int i = 0; i < POISON_DEATHS_MAX; i++) {
        const char w[] = {'w', (char)('0' + i), '\0'}, other[] = {'f', (char)('a' + i), '\0'};
        assert_false(is_refused(p, "late"));
        (void)died(p, &b, other, w);
        (void)died_at(p, &a, "late", w, 10);
    }
    assert_true(is_refused(p, "late"));
    poison_free(p);
}

/* Two that were on the same workers: only the seat tells which of them it is. */
static void company_is_told_apart_by_the_seat(void **state)
{
    (void)state;
    struct poison *p = new_poison();
    int a, b;
    for (int i = 0; i < 2; i++) {
        const char w[] = {'w', (char)('0' + i), '\0'};
        (void)died_at(p, &a, "late", w, 10);
        (void)died_at(p, &b, "stream", w, 10);
    }
    assert_false(is_refused(p, "late") || is_refused(p, "stream"));
    seat(p, &a, "w2");
    assert_false(died_at(p, &b, "stream", "w2", 10));
    assert_true(died_at(p, &a, "late", "w2", 10));
    settle();
    assert_true(is_refused(p, "late") && !is_refused(p, "stream"));
    const struct poison_keys k = key("stream");
    assert_false(poison_suspects(p, &k).is);
    poison_free(p);
}

/* What took long to kill has the seat for longer. */
static void the_seat_is_as_long_as_needed(void **state)
{
    (void)state;
    struct poison *p = new_poison();
    int a;
    struct poison_run r = {.who = &a, .keys = key("slow"), .worker = "w1"};
    poison_died(p, &r, lives, NULL);
    assert_int_equal(poison_suspects(p, &r.keys).seat_us, POISON_SEAT_MS * 1000);
    r = (struct poison_run){.who = &a, .keys = key("slow"), .worker = "w2", .ran_us = 1500000};
    poison_died(p, &r, lives, NULL);
    assert_int_equal(poison_suspects(p, &r.keys).seat_us, 3000000);
    r = (struct poison_run){.who = &a, .keys = key("slow"), .worker = "w3", .ran_us = INT64_C(3600000000)};
    poison_died(p, &r, lives, NULL);
    assert_int_equal(poison_suspects(p, &r.keys).seat_us, POISON_SEAT_MAX_MS * 1000);
    poison_free(p);
}

/* Only the one that has the seat is to blame, whoever tells first. */
static void others_on_its_worker_are_spared(void **state)
{
    (void)state;
    struct poison *p = new_poison();
    int a, b;
    assert_false(died(p, &a, "poison", "w1"));
    assert_false(died(p, &b, "innocent", "w1"));
    seat(p, &a, "");
    poison_seat_is_on(p, &a, "w2");
    poison_seat_is_on(p, &b, "w3"); /* it has no seat: nothing changes */
    assert_false(died_at(p, &b, "innocent", "w2", 1));
    assert_true(died(p, &a, "poison", "w2"));
    settle();
    assert_false(died_at(p, &b, "innocent", "w2", 1)); /* told late */
    assert_true(is_refused(p, "poison") && !is_refused(p, "innocent"));
    poison_free(p);
}

/* Nor the one that has the seat, when what killed its worker had just begun there and tells last. */
static void who_tells_first_is_not_convicted(void **state)
{
    (void)state;
    struct poison *p = new_poison();
    int a, b;
    (void)died_at(p, &a, "stream", "w1", 10);
    seat(p, &a, "w2");
    (void)died_at(p, &a, "stream", "w2", 10);
    assert_false(died(p, &b, "poison", "w2"));
    settle();
    assert_false(is_refused(p, "stream"));
    seat(p, &b, "w3");
    assert_true(died(p, &b, "poison", "w3"));
    settle();
    assert_true(is_refused(p, "poison") && !is_refused(p, "stream"));
    const struct poison_keys k = key("stream");
    assert_true(poison_suspects(p, &k).is); /* its first death is nobody else's yet */
    poison_free(p);
}

/* One that had just begun beside it counts, unless the one with the seat is convicted. */
static void who_had_just_begun_beside_the_seat(void **state)
{
    (void)state;
    struct poison *p = new_poison();
    int a, b, c;
    (void)died_at(p, &a, "stream", "w0", 10);
    (void)died(p, &b, "poison", "w1");
    (void)died(p, &c, "innocent", "w1");
    seat(p, &a, "w2");
    assert_false(died(p, &b, "poison", "w2"));
    assert_false(died_at(p, &a, "stream", "w2", 10));
    assert_true(is_refused(p, "poison") && !is_refused(p, "stream"));
    ended(p, "innocent");
    (void)died(p, &b, "second", "w3");
    (void)died(p, &c, "innocent", "w3");
    seat(p, &b, "w4");
    assert_false(died(p, &c, "innocent", "w4"));
    assert_false(is_refused(p, "innocent"));
    assert_true(died(p, &b, "second", "w4"));
    settle();
    assert_false(is_refused(p, "innocent"));
    poison_free(p);
}

/* Workers may have to start first. */
static void the_time_of_the_seat_begins_on_a_worker(void **state)
{
    (void)state;
    struct poison *p = new_poison();
    int a, b;
    _Atomic bool cancelled = true;
    (void)died(p, &a, "poison", "w1");
    (void)died_at(p, &b, "stream", "w1", 1);
    poison_take_seat(p, &a, "", 1000, &never);
    settle();
    poison_take_seat(p, &b, "w2", 1000, &cancelled); /* it is not free */
    poison_seat_is_on(p, &a, "w2");
    (void)died_at(p, &b, "stream", "w2", 1);
    assert_true(died(p, &a, "poison", "w2"));
    settle();
    assert_true(is_refused(p, "poison") && !is_refused(p, "stream"));
    poison_free(p);
}

static void one_seat(void **state)
{
    (void)state;
    struct poison *p = new_poison();
    _Atomic bool cancelled = true;
    int a, b;
    seat(p, &a, "w1");
    poison_take_seat(p, &b, "w1", (int64_t)POISON_SEAT_MS * 1000, &cancelled); /* does not wait */
    assert_false(died_at(p, &b, "b", "w1", 1));
    const struct poison_keys k = key("b");
    assert_false(poison_suspects(p, &k).is);
    poison_leave_seat(p, &b); /* another's */
    poison_leave_seat(p, &a);
    seat(p, &b, "w2");
    assert_false(died(p, &b, "b", "w2"));
    seat(p, &a, "w3");
    seat(p, &b, "w4"); /* a second later */
    assert_true(died(p, &b, "b", "w4"));
    poison_free(p);
}

static void who_lives_has_not_died(void **state)
{
    (void)state;
    struct poison *p = new_poison();
    char w1[] = "w1";
    int a;
    struct poison_run r = {.who = &a, .keys = key("select f(1)"), .worker = "w1"};
    poison_died(p, &r, lives, NULL);
    r.worker = "w2";
    poison_died(p, &r, lives, w1);
    assert_false(is_refused(p, "select f(1)"));
    r.worker = "w3";
    poison_died(p, &r, lives, NULL);
    assert_true(is_refused(p, "select f(1)"));
    poison_free(p);
}

static void the_table_is_bounded(void **state)
{
    (void)state;
    struct poison *p = new_poison();
    int a;
    char w[POISON_WORKER_MAX];
    for (uint64_t i = 1; i <= 3 * (uint64_t)POISON_ENTRIES; i++) {
        (void)snprintf(w, sizeof w, "a%llu", (unsigned long long)i);
        struct poison_run r = {.who = &a, .keys = {2 * i, 2 * i + 1}, .worker = w};
        poison_died(p, &r, lives, NULL);
        w[0] = 'b';
        poison_died(p, &r, lives, NULL);
    }
    assert_true(poison_refused(p) <= POISON_ENTRIES);
    const struct poison_keys last = {6 * (uint64_t)POISON_ENTRIES, 6 * (uint64_t)POISON_ENTRIES + 1},
                             first = {2, 3};
    struct err e;
    err_init(&e);
    assert_int_equal(poison_check(p, &last, &e), ST_ERR);
    err_init(&e);
    assert_int_equal(poison_check(p, &first, &e), ST_OK);
    poison_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys),
        cmocka_unit_test(the_second_death_is_the_last),
        cmocka_unit_test(what_ends_is_cleared),
        cmocka_unit_test(what_kills_late_has_to_go_on_for_longer),
        cmocka_unit_test(an_end_forgets_no_relapse),
        cmocka_unit_test(a_conviction_acquits_the_others),
        cmocka_unit_test(who_had_just_begun_is_likelier_to_kill),
        cmocka_unit_test(an_excuse_that_ends_is_none),
        cmocka_unit_test(deaths_are_bounded),
        cmocka_unit_test(company_is_told_apart_by_the_seat),
        cmocka_unit_test(the_seat_is_as_long_as_needed),
        cmocka_unit_test(others_on_its_worker_are_spared),
        cmocka_unit_test(who_tells_first_is_not_convicted),
        cmocka_unit_test(who_had_just_begun_beside_the_seat),
        cmocka_unit_test(the_time_of_the_seat_begins_on_a_worker),
        cmocka_unit_test(one_seat),
        cmocka_unit_test(who_lives_has_not_died),
        cmocka_unit_test(the_table_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
