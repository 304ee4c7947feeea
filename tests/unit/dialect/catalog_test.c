#include "dialect/translate.h"
#include "sql/catalog.h"
#include "sql/rewrite.h"

#include "base/alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const char *value(void *arg, const char *name)
{
    (void)arg;
    static const struct {
        const char *name, *value;
    } known[] = {
        {"user", "o'joe"},         {"database", "db"},          {"pid", "42"},
        {"version", "PostgreSQL"}, {"setting:timezone", "UTC"}, {"set_config:timezone=UTC", "UTC"},
        {"set_local:a=b", "b"},    {"server_port", "5432"},     {"settings", "S"},
        {"activity", "A"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].name, name) == 0)
            return known[i].value;
    return NULL;
}

static void check_with(sql_session_value_fn *fn, const char *sql, const char *expected)
{
    struct arena a;
    struct sql_rewritten r;
    struct err e;
    arena_init(&a, 1 << 20);
    err_init(&e);
    assert_int_equal(dialect_translate(&a, sql_tokens_of(str_of(sql)),
                                       &(struct dialect){.value = fn, .names = true}, &r, &e),
                     ST_OK);
    assert_int_equal(r.text.p[r.text.n], '\0');
    assert_string_equal(r.text.p, expected);
    arena_release(&a);
}

static void check(const char *sql, const char *expected)
{
    check_with(value, sql, expected);
}

static void same(const char *sql)
{
    check(sql, sql);
}

#define PG "tavana_catalog.pg."

static void test_left_alone(void **state)
{
    (void)state;
    same("");
    same("select a_b, c::int from t_1 where current_date > now()");
    same("select 'pg_class', \"pg_class\" from x -- pg_class");
    same("select 1 as pg_class, t.pg_class, t.user, 2 as version");
    same("select version from t");
    same("insert into t values ('pg_catalog.pg_class')");
    same("select 'a' ~ 'b' || version::text"); /* no catalog here: the engine's own ~ */
    same("select * from pg_unknown");
    same("select 'pg_class");
    same("select x::regclass[");
}

static void test_relations(void **state)
{
    (void)state;
    check("select * from pg_catalog.pg_class c", "select * from " PG "pg_class() c");
    check("select * from PG_CLASS where 1", "select * from " PG "pg_class() AS pg_class where 1");
    check("select * from pg_class as c, pg_type",
          "select * from " PG "pg_class() as c, " PG "pg_type() AS pg_type");
    check("select pg_class.oid from pg_catalog.pg_class",
          "select pg_class.oid from " PG "pg_class() AS pg_class");
    check("select pg_catalog.pg_class.oid, pg_catalog.pg_class.* from \"pg_catalog\".\"pg_class\"",
          "select pg_class.oid, pg_class.* from " PG "pg_class() AS pg_class");
    check("select 1 from db.pg_catalog.pg_am join information_schema.tables t on true",
          "select 1 from " PG "pg_am() AS pg_am join tavana_catalog.info.tables('db') t on true");
    check("select 1 from pg_database, pg_roles, pg_stat_activity",
          "select 1 from " PG "pg_database('db', 'o''joe') AS pg_database, " PG
          "pg_roles('o''joe') AS pg_roles, " PG "pg_stat_activity(A) AS pg_stat_activity");
    check_with(NULL, "select 1 from pg_database",
               "select 1 from " PG "pg_database(current_database(), current_user) AS pg_database");
}

static void test_functions(void **state)
{
    (void)state;
    check("select pg_catalog.format_type(a, b) from t",
          "select " PG "format_type(a, b) AS \"format_type\" from t");
    check("select f(format_type(a, b))", "select f(" PG "format_type(a, b)) AS \"f\"");
    check("select pg_get_userbyid(x) as o", "select " PG "pg_get_userbyid('o''joe', x) as o");
    check("select pg_catalog.lower(pg_catalog.array_to_string(x, ''))",
          "select lower(array_to_string(x, '')) AS \"lower\"");
    check("select (information_schema._pg_expandarray(k)).n", "select (" PG "pg_expandarray(k)).n AS \"n\"");
    check("select json_build_object('a', 1)", "select json_object('a', 1) AS \"json_build_object\"");
    check("select 1 from pg_catalog.generate_series(1, 2) s, pg_catalog.unnest(k) as u(x)",
          "select 1 from tavana_catalog.pg.int_series(1, 2) s(s), unnest(k) as u(x)");
}

