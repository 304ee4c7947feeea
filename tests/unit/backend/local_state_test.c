/* The portal's table of transitions, each of them taken or refused. */
#include "backend/local_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { N = LOCAL_NEW, T, C, K, P, O, F };

/* Written out a second time, as a picture: a row is the state before, a column the one after. */
static const char may[LOCAL_STATES][LOCAL_STATES + 1] = {
    /*        NTCKPOF */
    [N] = ".xx.xxx", [T] = "...x.xx", [C] = ".x...xx", [K] = "....x.x",
    [P] = "......x", [O] = "......x", [F] = "......x",
};

static void test_every_transition(void **state)
{
    (void)state;
    for (unsigned from = 0; from < LOCAL_STATES; from++)
        for (unsigned to = 0; to < LOCAL_STATES; to++)
            assert_int_equal(local_state_may_follow((enum local_state)from, (enum local_state)to),
                             may[from][to] == 'x');
}

static void test_what_states_say(void **state)
{
    (void)state;
    for (unsigned i = 0; i < LOCAL_STATES; i++) {
        enum local_state s = (enum local_state)i;
        assert_int_equal(local_state_streams(s), i == T || i == C || i == K);
        assert_int_equal(local_state_keeps(s), i == K || i == P);
        assert_int_equal(local_state_is_over(s), i == P || i == O);
        assert_false(local_state_may_follow(s, LOCAL_NEW));
        assert_true(i == N || !local_state_may_follow(s, s) || s == LOCAL_FAILED);
        assert_true(local_state_may_follow(s, LOCAL_FAILED)); /* anything can fail */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_transition),
        cmocka_unit_test(test_what_states_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
