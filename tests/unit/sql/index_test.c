#include "sql/index.h"

#include "sql/statement.h"

#include <stdio.h>
#include <stdlib.h>

#include "fixture.h"

static int parse(const char *sql, struct sql_index *out)
{
    struct sql_statement *s = the_statement(sql);
    if (s->kind != SQL_INDEX)
        return ST_AGAIN;
    return sql_parse_index(&arena, s, out, &err);
}

static void test_taken(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *keys;
        bool named;
    } taken[] = {
        {"create index on t (a)", "(a)", false},
        {"create unique index concurrently if not exists i on only s.t using btree (a, b desc nulls last)",
         "(a, b )", true},
        {"create index i on t using gin (lower(a) text_pattern_ops, (b + 1), c collate \"C\" varchar_ops (x "
         "= 1))",
         "(lower(a) , (b + 1), c )", true},
        {"create index i on t (a) include (b) with (fillfactor = 70) tablespace pg_default where a > 5",
         "(a)", true},
    };
    struct sql_index x;
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
        assert_int_equal(parse(taken[i].sql, &x), ST_OK);
        assert_string_equal(x.keys.p, taken[i].keys);
        assert_int_equal(x.name.kind != SQL_TOK_END, taken[i].named);
    }
}

static void test_others(void **state)
{
    (void)state;
    struct sql_index x;
    assert_int_equal(parse("create index i on t using rtree (a)", &x), ST_AGAIN);
    assert_int_equal(parse("create index i on t", &x), ST_AGAIN);
    assert_int_equal(parse("create unique index i on t (a) where b", &x), ST_ERR);
    assert_int_equal(err.code, SQLSTATE_FEATURE_NOT_SUPPORTED);
    assert_int_equal(err.position, 32);
    assert_int_equal(parse("create index i on t (a) nulls not distinct", &x), ST_ERR);
    assert_int_equal(err.code, SQLSTATE_FEATURE_NOT_SUPPORTED);
    assert_int_equal(parse("create index i on t (1)", &x), ST_ERR);
    assert_int_equal(err.code, SQLSTATE_SYNTAX_ERROR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_taken), cmocka_unit_test(test_others)};
    arena_init(&arena, 1 << 20);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_release(&arena);
    return failed;
}