static void test_series(void **state)
{
    (void)state;
    check("select generate_series(1, f(3))",
          "select unnest(generate_series(1, f(3))) AS \"generate_series\"");
    check("select a, Generate_Series(1, 3)::int4 as n from t",
          "select a, unnest(generate_series(1, 3)::INTEGER[])::int4 as n from t");
    check("select pg_catalog.generate_series(1, 2) from t",
          "select unnest(generate_series(1, 2)::INTEGER[]) AS \"generate_series\" from t");
    check("select * from generate_series(1, 3)",
          "select * from tavana_catalog.pg.int_series(1, 3) AS generate_series(generate_series)");
    check("select * from generate_series(-1, 3, 1), t",
          "select * from tavana_catalog.pg.int_series(-1, 3, 1) AS generate_series(generate_series), t");
    check("select * from generate_series(1, 3000000000)", "select * from generate_series(1, 3000000000)");
    check("select * from generate_series(1, $1) n", "select * from generate_series(1, $1) n(n)");
    check("select * from generate_series(1, x + 2)", "select * from generate_series(1, x + 2)");
    check("select * from a, pg_sleep(1)", "select * from a, (SELECT pg_sleep(1)) AS pg_sleep(pg_sleep)");
    check("select '{1,2}'::int[], '{{\"a}\",b},{c,NULL}}'::text[][] as x",
          "select '[1,2]'::int[] AS \"int4\", '[[\"a}\",b],[c,NULL]]'::text[][] as x");
    check("select '{\"a\\\"{\"}'::text[], cast('{}' as int[])",
          "select '[\"a\\\"{\"]'::text[] AS \"text\", cast('[]' as int[]) AS \"int4\"");
    check("select '{{1},{2}}'::int[], '{{{1}}}'::int[][] as x",
          "select '[[1],[2]]'::int[][] AS \"int4\", '[[[1]]]'::int[][][] as x");
    check("select '{\"a\": 1}'::json, '{1' || '}'", "select '{\"a\": 1}'::json, '{1' || '}'");
    check("select 1 from pg_type t where t.typsend != 0 or typinput = 01",
          "select 1 from tavana_catalog.pg.pg_type() t where t.typsend != 0 or typinput = 01");
    check("create table pg_temp.t (a int)", "create TEMP table temp.t (a int)");
    check("create table if not exists \"pg_temp\".t as select 1",
          "create TEMP table if not exists temp.t as select 1");
    check("create table t as from pg_temp.u", "create table t as from temp.u");
    check("select * from pg_sleep(1) as s", "select * from (SELECT pg_sleep(1)) as s(s)");
    check("select i, i * 10 from generate_series(1, 3) as i, t",
          "select i, i * 10 from tavana_catalog.pg.int_series(1, 3) as i(i), t");
    check("select 1 from generate_series(1, 3) g(x)",
          "select 1 from tavana_catalog.pg.int_series(1, 3) g(x)");
    check("select len(generate_series(1, 3))", "select len(generate_series(1, 3))");
    check("select generate_series(1, 3", "select generate_series(1, 3");
    check("select x from t where y in (select generate_series(1, 3))",
          "select x from t where y in (select unnest(generate_series(1, 3)::INTEGER[]))");
}

static void test_public(void **state)
{
    (void)state;
    check("select public.t.a from public.t, PUBLIC.f(1), \"public\".\"T\"",
          "select main.t.a from main.t, main.f(1), main.\"T\"");
    check("insert into public.t values ('public.t')", "insert into main.t values ('public.t')");
    check("select public from t", "select public from t");
    check("select a.public from db.public.t a", "select a.public from db.public.t a");
}

