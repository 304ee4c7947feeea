#include "sql/shape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct sql_shape shape_of(const char *sql)
{
    struct sql_shape s;
    sql_shape(sql_tokens_of(str_of(sql)), &s);
    return s;
}

static void literals_are_left_out(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *text;
    } cases[] = {
        {"select 1", "select ?"},
        {"SELECT  'secret', $$secret$$, E'\\'secret' -- secret\n", "select ?, ?, ?"},
        {"Insert Into T(\"Two Words\") values (1, 'a'), (-2.5e3, x'00')",
         "insert into t(\"Two Words\") values(?, ?),(- ?, ?)"},
        {"select $1::int, a.b[2] from t where x>=3", "select $1::int, a.b[?]from t where x >= ?"},
        {"select {'a': 1}", "select{?:?}"},
        {"select 'no end", "select"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(shape_of(cases[i].sql).text, cases[i].text);
}

static void literals_make_no_difference(void **state)
{
    (void)state;
    uint64_t f = shape_of("select f(1, 'a') from t").fingerprint;
    assert_int_equal(f, shape_of("SELECT f( 20 ,'b' )\n/* x */ FROM T").fingerprint);
    assert_int_not_equal(f, shape_of("select f(1, a) from t").fingerprint);
    assert_int_not_equal(f, shape_of("select f(1, 'a') from u").fingerprint);
    assert_int_not_equal(shape_of("").fingerprint, 0);
}

/* Text is cut, the fingerprint looks further, and neither at all of a very long one. */
static void long_statements(void **state)
{
    (void)state;
    static char a[3 * SQL_SHAPE_BYTES_MAX], b[sizeof a];
    memset(a, '+', sizeof a - 1);
    memcpy(a, "select ", 7);
    for (size_t i = 7; i + 1 < sizeof a; i += 2)
        a[i] = 'x';
    memcpy(b, a, sizeof a);
    b[1001] = 'y';
    assert_int_equal(strlen(shape_of(a).text), SQL_SHAPE_TEXT - 1);
    assert_string_equal(shape_of(a).text, shape_of(b).text);
    assert_int_not_equal(shape_of(a).fingerprint, shape_of(b).fingerprint);
    b[1001] = 'x';
    b[2 * SQL_SHAPE_BYTES_MAX + 1] = 'y';
    assert_int_equal(shape_of(a).fingerprint, shape_of(b).fingerprint);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(literals_are_left_out),
        cmocka_unit_test(literals_make_no_difference),
        cmocka_unit_test(long_statements),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
