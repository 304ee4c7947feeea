/* Records as text. What is wanted was asked of a PostgreSQL 15. */
#include "pgtype/record.h"

#include "base/alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { FIELDS_MAX = 8 };

/* wanted: the fields between bars, a NULL as ~; or the error's detail. */
static void check(const char *text, size_t n, const char *wanted)
{
    struct str fields[FIELDS_MAX];
    struct arena a;
    struct err e;
    char got[2048] = "";
    size_t size = strlen(text);
    char *exact = malloc(size ? size : 1); /* so that the sanitizer sees a read beyond it */
    assert_non_null(exact);
    memcpy(exact, text, size);
    arena_init(&a, 1 << 20);
    err_init(&e);
    if (record_read(&a, (struct str){exact, size}, n, fields, &e) < 0) {
        assert_int_equal(e.code, SQLSTATE_INVALID_TEXT_REPRESENTATION);
        (void)snprintf(got, sizeof got, "%s", e.detail);
    } else {
        for (size_t i = 0; i < n; i++) {
            size_t at = strlen(got);
            (void)snprintf(got + at, sizeof got - at, "%s%.*s", i ? "|" : "",
                           fields[i].p ? (int)fields[i].n : 1, fields[i].p ? fields[i].p : "~");
        }
    }
    assert_string_equal(got, wanted);
    arena_release(&a);
    free(exact);
}

static void test_reading(void **state)
{
    (void)state;
    check("(1,x)", 2, "1|x");
    check("  (1,x)  ", 2, "1|x");
    check("(1, x )", 2, "1| x ");
    check("(,)", 2, "~|~");
    check("()", 1, "~");
    check("()", 0, "");
    check("(\"\",\"a \"\"b\"\"\")", 2, "|a \"b\"");
    check("(a\"b,c\"d,\\,)", 2, "ab,cd|,");
    check("(\"(1,\"\"x y\"\")\",2)", 2, "(1,\"x y\")|2");
    check("1,2)", 2, "Missing left parenthesis.");
    check("", 2, "Missing left parenthesis.");
    check("(1)", 2, "Too few columns.");
    check("(1", 2, "Unexpected end of input.");
    check("(", 2, "Unexpected end of input.");
    check("(1,\\", 2, "Unexpected end of input.");
    check("(\"1,2)", 2, "Unexpected end of input.");
    check("(1,2,3)", 2, "Too many columns.");
    check("(1,2) x", 2, "Junk after right parenthesis.");
}

static void test_writing(void **state)
{
    (void)state;
    static const char *const fields[][2] = {
        {"a", "a"},     {"", "\"\""}, {"a b", "\"a b\""}, {"a\"b", "\"a\"\"b\""}, {"a\\b", "\"a\\\\b\""},
        {"(", "\"(\""}, {"é", "é"},
    };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        struct buf b;
        buf_init(&b, 1 << 20);
        record_put_field(&b, str_of(fields[i][0]));
        assert_int_equal(b.len, strlen(fields[i][1]));
        assert_memory_equal(b.data, fields[i][1], b.len);
        buf_release(&b);
    }
}

static void test_without_memory(void **state)
{
    struct str fields[2];
    (void)state;
    for (unsigned nth = 1, more = 1; more; nth++) {
        struct arena a;
        struct err e;
        err_init(&e);
        arena_init(&a, 1 << 20);
        alloc_fail_nth(nth);
        int st = record_read(&a, STR("(1,x)"), 2, fields, &e);
        more = alloc_failed();
        assert_int_equal(st, more ? ST_ERR : ST_OK);
        arena_release(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_reading), cmocka_unit_test(test_writing),
                                       cmocka_unit_test(test_without_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
