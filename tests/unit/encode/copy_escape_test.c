/* COPY's escapes: a table of what PostgreSQL 15 writes, then every byte at every place of every length around
 * the sixteen bytes that are looked at together, against the straight version (copy_oracle.h). */
#include "encode/copy_escape.h"

#include "copy_oracle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

enum { VALUE_MAX = 64, OUT_MAX = 2 * VALUE_MAX + 2 + COPY_SLACK, GUARD = 0xa5 };

enum { PLAIN, BARS, LETTERS, CONTROLS, CSV, APOSTROPHES, SEMICOLONS, ODD, OPTIONS };

static const struct copy_options options[OPTIONS] = {
    [PLAIN] = {.format = COPY_TEXT, .delimiter = '\t', .null = {"\\N", 2}},
    [BARS] = {.format = COPY_TEXT, .delimiter = '|', .null = {"", 0}},
    [LETTERS] = {.format = COPY_TEXT, .delimiter = 'A', .null = {"null", 4}},
    [CONTROLS] = {.format = COPY_TEXT, .delimiter = '\x01', .null = {"nil", 3}},
    [CSV] = {.format = COPY_CSV, .delimiter = ',', .quote = '"', .escape = '"', .null = {"", 0}},
    [APOSTROPHES] =
        {.format = COPY_CSV, .delimiter = '|', .quote = '\'', .escape = '\\', .null = {"null", 4}},
    [SEMICOLONS] = {.format = COPY_CSV, .delimiter = ';', .quote = '"', .escape = '\\', .null = {"", 0}},
    [ODD] = {.format = COPY_CSV, .delimiter = '\t', .quote = 'q', .escape = 'e', .null = {" ", 1}},
};

/* FORCE_QUOTE * */
static bool is_forced(size_t o)
{
    return o == SEMICOLONS;
}

/* All three ways: what it needs, and both functions that store; they stay within the room that the header
 * asks for. The value lies at the end of its memory, where a sanitizer sees a look beyond it. */
static void assert_escaped(const struct copy_options *o, size_t ncolumns, bool force, const char *s, size_t n,
                           const char *want, size_t len)
{
    struct copy_escaper x;
    char value[VALUE_MAX];
    uint8_t out[OUT_MAX + 1];
    bool csv = o->format == COPY_CSV;
    const char *at = memcpy(value + sizeof value - n, s, n);
    copy_escaper_init(&x, o, ncolumns);
    assert_int_equal(csv ? copy_csv_size(&x, at, n, force) : copy_text_size(&x, at, n), len);
    for (int way = 0; way < 2; way++) {
        const size_t room = 2 * n + 2 + COPY_SLACK;
        memset(out, GUARD, sizeof out);
        uint8_t *end = csv && way ? copy_csv(out, &x, at, n, force)
                       : csv      ? copy_csv_bytes(out, &x, at, n, force)
                       : way      ? copy_text(out, &x, at, n)
                                  : copy_text_bytes(out, &x, at, n);
        assert_non_null(end);
        assert_int_equal(end - out, len);
        assert_memory_equal(out, want, len);
        assert_int_equal(out[room], GUARD);
    }
}

