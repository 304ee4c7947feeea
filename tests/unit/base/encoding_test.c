#include "base/encoding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { ROOM = 256 };

static struct recoder *recoder_of(const char *name)
{
    struct recoder *r = NULL;
    struct err e;
    err_init(&e);
    assert_int_equal(recoder_new(&r, encoding_find(name), &e), ST_OK);
    return r;
}

static void test_names(void **state)
{
    (void)state;
    static const struct {
        const char *name, *is;
    } cases[] = {{"utf-8", "UTF8"},       {"Unicode", "UTF8"},
                 {"latin1", "LATIN1"},    {"ISO 8859-15", "LATIN9"},
                 {"win-1252", "WIN1252"}, {"windows1252", "WIN1252"},
                 {"koi8", "KOI8R"},       {"sql_ascii", "SQL_ASCII"},
                 {"mskanji", "SJIS"},     {"mule_internal", "MULE_INTERNAL"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(encoding_name(encoding_find(cases[i].name)), cases[i].is);
    assert_null(encoding_find(""));
    assert_null(encoding_find("latin11"));
    assert_null(encoding_find("latin1latin1latin1latin1latin1latin1latin1latin1"));
    assert_true(encoding_is_plain(encoding_find("utf8")) && encoding_is_plain(encoding_find("sql_ascii")));
    assert_true(encoding_is_known(encoding_find("latin1")) &&
                !encoding_is_known(encoding_find("mule_internal")));
}

struct one {
    const char *encoding, *utf8, *bytes;
    const char *fails; /* NULL: does not */
};

static void check(const struct one *c, bool out)
{
    struct recoder *r = recoder_of(c->encoding);
    uint8_t to[ROOM];
    struct err e;
    err_init(&e);
    const struct str from = str_of(out ? c->utf8 : c->bytes), wanted = str_of(out ? c->bytes : c->utf8);
    const size_t bound = out ? recoder_bound_out(r, from.n) : recoder_bound_in(from.n);
    assert_true(bound <= sizeof to);
    const uint8_t *end = (out ? recoder_out : recoder_in)(r, from, to, to + bound, &e);
    if (c->fails) {
        assert_null(end);
        assert_string_equal(e.message, c->fails);
    } else {
        assert_int_equal(end - to, wanted.n);
        assert_memory_equal(to, wanted.p, wanted.n);
    }
    recoder_free(r);
}

static void test_both_ways(void **state)
{
    (void)state;
    static const struct one cases[] = {
        {"LATIN1", "a\xc3\xa9z", "a\xe9z", NULL},
        {"LATIN1", "", "", NULL},
        {"LATIN9", "\xe2\x82\xac", "\xa4", NULL},
        {"SJIS", "\xe3\x82\xbd|\xe8\xa1\xa8", "\x83\x5c|\x95\x5c", NULL},
        {"GB18030", "\xe0\xa4\x84", "\x81\x31\xcd\x32", NULL},
        {"EUC_JP", "\xe6\x97\xa5\xe6\x9c\xac", "\xc6\xfc\xcb\xdc", NULL},
        {"WIN1258", "\xc3\xa2\xcc\x81", "\xe2\xec", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check(&cases[i], true);
        check(&cases[i], false);
    }
}

static void test_failures(void **state)
{
    (void)state;
    static const struct one out[] = {
        {"LATIN1", "ab\xc3\xa9\xe2\x82\xac", NULL,
         "character with byte sequence 0xe2 0x82 0xac in encoding \"UTF8\" has no equivalent in encoding "
         "\"LATIN1\""},
        {"WIN1258", "\xe1\xba\xa5", NULL,
         "character with byte sequence 0xe1 0xba 0xa5 in encoding \"UTF8\" has no equivalent in encoding "
         "\"WIN1258\""},
    };
    static const struct one in[] = {
        {"WIN1252", NULL, "a\x81",
         "character with byte sequence 0x81 in encoding \"WIN1252\" has no equivalent in encoding \"UTF8\""},
        {"SJIS", NULL, "a\x83", "invalid byte sequence for encoding \"SJIS\": 0x83"},
        {"EUC_JP", NULL,
         "\xc6\xfc\xc6"
         "a",
         "invalid byte sequence for encoding \"EUC_JP\": 0xc6 0x61"},
    };
    for (size_t i = 0; i < sizeof out / sizeof *out; i++)
        check(&out[i], true);
    for (size_t i = 0; i < sizeof in / sizeof *in; i++)
        check(&in[i], false);
}

static void test_question_marks_and_nul(void **state)
{
    (void)state;
    struct recoder *r = recoder_of("LATIN1");
    uint8_t to[ROOM];
    struct err e;
    const struct str from = STR("\xe2\x82\xac"
                                "a\xc3\xa9\xe2\x82\xac\xe2\x82\xac");
    const uint8_t *end = recoder_out(r, from, to, to + recoder_bound_out(r, from.n), NULL);
    assert_int_equal(end - to, 5);
    assert_memory_equal(to, "?a\xe9??", 5);
    err_init(&e);
    assert_null(recoder_in(r, (struct str){"a\0b", 3}, to, to + ROOM, &e));
    assert_string_equal(e.message, "invalid byte sequence for encoding \"LATIN1\": 0x00");
    recoder_free(r);
}

static void test_whole_characters(void **state)
{
    (void)state;
    static const struct {
        const char *encoding, *bytes;
        size_t whole;
    } cases[] = {{"LATIN1", "a\xe9", 2},         {"SJIS", "a\x83", 1},
                 {"SJIS", "a\x83\x5c", 3},       {"SJIS", "\xb1", 1},
                 {"GB18030", "\x81", 0},         {"GB18030", "\x81\x31", 0},
                 {"GB18030", "\x81\x31\xcd", 0}, {"GB18030", "\x81\x31\xcd\x32\x81", 4},
                 {"GB18030", "\x81\x40", 2},     {"EUC_TW", "\x8e\xa1\xa1", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct recoder *r = recoder_of(cases[i].encoding);
        const struct str s = str_of(cases[i].bytes);
        assert_int_equal(recoder_whole(r, (const uint8_t *)s.p, s.n), cases[i].whole);
        recoder_free(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_both_ways),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_question_marks_and_nul),
        cmocka_unit_test(test_whole_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
