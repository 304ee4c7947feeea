/* Domains spelled by what they are made of. */
#include "dialect/domains.h"

#include "sql/name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static unsigned asked;

/* d and s.d of integer, with a default; l of text[]. */
static int find(void *arg, const struct sql_token *schema, const struct sql_token *name,
                const struct dialect_domain **out, struct err *e)
{
    static const struct dialect_domain d = {7, 2, STR("d"), STR("integer"), false, true},
                                       l = {8, 1, STR("l"), STR("text[]"), true, false};
    (void)arg, (void)e;
    asked++;
    bool named = schema->kind == SQL_TOK_END || str_ieq(sql_name_bare(schema), STR("s"));
    *out = named && str_ieq(sql_name_bare(name), STR("d"))   ? &d
           : named && str_ieq(sql_name_bare(name), STR("l")) ? &l
                                                             : NULL;
    return ST_OK;
}

/* wanted NULL: 0A000 */
static void check(const char *sql, const char *wanted)
{
    struct arena a;
    struct err e;
    struct sql_rewritten out;
    arena_init(&a, 1 << 20);
    err_init(&e);
    int rc = dialect_domains(&a, sql_tokens_of(str_of(sql)), find, NULL, &out, &e);
    assert_int_equal(rc, wanted ? ST_OK : ST_ERR);
    if (!wanted)
        assert_int_equal(e.code, SQLSTATE_FEATURE_NOT_SUPPORTED);
    else if (!str_eq(out.text, str_of(wanted)))
        fail_msg("'%.*s' is not '%s'", (int)out.text.n, out.text.p, wanted);
    arena_release(&a);
}

static void test_casts(void **state)
{
    (void)state;
    check("select 1::d", "select pg_domain_value_7(1::integer) AS \"d\"");
    check("select a.x::d, f(1)::s.d as y from a",
          "select pg_domain_value_7(a.x::integer) AS x, pg_domain_value_7(f(1)::integer) as y from a");
    check("select cast(x + 1 as d), cast(x as d) from t",
          "select pg_domain_value_7(cast(x + 1 as integer)) AS \"d\", "
          "pg_domain_value_7(cast(x as integer)) AS x from t");
    check("select d '5', null::d, $1::d + 1",
          "select pg_domain_value_7('5'::integer) AS \"d\", pg_domain_value_7(null::integer) AS \"d\", "
          "pg_domain_value_7($1::integer) + 1");
    check("select '{1}'::d[], 5::int::d::text", "select pg_domain_list_value_7('{1}'::integer[]) AS \"d\", "
                                                "pg_domain_value_7(5::int::integer)::text AS \"text\"");
    check("select (case when x then 1 end::d)",
          "select (pg_domain_value_7(case when x then 1 end::integer))");
    check("update t set a = (b)::d where c = d",
          "update t set a = pg_domain_value_7((b)::integer) where c = d");
    check("select '::d', \"d\", d from d", "select '::d', \"d\", d from d");
    check("select '{}'::l", "select pg_domain_value_8('{}'::text[]) AS \"l\"");
    check("select '{}'::l[]", NULL);
}

static void test_columns(void **state)
{
    (void)state;
    check(
        "create table t (a d, b int, c s.d not null default 5)",
        "create table t (a integer CHECK (pg_domain_check_7_2(a)) DEFAULT pg_domain_default_7_2(), b int, c "
        "integer CHECK (pg_domain_check_7_2(c)) not null default 5)");
    check("create table t (a l)", "create table t (a text[] CHECK (pg_domain_check_8_1(a)))");
    check("create table t (a d[])", NULL);
    check("alter table t add column \"A\" d default 1, add constraint d unique (b)",
          "alter table t add column \"A\" integer CHECK (pg_domain_check_7_2(\"A\")) default 1, add "
          "constraint d "
          "unique (b)");
    check("alter table t alter column a type d using f(a, 1), drop b",
          "alter table t alter column a type integer using f(a, 1), ADD CHECK (pg_domain_check_7_2(a)), drop "
          "b");
    check("alter table t alter a set data type d",
          "alter table t alter a set data type integer, ADD CHECK (pg_domain_check_7_2(a))");
}

/* Nobody is asked about PostgreSQL's own types. */
static void test_asked(void **state)
{
    (void)state;
    asked = 0;
    check("create table t (a int, b varchar(5), c timestamp with time zone, d double precision)",
          "create table t (a int, b varchar(5), c timestamp with time zone, d double precision)");
    check("select 1::int8, x::text from t", "select 1::int8, x::text from t");
    assert_int_equal(asked, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_casts), cmocka_unit_test(test_columns),
                                       cmocka_unit_test(test_asked)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
