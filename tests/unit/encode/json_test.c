/* Structs, maps, unions and lists as JSON: values as PostgreSQL 15's row_to_json and json_object_agg spell
 * them, and the escapes of strings against a straight version. */
#include "encode/json.h"

#include "base/alloc.h"
#include "encode/encode_priv.h"
#include "one_cell.h"

#include <stdio.h>

#define COUNT(table)    (sizeof(table) / sizeof *(table))
#define STRING(literal) one_string(literal, sizeof(literal) - 1)

static uint64_t seed = 88172645463325252U;

static uint64_t next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    return seed ^= seed << 17;
}

/* A struct of one row with these members; its binary form is its text. */
static void assert_struct(const struct engine_column_type *types, const struct str *names,
                          const struct column_view *children, size_t n, const char *want)
{
    const struct engine_column_type type = {
        .type = ENGINE_STRUCT, .nnames = n, .names = names, .nchildren = n, .children = types};
    struct column_view v = {.type = &type, .nchildren = n, .children = children};
    for (int16_t format = 0; format < 2; format++)
        assert_cell(&v, format, want, strlen(want));
}

/* ---- each type as a member and as a key ---- */

#define VALUE(type, ...) (&(const type){__VA_ARGS__})
#define TEXT(literal)    ((const struct engine_string[]){STRING(literal)})

/* Finite timestamps are left out: in PostgreSQL's JSON they have a T between date and time, here a blank, as
 * in the engine's to_json. */
