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

#define PG "tavana_catalog.pg."

static void test_refused_by_postgresql(void **state)
{
    (void)state;
    check_as(false, "SELECT x::bool FROM t", "SELECT CAST(" PG "bool_operand(x) AS bool) FROM t");
    check_as(false, "SELECT CAST(x AS numeric(5, 2)) FROM t",
             "SELECT CAST(" PG "numeric_operand(x ) AS numeric(5, 2)) FROM t");
    check_as(false, "SELECT x::jsonb FROM t", "SELECT CAST(" PG "jsonb_operand(x) AS pg_jsonb) FROM t");
    check_as(false, "SELECT CAST(x AS \"char\") FROM t",
             "SELECT left(CAST(" PG "char_operand(x ) AS \"char\"), 1) FROM t");
    check_as(false, "SELECT 1::bool", "SELECT 1::bool");
    check_as(false, "SELECT 1.5::bool", "SELECT CAST(" PG "bool_operand(1.5) AS bool)");
    check_as(false, "SELECT (x::int::text)::bool FROM t", "SELECT (" PG "text_of(x::int))::bool FROM t");
    check_as(false, "SELECT (select x)::bool FROM t", "SELECT (select x)::bool FROM t");
    check_as(false, "CREATE VIEW v AS SELECT x::bool FROM t", "CREATE VIEW v AS SELECT x::bool FROM t");
}

static void test_reals_are_compared_as_doubles(void **state)
{
    (void)state;
    check_as(false, "SELECT x::real = y FROM t", "SELECT x::real::DOUBLE = y FROM t");
    check_as(false, "SELECT y IN (x::real), x::real FROM t", "SELECT y IN (x::real), x::real FROM t");
    check_as(false, "SELECT 1 FROM t WHERE 0.1 < x::float4", "SELECT 1 FROM t WHERE 0.1 < x::float4::DOUBLE");
}

static void test_declared(void **state)
{
    static const char *const sqls[][2] = {
        {"SELECT x::varchar(5) FROM t", "SELECT left(" PG "text_of(x), 5) /*:1043,9*/ FROM t"},
        {"SELECT timestamp(0) '2024-01-01'", "SELECT CAST('2024-01-01' AS TIMESTAMP) /*:1114,0*/"},
        {"SELECT f(x::varchar(5)) FROM t", "SELECT f(left(" PG "text_of(x), 5)) FROM t"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof sqls / sizeof *sqls; i++) {
        struct arena a;
        struct sql_rewritten r;
        struct err e;
        const struct dialect d = {.postgres = true, .sends = true};
        arena_init(&a, 1 << 20);
        err_init(&e);
        assert_int_equal(dialect_translate(&a, sql_tokens_of(str_of(sqls[i][0])), &d, &r, &e), ST_OK);
        assert_string_equal(r.text.p, sqls[i][1]);
        arena_release(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read_by_the_session), cmocka_unit_test(test_refused_by_postgresql),
        cmocka_unit_test(test_reals_are_compared_as_doubles), cmocka_unit_test(test_declared)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
