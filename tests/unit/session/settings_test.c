#include "session/settings.h"

#include "base/account.h"
#include "base/alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static int setup(void **state)
{
    static struct settings s;
    settings_init(&s, NULL);
    *state = &s;
    return 0;
}

static int teardown(void **state)
{
    settings_release(*state);
    return 0;
}

static void assert_value(struct settings *s, enum setting i, const char *want)
{
    assert_string_equal(settings_get(s, i), want);
}

static void set_ok(struct settings *s, const char *name, const char *value, bool local, bool in_tx)
{
    struct err e;
    err_init(&e);
    assert_int_equal(settings_set(s, name, value, local, in_tx, &e), ST_OK);
}

static void set_fails(struct settings *s, const char *name, const char *value, enum sqlstate code)
{
    struct err e;
    err_init(&e);
    assert_int_equal(settings_set(s, name, value, false, false, &e), ST_ERR);
    assert_int_equal(e.code, code);
}

static void values_are_spelled_canonically(void **state)
{
    struct settings *s = *state;
    set_ok(s, "datestyle", "iso, dmy", false, false);
    assert_value(s, SET_DATESTYLE, "ISO, DMY");
    set_ok(s, "CLIENT_ENCODING", "utf-8", false, false);
    assert_value(s, SET_CLIENT_ENCODING, "UTF8");
    set_ok(s, "statement_timeout", "90s", false, false);
    assert_value(s, SET_STATEMENT_TIMEOUT, "90s");
    assert_int_equal(settings_duration_us(s, SET_STATEMENT_TIMEOUT), 90000000);
    set_ok(s, "statement_timeout", "120000", false, false);
    assert_value(s, SET_STATEMENT_TIMEOUT, "2min");
    set_ok(s, "statement_timeout", "0", false, false);
    assert_value(s, SET_STATEMENT_TIMEOUT, "0");
    set_ok(s, "default_transaction_read_only", "tru", false, false);
    assert_true(settings_bool(s, SET_DEFAULT_TX_READ_ONLY));
}

static void what_is_not_done_is_refused(void **state)
{
    struct settings *s = *state;
    set_fails(s, "no_such_thing", "1", SQLSTATE_UNDEFINED_OBJECT);
    set_ok(s, "client_encoding", "iso 8859-1", false, false);
    assert_string_equal(settings_get(s, SET_CLIENT_ENCODING), "LATIN1");
    set_ok(s, "client_encoding", "utf8", false, false);
    set_fails(s, "client_encoding", "LATIN11", SQLSTATE_INVALID_PARAMETER_VALUE);
    set_fails(s, "client_encoding", "mule_internal", SQLSTATE_FEATURE_NOT_SUPPORTED);
    set_ok(s, "DateStyle", "sql", false, false);
    assert_string_equal(settings_get(s, SET_DATESTYLE), "SQL, MDY");
    set_ok(s, "DateStyle", "euro", false, false);
    assert_string_equal(settings_get(s, SET_DATESTYLE), "SQL, DMY");
    set_ok(s, "DateStyle", "iso, us", false, false);
    set_fails(s, "DateStyle", "German, sql", SQLSTATE_INVALID_PARAMETER_VALUE);
    set_fails(s, "IntervalStyle", "iso", SQLSTATE_INVALID_PARAMETER_VALUE);
    set_fails(s, "standard_conforming_strings", "off", SQLSTATE_FEATURE_NOT_SUPPORTED);
    set_fails(s, "server_version", "9.0", SQLSTATE_CANT_CHANGE_RUNTIME_PARAM);
    set_fails(s, "extra_float_digits", "4", SQLSTATE_INVALID_PARAMETER_VALUE);
    set_fails(s, "statement_timeout", "5 weeks", SQLSTATE_INVALID_PARAMETER_VALUE);
    set_fails(s, "statement_timeout", "-1", SQLSTATE_INVALID_PARAMETER_VALUE);
    set_fails(s, "TimeZone", "Mars/Olympus", SQLSTATE_INVALID_PARAMETER_VALUE);
}

