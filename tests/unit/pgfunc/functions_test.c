/* Functions called as the engine would call them: arguments in, a text, number or list out. */
#include "pgfunc/bytes.h"
#include "pgfunc/function.h"
#include "pgfunc/lists.h"
#include "pgfunc/quote.h"
#include "pgfunc/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NUMBER(n) ((struct pg_value){.integer = (n)})
#define TEXT(s)   ((struct pg_value){.text = {(s), sizeof(s) - 1}})
#define NOTHING   ((struct pg_value){.is_null = true})
#define ARGS(...)                                                                                            \
    (const struct pg_value[]){__VA_ARGS__},                                                                  \
        sizeof((const struct pg_value[]){__VA_ARGS__}) / sizeof(struct pg_value)

static char answer[4096];

static size_t fixed(const struct pg_function *f)
{
    size_t n = 0;
    while (f->args[n] != PG_END)
        n++;
    return n;
}

static const struct pg_function *find(const char *name, size_t n, enum pg_kind first)
{
    for (size_t l = 0; pg_function_lists[l]; l++)
        for (const struct pg_function *f = pg_function_lists[l]; f->name; f++)
            if (strcmp(f->name, name) == 0 && f->args[0] == first &&
                (fixed(f) == n || (f->variadic != PG_END && fixed(f) <= n)))
                return f;
    fail_msg("no %s of %zu arguments", name, n);
    return NULL;
}

static int answer_put(size_t at, struct str s)
{
    size_t n = s.n < sizeof answer - 1 - at ? s.n : sizeof answer - 1 - at;
    if (n)
        memcpy(answer + at, s.p, n);
    answer[at + n] = '\0';
    return (int)n;
}

static void write_answer(const struct pg_function *f, const struct pg_call *call)
{
    const struct pg_item *items = (const struct pg_item *)(const void *)call->items->data;
    size_t n = 0;
    (void)answer_put(0, call->result.is_null ? STR("NULL") : STR(""));
    if (call->result.is_null)
        return;
    if (f->result == PG_TEXTS) {
        for (size_t i = 0; items && i < call->items->len / sizeof *items; i++) {
            n += (size_t)answer_put(n, i ? STR("|") : STR(""));
            const struct str s = {(const char *)call->out->data + items[i].at, items[i].n};
            n += (size_t)answer_put(n, items[i].is_null ? STR("NULL") : s);
        }
    } else if (f->result == PG_BOOL) {
        (void)answer_put(0, call->result.boolean ? STR("t") : STR("f"));
    } else if (f->result == PG_TEXT || f->result == PG_JSON || f->result == PG_BYTEA ||
               f->result == PG_JSONB) {
        struct str s = call->result.text;
        (void)answer_put(0, s.p ? s : (struct str){(const char *)call->out->data, call->out->len});
    } else {
        (void)snprintf(answer, sizeof answer, "%lld", (long long)call->result.integer);
    }
}

/* The answer as text, or the error's SQLSTATE and message. */
static const char *run(const char *name, enum pg_kind first, const struct pg_value *args, size_t n)
{
    const struct pg_function *f = find(name, n, first);
    if (!f || !f->call)
        return "";
    struct buf out, items;
    struct err e;
    void *kept = NULL;
    err_init(&e);
    buf_init(&out, 1 << 20);
    buf_init(&items, 1 << 20);
    struct pg_call call = {.args = args, .nargs = n, .out = &out, .items = &items, .kept = &kept, .e = &e};
    if (f->call(&call) == ST_OK)
        write_answer(f, &call);
    else
        (void)snprintf(answer, sizeof answer, "%s %.200s", sqlstate_code(e.code), e.message);
    if (kept && f->forget)
        f->forget(kept);
    buf_release(&out);
    buf_release(&items);
    return answer;
}

#define CHECK(expected, name, ...)       assert_string_equal(run(name, PG_TEXT, ARGS(__VA_ARGS__)), expected)
#define CHECK_BYTES(expected, name, ...) assert_string_equal(run(name, PG_BYTEA, ARGS(__VA_ARGS__)), expected)