static void test_values(void **state)
{
    (void)state;
    check("select current_user, session_user from t where x = current_user",
          "select 'o''joe' AS \"current_user\", 'o''joe' AS \"session_user\" from t where x = 'o''joe'");
    check("select f(current_user, 1)", "select f('o''joe', 1) AS \"f\"");
    check("select user", "select 'o''joe' AS \"user\"");
    check("select version(), pg_catalog.current_database(), pg_backend_pid() as p",
          "select 'PostgreSQL' AS \"version\", 'db' AS \"current_database\", 42 as p");
    check("select current_setting('TimeZone')", "select 'UTC' AS \"current_setting\"");
    check("select current_setting('nope', true)",
          "select " PG "any_setting(S, 'nope', true) AS \"current_setting\"");
    check("select current_setting(name) from t",
          "select " PG "any_setting(S, name) AS \"current_setting\" from t");
    check("select set_config('TimeZone', 'UTC', false), pg_catalog.set_config('a', 'b', true)",
          "select 'UTC' AS \"set_config\", 'b' AS \"set_config\"");
    check("select set_config('search_path', x, false)", "select set_config('search_path', x, false)");
    check("select set_config('jit', $1, false)",
          "select " PG "set_nothing('jit', $1, false) AS \"set_config\"");
    check("select inet_server_addr(), inet_server_port()",
          "select NULL AS \"inet_server_addr\", 5432 AS \"inet_server_port\"");
    check_with(NULL, "select version(), current_user, pg_catalog.version()",
               "select version(), current_user, version() AS \"version\"");
}

static void test_casts(void **state)
{
    (void)state;
    check("where oid = 't'::regclass", "where oid = " PG "regclass_oid('t')");
    check("select 't'::regclass", "select " PG "regclass_text(" PG "regclass_oid('t')) AS \"regclass\"");
    check("select 't'::pg_catalog.regclass::oid, $1::oid[]",
          "select " PG "regclass_oid('t')::pg_oid AS \"oid\", $1::pg_oid[] AS \"oid\"");
    check("select c.oid::regclass::text", "select " PG "regclass_text(c.oid)::text AS \"oid\"");
    check("select f(a.b[1])::regtype", "select " PG "regtype_text(f(a.b[1])) AS \"f\"");
    check("select (a || b)::regclass = c", "select " PG "regclass_oid((a || b)) = c AS \"?column?\"");
    check("f('t'::regclass, 1)", "f(" PG "regclass_oid('t'), 1)");
    check("x in ('a'::regclass, $1::regclass)", "x in (" PG "regclass_oid('a'), " PG "regclass_oid($1))");
    check("= cast('t' as pg_catalog.regclass)", "= " PG "regclass_oid('t' )");
    check("select cast(oid as regtype)", "select " PG "regtype_text(oid ) AS \"oid\"");
    check("select 'now()'::regprocedure::oid, 1 from pg_proc where oid = 'now()'::regprocedure",
          "select " PG "regprocedure_oid('now()')::pg_oid AS \"oid\", 1 from " PG
          "pg_proc() AS pg_proc where oid = " PG "regprocedure_oid('now()')");
    check("select 'now'::regproc, p.oid::regproc",
          "select 'now'::pg_regproc AS \"regproc\", " PG "regproc_text(p.oid) AS \"oid\"");
    check("select relowner::regrole from t",
          "select " PG "regrole_text('o''joe', relowner) AS \"relowner\" from t");
    check("select x::name, y::pg_catalog.text, z::pg_catalog.int4[], cast(u as name)",
          "select x::pg_name AS \"x\", y::text AS \"y\", z::int4[] AS \"z\", cast(u as pg_name) AS \"u\"");
    check("select x::regclass[], y::name[], 'a'::xid",
          "select x::VARCHAR[] AS \"x\", y::pg_name[] AS \"y\", 'a'::pg_xid AS \"xid\"");
    check("select x::pg_catalog.timestamp with time zone", "select x::timestamp with time zone AS \"x\"");
}

