#include "sql/params.h"
#include "sql/rewrite.h"

#include "base/alloc.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const char *const types[] = {"BIGINT", NULL, "VARCHAR", "DECIMAL(3,2)", "DECIMAL(5,1)[]"};
enum { TYPES = sizeof types / sizeof *types };

static int cast_params(struct arena *a, struct str sql, struct sql_rewritten *r, struct err *e)
{
    struct sql_params params;
    TRY(sql_params_find(a, sql_tokens_of(sql), &params, e));
    return sql_cast_params(a, &params, types, TYPES, r, e);
}

static int any_params(struct arena *a, struct str sql, bool *marks, struct sql_rewritten *r, struct err *e)
{
    struct sql_params params;
    TRY(sql_params_find(a, sql_tokens_of(sql), &params, e));
    return sql_any_params(a, &params, marks, 3, r, e);
}

static void check(const char *sql, const char *expected)
{
    struct arena a;
    struct sql_rewritten r;
    struct err e;
    arena_init(&a, 1 << 20);
    err_init(&e);
    assert_int_equal(cast_params(&a, str_of(sql), &r, &e), ST_OK);
    assert_int_equal(r.text.n, strlen(expected));
    assert_memory_equal(r.text.p, expected, r.text.n);
    assert_int_equal(r.text.p[r.text.n], '\0');
    arena_release(&a);
}

static void test_casts(void **state)
{
    (void)state;
    check("select $1, $2, $3", "select CAST($1 AS BIGINT), $2, CAST($3 AS VARCHAR)");
    check("limit $1", "limit CAST($1 AS BIGINT)");
    check("x in ($1,$1)", "x in (CAST($1 AS BIGINT),CAST($1 AS BIGINT))");
    check("$1", "CAST($1 AS BIGINT)");
    check("$1 is null and $6 = $9", "CAST($1 AS BIGINT) is null and $6 = $9");
    check("f(cast, ($1))", "f(cast, (CAST($1 AS BIGINT)))");
}

/* A numeric without precision has the digits of the value. */
static void test_numerics(void **state)
{
    (void)state;
    check("select $4::" SQL_PARAM_NUMERIC ", CAST($4 AS " SQL_PARAM_NUMERIC ")",
          "select $4::DECIMAL(3,2), CAST($4 AS DECIMAL(3,2))");
    check("select $5::" SQL_PARAM_NUMERIC "[]", "select $5::DECIMAL(5,1)[]");
    check("select $4::DECIMAL(38,10), $4::numeric(4, 1)", "select $4::DECIMAL(38,10), $4::numeric(4, 1)");
    check("select $1::" SQL_PARAM_NUMERIC ", $4::" SQL_PARAM_NUMERIC "[]",
          "select $1::" SQL_PARAM_NUMERIC ", $4::" SQL_PARAM_NUMERIC "[]");
}

static void test_left_alone(void **state)
{
    (void)state;
    check("select $1::date, cast($1 as int), try_cast( $3 /* */ as text)",
          "select $1::date, cast($1 as int), try_cast( $3 /* */ as text)");
    check("select '$1', \"$1\", $$ $1 $$ -- $1", "select '$1', \"$1\", $$ $1 $$ -- $1");
    check("copy t to $1", "copy t to $1");
    check("select '$1 $3", "select '$1 $3");
    check("", "");
}

static void test_no_such_parameter(void **state)
{
    static const struct {
        const char *sql, *message;
        int position;
    } wrong[] = {
        {"select $0", "there is no parameter $0", 8},
        {"select 'ä', $1, $00::int", "there is no parameter $00", 17},
        {"select $99999999999999999999", "there is no parameter $99999999999999999999", 8},
    };
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct arena a;
        struct sql_params params;
        struct err e;
        arena_init(&a, 1 << 20);
        err_init(&e);
        assert_int_equal(sql_params_find(&a, sql_tokens_of(str_of(wrong[i].sql)), &params, &e), ST_ERR);
        assert_int_equal(e.code, SQLSTATE_UNDEFINED_PARAMETER);
        assert_string_equal(e.message, wrong[i].message);
        assert_int_equal(e.position, wrong[i].position);
        arena_release(&a);
    }
}