static void test_format(void **state)
{
    (void)state;
    CHECK("sales.\"Mixed Case\"", "pg_format", TEXT("%I.%I"), TEXT("sales"), TEXT("Mixed Case"));
    CHECK("'it''s' % E'a\\\\b' NULL", "pg_format", TEXT("%L %% %L %L"), TEXT("it's"), TEXT("a\\b"), NOTHING);
    CHECK("b a b", "pg_format", TEXT("%2$s %1$s %s"), TEXT("a"), TEXT("b"));
    CHECK("a  |  b|c   |  a", "pg_format", TEXT("%-3s|%3s|%*s|%1$3s"), TEXT("a"), TEXT("b"), TEXT("-4"),
          TEXT("c"));
    CHECK("NULL", "pg_format", NOTHING, TEXT("a"));
    CHECK("22023 too few arguments for format()", "pg_format", TEXT("%s %s"), TEXT("a"));
    CHECK("22004 null values cannot be formatted as an SQL identifier", "pg_format", TEXT("%I"), NOTHING);
    CHECK("22023 unterminated format() type specifier", "pg_format", TEXT("%-5"));
    CHECK("22023 unrecognized format() type specifier \"x\"", "pg_format", TEXT("%x"), TEXT("a"));
    CHECK("22003 number is out of range", "pg_format", TEXT("%99999999999s"), TEXT("a"));
}

static void test_operands(void **state)
{
    (void)state;
    CHECK("t", "pg_is_shown", TEXT("DOUBLE"));
    CHECK("t", "pg_is_shown", TEXT("INTEGER[]"));
    CHECK("t", "pg_is_shown", TEXT("STRUCT(a INTEGER)"));
    CHECK("t", "pg_is_shown", TEXT("DECIMAL(38,10)"));
    CHECK("f", "pg_is_shown", TEXT("DECIMAL(10,2)"));
    CHECK("f", "pg_is_shown", TEXT(""));
    CHECK("f", "pg_joins_shown", TEXT("VARCHAR"));
    CHECK("22P02 malformed array literal", "pg_joins_shown", TEXT("INTEGER[]"));
    CHECK("0A000 jsonb || a literal that is no object or array is not supported", "pg_joins_shown",
          TEXT("pg_jsonb"));
    CHECK("t", "pg_casts", TEXT("INTEGER"), TEXT("boolean"));
    CHECK("42846 cannot cast type numeric to boolean", "pg_casts", TEXT("DECIMAL(3,1)"), TEXT("boolean"));
    CHECK("42846 cannot cast type double precision to oid", "pg_casts", TEXT("DOUBLE"), TEXT("oid"));
    CHECK("42846 cannot cast type boolean to numeric", "pg_casts", TEXT("BOOLEAN"), TEXT("numeric"));
    CHECK("t", "pg_casts", TEXT("DECIMAL(3,1)"), TEXT("numeric"));
    CHECK("t", "pg_casts", TEXT("VARCHAR"), TEXT("numeric"));
}

static void test_names(void **state)
{
    (void)state;
    CHECK("abc_1", "pg_quote_ident", TEXT("abc_1"));
    CHECK("\"select\"", "pg_quote_ident", TEXT("select"));
    CHECK("\"a\"\"b\"", "pg_quote_ident", TEXT("a\"b"));
    CHECK("\"\"", "pg_quote_ident", TEXT(""));
    CHECK("Some Schema|t.u|v", "parse_ident", TEXT(" \"Some Schema\" . \"t.u\".V "));
    CHECK("22023 string is not a valid identifier: \"a b\"", "parse_ident", TEXT("a b"));
    CHECK("22023 string is not a valid identifier: \"\"a\"", "parse_ident", TEXT("\"a"));
    CHECK("NULL", "pg_quote_nullable", NOTHING);
}