static void rollback_undoes_and_commit_keeps(void **state)
{
    struct settings *s = *state;
    set_ok(s, "application_name", "before", false, false);
    set_ok(s, "application_name", "one", false, true);
    set_ok(s, "application_name", "two", false, true);
    settings_end_transaction(s, false);
    assert_value(s, SET_APPLICATION_NAME, "before");
    set_ok(s, "application_name", "three", false, true);
    settings_end_transaction(s, true);
    assert_value(s, SET_APPLICATION_NAME, "three");
}

static void local_ends_with_the_transaction(void **state)
{
    struct settings *s = *state;
    set_ok(s, "application_name", "session", false, true);
    set_ok(s, "application_name", "local", true, true);
    assert_value(s, SET_APPLICATION_NAME, "local");
    settings_end_transaction(s, true);
    assert_value(s, SET_APPLICATION_NAME, "session");
    set_ok(s, "application_name", "nowhere", true, false);
    assert_value(s, SET_APPLICATION_NAME, "session");
}

static void reset_returns_to_what_the_client_started_with(void **state)
{
    struct settings *s = *state;
    struct err e;
    err_init(&e);
    assert_int_equal(settings_start(s, "application_name", "psql", &e), ST_OK);
    set_ok(s, "application_name", "other", false, false);
    set_ok(s, "application_name", NULL, false, false);
    assert_value(s, SET_APPLICATION_NAME, "psql");
    set_ok(s, "bytea_output", "escape", false, false);
    assert_int_equal(settings_reset_all(s, false, &e), ST_OK);
    assert_value(s, SET_BYTEA_OUTPUT, "hex");
}

static void changes_are_told_once(void **state)
{
    struct settings *s = *state;
    assert_int_equal(settings_take_reports(s), 0);
    set_ok(s, "application_name", "x", false, true);
    set_ok(s, "bytea_output", "escape", false, true);
    assert_int_equal(settings_take_reports(s), (uint64_t)1 << SET_APPLICATION_NAME);
    assert_int_equal(settings_take_reports(s), 0);
    settings_end_transaction(s, false);
    assert_int_equal(settings_take_reports(s), (uint64_t)1 << SET_APPLICATION_NAME);
}

/* The value counts, not how often it was set. */
static void what_the_client_knows_is_not_told(void **state)
{
    struct settings *s = *state;
    set_ok(s, "application_name", "x", false, true);
    settings_end_transaction(s, false);
    assert_int_equal(settings_take_reports(s), 0);
    set_ok(s, "application_name", "x", false, false);
    assert_int_equal(settings_take_reports(s), (uint64_t)1 << SET_APPLICATION_NAME);
    set_ok(s, "application_name", "y", false, false);
    set_ok(s, "application_name", "x", false, false);
    assert_int_equal(settings_take_reports(s), 0);
    set_ok(s, "application_name", NULL, false, false);
    alloc_fail_nth(1);
    assert_int_equal(settings_take_reports(s), 0); /* put off */
    assert_true(alloc_failed());
    assert_int_equal(settings_take_reports(s), (uint64_t)1 << SET_APPLICATION_NAME);
}

/* Against a memo of what each level had: a savepoint, changes, RELEASE, over and over, costs one record a
 * setting. */
static void release_merges(void **state)
{
    struct settings *s = *state;
    set_ok(s, "application_name", "before", false, true);
    for (int i = 0; i < 100; i++) {
        size_t outer = s->mark, mark = settings_mark(s);
        set_ok(s, "application_name", "inner", false, true);
        set_ok(s, "my.own", i % 2 ? "odd" : "even", true, true);
        settings_merge_from(s, mark, outer);
        assert_int_equal(s->nundo, 2);
    }
    assert_value(s, SET_APPLICATION_NAME, "inner");
    settings_end_transaction(s, true);
    assert_value(s, SET_APPLICATION_NAME, "inner");
    assert_string_equal(settings_get(s, (size_t)settings_find(s, "my.own")), "");
}

