#include "session/admission.h"

#include "base/waker.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { TICKETS = 3 };

static struct admission a;
static struct waker bells[TICKETS];
static struct admission_ticket tickets[TICKETS];

static int set_up(void **state)
{
    struct err e;
    (void)state;
    err_init(&e);
    admission_init(&a, 100, 80);
    for (int i = 0; i < TICKETS; i++) {
        assert_int_equal(waker_init(&bells[i], &e), ST_OK);
        tickets[i] = (struct admission_ticket){.bell = &bells[i]};
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (int i = 0; i < TICKETS; i++)
        waker_release(&bells[i]);
    admission_release(&a);
    return 0;
}

static bool rings(int i)
{
    struct pollfd p = {.fd = waker_fd(&bells[i]), .events = POLLIN};
    return poll(&p, 1, 0) == 1;
}

static void up_to_the_limit(void **state)
{
    (void)state;
    assert_true(admission_try(&a, NULL, 60, false));
    assert_true(admission_try(&a, NULL, 40, false));
    assert_false(admission_try(&a, NULL, 1, false));
    admission_give_back(&a, NULL, 40);
    assert_false(admission_try(&a, NULL, 41, false));
    assert_true(admission_try(&a, NULL, 40, false));
    admission_give_back(&a, NULL, 100);
}

static void half_for_what_is_extra(void **state)
{
    (void)state;
    assert_true(admission_try(&a, NULL, 30, false));
    assert_true(admission_try(&a, NULL, 20, true));
    assert_false(admission_try(&a, NULL, 1, true));
    assert_true(admission_try(&a, NULL, 50, false));
    admission_give_back(&a, NULL, 100);
}

/* What is larger than all there is runs alone. */
static void one_at_least(void **state)
{
    (void)state;
    assert_true(admission_try(&a, NULL, 1000, false));
    assert_false(admission_try(&a, NULL, 1, false));
    admission_give_back(&a, NULL, 1000);
}

static void first_come_first_served(void **state)
{
    (void)state;
    assert_true(admission_try(&a, NULL, 100, false));
    for (int i = 0; i < TICKETS; i++) {
        tickets[i].bytes = i == 0 ? 80 : 20;
        admission_queue(&a, &tickets[i]);
        assert_false(admission_granted(&a, &tickets[i]));
    }
    admission_give_back(&a, NULL, 50);
    assert_false(admission_try(&a, NULL, 10, false)); /* nobody passes those in line, */
    for (int i = 0; i < TICKETS; i++)
        assert_false(rings(i)); /* not even one of them another */
    admission_give_back(&a, NULL, 50);
    for (int i = 0; i < TICKETS; i++) {
        assert_int_equal(rings(i), i < 2);
        assert_int_equal(admission_granted(&a, &tickets[i]), i < 2);
    }
    assert_true(admission_unqueue(&a, &tickets[0]));
    assert_true(admission_unqueue(&a, &tickets[1]));
    admission_give_back(&a, NULL, 80);
    assert_true(admission_granted(&a, &tickets[2]));
    assert_true(admission_unqueue(&a, &tickets[2]));
    admission_give_back(&a, NULL, 40);
}

/* Who leaves does not keep those behind from going. */
static void one_leaves(void **state)
{
    (void)state;
    assert_true(admission_try(&a, NULL, 50, false));
    tickets[0].bytes = 80;
    tickets[1].bytes = 50;
    admission_queue(&a, &tickets[0]);
    admission_queue(&a, &tickets[1]);
    assert_false(admission_granted(&a, &tickets[1]));
    assert_false(admission_unqueue(&a, &tickets[0]));
    assert_true(rings(1) && admission_granted(&a, &tickets[1]));
    assert_true(admission_unqueue(&a, &tickets[1]));
    admission_give_back(&a, NULL, 100);
}

/* A user who has its share keeps nobody else waiting, and gets more once some of its own came back. */
static void a_share_of_one_user(void **state)
{
    (void)state;
    struct admission_share mallory = {0}, bob = {0};
    assert_true(admission_try(&a, &mallory, 50, false));
    assert_true(admission_try(&a, &mallory, 30, false));
    assert_false(admission_try(&a, &mallory, 1, false)); /* 80 of 100 */
    tickets[0] = (struct admission_ticket){.bell = &bells[0], .share = &mallory, .bytes = 10};
    admission_queue(&a, &tickets[0]);
    assert_false(admission_granted(&a, &tickets[0]));
    assert_true(admission_waits_for_own(&a, &tickets[0]));
    tickets[1] = (struct admission_ticket){.bell = &bells[1], .share = &bob, .bytes = 10};
    admission_queue(&a, &tickets[1]);
    assert_true(rings(1) && admission_granted(&a, &tickets[1]));
    assert_true(admission_unqueue(&a, &tickets[1]));
    admission_give_back(&a, &mallory, 50);
    assert_true(rings(0) && admission_granted(&a, &tickets[0]));
    assert_true(admission_unqueue(&a, &tickets[0]));
    assert_int_equal(mallory.used, 40);
    admission_give_back(&a, &mallory, 40);
    admission_give_back(&a, &bob, 10);
}

/* As all of it: what is larger than the share runs alone. */
static void one_at_least_of_a_user(void **state)
{
    (void)state;
    struct admission_share mallory = {0};
    assert_true(admission_try(&a, &mallory, 90, false));
    assert_false(admission_try(&a, &mallory, 1, false));
    admission_give_back(&a, &mallory, 90);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(up_to_the_limit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(half_for_what_is_extra, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_at_least, set_up, tear_down),
        cmocka_unit_test_setup_teardown(first_come_first_served, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_leaves, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_share_of_one_user, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_at_least_of_a_user, set_up, tear_down)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