static void test_texts(void **state)
{
    (void)state;
    CHECK("Äpfel Und O'Neil", "initcap", TEXT("ÄPFEL und o'neil"));
    CHECK("ös", "pg_substring", TEXT("jösé"), NUMBER(2), NUMBER(2));
    CHECK("j", "pg_substring", TEXT("jösé"), NUMBER(-1), NUMBER(3));
    CHECK("22011 negative substring length not allowed", "pg_substring", TEXT("a"), NUMBER(1), NUMBER(-1));
    CHECK("Thomas", "pg_overlay", TEXT("Txxxxas"), TEXT("hom"), NUMBER(2), NUMBER(4));
    CHECK("ghi", "pg_split_part", TEXT("abc,def,ghi,jkl"), TEXT(","), NUMBER(-2));
    CHECK("", "pg_split_part", TEXT("a,b"), TEXT(","), NUMBER(3));
    CHECK("22023 field position must not be zero", "pg_split_part", TEXT("a"), TEXT(","), NUMBER(0));
    CHECK("äöäa", "pg_lpad", TEXT("a"), NUMBER(4), TEXT("äö"));
    CHECK("ab", "pg_rpad", TEXT("abc"), NUMBER(2));
    CHECK("trim", "btrim", TEXT("xyxtrimyyx"), TEXT("xyz"));
    CHECK("data €", "unistr", TEXT("d\\0061t\\+000061 \\u20AC"));
    CHECK("42601 invalid Unicode escape", "unistr", TEXT("\\"));
    CHECK("42601 invalid Unicode surrogate pair", "unistr", TEXT("\\D83Dx"));
    CHECK("xx|NULL|zz", "pg_string_to_array", TEXT("xx~yy~zz"), TEXT("~"), TEXT("yy"));
    CHECK("a|ö", "pg_string_to_array", TEXT("aö"), NOTHING);
    CHECK("", "pg_string_to_array", TEXT(""), TEXT(","));
    CHECK("{1,NULL,{a,\"b c\",\"\",\"null\",\"x\\\"y\",t},2.5}", "pg_array_text",
          TEXT("[1,null,[\"a\",\"b c\",\"\",\"null\",\"x\\\"y\",true],2.5]"));
}

static void test_bytes(void **state)
{
    (void)state;
    CHECK_BYTES("EjQ=", "pg_encode", TEXT("\x12\x34"), TEXT("base64"));
    CHECK_BYTES("\x12\\000a\\\\\\377", "pg_encode", TEXT("\x12\0a\\\xff"), TEXT("escape"));
    CHECK_BYTES("12ff", "pg_encode", TEXT("\x12\xff"), TEXT("HEX"));
    CHECK_BYTES("22023 unrecognized encoding: \"x\"", "pg_encode", TEXT("a"), TEXT("x"));
    CHECK("abcd", "pg_decode", TEXT("YWJj\nZA=="), TEXT("base64"));
    CHECK("22023 invalid base64 end sequence", "pg_decode", TEXT("YWJjZ"), TEXT("base64"));
    CHECK("a\xff\\b", "pg_decode", TEXT("a\\377\\\\b"), TEXT("escape"));
    CHECK("22P02 invalid input syntax for type bytea", "pg_decode", TEXT("a\\9"), TEXT("escape"));
    CHECK("22023 invalid hexadecimal data: odd number of digits", "pg_decode", TEXT("123"), TEXT("hex"));
    CHECK_BYTES("144", "get_byte", TEXT("\x12\x90"), NUMBER(1));
    CHECK_BYTES("2202E index 2 out of valid range, 0..1", "get_byte", TEXT("ab"), NUMBER(2));
    CHECK_BYTES("aB", "set_byte", TEXT("ab"), NUMBER(1), NUMBER('B'));
    CHECK_BYTES("c", "set_bit", TEXT("a"), NUMBER(1), NUMBER(1));
    CHECK_BYTES("22021 invalid byte sequence for encoding \"UTF8\"", "convert_from", TEXT("a\xff"),
                TEXT("UTF8"));
    CHECK("\xe9", "convert_to", TEXT("é"), TEXT("LATIN1"));
}

