/* Every state and every event: the table, written a second time in other words. */
#include "route/poison_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A death is counted in every state, and what was seen of one alone stays. */
static enum poison_state after_death(enum poison_state s, bool alone)
{
    if (s == POISON_CONVICTED)
        return POISON_CONVICTED;
    return alone || s == POISON_ALONE ? POISON_ALONE : POISON_SUSPECTED;
}

static enum poison_state expected(enum poison_state s, enum poison_event ev)
{
    const bool suspected = poison_state_is_suspected(s);
    switch (ev) {
    case POISON_DIED: return after_death(s, false);
    case POISON_DIED_ALONE: return after_death(s, true);
    case POISON_IS_JUDGED: return s == POISON_ALONE ? POISON_CONVICTED : POISON_STATES;
    case POISON_HAS_GONE_ON: return suspected ? POISON_WENT_ON : POISON_STATES;
    case POISON_HAS_ENDED:
    case POISON_ACQUITTED: return suspected ? POISON_ENDED : POISON_STATES;
    case POISON_EVENTS: break;
    }
    return POISON_STATES;
}

static void every_state_and_event(void **state)
{
    (void)state;
    for (int s = 0; s < POISON_STATES; s++)
        for (int ev = 0; ev < POISON_EVENTS; ev++)
            assert_int_equal(poison_state_after((enum poison_state)s, (enum poison_event)ev),
                             expected((enum poison_state)s, (enum poison_event)ev));
}

/* Each is reached from the first one. */
static void every_state_is_reached(void **state)
{
    bool reached[POISON_STATES + 1] = {[POISON_FREE] = true};
    (void)state;
    for (int round = 0; round < POISON_STATES; round++)
        for (int s = 0; s < POISON_STATES; s++)
            for (int ev = 0; reached[s] && ev < POISON_EVENTS; ev++)
                reached[poison_state_after((enum poison_state)s, (enum poison_event)ev)] = true;
    for (int s = 0; s < POISON_STATES; s++)
        assert_true(reached[s]);
}

static void what_a_state_says(void **state)
{
    (void)state;
    for (int s = 0; s < POISON_STATES; s++)
        if (poison_state_was_alone((enum poison_state)s))
            assert_true(poison_state_is_suspected((enum poison_state)s));
    assert_false(poison_state_is_suspected(POISON_FREE) || poison_state_is_suspected(POISON_WENT_ON) ||
                 poison_state_is_suspected(POISON_ENDED));
    assert_true(poison_state_was_alone(POISON_ALONE) && !poison_state_was_alone(POISON_SUSPECTED));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state_and_event),
        cmocka_unit_test(every_state_is_reached),
        cmocka_unit_test(what_a_state_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
