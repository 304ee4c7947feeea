#include "sql/token.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* Kinds as letters, in the order of the enum. */
static const char letters[] = "EBWQSDNPO.";

static void check(const char *sql, const char *kinds, const char *joined)
{
    struct sql_lexer l;
    struct sql_token t;
    char k[64] = "", text[256] = "";
    size_t n = 0, m = 0;
    sql_lexer_init(&l, sql_tokens_of(str_of(sql)));
    do {
        (void)sql_lexer_next(&l, &t);
        assert_true(n + 1 < sizeof k && m + t.text.n + 2 < sizeof text);
        k[n++] = letters[t.kind];
        if (t.text.n)
            memcpy(text + m, t.text.p, t.text.n);
        m += t.text.n;
        if (t.text.n)
            text[m++] = '|';
        assert_ptr_equal(t.text.p, sql + t.at);
    } while (t.kind != SQL_TOK_END && t.kind != SQL_TOK_BAD);
    assert_string_equal(k, kinds);
    assert_string_equal(text, joined);
}

static void test_words_and_names(void **state)
{
    (void)state;
    check("", "E", "");
    check("  select\t1 ", "WNE", "select|1|");
    check("a.\"B \"\" b\".c$d$e", "W.Q.WE", "a|.|\"B \"\" b\"|.|c$d$e|");
    check("s\xc3\xa9lect \xe2\x82\xac", "WWE", "s\xc3\xa9lect|\xe2\x82\xac|");
    check("a\xc2\xa0(\xe2\x80\x80\xe2\x80\x8b\xe2\x80\xaf\xe2\x81\x9f\xe2\x81\xa0\xe3\x80\x80\xef\xbb\xbf)"
          "b\xc2\xa1",
          "W..WE", "a|(|)|b\xc2\xa1|"); /* the engine's blanks */
    check("U&\"a\" u & \"a\" u&b", "QWOQWOWE", "U&\"a\"|u|&|\"a\"|u|&|b|");
}

static void test_strings(void **state)
{
    (void)state;
    check("'a''b;' 'c'", "SSE", "'a''b;'|'c'|");
    check("E'a\\'b' e'\\\\' 'a\\'", "SSSE", "E'a\\'b'|e'\\\\'|'a\\'|");
    check("E'a'\n 'b\\'c'", "SE", "E'a'\n 'b\\'c'|");
    check("E'a' -- x\n'b\\'c'", "SE", "E'a' -- x\n'b\\'c'|");
    check("E'a' 'b\\'", "SSE", "E'a'|'b\\'|");
    check("B'1' x'F' N'n' U&'d\\0061'", "SSWSSE", "B'1'|x'F'|N|'n'|U&'d\\0061'|");
    check("b'0''1' x'F'\n'0'", "SSSE", "b'0'|'1'|x'F'\n'0'|"); /* no quotes in bits */
    check("$$a;'b$$ $x$ $$ $x$", "DDE", "$$a;'b$$|$x$ $$ $x$|");
    check("$a$ $b$$a$", "DE", "$a$ $b$$a$|");
}

static void test_without_an_end(void **state)
{
    (void)state;
    check("a 'b", "WB", "a|'b|");
    check("a \"b", "WB", "a|\"b|");
    check("a /* b /* */", "WB", "a|/* b /* */|");
    check("a $$b$ $", "WB", "a|$$b$ $|");
    check("E'a\\", "B", "E'a\\|");
    check("E'a'\n'b", "B", "E'a'\n'b|");
    check("'", "B", "'|");
    check("-- x", "E", "");
    check("/", "OE", "/|");
}

static void test_comments(void **state)
{
    (void)state;
    check("1--2\n3", "NNE", "1|3|");
    check("1/*/*;*/;*/3", "NNE", "1|3|");
    check("1+--2\r3 */", "NONOE", "1|+|3|*/|");
    check("a*/*x*/b", "WOWE", "a|*|b|");
}

static void test_numbers_and_parameters(void **state)
{
    (void)state;
    check("1 1.5 .5 1. 1e5 1e+5 1e 1..2", "NNNNNNNWN.NE", "1|1.5|.5|1.|1e5|1e+5|1|e|1|..|2|");
    check("1_000 1__0 $1 $12a $x $1;", "NNWPPW.WP.E", "1_000|1|__0|$1|$12|a|$|x|$1|;|");
}

static void test_operators(void **state)
{
    (void)state;
    check("a::b[1:2]:=c=>d", "W.W.N.N..WOWE", "a|::|b|[|1|:|2|]|:=|c|=>|d|");
    check("a=-1 a@-1 a->>b a<=+b", "WOONWONWOWWOOWE", "a|=|-|1|a|@-|1|a|->>|b|a|<=|+|b|");
    check("{'a': 1} #1 x?", ".S.N.ONWOE", "{|'a'|:|1|}|#|1|x|?|");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_and_names),        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_without_an_end),         cmocka_unit_test(test_comments),
        cmocka_unit_test(test_numbers_and_parameters), cmocka_unit_test(test_operators),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
