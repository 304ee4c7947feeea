/* GROUP BY clauses that name a key for all columns of its table. */
#include "sql/grouping.h"

#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;

static int start(void **state)
{
    (void)state;
    arena_init(&arena, SIZE_MAX);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

/* The query with the column at `at` put in; NULL: there is no place for it. */
static const char *extended(const char *text, const char *at)
{
    struct sql_grouping g;
    struct edits edits;
    struct sql_rewritten out;
    struct err e;
    err_init(&e);
    if (!sql_grouping_find(sql_tokens_of(str_of(text)), (size_t)(strstr(text, at) - text), &g))
        return NULL;
    edits_init(&edits, &arena, str_of(text));
    assert_int_equal(sql_grouping_extend(&g, &edits, &e), ST_OK);
    assert_int_equal(edits_apply(&edits, &out, &e), ST_OK);
    return out.text.p;
}

static void test_place(void **state)
{
    (void)state;
    assert_string_equal(extended("select a.x, f(a.\"Y\") from t a group by a.id order by 1", "a.x"),
                        "select a.x, f(a.\"Y\") from t a group by a.id, a.x, a.\"Y\" order by 1");
    assert_string_equal(extended("select x from t where (y) = 1 group by id, (z)", "x from"),
                        "select x from t where (y) = 1 group by id, (z), x");
    assert_string_equal(extended("select 1 from (select b.x from t b group by b.id) group by 1", "b.x"),
                        "select 1 from (select b.x from t b group by b.id, b.x) group by 1");
    assert_string_equal(extended("select a.x from t a group by a.id union select b.x from t b", "a.x"),
                        "select a.x from t a group by a.id, a.x union select b.x from t b");
    assert_string_equal(extended("select 1 from t a group by a.id having a.x > 1; select 2", "a.x"),
                        "select 1 from t a group by a.id, a.x having a.x > 1; select 2");
    assert_string_equal(
        extended(
            "create view v as select (select 1 where a.x is distinct from 2) from t a group by a.id -- x",
            "a.x"),
        "create view v as select (select 1 where a.x is distinct from 2) from t a group by a.id, a.x -- x");
    assert_null(extended("select a.x from t a", "a.x"));
    assert_null(extended("select a.x from t a group by rollup(a.id)", "a.x"));
    assert_null(extended("select a.x from t a union select 1 from u group by id", "a.x"));
    assert_null(extended("a.x", "a.x"));
}

static void find(const char *text, const char *at, struct sql_grouping *g)
{
    assert_true(sql_grouping_find(sql_tokens_of(str_of(text)), (size_t)(strstr(text, at) - text), g));
}

static void test_sources(void **state)
{
    (void)state;
    struct sql_grouping g;
    find("select a.x from s.t as a left join only \"U\" on (a.i = \"U\".j), (select 1) q, d.s.w, f(1) z "
         "where a.k = 1 group by a.id, u.j, a.m + 1, n",
         "a.x", &g);
    assert_int_equal(g.nsources, 3);
    assert_true(str_eq(g.sources[0].schema.text, STR("s")) && str_eq(g.sources[0].alias.text, STR("a")));
    assert_true(str_eq(g.sources[1].relation.text, STR("\"U\"")) && g.sources[1].alias.kind == SQL_TOK_END);
    assert_true(str_eq(g.sources[2].database.text, STR("d")));
    assert_true(sql_grouping_is_of(&g, &g.sources[0]) && !sql_grouping_is_of(&g, &g.sources[1]));
    assert_true(sql_grouping_has(&g, &g.sources[0], "id") && !sql_grouping_has(&g, &g.sources[1], "id"));
    assert_true(sql_grouping_has(&g, &g.sources[1], "j") && sql_grouping_has(&g, &g.sources[1], "n"));
    assert_false(sql_grouping_has(&g, &g.sources[0], "m"));
    find("select a.*, 1 from t a group by a.id", "a.*", &g);
    assert_true(g.star && sql_grouping_is_of(&g, &g.sources[0]));
}

static void test_without_a_place(void **state)
{
    (void)state;
    struct sql_tokens sql = sql_tokens_of(STR("select x, t.* from t group by id having t.\"X\" > 1"));
    assert_int_equal(sql_grouping_in_having(sql, STR("x")), 40);
    assert_int_equal(sql_grouping_in_having(sql, STR("id")), SIZE_MAX);
    assert_int_equal(sql_grouping_star(sql), 10);
    assert_int_equal(sql_grouping_star(sql_tokens_of(STR("select count(*), 2 * 3"))), SIZE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_place, start, stop),
        cmocka_unit_test(test_sources),
        cmocka_unit_test(test_without_a_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