static void test_positions(void **state)
{
    (void)state;
    struct arena a;
    struct sql_rewritten r;
    struct err e;
    struct str sql = STR("s\xc3\xa9lect $1, $3 x");
    arena_init(&a, 1 << 20);
    err_init(&e);
    assert_int_equal(cast_params(&a, sql, &r, &e), ST_OK);
    /* sélect CAST($1 AS BIGINT), CAST($3 AS VARCHAR) x */
    assert_int_equal(sql_rewrite_position(&r, sql, 0), 0);
    assert_int_equal(sql_rewrite_position(&r, sql, 1), 1);
    assert_int_equal(sql_rewrite_position(&r, sql, 7), 7);
    assert_int_equal(sql_rewrite_position(&r, sql, 8), 8);  /* C of CAST: $1 */
    assert_int_equal(sql_rewrite_position(&r, sql, 13), 8); /* $1 */
    assert_int_equal(sql_rewrite_position(&r, sql, 14), 9);
    assert_int_equal(sql_rewrite_position(&r, sql, 20), 10); /* within AS BIGINT: behind $1 */
    assert_int_equal(sql_rewrite_position(&r, sql, 26), 10); /* the comma */
    assert_int_equal(sql_rewrite_position(&r, sql, 33), 12); /* $3 */
    assert_int_equal(sql_rewrite_position(&r, sql, 48), 15); /* x */
    assert_int_equal(sql_rewrite_position(&r, sql, 999), 16);
    arena_release(&a);
}

static void find(struct arena *a, struct str sql, struct sql_params *out)
{
    struct err e;
    err_init(&e);
    assert_int_equal(sql_params_find(a, sql_tokens_of(sql), out, &e), ST_OK);
}

static void test_types_in_casts(void **state)
{
    (void)state;
    struct str t[6];
    struct arena a;
    struct sql_params params;
    arena_init(&a, 1 << 20);
    find(&a,
         STR("$1::timestamp with time zone, cast($2 as numeric(10, 2)[]), $3, $4 :: pg_catalog.int4, "
             "$1::date, '$5::int', $9::int, $8::int, $6::"),
         &params);
    sql_param_casts(&params, t, 6);
    assert_true(str_eq(t[0], STR("timestamp with time zone")));
    assert_true(str_eq(t[1], STR("numeric(10, 2)[]")));
    assert_null(t[2].p);
    assert_true(str_eq(t[3], STR("pg_catalog.int4")));
    assert_null(t[4].p);
    assert_null(t[5].p);
    find(&a, STR("select 1"), &params);
    sql_param_casts(&params, t, 1);
    assert_null(t[0].p);
    arena_release(&a);
}

static void test_any(void **state)
{
    (void)state;
    struct arena a;
    struct sql_rewritten r;
    struct err e;
    bool marks[3] = {false, false, false};
    arena_init(&a, 1 << 20);
    err_init(&e);
    struct str sql = STR("select 1 where a + 1 = any ( $2 ) and b <> ALL($1) and c = any($9) and d = "
                         "any($3::int[]) -- any($3)");
    assert_int_equal(any_params(&a, sql, marks, &r, &e), ST_OK);
    assert_string_equal(
        r.text.p, "select 1 where a + 1 = $2 and b <> $1 and c = any($9) and d = any($3::int[]) -- any($3)");
    assert_true(marks[0] && marks[1]);
    assert_false(marks[2]);
    assert_int_equal(any_params(&a, STR("select any"), marks, &r, &e), ST_OK);
    assert_int_equal(r.nedits, 0);
    arena_release(&a);
}

static void test_every_allocation_fails_once(void **state)
{
    (void)state;
    for (unsigned nth = 1, more = 1; more; nth++) {
        struct arena a;
        struct sql_rewritten r;
        struct err e;
        arena_init(&a, 1 << 20);
        err_init(&e);
        alloc_fail_nth(nth);
        int st =
            cast_params(&a, STR("select $1, $3, $1, $1, $1, $1, $1, $1, $1, $1, $1, $1, $1, $1, $1"), &r, &e);
        bool marks[3];
        if (st == ST_OK)
            st = any_params(&a, STR("select a = any($1), b = any($2)"), marks, &r, &e);
        more = alloc_failed();
        assert_int_equal(st, more ? ST_ERR : ST_OK);
        if (more)
            assert_int_equal(e.code, SQLSTATE_OUT_OF_MEMORY);
        arena_release(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_casts),      cmocka_unit_test(test_numerics),
        cmocka_unit_test(test_left_alone), cmocka_unit_test(test_no_such_parameter),
        cmocka_unit_test(test_positions),  cmocka_unit_test(test_types_in_casts),
        cmocka_unit_test(test_any),        cmocka_unit_test(test_every_allocation_fails_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
