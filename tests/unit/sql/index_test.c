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
        const char *sql, *written;
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
    struct sql_index x = {0};
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
        assert_int_equal(parse(taken[i].sql, &x), ST_OK);
        assert_string_equal(x.written.p, taken[i].written);
        assert_int_equal(x.name.kind != SQL_TOK_END, taken[i].named);
    }
}

static void test_others(void **state)
{
    (void)state;
    struct sql_index x = {0};
    assert_int_equal(parse("create index i on t using rtree (a)", &x), ST_AGAIN);
    assert_int_equal(parse("create index i on t", &x), ST_AGAIN);
    assert_int_equal(parse("create index i on t (a) nulls not distinct", &x), ST_ERR);
    assert_int_equal(err.code, SQLSTATE_FEATURE_NOT_SUPPORTED);
    assert_int_equal(parse("create index i on t (1)", &x), ST_ERR);
    assert_int_equal(err.code, SQLSTATE_SYNTAX_ERROR);
}

/* Of some rows: what the engine is asked for, and what is kept. */
static void test_some_rows(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *keys, *where, *kept;
    } taken[] = {
        {"create unique index on t (a, lower(\"B c\")) where not Del",
         "((CASE WHEN (not Del) THEN a END), (CASE WHEN (not Del) THEN lower(\"B c\") END))", "(not Del)",
         "\x1eW(NOT del)\x1e"
         "a, lower(\"B c\")\x1e"
         "a, lower(\"B c\")"},
        {"create unique index on t (A) where (b > 0 /* ) */ )", "((CASE WHEN (b > 0 /* ) */ ) THEN A END))",
         "(b > 0 /* ) */ )",
         "\x1eW(b > 0 /* ) */ )\x1e"
         "a\x1e"
         "a"},
        {"create unique index on t (a) where (b) = (c)", "((CASE WHEN ((b) = (c)) THEN a END))",
         "((b) = (c))",
         "\x1eW((b) = (c))\x1e"
         "a\x1e"
         "a"},
        {"create index on t (\"A\" desc) where s = 'NOT (' ;", "(\"A\" )", "(s = 'NOT (')",
         "\x1eW(s = 'NOT (')\x1e\"A\"\x1e\"A\""},
        {"create index on t ((a + 1), lower(b))", "((a + 1), lower(b))", "",
         "\x1eW\x1e(a + 1), lower(b)\x1e((a + 1)), lower(b)"},
        {"create index on t (a, b)", "(a, b)", "", ""},
    };
    static const char *const wrong[] = {
        "create unique index on t (a) where", "create unique index on t (a) where b > 0) or (c > 0",
        "create unique index on t (a) where (b", "create unique index on t (a) where b = '\x1e'"};
    struct sql_index x = {0};
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
        assert_int_equal(parse(taken[i].sql, &x), ST_OK);
        assert_string_equal(x.keys.p, taken[i].keys);
        assert_string_equal(x.where.n ? x.where.p : "", taken[i].where);
        assert_string_equal(x.kept.n ? x.kept.p : "", taken[i].kept);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(parse(wrong[i], &x), ST_ERR);
        assert_int_equal(err.code, SQLSTATE_SYNTAX_ERROR);
    }
}

static void test_most_keys(void **state)
{
    (void)state;
    char sql[256];
    struct sql_index x = {0};
    for (int n = SQL_INDEX_KEYS_MAX; n <= SQL_INDEX_KEYS_MAX + 1; n++) {
        int at = snprintf(sql, sizeof sql, "create index on t (a");
        for (int i = 1; i < n; i++)
            at += snprintf(sql + at, sizeof sql - (size_t)at, ",a");
        (void)snprintf(sql + at, sizeof sql - (size_t)at, ")");
        assert_int_equal(parse(sql, &x), n > SQL_INDEX_KEYS_MAX ? ST_ERR : ST_OK);
    }
    assert_int_equal(err.code, SQLSTATE_TOO_MANY_COLUMNS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_taken), cmocka_unit_test(test_others),
                                       cmocka_unit_test(test_some_rows), cmocka_unit_test(test_most_keys)};
    arena_init(&arena, 1 << 20);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_release(&arena);
    return failed;
}
