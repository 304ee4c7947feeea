/* Which divisions are what the client is sent: those become pg_quotient. */
#include "dialect/outputs.h"
#include "dialect/translate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* How many calls of pg_quotient and of pg_divide a statement's translation has. */
static void check(const char *sql, size_t sent, size_t nested)
{
    struct arena a;
    struct sql_rewritten r;
    struct err e;
    size_t quotients = 0, divisions = 0;
    arena_init(&a, 1 << 22);
    err_init(&e);
    const struct dialect d = {.postgres = true};
    assert_int_equal(dialect_translate(&a, sql_tokens_of(str_of(sql)), &d, &r, &e), ST_OK);
    for (size_t i = 0; i + 12 < r.text.n; i++) {
        quotients += memcmp(r.text.p + i, "pg_quotient(", 12) == 0;
        divisions += memcmp(r.text.p + i, "pg_divide(", 10) == 0;
    }
    assert_int_equal(quotients, sent);
    assert_int_equal(divisions, nested);
    arena_release(&a);
}

static void test_items(void **state)
{
    (void)state;
    check("select a/b", 1, 0);
    check("select a / b as q, (c/d), e/f g from t where x/y > 1", 3, 1);
    check("select ((a/b))", 1, 0);
    check("select (select a/b from t)", 1, 0);
    check("select a/b/c", 2, 0);
    check("select a/b*c", 0, 1);
    check("select round(a/b, 2)", 0, 1);
    check("select distinct on (a) a/b from t", 1, 0);
    check("select a is distinct from b, c/d from t", 1, 0);
    check("with q as (select a/b x) select x/2 from q", 1, 1);
    check("select a/b union select c/d order by 1", 2, 0);
    check("select * from (select a/b x) s", 0, 1);
}

/* Whether a statement hands a numeric over as its digits. */
static void check_digits(bool sends, const char *sql, const char *call, bool wanted)
{
    struct arena a;
    struct sql_rewritten r;
    struct err e;
    const struct dialect d = {.postgres = true, .sends = sends};
    arena_init(&a, 1 << 22);
    err_init(&e);
    assert_int_equal(dialect_translate(&a, sql_tokens_of(str_of(sql)), &d, &r, &e), ST_OK);
    if ((memmem(r.text.p, r.text.n, call, strlen(call)) != NULL) != wanted)
        fail_msg("%s:\n%.*s", sql, (int)r.text.n, r.text.p);
    arena_release(&a);
}

static void test_digits(void **state)
{
    static const char quotient[] = "pg_quotient_digits(", modulo[] = "pg_modulo_digits(";
    (void)state;
    check_digits(true, "select a/b", quotient, true);
    check_digits(true, "select a % b as r, c from t where a % b > 1", modulo, true);
    check_digits(true, "select mod(a, b) from t", modulo, true);
    check_digits(true, "select avg(a) from t", "avg_digits(", true);
    check_digits(true, "select (select a % b from t) from u limit 3", modulo, true);
    check_digits(true, "select stddev(distinct a) filter (where a > 1) from t", "pg_stddev_samp(", true);
    check_digits(true, "select var_pop(a) + 1 from t", "pg_var_pop(", false);
    check_digits(false, "select a/b", quotient, false);
    check_digits(true, "select a % b + 1", modulo, false);
    check_digits(true, "select a % b from t order by 1", modulo, false);
    check_digits(true, "select (select a % b from t) from u order by 1", modulo, false);
    check_digits(true, "select a % b from t group by 1", modulo, false);
    check_digits(true, "select distinct a % b from t", modulo, false);
    check_digits(true, "select a % b from t union select 1", modulo, false);
    check_digits(true, "select 1 union all select a % b from t", modulo, false);
    check_digits(true, "select a % b into u from t", modulo, false);
    check_digits(true, "create table u as select a % b from t", modulo, false);
    check_digits(true, "select x from (select a % b as x from t) s", modulo, false);
    check_digits(true, "select avg(a) from t group by b", "avg_digits(", false);
}

static void test_spelled_twice(void **state)
{
    (void)state;
    check("select a/b from t group by a/b", 0, 2);
    check("select a/b from t order by a/b", 1, 1);
    check("select distinct a/b from t order by a/b", 0, 2);
}

static void test_what_is_stored(void **state)
{
    (void)state;
    check("create view v as select a/b as x from t", 0, 1);
    check("insert into t select a/b from u", 0, 1);
}

static void becomes(const char *sql, const char *expected)
{
    struct arena a;
    struct sql_rewritten r;
    struct err e;
    arena_init(&a, 1 << 22);
    err_init(&e);
    const struct dialect d = {.postgres = true};
    assert_int_equal(dialect_translate(&a, sql_tokens_of(str_of(sql)), &d, &r, &e), ST_OK);
    assert_string_equal(r.text.p, expected);
    arena_release(&a);
}

static void test_null(void **state)
{
    (void)state;
    becomes("select null as a, null b from t",
            "select CAST(NULL AS VARCHAR) as a, CAST(NULL AS VARCHAR) b from t");
    becomes("select null is null as b, f(null) as c", "select null is null as b, f(null) as c");
    becomes("select f(null, null) as a from t where b in (null, 1)",
            "select f(null, null) as a from t where b in (null, 1)");
    becomes("select null as a union select 1", "select null as a union select 1");
    becomes("insert into t select null", "insert into t select null");
    becomes("select a from t order by null", "select a from t order by null");
}

/* Brackets that do not close, and more than are read. */
static void test_hostile(void **state)
{
    char deep[512];
    const int n = 200;
    (void)state;
    check("select (((a/b", 0, 0); /* PostgreSQL does not take it */
    check("select (((a/b)", 0, 0);
    memset(deep, '(', sizeof deep);
    memcpy(deep, "select ", 7);
    memcpy(deep + 7 + n, "a/b", 3);
    memset(deep + 10 + n, ')', (size_t)n);
    deep[10 + 2 * n] = '\0';
    check(deep, 1, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_items),          cmocka_unit_test(test_null),
        cmocka_unit_test(test_digits),         cmocka_unit_test(test_spelled_twice),
        cmocka_unit_test(test_what_is_stored), cmocka_unit_test(test_hostile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