static void every_type_as_member_and_key(void **state)
{
    static const struct str names[] = {{"small", 5}};
    const struct {
        struct engine_column_type type;
        const void *data;
        const char *member, *key; /* key NULL: the member is a string already */
    } cases[] = {
        {{.type = ENGINE_BOOL}, VALUE(uint8_t, 1), "true", "\"true\""},
        {{.type = ENGINE_BOOL}, VALUE(uint8_t, 0), "false", "\"false\""},
        {{.type = ENGINE_INT8}, VALUE(int8_t, -128), "-128", "\"-128\""},
        {{.type = ENGINE_UINT8}, VALUE(uint8_t, 255), "255", "\"255\""},
        {{.type = ENGINE_INT16}, VALUE(int16_t, -32768), "-32768", "\"-32768\""},
        {{.type = ENGINE_UINT16}, VALUE(uint16_t, 65535), "65535", "\"65535\""},
        {{.type = ENGINE_INT32}, VALUE(int32_t, 1), "1", "\"1\""},
        {{.type = ENGINE_UINT32}, VALUE(uint32_t, UINT32_MAX), "4294967295", "\"4294967295\""},
        {{.type = ENGINE_INT64}, VALUE(int64_t, -5), "-5", "\"-5\""},
        {{.type = ENGINE_UINT64},
         VALUE(uint64_t, UINT64_MAX),
         "18446744073709551615",
         "\"18446744073709551615\""},
        {{.type = ENGINE_INT128}, VALUE(struct engine_int128, UINT64_MAX, -1), "-1", "\"-1\""},
        {{.type = ENGINE_UINT128},
         VALUE(struct engine_int128, 0, 1),
         "18446744073709551616",
         "\"18446744073709551616\""},
        {{.type = ENGINE_BIGNUM}, TEXT("\x80\0\x03\x01\xe2\x40"), "123456", "\"123456\""},
        {{.type = ENGINE_DECIMAL, .width = 4, .scale = 2}, VALUE(int16_t, 150), "1.50", "\"1.50\""},
        {{.type = ENGINE_FLOAT}, VALUE(float, 0.1F), "0.1", "\"0.1\""},
        {{.type = ENGINE_FLOAT}, VALUE(float, -__builtin_inff()), "\"-Infinity\"", NULL},
        {{.type = ENGINE_DOUBLE}, VALUE(double, 1e20), "1e+20", "\"1e+20\""},
        {{.type = ENGINE_DOUBLE}, VALUE(double, -0.0), "-0", "\"-0\""},
        {{.type = ENGINE_DOUBLE}, VALUE(double, 1e-7), "1e-07", "\"1e-07\""},
        {{.type = ENGINE_DOUBLE}, VALUE(double, __builtin_nan("")), "\"NaN\"", NULL},
        {{.type = ENGINE_VARCHAR}, TEXT(""), "\"\"", NULL},
        {{.type = ENGINE_VARCHAR},
         TEXT("q\"\\/\x08\x0c\n\r\t\x01\x1f\x7f\xc3\xa9"),
         "\"q\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\xc3\xa9\"",
         NULL},
        {{.type = ENGINE_VARCHAR, .alias = "JSON"},
         TEXT("{\"x\": [1,  2]}"),
         "{\"x\": [1,  2]}",
         "\"{\\\"x\\\": [1,  2]}\""},
        {{.type = ENGINE_OTHER}, TEXT("a\tb"), "\"a\\tb\"", NULL},
        {{.type = ENGINE_ENUM, .enum_bytes = 1, .nnames = 1, .names = names},
         VALUE(uint8_t, 0),
         "\"small\"",
         NULL},
        {{.type = ENGINE_BLOB}, TEXT("\0\xff\\"), "\"\\\\x00ff5c\"", NULL},
        {{.type = ENGINE_BIT}, TEXT("\x05\xfd"), "\"101\"", NULL},
        {{.type = ENGINE_DATE}, VALUE(int32_t, 19727), "\"2024-01-05\"", NULL},
        {{.type = ENGINE_DATE}, VALUE(int32_t, INT32_MAX), "\"infinity\"", NULL},
        {{.type = ENGINE_DATE}, VALUE(int32_t, -735160), "\"0044-03-15 BC\"", NULL},
        {{.type = ENGINE_TIME}, VALUE(int64_t, 45296500000), "\"12:34:56.5\"", NULL},
        {{.type = ENGINE_TIME_TZ},
         VALUE(uint64_t, UINT64_C(45296000000) << 24 | (57599 - 7200)),
         "\"12:34:56+02\"",
         NULL},
        {{.type = ENGINE_TIMESTAMP}, VALUE(int64_t, INT64_MAX), "\"infinity\"", NULL},
        {{.type = ENGINE_INTERVAL},
         VALUE(struct engine_interval, 0, 1, -1000000),
         "\"1 day -00:00:01\"",
         NULL},
        {{.type = ENGINE_UUID},
         VALUE(struct engine_int128, UINT64_C(0xfedcba9876543210), (int64_t)UINT64_C(0x8123456789abcdef)),
         "\"01234567-89ab-cdef-fedc-ba9876543210\"",
         NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct engine_column_type pair[] = {cases[i].type, cases[i].type};
        const struct engine_column_type map = {.type = ENGINE_MAP, .nchildren = 2, .children = pair};
        static const struct str names_of_two[] = {{"a", 1}, {"b", 1}};
        const struct column_view two[] = {{.type = &pair[0], .data = cases[i].data},
                                          {.type = &pair[1], .data = cases[i].data}};
        const struct column_view entries = {.nchildren = 2, .children = two};
        const struct engine_list_entry one = {0, 1};
        const struct column_view v = {.type = &map, .data = &one, .nchildren = 1, .children = &entries};
        char want[256];
        (void)snprintf(want, sizeof want, "{\"a\":%s,\"b\":%s}", cases[i].member, cases[i].member);
        assert_struct(pair, names_of_two, two, 2, want);
        (void)snprintf(want, sizeof want, "{%s:%s}", cases[i].key ? cases[i].key : cases[i].member,
                       cases[i].member);
        assert_cell_text(&v, want);
    }
}

/* ---- strings ---- */

/* The straight version, as PostgreSQL's escape_json: a byte at a time. */
static size_t plain_json_string(char *out, const char *s, size_t n)
{
    static const char letters[] = "\b\f\n\r\t\"\\", names[] = "bfnrt\"\\";
    size_t at = 0;
    out[at++] = '"';
    for (size_t i = 0; i < n; i++) {
        const char *letter = s[i] ? strchr(letters, s[i]) : NULL;
        if (letter) {
            out[at++] = '\\';
            out[at++] = names[letter - letters];
        } else if ((unsigned char)s[i] < 0x20) {
            at += (size_t)snprintf(out + at, 7, "\\u%04x", (unsigned)s[i]);
        } else {
            out[at++] = s[i];
        }
    }
    out[at++] = '"';
    return at;
}

/* As a value and as the name of it; a zero too, which JSON can say and PostgreSQL's text cannot. */
static void strings_equal_the_plain_version(void **state)
{
    static const struct engine_column_type text = {.type = ENGINE_VARCHAR};
    (void)state;
    for (unsigned i = 0; i < 4000; i++) {
        char s[48], want[2 * 6 * sizeof s + 16];
        size_t n = i < 256 ? 1 : 1 + next_random() % (sizeof s - 1), at = 0; /* no name: a record */
        for (size_t j = 0; j < n; j++)
            s[j] = (char)(i < 256 ? i : next_random() >> (next_random() % 2 ? 59 : 56));
        struct engine_string stored = one_string(s, n);
        const struct column_view v = {.type = &text, .data = &stored};
        const struct str name = {s, n};
        want[at++] = '{';
        at += plain_json_string(want + at, s, n);
        want[at++] = ':';
        at += plain_json_string(want + at, s, n);
        want[at++] = '}';
        want[at] = '\0';
        assert_struct(&text, &name, &v, 1, want);
    }
}

/* ---- what holds other values ---- */

static const struct engine_column_type i32 = {.type = ENGINE_INT32},
                                       ints = {.type = ENGINE_LIST, .nchildren = 1, .children = &i32},
                                       pair = {.type = ENGINE_ARRAY,
                                               .array_size = 2,
                                               .nchildren = 1,
                                               .children = &i32},
                                       nothing = {.type = ENGINE_NULL};

static void members_of_members(void **state)
{
    static const struct str names[] = {{"", 0}, {"", 0}, {"n", 1}, {"", 0}};
    const struct engine_column_type inner = {
        .type = ENGINE_STRUCT, .nnames = 1, .names = names, .nchildren = 1, .children = &i32};
    const struct engine_column_type types[] = {inner, ints, nothing, pair};
    int32_t items[] = {2, 1, 0, 3};
    uint64_t validity = 0xb; /* the third is NULL */
    struct engine_list_entry entry = {1, 3};
    struct column_view numbers = {.type = &i32, .data = items, .validity = &validity};
    struct column_view children[] = {
        {.type = &types[0], .nchildren = 1, .children = &numbers},
        {.type = &types[1], .data = &entry, .nchildren = 1, .children = &numbers},
        {.type = &types[2]},
        {.type = &types[3], .nchildren = 1, .children = &numbers}};
    uint64_t none = 0;
    (void)state;
    assert_struct(types, names, children, 4, "{\"f1\":{\"f1\":2},\"f2\":[1,null,3],\"n\":null,\"f4\":[2,1]}");
    entry.length = 0;
    assert_struct(types, names, children, 4, "{\"f1\":{\"f1\":2},\"f2\":[],\"n\":null,\"f4\":[2,1]}");
    for (size_t i = 0; i < 4; i++) { /* NULL in every position, one after the other */
        static const char *const want[] = {
            "{\"f1\":null,\"f2\":[],\"n\":null,\"f4\":[2,1]}",
            "{\"f1\":null,\"f2\":null,\"n\":null,\"f4\":[2,1]}",
            "{\"f1\":null,\"f2\":null,\"n\":null,\"f4\":[2,1]}",
            "{\"f1\":null,\"f2\":null,\"n\":null,\"f4\":null}",
        };
        children[i].validity = &none;
        assert_struct(types, names, children, 4, want[i]);
    }
    assert_struct(types, names, children, 0, "{}");
}

/* A key that holds other values is the JSON of it as a string. */
static void keys_that_are_no_scalars(void **state)
{
    const struct engine_column_type kinds[] = {ints, i32};
    const struct engine_column_type map = {.type = ENGINE_MAP, .nchildren = 2, .children = kinds};
    int32_t items[] = {1, 2}, values[] = {7, 8};
    struct engine_list_entry lists[] = {{0, 2}, {1, 1}}, both = {0, 2}, none = {0, 0};
    struct column_view numbers = {.type = &i32, .data = items};
    struct column_view entry[] = {{.type = &kinds[0], .data = lists, .nchildren = 1, .children = &numbers},
                                  {.type = &kinds[1], .data = values}};
    struct column_view entries = {.nchildren = 2, .children = entry};
    struct column_view v = {.type = &map, .data = &both, .nchildren = 1, .children = &entries};
    (void)state;
    assert_cell_text(&v, "{\"[1,2]\":7,\"[2]\":8}");
    v.data = &none;
    assert_cell_text(&v, "{}");
}

/* ---- bounds ---- */

/* Lists in lists around a struct: what is deeper than 128 levels is 54001, not the end of the stack. */
static void depth_is_bounded(void **state)
{
    enum { DEEPEST = 128, LEVELS = DEEPEST + 1, LISTS = 42 };
    static struct engine_column_type types[LEVELS];
    static struct column_view views[LEVELS];
    static const struct str name = {"a", 1};
    struct engine_list_entry one = {0, 1};
    int32_t item = 1;
    (void)state;
    types[LEVELS - 1] = i32;
    views[LEVELS - 1] = (struct column_view){.type = &types[LEVELS - 1], .data = &item};
    for (size_t i = LEVELS - 1; i-- > 0;) {
        types[i] = (struct engine_column_type){.type = i % 3 == 2 ? ENGINE_LIST : ENGINE_STRUCT,
                                               .nnames = 1,
                                               .names = &name,
                                               .nchildren = 1,
                                               .children = &types[i + 1]};
        views[i] =
            (struct column_view){.type = &types[i], .data = &one, .nchildren = 1, .children = &views[i + 1]};
    }
    assert_cell_fails(&views[0], 0, "54001");
    assert_cell_fails(&views[0], 1, "54001");
    struct row_batch b;
    struct err e;
    err_init(&e);
    row_batch_init(&b);
    assert_int_equal(one_cell(&views[1], 0, &b, &e), ST_OK);
    assert_int_equal(get_be32(b.data + ONE_CELL_AT - 4),
                     (DEEPEST - 1 - LISTS) * strlen("{\"a\":}") + LISTS * strlen("[]") + 1);
    row_batch_release(&b);
}

/* What a member's own text refuses, the struct refuses; a zero is fine in a string alone. */
static void values_that_are_refused(void **state)
{
    static const struct str name = {"a", 1};
    const struct {
        struct engine_column_type type;
        const void *data;
        const char *code;
    } cases[] = {
        {{.type = ENGINE_DATE}, VALUE(int32_t, -2440589), "22008"},
        {{.type = ENGINE_TIMESTAMP}, VALUE(int64_t, INT64_MIN), "22008"},
        {{.type = ENGINE_TIMESTAMP_S}, VALUE(int64_t, INT64_MAX - 1), "22008"},
        {{.type = ENGINE_BIGNUM}, TEXT("\x80\0"), "22003"},
        {{.type = ENGINE_VARCHAR, .alias = "JSON"}, TEXT("\0"), "22P05"},
        {{.type = ENGINE_OTHER}, TEXT("\0"), "22P05"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct engine_column_type type = {
            .type = ENGINE_STRUCT, .nnames = 1, .names = &name, .nchildren = 1, .children = &cases[i].type};
        const struct column_view child = {.type = &cases[i].type, .data = cases[i].data};
        const struct column_view v = {.type = &type, .nchildren = 1, .children = &child};
        assert_cell_fails(&v, 0, cases[i].code);
    }
}

/* At every allocation, and at every bound of the buffer up to what the value takes: 53200. */
static void without_room(void **state)
{
    static const struct str names[] = {{"a \"quoted\" name", 15}, {"", 0}, {"c", 1}};
    const struct engine_column_type text = {.type = ENGINE_VARCHAR};
    const struct engine_column_type types[] = {text, ints, {.type = ENGINE_BOOL}};
    const struct engine_column_type type = {
        .type = ENGINE_STRUCT, .nnames = 3, .names = names, .nchildren = 3, .children = types};
    struct engine_string s = STRING("a text\nthat \"has\" to be escaped, of some length");
    int32_t items[] = {1000, 2000, 3000};
    uint8_t yes = 1;
    struct engine_list_entry all = {0, 3};
    struct column_view numbers = {.type = &i32, .data = items};
    struct column_view children[] = {{.type = &types[0], .data = &s},
                                     {.type = &types[1], .data = &all, .nchildren = 1, .children = &numbers},
                                     {.type = &types[2], .data = &yes}};
    struct column_view v = {.type = &type, .nchildren = 3, .children = children};
    const struct cell c = {.type = &type, .settings = &one_cell_settings};
    (void)state;
    for (unsigned nth = 1, more = 1; more; nth++) {
        struct buf out;
        struct err e;
        err_init(&e);
        buf_init(&out, 1 << 20);
        alloc_fail_nth(nth);
        int st = json_value(&out, &c, &v, 0, &e);
        more = alloc_failed();
        assert_int_equal(st, more ? ST_ERR : ST_OK);
        assert_string_equal(sqlstate_code(e.code), more ? "53200" : "00000");
        buf_release(&out);
    }
    int st = ST_ERR;
    for (size_t max = 1; st != ST_OK; max++) {
        struct buf out;
        struct err e;
        err_init(&e);
        buf_init(&out, max);
        st = json_value(&out, &c, &v, 0, &e);
        assert_true(out.len <= max && max < 1024);
        assert_string_equal(sqlstate_code(e.code), st == ST_OK ? "00000" : "53200");
        buf_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_as_member_and_key),
        cmocka_unit_test(strings_equal_the_plain_version),
        cmocka_unit_test(members_of_members),
        cmocka_unit_test(keys_that_are_no_scalars),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(values_that_are_refused),
        cmocka_unit_test(without_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
