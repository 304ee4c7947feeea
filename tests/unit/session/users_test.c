#include "base/account.h"
#include "base/alloc.h"
#include "session/users.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { MANY = 3 * USERS_BUCKETS };

static struct users users;
static struct account_pool all_memory;
static struct err e;

static int set_up(void **state)
{
    (void)state;
    err_init(&e);
    all_memory.max = 1000;
    users_init(&users,
               &(struct users_limits){.sessions = 2, .threads = 3, .memory = 900, .all_memory = &all_memory});
    return 0;
}

static void a_user_has_its_share_and_no_more(void **state)
{
    (void)state;
    struct session_user *a, *b, *c, *other;
    assert_int_equal(users_enter(&users, "mallory", &a, &e), ST_OK);
    assert_int_equal(users_enter(&users, "mallory", &b, &e), ST_OK);
    assert_ptr_equal(a, b);
    assert_int_equal(users_enter(&users, "mallory", &c, &e), ST_ERR);
    assert_null(c);
    assert_int_equal(e.code, SQLSTATE_TOO_MANY_CONNECTIONS);
    assert_string_equal(e.message, "too many connections for role \"mallory\"");
    assert_int_equal(users_enter(&users, "Mallory", &other, &e), ST_OK); /* somebody else */
    assert_ptr_not_equal(a, other);
    session_user_free(users_leave(other, true));
    assert_null(users_leave(a, true));
    assert_int_equal(users_enter(&users, "mallory", &c, &e), ST_OK);
    assert_ptr_equal(c, b);
    assert_null(users_leave(b, true));
    struct session_user *last = users_leave(c, true);
    assert_ptr_equal(last, c);
    session_user_free(last);
}

/* A session that was left behind in the engine makes room for another, and keeps the record until it ends. */
static void who_is_left_behind_does_not_count(void **state)
{
    (void)state;
    struct session_user *a, *b, *c;
    assert_int_equal(users_enter(&users, "mallory", &a, &e), ST_OK);
    assert_int_equal(users_enter(&users, "mallory", &b, &e), ST_OK);
    users_discount(a);
    assert_int_equal(users_enter(&users, "mallory", &c, &e), ST_OK);
    assert_null(users_leave(b, true));
    assert_null(users_leave(c, true));
    struct session_user *last = users_leave(a, false);
    assert_non_null(last);
    session_user_free(last);
}

static void many_users(void **state)
{
    (void)state;
    static struct session_user *of[MANY];
    char name[32];
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(name, sizeof name, "user %d", i);
        assert_int_equal(users_enter(&users, name, &of[i], &e), ST_OK);
        assert_true(i == 0 || of[i] != of[i - 1]);
    }
    for (int i = 0; i < MANY; i++) {
        struct session_user *again;
        (void)snprintf(name, sizeof name, "user %d", i);
        assert_int_equal(users_enter(&users, name, &again, &e), ST_OK);
        assert_ptr_equal(again, of[i]);
        assert_null(users_leave(again, true));
        session_user_free(users_leave(of[i], true));
    }
}

static void not_told_apart(void **state)
{
    (void)state;
    struct session_user *a;
    users_init(&users, &(struct users_limits){0});
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(users_enter(&users, "anybody", &a, &e), ST_OK);
        assert_null(a);
    }
    assert_null(users_leave(a, true));
    assert_null(session_user_threads(a));
    assert_null(session_user_results(a));
    assert_null(session_user_memory(a));
    users_discount(a);
    session_user_count_cursor(a, 1);
    assert_int_equal(session_user_cursors(a), 0);
}

static void cursors(void **state)
{
    (void)state;
    struct session_user *a;
    assert_int_equal(users_enter(&users, "mallory", &a, &e), ST_OK);
    session_user_count_cursor(a, 1);
    session_user_count_cursor(a, 1);
    assert_int_equal(session_user_cursors(a), 2);
    session_user_count_cursor(a, -1);
    session_user_count_cursor(a, -1);
    assert_int_equal(session_user_cursors(a), 0);
    session_user_free(users_leave(a, true));
}

static void memory_of_its_sessions(void **state)
{
    (void)state;
    struct session_user *a;
    assert_int_equal(users_enter(&users, "mallory", &a, &e), ST_OK);
    struct account one = {.max = SIZE_MAX, .pool = session_user_memory(a)};
    assert_true(account_take(&one, ACCOUNT_OWN + 900));
    assert_int_equal(atomic_load(&all_memory.used), 900);
    assert_false(account_take(&one, 1));
    assert_ptr_equal(one.refused_by, session_user_memory(a));
    account_give(&one, one.used);
    assert_int_equal(atomic_load(&all_memory.used), 0);
    session_user_free(users_leave(a, true));
}

static void without_memory(void **state)
{
    (void)state;
    struct session_user *a;
    alloc_fail_nth(1);
    assert_int_equal(users_enter(&users, "mallory", &a, &e), ST_ERR);
    alloc_fail_nth(0);
    assert_null(a);
    assert_int_equal(e.code, SQLSTATE_OUT_OF_MEMORY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup(a_user_has_its_share_and_no_more, set_up),
                                       cmocka_unit_test_setup(who_is_left_behind_does_not_count, set_up),
                                       cmocka_unit_test_setup(many_users, set_up),
                                       cmocka_unit_test_setup(not_told_apart, set_up),
                                       cmocka_unit_test_setup(cursors, set_up),
                                       cmocka_unit_test_setup(memory_of_its_sessions, set_up),
                                       cmocka_unit_test_setup(without_memory, set_up)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
