/* Commands are no library: the source is taken in. */
#include "cmd/restart_plan.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { SECOND = 1000 * 1000 };

static void pauses_grow_and_have_an_end(void **state)
{
    (void)state;
    static const int64_t pauses[RESTART_DEATHS_MAX] = {0, 0, 0, 100, 200, 400, 800, 1600, 3200, 6400};
    struct restart_plan p = {0};
    int64_t now = 5 * SECOND, pause;
    for (unsigned i = 0; i < RESTART_DEATHS_MAX; i++) {
        assert_int_equal(restart_plan_next(&p, now, &pause), i + 1 < RESTART_DEATHS_MAX);
        assert_int_equal(pause, pauses[i]);
        now += pause * 1000;
    }
}

static void old_deaths_are_forgotten(void **state)
{
    (void)state;
    struct restart_plan p = {0};
    int64_t pause;
    for (int i = 0; i < 1000;
         i++) { /* one now and then goes on for ever, without a pause that anybody feels */
        assert_true(restart_plan_next(&p, (int64_t)i * 25 * SECOND, &pause));
        assert_int_equal(pause, 0);
    }
    for (int i = 0; i < 1000; i++) { /* more often: with pauses */
        assert_true(restart_plan_next(&p, (int64_t)100000 * SECOND + (int64_t)i * 7 * SECOND, &pause));
        assert_true(pause <= 6400);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pauses_grow_and_have_an_end),
        cmocka_unit_test(old_deaths_are_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