static void test_spellings(void **state)
{
    (void)state;
    check(
        "from pg_class where a OPERATOR(pg_catalog.~) '^(t)$' COLLATE pg_catalog.default",
        "from " PG
        "pg_class() AS pg_class where system.main.regexp_matches(a , system.main.pg_regex( '^(t)$' ), 's')");
    /* A name that is looked for whole. */
    check("select 1 from pg_class where relname OPERATOR(pg_catalog.~) '^(t_1)$' COLLATE pg_catalog.default",
          "select 1 from tavana_catalog.pg.pg_class() AS pg_class where (relname = ( '^(t_1)$' )[3:-3])");
    check("select 1 from pg_class where not relname ~ '^(t)$' and relname ~ '^(t.)$' or relname ~ '^(t)$' || "
          "'x'",
          "select 1 from tavana_catalog.pg.pg_class() AS pg_class where not (relname = ( '^(t)$')[3:-3]) and "
          "system.main.regexp_matches(relname , system.main.pg_regex( '^(t.)$'), 's') or "
          "system.main.regexp_matches(relname , system.main.pg_regex( '^(t)$'), 's') || 'x'");
    check(
        "from pg_class where a !~* $1",
        "from " PG
        "pg_class() AS pg_class where (NOT system.main.regexp_matches(a , system.main.pg_regex( $1), 'si'))");
    check("from pg_class where a like 'x\\_y' or b like $1 or c like 'd'",
          "from " PG
          "pg_class() AS pg_class where a like 'x\\_y' ESCAPE '\\' or b like $1 ESCAPE '\\' or c like 'd'");
    check("select 'r' = any('{a,b}'), 'x' = all ('{c}'::text[]) from pg_class",
          "select 'r' = any('[a,b]'::VARCHAR[]) AS \"?column?\", 'x' = all ('[c]'::text[]) AS \"?column?\" "
          "from " PG "pg_class() AS pg_class");
    check("select tableoid, relname from pg_class c",
          "select tableoid, relname from (SELECT z_hidden.*, z_rows.* FROM " PG
          "pg_class() z_rows LEFT JOIN " PG "z_hidden('pg_class') z_hidden ON true) c");
    check("select 1 from pg_index i where a.attnum = any (i.indkey) and b = any('{1}')",
          "select 1 from " PG "pg_index() i where " PG
          "any_equal(a.attnum , i.indkey) and b = any('[1]'::VARCHAR[])");
    check("exists (select from pg_class)", "exists (select 1 from " PG "pg_class() AS pg_class)");
    check("select i.indkey, pg_catalog.pg_index.indoption as o from pg_index i",
          "select i.indkey, pg_index.indoption as o from " PG "pg_index() i");
}

static void test_too_deep_is_left_alone(void **state)
{
    (void)state;
    char sql[2048] = "select ";
    size_t n = strlen(sql);
    memset(sql + n, '(', 500);
    (void)snprintf(sql + n + 500, 500, "'t'::regclass");
    n = strlen(sql);
    memset(sql + n, ')', 500);
    struct arena a;
    struct sql_rewritten r;
    struct err e;
    arena_init(&a, 1 << 20);
    err_init(&e);
    assert_int_equal(dialect_translate(&a, sql_tokens_of(str_of(sql)),
                                       &(struct dialect){.value = value, .names = true}, &r, &e),
                     ST_OK);
    assert_int_equal(r.text.p[r.text.n], '\0');
    arena_release(&a);
}

static void test_edits_that_all_move_are_bounded(void **state)
{
    (void)state;
    struct arena a;
    struct sql_rewritten r;
    struct err e;
    size_t n = 0;
    static char sql[100000] = "x";
    for (n = 1; n + 12 < sizeof sql; n += 10)
        memcpy(sql + n, "::regclass", 10);
    arena_init(&a, 1 << 28);
    err_init(&e);
    assert_int_equal(dialect_translate(&a, sql_tokens_of(str_of(sql)),
                                       &(struct dialect){.value = value, .names = true}, &r, &e),
                     ST_ERR);
    assert_int_equal(e.code, SQLSTATE_PROGRAM_LIMIT_EXCEEDED);
    arena_release(&a);
}

