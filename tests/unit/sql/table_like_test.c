/* LIKE in CREATE TABLE. */
#include "sql/table_like.h"

#include <stdio.h>
#include <string.h>

#include "fixture.h"

static void show(const struct sql_likes *likes, const char *sql, char *out, size_t room)
{
    size_t n =
        (size_t)snprintf(out, room, "%.*s%s%s", (int)likes->table.n, likes->table.p ? likes->table.p : "",
                         likes->temporary ? " temporary" : "", likes->if_not_exists ? " if" : "");
    for (size_t i = 0; i < likes->n; i++) {
        const struct sql_like *x = &likes->likes[i];
        n += (size_t)snprintf(out + n, room - n, "; %.*s %u '%.*s'", (int)x->name.n, x->name.p, x->including,
                              (int)(x->to - x->from), sql + x->from);
    }
}

static void check(const char *sql, const char *wanted)
{
    char got[8192] = "";
    struct sql_likes likes;
    err_init(&err);
    if (sql_likes_read(&arena, sql_tokens_of(str_of(sql)), &likes, &err) < 0)
        (void)snprintf(got, sizeof got, "%s %s", sqlstate_code(err.code), err.message);
    else if (likes.n)
        show(&likes, sql, got, sizeof got);
    assert_string_equal(got, wanted);
}

static void test_likes(void **state)
{
    (void)state;
    check("create table t (like u)", "t; u 0 'like u'");
    check("CREATE TEMP TABLE IF NOT EXISTS s.\"T\" (a int, LIKE s.u INCLUDING ALL EXCLUDING INDEXES, b int)",
          "s.\"T\" temporary if; s.u 95 'LIKE s.u INCLUDING ALL EXCLUDING INDEXES'");
    check("create unlogged table t (like a including defaults including storage, check (x in (1, 2)), like "
          "\"B\" "
          "including comments) with (fillfactor = 10)",
          "t; a 68 'like a including defaults including storage'; \"B\" 1 'like \"B\" including comments'");
    check("create local temporary table t (a int check (a like 'x'), b int)", "");
    check("create table t as select a from u where (a like b)", "");
    check("create index on t (a)", "");
    check("create table", "");
    check("select 1", "");
}

static void test_errors(void **state)
{
    (void)state;
    check("create table t (like u including)", "42601 syntax error at or near \")\"");
    check("create table t (like u including none)", "42601 syntax error at or near \"none\"");
    check("create table t (like u x)", "42601 syntax error at or near \"x\"");
    check("create table t (like u", "42601 syntax error at end of input");
    check("create table t (like", "42601 syntax error at end of input");
    check("create table t (like 1)", "42601 syntax error at or near \"1\"");
}

static void test_many(void **state)
{
    (void)state;
    for (size_t n = SQL_LIKES_MAX; n <= SQL_LIKES_MAX + 1; n++) {
        char sql[4096] = "create table t (like u";
        struct sql_likes likes;
        for (size_t i = 1; i < n; i++)
            strcat(sql, ", like u");
        strcat(sql, ")");
        err_init(&err);
        int st = sql_likes_read(&arena, sql_tokens_of(str_of(sql)), &likes, &err);
        assert_int_equal(st, n <= SQL_LIKES_MAX ? ST_OK : ST_ERR);
        assert_int_equal(n <= SQL_LIKES_MAX ? SQLSTATE_PROGRAM_LIMIT_EXCEEDED : err.code,
                         SQLSTATE_PROGRAM_LIMIT_EXCEEDED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_likes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_errors, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
