/* What stands in front of names. */
#include "dialect/translate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static unsigned asked;
static const char *stays;

static const char *answer(void *arg, const char *name)
{
    (void)arg;
    asked += strcmp(name, "database_stays") == 0;
    return strcmp(name, "database_stays") == 0 ? stays : NULL;
}

static int translate(struct arena *a, const char *sql, enum dialect_database is, struct sql_rewritten *r,
                     struct err *e)
{
    const struct dialect d = {.value = answer, .database = STR("db"), .database_is = is, .postgres = true};
    arena_init(a, 1 << 20);
    err_init(e);
    return dialect_translate(a, sql_tokens_of(str_of(sql)), &d, r, e);
}

static void check(const char *sql, const char *expected)
{
    struct arena a;
    struct sql_rewritten r;
    struct err e;
    assert_int_equal(translate(&a, sql, DATABASE_GOES, &r, &e), ST_OK);
    assert_string_equal(r.text.p, expected);
    arena_release(&a);
}

static void refused(const char *sql, enum sqlstate code)
{
    struct arena a;
    struct sql_rewritten r;
    struct err e;
    assert_int_equal(translate(&a, sql, DATABASE_GOES, &r, &e), ST_ERR);
    assert_int_equal(e.code, code);
    arena_release(&a);
}

static void test_public(void **state)
{
    (void)state;
    check("select public.t.a from public.t", "select main.t.a from main.t");
    check("create schema if not exists public", "create schema if not exists main");
    check("comment on schema \"public\" is 'x'", "comment on schema main is 'x'");
    check("select public.t.*, s.u.* from public.t, s.u", "select t.*, u.* from main.t, s.u");
    check("select public from t as public", "select public from t as public");
    refused("create schema public", SQLSTATE_DUPLICATE_SCHEMA);
    refused("drop schema a, public cascade", SQLSTATE_FEATURE_NOT_SUPPORTED);
}

static void test_database(void **state)
{
    (void)state;
    check("select * from db.public.t", "select * from main.t");
    check("select db.s.t.a, db.s.t.* from db.s.t, DB.s.u", "select s.t.a, t.* from s.t, s.u");
    check("create table if not exists \"db\".public.t (a int references db.public.u)",
          "create table if not exists main.t (a int references main.u)");
    check("create table u as (select a, b from \"db\".\"public\".\"t\")",
          "create table u as (select a, b from main.\"t\")");
    check("create index i on db.s.t (a)", "create index i on s.t (a)");
    check("drop table db.s.t, db.public.u", "drop table s.t, main.u");
    check("update db.s.t set a = 1", "update s.t set a = 1");
    check("select db.s.f(1)", "select s.f(1)");
    check("create table db.pg_temp.t (a int)", "create TEMP table temp.t (a int)");
    /* a schema and a table that are called as the database, and another database */
    check("select db.t.a from db.t", "select db.t.a from db.t");
    check("select * from \"DB\".public.t", "select * from \"DB\".public.t");
    check("select * from u join t on db.t.a = 1", "select * from u join t on db.t.a = 1");
    refused("select * from other.information_schema.tables", SQLSTATE_FEATURE_NOT_SUPPORTED);
}

static void test_it_is_asked_once(void **state)
{
    struct arena a;
    struct sql_rewritten r;
    struct err e;
    (void)state;
    stays = "t";
    asked = 0;
    assert_int_equal(translate(&a, "select db.s.t.a from db.public.t", DATABASE_UNKNOWN, &r, &e), ST_OK);
    assert_string_equal(r.text.p, "select db.s.t.a from db.main.t");
    assert_int_equal(asked, 1);
    arena_release(&a);
    asked = 0;
    assert_int_equal(translate(&a, "select a from s.t", DATABASE_UNKNOWN, &r, &e), ST_OK);
    assert_int_equal(asked, 0);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_public), cmocka_unit_test(test_database),
                                       cmocka_unit_test(test_it_is_asked_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