static void test_every_allocation_fails_once(void **state)
{
    (void)state;
    static const char sql[] =
        "select current_user, format_type(a, b), 't'::regclass, 'r' = any('{a}'), set_config('a','b',true) "
        "from pg_database d, information_schema.tables where a ~ $1 and b like $2";
    unsigned failures = 0;
    for (unsigned nth = 1, more = 1; more; nth++) {
        struct arena a;
        struct sql_rewritten r;
        struct err e;
        arena_init(&a, 1 << 20);
        err_init(&e);
        alloc_fail_nth(nth);
        int st = dialect_translate(&a, sql_tokens_of(str_of(sql)),
                                   &(struct dialect){.value = value, .names = true}, &r, &e);
        more = alloc_failed();
        assert_int_equal(st, more ? ST_ERR : ST_OK);
        failures += more;
        arena_release(&a);
    }
    assert_true(failures > 0);
}

/* The table of names and the statements that set them up are two lists: each name must be in the other. */
static void test_names_are_set_up(void **state)
{
    (void)state;
    static const struct {
        enum sql_catalog_space space;
        bool relations;
        const char *schema;
    } spaces[] = {{SQL_CATALOG_PG, false, "pg"},
                  {SQL_CATALOG_PG, true, "pg"},
                  {SQL_CATALOG_INFO, false, "info"},
                  {SQL_CATALOG_INFO, true, "info"}};
    for (size_t s = 0; s < sizeof spaces / sizeof *spaces; s++) {
        size_t n;
        const struct sql_catalog_name *names = sql_catalog_names(spaces[s].space, spaces[s].relations, &n);
        for (size_t i = 0; i < n; i++) {
            char start[128], upper[64] = "";
            bool found = names[i].kind == SQL_CATALOG_VALUE || names[i].kind == SQL_CATALOG_ENGINE;
            if (i)
                assert_true(strcmp(names[i - 1].name, names[i].name) < 0);
            for (size_t k = 0; names[i].name[k]; k++)
                upper[k] = (char)(names[i].name[k] >= 'a' && names[i].name[k] <= 'z' ? names[i].name[k] - 32
                                                                                     : names[i].name[k]);
            assert_ptr_equal(sql_catalog_find(spaces[s].space, str_of(upper)), &names[i]);
            bool hidden = names[i].name[0] == '_' && !spaces[s].relations; /* stands in pg */
            (void)snprintf(start, sizeof start, "CREATE MACRO tavana_catalog.%s.%s(",
                           hidden ? "pg" : spaces[s].schema, names[i].name + hidden);
            for (size_t k = 0; sql_catalog_setup[k] && !found; k++) {
                const char *at = strstr(sql_catalog_setup[k], start);
                found = at == sql_catalog_setup[k];
                if (found && names[i].kind == SQL_CATALOG_RELATION) { /* as many arguments as it is given */
                    size_t arguments = at[strlen(start)] != ')';
                    for (const char *p = at + strlen(start); *p != ')'; p++)
                        arguments += *p == ',';
                    assert_int_equal(arguments, strlen(names[i].detail));
                }
            }
            if (!found)
                fail_msg("%s is not set up", names[i].name);
        }
    }
    assert_null(sql_catalog_find(SQL_CATALOG_PG, STR("pg_clas")));
    assert_null(sql_catalog_find(SQL_CATALOG_PG, STR("pg_classs")));
    assert_null(sql_catalog_find(SQL_CATALOG_INFO, STR("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_left_alone),
        cmocka_unit_test(test_relations),
        cmocka_unit_test(test_functions),
        cmocka_unit_test(test_series),
        cmocka_unit_test(test_public),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_casts),
        cmocka_unit_test(test_spellings),
        cmocka_unit_test(test_too_deep_is_left_alone),
        cmocka_unit_test(test_edits_that_all_move_are_bounded),
        cmocka_unit_test(test_every_allocation_fails_once),
        cmocka_unit_test(test_names_are_set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
