/* Tokens that are kept: the same as those in the bytes, in a part of the text, after edits, and beyond what is
 * kept at all. */
#include "sql/tokens.h"

#include "dialect/translate.h"
#include "sql/edits.h"
#include "sql/statement.h"

#include <stdio.h>

#include "fixture.h"

/* They hand out the same tokens as the bytes; how many. */
static size_t same(struct sql_tokens kept)
{
    struct sql_lexer l, m;
    struct sql_token t, u;
    size_t n = 0;
    sql_lexer_init(&l, kept);
    sql_lexer_init(&m, sql_tokens_of(kept.text));
    for (;; n++) {
        assert_int_equal(sql_lexer_next(&l, &t), sql_lexer_next(&m, &u));
        if (t.at != u.at || t.text.p != u.text.p || t.text.n != u.text.n)
            fail_msg("\"%.*s\" at %zu, not \"%.*s\" at %zu, of: %.*s", (int)t.text.n, t.text.p, t.at,
                     (int)u.text.n, u.text.p, u.at, (int)kept.text.n, kept.text.p);
        if (t.kind == SQL_TOK_END)
            return n;
    }
}

static struct sql_tokens keep(const char *sql)
{
    struct sql_tokens kept;
    assert_int_equal(sql_tokens_keep(&arena, str_of(sql), &kept, &err), ST_OK);
    return kept;
}

static uint64_t scanned_by(struct sql_tokens tokens)
{
    struct sql_lexer l;
    struct sql_token t;
    uint64_t before = sql_tokens_scanned();
    sql_lexer_init(&l, tokens);
    while (sql_lexer_next(&l, &t) != SQL_TOK_END)
        ;
    return sql_tokens_scanned() - before;
}

static void test_kept(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "  -- nothing",
                                        "select 1",
                                        " select 'a' , $1::int /* c */ from \"T\" where a<>-1 ;",
                                        "select 'open",
                                        "select $a$ x $a$, e'\\'' 'b'\n'c'"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct sql_tokens kept = keep(texts[i]);
        assert_int_equal(same(kept), kept.marks.n);
        assert_int_equal(scanned_by(kept), 0);
    }
}

static void test_seek(void **state)
{
    (void)state;
    struct sql_lexer l;
    struct sql_token t;
    sql_lexer_init(&l, keep("select a, b from c"));
    (void)sql_lexer_next(&l, &t);
    sql_lexer_seek(&l, 10);
    (void)sql_lexer_next(&l, &t);
    assert_int_equal(t.at, 10);
    sql_lexer_seek(&l, 11); /* the blank before from */
    (void)sql_lexer_next(&l, &t);
    assert_true(sql_token_is_word(&t, "from"));
    sql_lexer_seek(&l, 18);
    assert_int_equal(sql_lexer_next(&l, &t), SQL_TOK_END);
}

static void test_part(void **state)
{
    (void)state;
    struct sql_tokens whole = keep("copy ( select x, 1 from t ) to stdout");
    struct sql_tokens part = sql_tokens_part(&whole, (struct str){whole.text.p + 7, 18});
    assert_int_equal(same(part), 6);
    assert_int_equal(part.marks.n, 6);
    struct sql_tokens inner = sql_tokens_part(&part, (struct str){part.text.p + 7, 4}); /* x, 1 */
    assert_int_equal(same(inner), 3);
    assert_int_equal(scanned_by(inner), 0);
}

/* A split message keeps the tokens of each of its statements; nothing looks at the bytes again. */
static void test_split(void **state)
{
    (void)state;
    struct sql_list list;
    uint64_t before = sql_tokens_scanned();
    assert_int_equal(
        sql_split(&arena, STR(" select a from t; insert into t values (1, 2) ; commit"), &list, &err), ST_OK);
    assert_int_equal(list.n, 3);
    assert_int_equal(sql_tokens_scanned() - before, 16);
    for (size_t i = 0; i < list.n; i++) {
        assert_int_equal(scanned_by(sql_statement_tokens(&list.items[i])), 0);
        (void)same(sql_statement_tokens(&list.items[i]));
    }
}

