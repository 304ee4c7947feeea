/* What a session does about workers that died: its run is blamed, tried alone, cleared or refused. A worker of
 * this process cannot die by itself, so its death is told by hand. */
#include "two_workers.h"

#include "route/poison.h"
#include "route/route_blame.h"
#include "route/route_priv.h"

enum { LOOK_MS = 120 /* a little longer than rows of a suspect are looked at again */ };

static struct route_session *mine(void)
{
    return (struct route_session *)session;
}

static bool somebody_is_suspected(void)
{
    return poison_is_about(mine()->route->poison);
}

/* Under what the last call of the session was about, or under this portal. */
static void died(const char *worker, struct backend_portal *p)
{
    struct route_session *s = mine();
    (void)snprintf(s->worker, sizeof s->worker, "%s", worker);
    if (p)
        route_suspect(s, NULL, (struct route_portal *)p);
    route_blame(s);
}

static void nobody_is_suspected(void **state)
{
    (void)state;
    assert_int_equal(run("select one"), ST_OK);
    assert_false(mine()->suspect.seated || somebody_is_suspected());
    route_suspect(mine(), NULL, NULL);
    died("w1", NULL); /* about nothing that could be to blame */
    assert_false(somebody_is_suspected());
}

static void a_good_end_clears(void **state)
{
    (void)state;
    struct backend_portal *p = started("select same");
    expect_rows(p, 4, 4);
    died("w1", p);
    assert_true(somebody_is_suspected());
    close_portal(p);
    assert_null(mine()->suspect.portal);
    p = started("select same");
    assert_true(mine()->suspect.seated && ((struct route_portal *)p)->trial.is);
    expect_rows(p, 0, 10);
    assert_false(mine()->suspect.seated || somebody_is_suspected());
    close_portal(p);
}

static void an_error_gives_the_seat_back(void **state)
{
    (void)state;
    struct backend_portal *p = started("select same");
    died("w1", p);
    close_portal(p);
    p = opened("select same");
    fake_fail(where()->fake, FAKE_START, SQLSTATE_DIVISION_BY_ZERO);
    expect_code(session->ops->start(p, &err), SQLSTATE_DIVISION_BY_ZERO);
    assert_false(mine()->suspect.seated);
    assert_true(somebody_is_suspected()); /* that it fails says nothing */
    close_portal(p);
}

/* Rows behind the point where it had died: the seat is given up soon, and it is suspected for longer. */
static void who_goes_on_gives_up_the_seat(void **state)
{
    (void)state;
    for (int i = 0; i < WORKERS; i++)
        fake_batch_rows(all[i].fake, 1);
    struct backend_portal *p = started("select same");
    died("w1", p);
    close_portal(p);
    p = started("select same");
    expect_rows(p, 1, 1);
    assert_true(mine()->suspect.seated);
    (void)poll(NULL, 0, LOOK_MS);
    expect_rows(p, 1, 1);
    assert_false(mine()->suspect.seated);
    assert_true(((struct route_portal *)p)->trial.is);
    close_portal(p);
}

static void two_deaths_are_refused(void **state)
{
    struct backend_stmt *st = NULL;
    (void)state;
    struct backend_portal *p = started("select one");
    died("w1", p);
    died("w2", p);
    close_portal(p);
    err_init(&err);
    expect_code(session->ops->prepare(session, &(struct sql_tokens){.text = str_of("select one")}, NULL, 0,
                                      &st, &err),
                SQLSTATE_OBJECT_NOT_IN_PREREQUISITE_STATE);
    assert_null(mine()->suspect.stmt);
    assert_true(route_refused(route) > 0);
    assert_int_equal(run("select same"), ST_OK);
}

/* With its parameters: another value is another text, but the same shape. */
static void parameters_count(void **state)
{
    static const uint8_t five[] = "5";
    static const struct backend_param params[] = {{five, 1, 0}};
    struct backend_stmt *st = NULL;
    struct backend_portal *p = NULL;
    (void)state;
    err_init(&err);
    assert_int_equal(
        session->ops->prepare(session, &(struct sql_tokens){.text = str_of("select $1")}, NULL, 0, &st, &err),
        ST_OK);
    assert_int_equal(session->ops->open(session, st, params, 1, &p, &err), ST_OK);
    assert_int_equal(session->ops->start(p, &err), ST_OK);
    died("w1", p);
    assert_true(somebody_is_suspected());
    expect_rows(p, 0, 2);
    assert_false(somebody_is_suspected());
    close_portal(p);
    session->ops->stmt_free(st);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nobody_is_suspected),           TEST(a_good_end_clears),      TEST(an_error_gives_the_seat_back),
        TEST(who_goes_on_gives_up_the_seat), TEST(two_deaths_are_refused), TEST(parameters_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
