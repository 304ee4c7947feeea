#include "sql/reference.h"

#include "sql/reader.h"
#include "sql/table.h"
#include "sql/tokens.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;
static struct err err;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, 1 << 20);
    err_init(&err);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static int read_one(const char *text, struct sql_reference *out, struct reader *r)
{
    *out = (struct sql_reference){.name = {.kind = SQL_TOK_END}};
    reader_init(r, &arena, sql_tokens_of(str_of(text)), &err);
    return sql_read_reference(r, out);
}

static void test_it_is_read(void **state)
{
    (void)state;
    struct sql_reference x;
    struct reader r;
    assert_int_equal(
        read_one(
            "\"S s\".t (a, \"B\") match simple on update cascade on delete set null not deferrable not null",
            &x, &r),
        ST_OK);
    assert_true(str_eq(x.target, STR("\"S s\".t")) && str_eq(x.keys, STR("a, \"B\"")));
    assert_true(x.on_update == 'c' && x.on_delete == 'n' && !x.full && x.end > x.timing);
    assert_true(sql_token_is_word(&r.token, "NOT"));
    assert_int_equal(read_one("t on delete set default on update restrict initially deferred, b int", &x, &r),
                     ST_OK);
    assert_true(x.keys.n == 0 && x.on_delete == 'd' && x.on_update == 'r' && sql_token_is(&r.token, ','));
    assert_int_equal(read_one("t match full", &x, &r), ST_OK);
    assert_true(x.full && x.on_delete == 'a' && x.end == x.timing);
    static const char *const wrong[] = {
        "", "(a)", "t on", "t on delete", "t on delete set", "t on delete no", "t on insert cascade"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(read_one(wrong[i], &x, &r), ST_ERR);
        assert_int_equal(err.code, SQLSTATE_SYNTAX_ERROR);
        err_init(&err);
    }
}

static void test_it_is_kept(void **state)
{
    (void)state;
    static const char *const keys[] = {"a", "b"}, *const columns[] = {"x", "Y \"y"};
    struct sql_kept_key k = {.name = "it's",
                             .on_update = 'a',
                             .on_delete = 'c',
                             .schema = "main",
                             .table = "t",
                             .n = 2,
                             .keys = keys,
                             .columns = columns};
    struct str text;
    assert_int_equal(sql_kept_key_text(&arena, &k, &text, &err), ST_OK);
    assert_string_equal(text.p, "CHECK ('REFERENCES\x1fit''s\x1f"
                                "ac\x1fmain\x1ft\x1f"
                                "a\x1f"
                                "b' IS NOT NULL OR (\"x\" IS NULL AND \"Y \"\"y\" IS NULL))");
    char *huge = calloc(1, 70000);
    assert_non_null(huge);
    memset(huge, 'x', 69999);
    k.name = huge;
    assert_int_equal(sql_kept_key_text(&arena, &k, &text, &err), ST_ERR);
    assert_int_equal(err.code, SQLSTATE_PROGRAM_LIMIT_EXCEEDED);
    err_init(&err);
    free(huge);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_it_is_read), cmocka_unit_test(test_it_is_kept)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