static void what_was_released_is_undone_with_what_is_around_it(void **state)
{
    struct settings *s = *state;
    set_ok(s, "application_name", "start", false, false);
    set_ok(s, "application_name", "a", false, true);
    size_t first = settings_mark(s);
    set_ok(s, "application_name", "b", false, true);
    size_t second = settings_mark(s);
    set_ok(s, "application_name", "c", false, true);
    set_ok(s, "statement_timeout", "5s", false, true);
    settings_merge_from(s, second, first); /* RELEASE of the second */
    assert_value(s, SET_APPLICATION_NAME, "c");
    settings_undo_from(s, first); /* ROLLBACK TO the first */
    assert_value(s, SET_APPLICATION_NAME, "a");
    assert_value(s, SET_STATEMENT_TIMEOUT, "0");
    set_ok(s, "statement_timeout", "7s", false, true);
    settings_merge_from(s, first, 0);
    settings_end_transaction(s, false);
    assert_value(s, SET_APPLICATION_NAME, "start");
    assert_value(s, SET_STATEMENT_TIMEOUT, "0");
}

static void undo_is_counted(void **state)
{
    (void)state;
    struct account memory = {.max = 10 * SETTING_UNDO_COST};
    struct settings s;
    struct err e;
    unsigned levels = 0;
    settings_init(&s, &memory);
    err_init(&e);
    for (; settings_set(&s, "my.own", "value", false, true, &e) == ST_OK; levels++)
        (void)settings_mark(&s);
    assert_int_equal(levels, 10);
    assert_int_equal(e.code, SQLSTATE_OUT_OF_MEMORY);
    assert_true(memory.refused);
    settings_end_transaction(&s, false);
    assert_int_equal(memory.used, 0);
    settings_release(&s);
}

static void the_clients_own_are_bounded(void **state)
{
    struct settings *s = *state;
    char name[32];
    for (int i = 0; i < SETTINGS_CUSTOM_MAX; i++) {
        (void)snprintf(name, sizeof name, "my.p%d", i);
        set_ok(s, name, "v", false, false);
    }
    set_fails(s, "my.last", "v", SQLSTATE_PROGRAM_LIMIT_EXCEEDED);
    assert_string_equal(settings_get(s, (size_t)settings_find(s, "MY.P3")), "v");
}

static void every_allocation_fails_once(void **state)
{
    struct settings *s = *state;
    for (unsigned nth = 1, more = 1; more; nth++) {
        struct err e;
        err_init(&e);
        alloc_fail_nth(nth);
        int st = settings_set(s, "my.own", "value", false, true, &e);
        if (st == ST_OK)
            st = settings_set(s, "application_name", "value", false, true, &e);
        more = alloc_failed();
        assert_int_equal(st, more ? ST_ERR : ST_OK);
        settings_end_transaction(s, false);
        assert_value(s, SET_APPLICATION_NAME, "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(values_are_spelled_canonically, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_not_done_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(rollback_undoes_and_commit_keeps, setup, teardown),
        cmocka_unit_test_setup_teardown(local_ends_with_the_transaction, setup, teardown),
        cmocka_unit_test_setup_teardown(reset_returns_to_what_the_client_started_with, setup, teardown),
        cmocka_unit_test_setup_teardown(changes_are_told_once, setup, teardown),
        cmocka_unit_test_setup_teardown(what_the_client_knows_is_not_told, setup, teardown),
        cmocka_unit_test_setup_teardown(release_merges, setup, teardown),
        cmocka_unit_test_setup_teardown(what_was_released_is_undone_with_what_is_around_it, setup, teardown),
        cmocka_unit_test(undo_is_counted),
        cmocka_unit_test_setup_teardown(the_clients_own_are_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(every_allocation_fails_once, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
