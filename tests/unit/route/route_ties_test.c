/* What ties a session to its worker: every state of the transaction, and what leads from it where. */
#include "route/route_ties.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const enum backend_tx_op begins[] = {BACKEND_TX_BEGIN, BACKEND_TX_BEGIN_READ_ONLY,
                                            BACKEND_TX_BEGIN_SNAPSHOT, BACKEND_TX_BEGIN_SNAPSHOT_READ_ONLY};

static struct route_ties in(enum route_tx tx, enum backend_tx_op op)
{
    return (struct route_ties){.tx = tx, .begun = op};
}

static void nothing_ties(void **state)
{
    (void)state;
    struct route_ties t = {0};
    assert_true(route_ties_are_none(&t) && route_ties_can_move(&t) && !route_ties_in_tx(&t));
    route_ties_wrote(&t); /* outside a transaction nothing is left behind */
    route_ties_lost(&t);
    route_ties_over(&t);
    assert_true(route_ties_are_none(&t));
}

static void each_ties_alone(void **state)
{
    (void)state;
    struct route_ties t = {0};
    route_ties_pin(&t);
    assert_false(route_ties_are_none(&t) || route_ties_can_move(&t));
    route_ties_unpin(&t);
    route_ties_add_portal(&t);
    assert_false(route_ties_are_none(&t));
    assert_true(route_ties_can_move(&t)); /* its portals are asked for themselves */
    route_ties_drop_portal(&t);
    route_ties_begun(&t, BACKEND_TX_BEGIN);
    assert_false(route_ties_are_none(&t));
    route_ties_over(&t);
    assert_true(route_ties_are_none(&t));
}

static void what_was_read_moves(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++) {
        struct route_ties t = {0};
        route_ties_begun(&t, begins[i]);
        bool plain = i < 2;
        assert_int_equal(t.tx, ROUTE_TX_OPEN);
        assert_int_equal(route_ties_can_move(&t), plain);
        route_ties_lost(&t);
        assert_int_equal(t.tx, plain ? ROUTE_TX_OPEN : ROUTE_TX_LOST);
        route_ties_over(&t);
        assert_int_equal(t.tx, ROUTE_TX_NONE);
    }
}

static void what_was_written_does_not(void **state)
{
    (void)state;
    struct route_ties t = in(ROUTE_TX_OPEN, BACKEND_TX_BEGIN);
    route_ties_wrote(&t);
    route_ties_wrote(&t);
    assert_int_equal(t.tx, ROUTE_TX_WROTE);
    assert_false(route_ties_can_move(&t));
    route_ties_lost(&t);
    assert_int_equal(t.tx, ROUTE_TX_LOST);
    assert_true(route_ties_in_tx(&t) && !route_ties_can_move(&t));
    route_ties_lost(&t);
    assert_int_equal(t.tx, ROUTE_TX_LOST);
    route_ties_over(&t);
    assert_true(route_ties_are_none(&t));
}

/* A transaction with temporary objects is lost with them, which are told of once. */
static void pinned_and_lost(void **state)
{
    (void)state;
    struct route_ties t = in(ROUTE_TX_OPEN, BACKEND_TX_BEGIN);
    route_ties_pin(&t);
    route_ties_lost(&t);
    assert_int_equal(t.tx, ROUTE_TX_LOST);
    assert_false(t.pinned);
    t = in(ROUTE_TX_NONE, BACKEND_TX_BEGIN);
    route_ties_pin(&t);
    route_ties_lost(&t);
    assert_true(route_ties_are_none(&t));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_ties),        cmocka_unit_test(each_ties_alone),
        cmocka_unit_test(what_was_read_moves), cmocka_unit_test(what_was_written_does_not),
        cmocka_unit_test(pinned_and_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