static void known_values(void **state)
{
    static const struct {
        const char *value, *want[OPTIONS]; /* one of two columns */
    } cases[] = {
        {"plain", {"plain", "plain", "plain", "plain", "plain", "plain", "\"plain\"", "plain"}},
        {"", {"", "", "", "", "\"\"", "", "\"\"", ""}},
        {"\\", {"\\\\", "\\\\", "\\\\", "\\\\", "\\", "\\", "\"\\\\\"", "\\"}},
        {"\\N", {"\\\\N", "\\\\N", "\\\\N", "\\\\N", "\\N", "\\N", "\"\\\\N\"", "\\N"}},
        {"\\.", {"\\\\.", "\\\\.", "\\\\.", "\\\\.", "\\.", "\\.", "\"\\\\.\"", "\\."}},
        {"\\.x", {"\\\\.x", "\\\\.x", "\\\\.x", "\\\\.x", "\\.x", "\\.x", "\"\\\\.x\"", "\\.x"}},
        {"\\\\", {"\\\\\\\\", "\\\\\\\\", "\\\\\\\\", "\\\\\\\\", "\\\\", "\\\\", "\"\\\\\\\\\"", "\\\\"}},
        {"\b\f\n\r\t\v",
         {"\\b\\f\\n\\r\\t\\v", "\\b\\f\\n\\r\\t\\v", "\\b\\f\\n\\r\\t\\v", "\\b\\f\\n\\r\\t\\v",
          "\"\b\f\n\r\t\v\"", "'\b\f\n\r\t\v'", "\"\b\f\n\r\t\v\"", "q\b\f\n\r\t\vq"}},
        {"\x01\x1f\x7f",
         {"\x01\x1f\x7f", "\x01\x1f\x7f", "\x01\x1f\x7f", "\\\x01\x1f\x7f", "\x01\x1f\x7f", "\x01\x1f\x7f",
          "\"\x01\x1f\x7f\"", "\x01\x1f\x7f"}},
        {"a\tb", {"a\\tb", "a\\tb", "a\\tb", "a\\tb", "a\tb", "a\tb", "\"a\tb\"", "qa\tbq"}},
        {"a|b", {"a|b", "a\\|b", "a|b", "a|b", "a|b", "'a|b'", "\"a|b\"", "a|b"}},
        {"a,b", {"a,b", "a,b", "a,b", "a,b", "\"a,b\"", "a,b", "\"a,b\"", "a,b"}},
        {"a\"b", {"a\"b", "a\"b", "a\"b", "a\"b", "\"a\"\"b\"", "a\"b", "\"a\\\"b\"", "a\"b"}},
        {"\"", {"\"", "\"", "\"", "\"", "\"\"\"\"", "\"", "\"\\\"\"", "\""}},
        {"''", {"''", "''", "''", "''", "''", "'\\'\\''", "\"''\"", "''"}},
        {" ", {" ", " ", " ", " ", " ", " ", "\" \"", "q q"}},
        {"two words",
         {"two words", "two words", "two words", "two words", "two words", "two words", "\"two words\"",
          "two words"}},
        {"line\nfeed",
         {"line\\nfeed", "line\\nfeed", "line\\nfeed", "line\\nfeed", "\"line\nfeed\"", "'line\nfeed'",
          "\"line\nfeed\"", "qlinee\nfeeeedq"}},
        {"car\rret",
         {"car\\rret", "car\\rret", "car\\rret", "car\\rret", "\"car\rret\"", "'car\rret'", "\"car\rret\"",
          "qcar\rreetq"}},
        {"null", {"null", "null", "null", "null", "null", "'null'", "\"null\"", "null"}},
        {"nil", {"nil", "nil", "nil", "nil", "nil", "nil", "\"nil\"", "nil"}},
        {"qe", {"qe", "qe", "qe", "qe", "qe", "qe", "\"qe\"", "qeqeeq"}},
        {"\xc3\xa9|,\"",
         {"\xc3\xa9|,\"", "\xc3\xa9\\|,\"", "\xc3\xa9|,\"", "\xc3\xa9|,\"", "\"\xc3\xa9|,\"\"\"",
          "'\xc3\xa9|,\"'", "\"\xc3\xa9|,\\\"\"", "\xc3\xa9|,\""}},
        {"0123456789abcdef,",
         {"0123456789abcdef,", "0123456789abcdef,", "0123456789abcdef,", "0123456789abcdef,",
          "\"0123456789abcdef,\"", "0123456789abcdef,", "\"0123456789abcdef,\"", "0123456789abcdef,"}},
        {"0123456789abcde\t0123456789abcdef\\",
         {"0123456789abcde\\t0123456789abcdef\\\\", "0123456789abcde\\t0123456789abcdef\\\\",
          "0123456789abcde\\t0123456789abcdef\\\\", "0123456789abcde\\t0123456789abcdef\\\\",
          "0123456789abcde\t0123456789abcdef\\", "0123456789abcde\t0123456789abcdef\\",
          "\"0123456789abcde\t0123456789abcdef\\\\\"", "q0123456789abcdee\t0123456789abcdeef\\q"}},
        {"\"0123456789abcdef\"",
         {"\"0123456789abcdef\"", "\"0123456789abcdef\"", "\"0123456789abcdef\"", "\"0123456789abcdef\"",
          "\"\"\"0123456789abcdef\"\"\"", "\"0123456789abcdef\"", "\"\\\"0123456789abcdef\\\"\"",
          "\"0123456789abcdef\""}},
        {"sixteen bytes ..\nand more of them behind it",
         {"sixteen bytes ..\\nand more of them behind it", "sixteen bytes ..\\nand more of them behind it",
          "sixteen bytes ..\\nand more of them behind it", "sixteen bytes ..\\nand more of them behind it",
          "\"sixteen bytes ..\nand more of them behind it\"",
          "'sixteen bytes ..\nand more of them behind it'",
          "\"sixteen bytes ..\nand more of them behind it\"",
          "qsixteeeen bytees ..\nand moree of theem beehind itq"}},
        {"A1;", {"A1;", "A1;", "\\A1;", "A1;", "A1;", "A1;", "\"A1;\"", "A1;"}},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        for (size_t o = 0; o < OPTIONS; o++) {
            const char *want = cases[i].want[o];
            assert_escaped(&options[o], 2, is_forced(o), cases[i].value, strlen(cases[i].value), want,
                           strlen(want));
        }
}

/* The line \. ends the data: as the only column of a csv it has quotes, and nothing else changes. */
static void the_end_of_the_data_alone(void **state)
{
    static const struct {
        const char *value, *want[OPTIONS];
    } cases[] = {
        {"\\.", {"\\\\.", "\\\\.", "\\\\.", "\\\\.", "\"\\.\"", "'\\\\.'", "\"\\\\.\"", "q\\.q"}},
        {"\\.x", {"\\\\.x", "\\\\.x", "\\\\.x", "\\\\.x", "\\.x", "\\.x", "\"\\\\.x\"", "\\.x"}},
        {"..", {"..", "..", "..", "..", "..", "..", "\"..\"", ".."}},
        {"\\\\", {"\\\\\\\\", "\\\\\\\\", "\\\\\\\\", "\\\\\\\\", "\\\\", "\\\\", "\"\\\\\\\\\"", "\\\\"}},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        for (size_t o = 0; o < OPTIONS; o++) {
            const char *want = cases[i].want[o];
            assert_escaped(&options[o], 1, is_forced(o), cases[i].value, strlen(cases[i].value), want,
                           strlen(want));
        }
}

static void assert_as_the_oracle(const struct copy_options *o, const char *s, size_t n)
{
    for (int variant = 0; variant < 4; variant++) {
        char want[OUT_MAX] = "";
        bool force = variant & 1, alone = variant & 2;
        if (o->format == COPY_TEXT && variant)
            break;
        size_t len =
            o->format == COPY_TEXT ? oracle_text(want, o, s, n) : oracle_csv(want, o, s, n, force, alone);
        assert_escaped(o, alone ? 1 : 3, force, s, n, want, len);
    }
}

static void every_byte_at_every_place(void **state)
{
    (void)state;
    for (size_t o = 0; o < OPTIONS; o++)
        for (size_t n = 1; n <= 36; n++)
            for (size_t at = 0; at < n; at++)
                for (int c = 1; c < 256; c += c < '~' ? 1 : 13) {
                    char s[VALUE_MAX];
                    memset(s, 'x', n);
                    s[at] = (char)c;
                    assert_as_the_oracle(&options[o], s, n);
                }
}

/* Two of them: where the second begins depends on what the first was made of. */
static void pairs_of_special_bytes(void **state)
{
    static const char special[] = "\\\t\n\"'|,;qeA\x01";
    (void)state;
    for (size_t o = 0; o < OPTIONS; o++)
        for (size_t n = 2; n <= 50; n += 3)
            for (size_t first = 0; first < n; first++)
                for (size_t second = first + 1; second < n; second += 5)
                    for (size_t c = 0; special[c]; c++) {
                        char s[VALUE_MAX];
                        memset(s, '0', n);
                        s[first] = special[c];
                        s[second] = special[(c + first) % (sizeof special - 1)];
                        assert_as_the_oracle(&options[o], s, n);
                    }
}

/* All bytes special: the longest that a value becomes. */
static void nothing_but_special_bytes(void **state)
{
    (void)state;
    for (size_t o = 0; o < OPTIONS; o++)
        for (size_t n = 0; n <= VALUE_MAX; n++) {
            char s[VALUE_MAX];
            memset(s, options[o].format == COPY_CSV ? options[o].quote : '\\', n);
            assert_as_the_oracle(&options[o], s, n);
            memset(s, '\n', n);
            assert_as_the_oracle(&options[o], s, n);
        }
}

/* The protocol cannot carry it: wherever it stands, and whatever stands in front, there is no value. */
static void a_zero_anywhere(void **state)
{
    static const char around[] = {'x', '\n', '\\', '"'};
    (void)state;
    for (size_t o = 0; o < OPTIONS; o++)
        for (size_t n = 1; n <= VALUE_MAX; n++)
            for (size_t at = 0; at < n; at++)
                for (size_t c = 0; c < sizeof around; c++) {
                    struct copy_escaper x;
                    uint8_t out[OUT_MAX];
                    char s[VALUE_MAX];
                    copy_escaper_init(&x, &options[o], 1);
                    memset(s, around[c], n);
                    s[at] = '\0';
                    if (options[o].format == COPY_CSV) {
                        assert_null(copy_csv(out, &x, s, n, false));
                        assert_null(copy_csv_bytes(out, &x, s, n, true));
                    } else {
                        assert_null(copy_text(out, &x, s, n));
                        assert_null(copy_text_bytes(out, &x, s, n));
                    }
                }
}

/* The NULL string as a value has quotes in csv; in text no value can be taken for it but one of letters. */
static void values_that_read_as_null(void **state)
{
    static const char *const nulls[] = {"", "\\N", "null", "a NULL of 17 byte", "NULL", "\\.", "x"};
    (void)state;
    for (size_t i = 0; i < COUNT(nulls); i++)
        for (size_t j = 0; j < COUNT(nulls); j++) {
            struct copy_options csv = options[CSV], text = options[PLAIN];
            csv.null = text.null = (struct str){nulls[i], strlen(nulls[i])};
            assert_as_the_oracle(&csv, nulls[j], strlen(nulls[j]));
            assert_as_the_oracle(&text, nulls[j], strlen(nulls[j]));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_values),
        cmocka_unit_test(the_end_of_the_data_alone),
        cmocka_unit_test(every_byte_at_every_place),
        cmocka_unit_test(pairs_of_special_bytes),
        cmocka_unit_test(nothing_but_special_bytes),
        cmocka_unit_test(a_zero_anywhere),
        cmocka_unit_test(values_that_read_as_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