static void test_bound(void **state)
{
    (void)state;
    static char text[4 * SQL_TOKENS_KEPT_MAX + 16];
    for (size_t i = 0; i < sizeof text - 1; i++)
        text[i] = i % 2 ? ',' : '1';
    struct sql_tokens kept = keep(text);
    assert_int_equal(kept.marks.n, SQL_TOKENS_KEPT_MAX);
    assert_int_equal(same(kept), sizeof text - 1);
    assert_int_equal(scanned_by(kept), sizeof text - 1 - SQL_TOKENS_KEPT_MAX);
}

struct change {
    size_t at, removed;
    const char *with;
};

static uint64_t follow(const char *sql, const struct change *changes, size_t n, const char *expected)
{
    struct edits x;
    struct sql_rewritten r;
    struct sql_tokens kept = keep(sql), led;
    edits_init(&x, &arena, kept.text);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(edits_replace(&x, changes[i].at, changes[i].removed, str_of(changes[i].with), &err),
                         ST_OK);
    assert_int_equal(edits_apply(&x, &r, &err), ST_OK);
    assert_string_equal(r.text.p, expected);
    uint64_t before = sql_tokens_scanned();
    assert_int_equal(sql_tokens_follow(&arena, &kept, &r, &led, &err), ST_OK);
    uint64_t read = sql_tokens_scanned() - before;
    assert_int_equal(same(led), led.marks.n);
    return read;
}

#define FOLLOW(sql, expected, ...)                                                                           \
    follow(sql, (const struct change[]){__VA_ARGS__},                                                        \
           sizeof((const struct change[]){__VA_ARGS__}) / sizeof(struct change), expected)

static void test_follow(void **state)
{
    (void)state;
    uint64_t few =
        FOLLOW("select a, b, c from pg_class where d = 1 and e = 2 and f = 3",
               "select a, b, c from x.pg_class() where d = 1 and e = 2 and f = 3", {20, 8, "x.pg_class()"});
    assert_true(few < 8);
    (void)FOLLOW("select a+b", "select a+b+c", {10, 0, "+c"});
    (void)FOLLOW("select a b", "select aXb", {8, 1, "X"});
    (void)FOLLOW("select a b", "select ab", {8, 1, ""});
    (void)FOLLOW("a, b, c", "x a, y b, z, c w", {0, 0, "x "}, {3, 0, "y "}, {6, 0, "z, "}, {7, 0, " w"});
    (void)FOLLOW("a, b, c", "a, c", {1, 3, ""});
    (void)FOLLOW("a, b, c", "a, c", {3, 3, ""});
    (void)FOLLOW("a, b, c", "xyc", {0, 5, "x"}, {5, 1, "y"});
    (void)FOLLOW("f(a)(b)", "g(h(a))(b)", {0, 1, "g(h"}, {3, 0, ")"});
    (void)FOLLOW("select 'a'\n b", "select 'a'\n 'x' b", {12, 0, "'x' "});
    (void)FOLLOW("select $a b", "select $a$x$a$ b", {9, 0, "$x$a$"});
    (void)FOLLOW("x ~ 'b' and y", "x ~ '(b)' and y", {5, 0, "("}, {6, 0, ")"});
    (void)FOLLOW("a", "", {0, 1, ""});
}

static void test_every_allocation_fails_once(void **state)
{
    (void)state;
    struct str sql = STR("select a from pg_class, pg_type where current_user = b and c = '{1}'::int[]");
    for (unsigned nth = 1, more = 1; more; nth++) {
        struct arena a;
        struct err e;
        struct sql_tokens kept, led;
        struct sql_rewritten r;
        arena_init(&a, 1 << 20);
        err_init(&e);
        alloc_fail_nth(nth);
        int st = sql_tokens_keep(&a, sql, &kept, &e);
        if (st == ST_OK)
            st = dialect_translate(&a, kept, &(struct dialect){.value = NULL}, &r, &e);
        if (st == ST_OK)
            st = sql_tokens_follow(&a, &kept, &r, &led, &e);
        more = alloc_failed();
        assert_int_equal(st, more ? ST_ERR : ST_OK);
        arena_release(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kept),
        cmocka_unit_test(test_seek),
        cmocka_unit_test(test_part),
        cmocka_unit_test(test_split),
        cmocka_unit_test(test_bound),
        cmocka_unit_test(test_follow),
        cmocka_unit_test(test_every_allocation_fails_once),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