static void test_json(void **state)
{
    (void)state;
    CHECK("1|{\"a\":  2}|\"x,]\"|null", "pg_json_elements", TEXT(" [1, {\"a\":  2} ,\"x,]\",null]"));
    CHECK("1|{\"a\":  2}|x\"|NULL", "pg_json_elements_text", TEXT("[1,{\"a\":  2},\"x\\\"\",null]"));
    CHECK("22023 cannot extract elements from an object", "pg_json_elements", TEXT("{}"));
    CHECK("22P02 invalid input syntax for type json", "pg_json_elements", TEXT("[1"));
    CHECK("b|a|b", "pg_json_keys", TEXT("{\"b\":{\"x\":[1,\"}\"]},\"a\":1 , \"b\" : 2}"), TEXT("f"));
    CHECK("22023 cannot call f on an array", "pg_json_keys", TEXT("[]"), TEXT("f"));
    CHECK("5", "pg_json_path", TEXT("{\"a\":[1,{\"b\":5}]}"), TEXT("{a,-1,b}"));
    CHECK("NULL", "pg_json_path", TEXT("{\"a\":[1]}"), TEXT("{a,x}"));
    CHECK("NULL", "pg_json_path_text", TEXT("{\"a\":null}"), TEXT("{a}"));
    CHECK("2", "pg_json_field_text", TEXT("{\"a\":1,\"a\":\"2\"}"), TEXT("a"));
    CHECK("NULL", "pg_json_field", TEXT("{\"a\":null}"), TEXT("a"));
    CHECK("{\"b\":[1,null,{}]}", "pg_json_strip_nulls", TEXT("{\"a\":null, \"b\": [1, null, {\"c\":null}]}"));
    CHECK("{\"a\"  :1}|{}", "pg_json_records", TEXT("[{\"a\"  :1} , {}]"));
    CHECK("22023 argument of json_to_recordset must be an array of objects", "pg_json_records", TEXT("[1]"));
    CHECK("{\"a\" : \"1\", \"b\" : null}", "pg_json_object_of", TEXT("{a,b}"), TEXT("{1,NULL}"));
    CHECK("2202E array must have even number of elements", "pg_json_object_of", TEXT("{a}"));
}

#define CHECK_JSONB(expected, name, ...) assert_string_equal(run(name, PG_JSONB, ARGS(__VA_ARGS__)), expected)

static void test_jsonb(void **state)
{
    (void)state;
    CHECK_JSONB("t", "@>", TEXT("{\"a\": [1, 2], \"b\": 1}"), TEXT("{\"a\": [2]}"));
    CHECK_JSONB("f", "@>", TEXT("[[1]]"), TEXT("1"));
    CHECK_JSONB("t", "@>", TEXT("[1, 2]"), TEXT("2"));
    CHECK_JSONB("t", "<@", TEXT("{}"), TEXT("{\"a\": 1}"));
    CHECK_JSONB("{\"b\": 2}", "-", TEXT("{\"a\": 1, \"b\": 2}"), TEXT("a"));
    CHECK_JSONB("22023 cannot delete from scalar", "-", TEXT("1"), TEXT("a"));
    CHECK_JSONB("{\"a\": 3, \"b\": 2}", "||", TEXT("{\"a\": 1, \"b\": 2}"), TEXT("{\"a\": 3}"));
    CHECK_JSONB("[1, {}]", "||", TEXT("1"), TEXT("{}"));
    CHECK_JSONB("{\"a\": {}}", "pg_jsonb_delete_path", TEXT("{\"a\": {\"b\": 1}}"), TEXT("{a,b}"));
    CHECK_JSONB("{\"a\": [5, 2]}", "pg_jsonb_set", TEXT("{\"a\": [1, 2]}"), TEXT("{a,0}"), TEXT("5"));
    CHECK_JSONB("[1, 9, 2]", "pg_jsonb_insert", TEXT("[1, 2]"), TEXT("{1}"), TEXT("9"));
    CHECK_JSONB("22023 cannot replace existing key", "pg_jsonb_insert", TEXT("{\"a\": 1}"), TEXT("{a}"),
                TEXT("9"));
    CHECK_JSONB("2", "pg_json_path", TEXT("{\"a\": [1, 2]}"), TEXT("{a,-1}"));
    CHECK_JSONB("NULL", "pg_json_path", TEXT("{\"a\": [1, 2]}"), TEXT("{a,x}"));
    CHECK("t", "pg_json_has_any", TEXT("{\"a\": 1}"), TEXT("{x,a}"));
    CHECK("f", "pg_json_has_all", TEXT("[\"a\"]"), TEXT("['a', b]"));
    CHECK("22P02 malformed array literal: \"x\"", "pg_json_has_all", TEXT("{}"), TEXT("x"));
    CHECK("object", "pg_json_typeof", TEXT("{}"));
    CHECK("22023 cannot get array length of a scalar", "pg_json_array_length", TEXT("1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_format), cmocka_unit_test(test_operands), cmocka_unit_test(test_names),
        cmocka_unit_test(test_texts),  cmocka_unit_test(test_bytes),    cmocka_unit_test(test_json),
        cmocka_unit_test(test_jsonb),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
