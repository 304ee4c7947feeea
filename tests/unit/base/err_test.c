#include "base/err.h"

#include "base/str.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_first_wins(void **state)
{
    (void)state;
    struct err e;
    err_init(&e);
    assert_false(err_is_set(&e));
    assert_int_equal(err_set(&e, SQLSTATE_SYNTAX_ERROR, "at %d", 7), ST_ERR);
    assert_true(err_is_set(&e));
    assert_int_equal(err_oom(&e), ST_ERR);
    assert_int_equal(err_errno(&e, EIO, "x"), ST_ERR);
    assert_string_equal(e.message, "at 7");
    assert_int_equal(e.code, SQLSTATE_SYNTAX_ERROR);
    err_detail(&e, "d%d", 1);
    err_detail(&e, "d%d", 2);
    err_hint(&e, "h%d", 1);
    err_hint(&e, "h%d", 2);
    assert_string_equal(e.detail, "d1");
    assert_string_equal(e.hint, "h1");
    err_init(&e);
    assert_string_equal(e.detail, "");
    assert_string_equal(e.hint, "");
}

static void test_errno(void **state)
{
    (void)state;
    static const struct {
        int number;
        const char *code;
    } known[] = {{ENOSPC, "53100"}, {EDQUOT, "53100"}, {ENOMEM, "53200"},
                 {ENOENT, "58P01"}, {EACCES, "42501"}, {EPERM, "42501"},
                 {EMFILE, "53000"}, {ENFILE, "53000"}, {EIO, "58030"}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct err e;
        err_init(&e);
        err_errno(&e, known[i].number, "could not open \"%s\"", "f");
        assert_string_equal(sqlstate_code(e.code), known[i].code);
        assert_memory_equal(e.message, "could not open \"f\": ", 20);
        assert_true(strlen(e.message) > 20);
    }
}

/* Cut before a character, marked, still valid, at every alignment. */
static void test_long_text(void **state)
{
    (void)state;
    static char text[2 * ERR_MESSAGE_MAX];
    for (size_t shift = 0; shift < 4; shift++) {
        struct err e;
        size_t at;
        memset(text, 'a', shift);
        for (size_t i = shift; i + 4 < sizeof text; i += 4)
            memcpy(text + i, "\xf0\x9f\x98\x80", 5);
        err_init(&e);
        err_set(&e, SQLSTATE_INTERNAL_ERROR, "%s", text);
        size_t n = strlen(e.message);
        assert_true(n < ERR_MESSAGE_MAX && n > ERR_MESSAGE_MAX - 8);
        assert_true(utf8_valid(e.message, n, &at));
        assert_string_equal(e.message + n - 3, "\u2026");
        err_detail(&e, "%s", text);
        assert_true(strlen(e.detail) < ERR_DETAIL_MAX);
        assert_true(utf8_valid(e.detail, strlen(e.detail), &at));
    }
}

static void test_text_that_just_fits(void **state)
{
    (void)state;
    char text[ERR_HINT_MAX + 1];
    struct err e;
    memset(text, 'x', sizeof text);
    text[ERR_HINT_MAX - 1] = '\0';
    err_init(&e);
    err_hint(&e, "%s", text);
    assert_string_equal(e.hint, text);
    text[ERR_HINT_MAX - 1] = 'x';
    text[ERR_HINT_MAX] = '\0';
    err_init(&e);
    err_hint(&e, "%s", text);
    assert_string_equal(e.hint + strlen(e.hint) - 3, "\u2026");
}

/* A format that cuts a character in two, and a client that sends none. */
static void test_text_is_always_text(void **state)
{
    (void)state;
    struct err e;
    err_init(&e);
    (void)err_set(&e, SQLSTATE_SYNTAX_ERROR, "at \"%.3s\"", "a\xc3\xa9\xf0\x9f\xa6\x86");
    assert_string_equal(e.message, "at \"a\xc3\xa9\"");
    err_init(&e);
    (void)err_set(&e, SQLSTATE_SYNTAX_ERROR, "at \"%.5s\"", "a\xc3\xa9\xf0\x9f\xa6\x86");
    err_detail(&e, "%s", "\xed\xa0\x80 \xff\xc3");
    assert_string_equal(e.message, "at \"a\xc3\xa9??\"");
    assert_string_equal(e.detail, "??? ??");
}

static void test_sqlstates(void **state)
{
    (void)state;
    for (int i = 0; i < SQLSTATE_COUNT; i++) {
        const char *code = sqlstate_code((enum sqlstate)i);
        assert_int_equal(strlen(code), 5);
        assert_int_equal(strspn(code, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"), 5);
        assert_int_equal(sqlstate_find(code), i); /* so no code is there twice */
        assert_true(strlen(sqlstate_name((enum sqlstate)i)) > 0);
    }
    assert_int_equal(sqlstate_find("ZZZZZ"), SQLSTATE_INTERNAL_ERROR);
    assert_string_equal(sqlstate_code(SQLSTATE_COUNT), "XX000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_wins), cmocka_unit_test(test_errno),
        cmocka_unit_test(test_long_text),  cmocka_unit_test(test_text_that_just_fits),
        cmocka_unit_test(test_sqlstates),  cmocka_unit_test(test_text_is_always_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
