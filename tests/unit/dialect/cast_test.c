#include "dialect/translate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void check_as(bool ordered, const char *sql, const char *expected)
{
    struct arena a;
    struct sql_rewritten r;
    struct err e;
    const struct dialect d = {.postgres = true, .dates_ordered = ordered};
    arena_init(&a, 1 << 20);
    err_init(&e);
    if (dialect_translate(&a, sql_tokens_of(str_of(sql)), &d, &r, &e) != ST_OK)
        fail_msg("%s: %s", sql, e.message);
    if (!str_eq(r.text, str_of(expected)))
        fail_msg("%s:\n%.*s", sql, (int)r.text.n, r.text.p);
    arena_release(&a);
}

#define ZONED "system.main.pg_timestamptz_of("

static void test_read_by_the_session(void **state)
{
    (void)state;
    check_as(false, "SELECT x::date, x::timestamp FROM t", "SELECT x::date, x::timestamp FROM t");
    check_as(true, "SELECT x::date FROM t", "SELECT CAST(system.main.pg_date_of(x) AS date) FROM t");
    check_as(true, "SELECT CAST(a || b AS timestamp) FROM t",
             "SELECT CAST(system.main.pg_timestamp_of(a || b ) AS timestamp) FROM t");
    check_as(false, "SELECT f(x)::timestamptz FROM t", "SELECT CAST(" ZONED "f(x)) AS timestamptz) FROM t");
    check_as(true, "SELECT TRY_CAST(x AS date) FROM t", "SELECT TRY_CAST(x AS date) FROM t");
    check_as(true, "SELECT x::date[] FROM t", "SELECT x::date[] FROM t");
    check_as(true, "SELECT $1::date", "SELECT $1::date");
    check_as(true, "CREATE TABLE t (d text DEFAULT (now()::date))",
             "CREATE TABLE t (d text DEFAULT (now()::date))");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_read_by_the_session)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
