#include "route/poison.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

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

static enum poison_verdict died(struct poison *p, const void *who, const char *sql, const char *worker)
{
    const struct poison_keys k = key(sql);
    return poison_died(p, who, &k, worker, lives, NULL);
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
    assert_int_equal(died(p, &a, "select f(1)", "w1"), POISON_SUSPECT);
    assert_int_equal(died(p, &b, "select f(1)", "w1"), POISON_SUSPECT); /* the same one, told of again */
    assert_true(poison_is_about(p));
    assert_false(is_refused(p, "select f(1)"));
    assert_int_equal(died(p, &b, "select f(1)", "w2"), POISON_REFUSED);
    assert_true(is_refused(p, "select f(1)") && is_refused(p, "select f(2)"));
    assert_false(is_refused(p, "select g(1)"));
    poison_clear(p, &a, &(struct poison_keys){key("select f(1)").shape, key("select f(1)").exact});
    assert_true(is_refused(p, "select f(1)")); /* one that had been begun before clears nothing */
    assert_int_equal(poison_refused(p), 2);
    poison_free(p);
}

static void what_gives_rows_is_cleared(void **state)
{
    (void)state;
    struct poison *p = new_poison();
    const struct poison_keys k = key("select f(1)");
    int a;
    for (int i = 0; i < 5; i++) {
        const char worker[] = {'w', (char)('0' + i), '\0'};
        assert_int_equal(died(p, &a, "select f(1)", worker), POISON_SUSPECT);
        poison_clear(p, &a, &k);
        assert_false(poison_is_about(p));
    }
    poison_free(p);
}

/* Only the one that has the seat is to blame, whoever tells first. */
static void others_on_its_worker_are_spared(void **state)
{
    (void)state;
    struct poison *p = new_poison();
    int a, b;
    assert_int_equal(died(p, &a, "poison", "w1"), POISON_SUSPECT);
    assert_int_equal(died(p, &b, "innocent", "w1"), POISON_SUSPECT);
    poison_take_seat(p, &a, "", &never);
    poison_seat_is_on(p, &a, "w2");
    poison_seat_is_on(p, &b, "w3"); /* it has no seat: nothing changes */
    assert_int_equal(died(p, &b, "innocent", "w2"), POISON_NOT_TO_BLAME);
    assert_int_equal(died(p, &a, "poison", "w2"), POISON_REFUSED);
    assert_int_equal(died(p, &b, "innocent", "w2"), POISON_NOT_TO_BLAME); /* told late */
    assert_true(is_refused(p, "poison") && !is_refused(p, "innocent"));
    poison_free(p);
}

static void one_seat(void **state)
{
    (void)state;
    struct poison *p = new_poison();
    _Atomic bool cancelled = true;
    int a, b;
    poison_take_seat(p, &a, "w1", &never);
    poison_take_seat(p, &b, "w1", &cancelled); /* does not wait */
    assert_int_equal(died(p, &b, "b", "w1"), POISON_NOT_TO_BLAME);
    poison_leave_seat(p, &b); /* another's */
    poison_leave_seat(p, &a);
    poison_take_seat(p, &b, "w2", &never);
    assert_int_equal(died(p, &b, "b", "w2"), POISON_SUSPECT);
    poison_take_seat(p, &a, "w3", &never);
    poison_take_seat(p, &b, "w4", &never); /* a second later */
    assert_int_equal(died(p, &b, "b", "w4"), POISON_REFUSED);
    poison_free(p);
}

static void who_lives_has_not_died(void **state)
{
    (void)state;
    struct poison *p = new_poison();
    const struct poison_keys k = key("select f(1)");
    char w1[] = "w1";
    int a;
    assert_int_equal(poison_died(p, &a, &k, "w1", lives, NULL), POISON_SUSPECT);
    assert_int_equal(poison_died(p, &a, &k, "w2", lives, w1), POISON_SUSPECT);
    assert_int_equal(poison_died(p, &a, &k, "w3", lives, NULL), POISON_REFUSED);
    poison_free(p);
}

static void the_table_is_bounded(void **state)
{
    (void)state;
    struct poison *p = new_poison();
    int a;
    for (uint64_t i = 1; i <= 3 * (uint64_t)POISON_ENTRIES; i++) {
        const struct poison_keys k = {2 * i, 2 * i + 1};
        (void)poison_died(p, &a, &k, "w1", lives, NULL);
        (void)poison_died(p, &a, &k, "w2", lives, NULL);
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
        cmocka_unit_test(what_gives_rows_is_cleared),
        cmocka_unit_test(others_on_its_worker_are_spared),
        cmocka_unit_test(one_seat),
        cmocka_unit_test(who_lives_has_not_died),
        cmocka_unit_test(the_table_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
