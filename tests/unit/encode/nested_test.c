/* Arrays and JSON; the bytes of arrays are those of PostgreSQL 15. */
#include "base/alloc.h"
#include "one_cell.h"

static const struct engine_column_type text = {.type = ENGINE_VARCHAR}, i32 = {.type = ENGINE_INT32},
                                       f64 = {.type = ENGINE_DOUBLE}, boolean = {.type = ENGINE_BOOL},
                                       date = {.type = ENGINE_DATE}, blob = {.type = ENGINE_BLOB},
                                       json = {.type = ENGINE_VARCHAR, .alias = "JSON"};
static const struct engine_column_type ints = {.type = ENGINE_LIST, .nchildren = 1, .children = &i32},
                                       matrix = {.type = ENGINE_LIST, .nchildren = 1, .children = &ints},
                                       texts = {.type = ENGINE_LIST, .nchildren = 1, .children = &text};

#define STRING(literal) one_string(literal, sizeof(literal) - 1)

static void elements_are_quoted_where_they_have_to(void **state)
{
    struct engine_string items[] = {STRING("a b"), STRING("c,d"),   STRING("e\"f"),   STRING("g\\h"),
                                    STRING("{}"),  STRING("NULL"),  STRING("null"),   STRING(""),
                                    STRING(" x"),  STRING("\t"),    STRING("\v"),     STRING("\x01"),
                                    STRING("é"),   STRING("nulls"), STRING("|;='[1]")};
    struct column_view child = {.type = &text, .data = items};
    struct engine_list_entry all = {0, sizeof items / sizeof *items};
    (void)state;
    assert_cell_text(
        &(struct column_view){.type = &texts, .data = &all, .nchildren = 1, .children = &child},
        "{\"a b\",\"c,d\",\"e\\\"f\",\"g\\\\h\",\"{}\",\"NULL\",\"null\",\"\",\" x\",\"\t\",\"\v\",\x01,"
        "é,nulls,|;='[1]}");
}

static void arrays_of_text_in_binary(void **state)
{
    struct engine_string items[] = {STRING("a"), STRING("?"), STRING("")};
    uint64_t validity = 5;
    struct column_view child = {.type = &text, .data = items, .validity = &validity};
    struct engine_list_entry all = {0, 3}, none = {3, 0};
    struct column_view v = {.type = &texts, .data = &all, .nchildren = 1, .children = &child};
    (void)state;
    assert_cell_binary(&v, "00000001000000010000001900000003000000010000000161ffffffff00000000");
    assert_cell_text(&v, "{a,NULL,\"\"}");
    v.data = &none;
    assert_cell_binary(&v, "000000000000000000000019");
}

/* Of each kind of element, as PostgreSQL 15 answers: its text with quotes where they have to be, its own
 * binary form. The second is NULL. */
static void arrays_of_every_type(void **state)
{
    const struct {
        struct engine_column_type element;
        const void *data;
        uint64_t n;
        const char *text, *binary;
    } cases[] = {
        {{.type = ENGINE_BOOL},
         (const uint8_t[]){1, 0},
         2,
         "{t,NULL}",
         "00000001000000010000001000000002000000010000000101ffffffff"},
        {{.type = ENGINE_INT8},
         (const int8_t[]){-1, 0, 2},
         3,
         "{-1,NULL,2}",
         "0000000100000001000000150000000300000001"
         "00000002ffffffffffff000000020002"},
        {{.type = ENGINE_DATE},
         (const int32_t[]){19727, 0, INT32_MAX},
         3,
         "{2024-01-05,NULL,infinity}",
         "00000001000000010000043a0000000300000001"
         "0000000400002242ffffffff000000047fffffff"},
        {{.type = ENGINE_TIMESTAMP},
         (const int64_t[]){1704416523000000},
         1,
         "{\"2024-01-05 01:02:03\"}",
         "00000001000000000000045a0000000100000001"
         "000000080002b1272a2f38c0"},
        {{.type = ENGINE_INTERVAL},
         (const struct engine_interval[]){{0, 1, 0}, {0}, {0, 0, -1000000}},
         3,
         "{\"1 day\",NULL,-00:00:01}",
         "0000000100000001000004a20000000300000001"
         "00000010000000000000000000000001"
         "00000000ffffffff"
         "00000010fffffffffff0bdc00000000000000000"},
        {{.type = ENGINE_DECIMAL, .width = 5, .scale = 2},
         (const int32_t[]){150, 0, -10},
         3,
         "{1.50,NULL,-0.10}",
         "0000000100000001000006a40000000300000001"
         "0000000c0002000000000002"
         "00011388ffffffff"
         "0000000a0001ffff4000000203e8"},
        {{.type = ENGINE_DOUBLE},
         (const double[]){__builtin_nan(""), 0, 1e20},
         3,
         "{NaN,NULL,1e+20}",
         "0000000100000001000002bd0000000300000001"
         "000000087ff8000000000000ffffffff"
         "000000084415af1d78b58c40"},
        {{.type = ENGINE_BLOB},
         (const struct engine_string[]){STRING("\0\xff"), {0}, {0}},
         3,
         "{\"\\\\x00ff\",NULL,\"\\\\x\"}",
         "0000000100000001000000110000000300000001"
         "0000000200ffffffffff00000000"},
        {{.type = ENGINE_BIT},
         (const struct engine_string[]){STRING("\x05\xfd"), {0}, STRING("\0")},
         3,
         "{101,NULL,\"\"}",
         "00000001000000010000061a0000000300000001"
         "0000000500000003a0ffffffff0000000400000000"},
        {{.type = ENGINE_UUID},
         (const struct engine_int128[]){{0xfedcba9876543210, (int64_t)0x8123456789abcdef}},
         1,
         "{01234567-89ab-cdef-fedc-ba9876543210}",
         "000000010000000000000b860000000100000001"
         "000000100123456789abcdeffedcba9876543210"},
        {{.type = ENGINE_VARCHAR, .alias = "JSON"},
         (const struct engine_string[]){STRING("{\"a\":1}"), {0}},
         2,
         "{\"{\\\"a\\\":1}\",NULL}",
         "0000000100000001000000720000000200000001"
         "000000077b2261223a317dffffffff"},
    };
    const uint64_t validity = ~UINT64_C(2);
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct engine_column_type list = {
            .type = ENGINE_LIST, .nchildren = 1, .children = &cases[i].element};
        const struct column_view child = {
            .type = &cases[i].element, .data = cases[i].data, .validity = &validity};
        const struct engine_list_entry all = {0, cases[i].n};
        const struct column_view v = {.type = &list, .data = &all, .nchildren = 1, .children = &child};
        assert_cell_text(&v, cases[i].text);
        assert_cell_binary(&v, cases[i].binary);
    }
}

static void nested_lists_are_dimensions(void **state)
{
    int32_t items[] = {9, 1, 2, 3, 4};
    uint64_t validity = 0x1b; /* the 2 is NULL */
    struct column_view inner = {.type = &i32, .data = items, .validity = &validity};
    struct engine_list_entry rows[] = {{1, 2}, {3, 2}}, all = {0, 2};
    struct column_view middle = {.type = &ints, .data = rows, .nchildren = 1, .children = &inner};
    struct column_view v = {.type = &matrix, .data = &all, .nchildren = 1, .children = &middle};
    (void)state;
    assert_cell_text(&v, "{{1,NULL},{3,4}}");
    assert_cell_binary(&v, "000000020000000100000017000000020000000100000002000000010000000400000001ffffffff"
                           "00000004000000030000000400000004");
    rows[0].length = rows[1].length = 0; /* no elements at all */
    assert_cell_text(&v, "{}");
    assert_cell_binary(&v, "000000000000000000000017");
}

static void what_is_not_rectangular_is_refused(void **state)
{
    int32_t items[] = {1, 2, 3};
    struct column_view inner = {.type = &i32, .data = items};
    struct engine_list_entry rows[] = {{0, 2}, {2, 1}}, all = {0, 2};
    uint64_t validity = 1;
    struct column_view middle = {.type = &ints, .data = rows, .nchildren = 1, .children = &inner};
    struct column_view v = {.type = &matrix, .data = &all, .nchildren = 1, .children = &middle};
    (void)state;
    for (int16_t format = 0; format < 2; format++)
        assert_cell_fails(&v, format, "2202E");
    middle.validity = &validity; /* the second list is NULL */
    for (int16_t format = 0; format < 2; format++)
        assert_cell_fails(&v, format, "2202E");
}

static void too_many_dimensions_are_refused(void **state)
{
    struct engine_column_type types[7];
    struct column_view views[8];
    struct engine_list_entry one = {0, 1};
    int32_t item = 1;
    (void)state;
    views[7] = (struct column_view){.type = &i32, .data = &item};
    for (int i = 6; i >= 0; i--) {
        types[i] = (struct engine_column_type){
            .type = ENGINE_LIST, .nchildren = 1, .children = i == 6 ? &i32 : &types[i + 1]};
        views[i] =
            (struct column_view){.type = &types[i], .data = &one, .nchildren = 1, .children = &views[i + 1]};
    }
    assert_cell_fails(&views[0], 0, "54000");
    assert_cell_fails(&views[0], 1, "54000");
    assert_cell_text(&views[1], "{{{{{{1}}}}}}");
}

static void fixed_arrays(void **state)
{
    static const struct engine_column_type pair = {
        .type = ENGINE_ARRAY, .array_size = 2, .nchildren = 1, .children = &i32};
    static const struct engine_column_type pairs = {.type = ENGINE_LIST, .nchildren = 1, .children = &pair};
    int32_t items[] = {1, 2, 3, 4, 5, 6};
    struct column_view inner = {.type = &i32, .data = items};
    struct column_view middle = {.type = &pair, .nchildren = 1, .children = &inner};
    struct engine_list_entry last = {1, 2};
    (void)state;
    assert_cell_text(&middle, "{1,2}");
    assert_cell_text(
        &(struct column_view){.type = &pairs, .data = &last, .nchildren = 1, .children = &middle},
        "{{3,4},{5,6}}");
}

static void lists_of_structs_are_json_arrays(void **state)
{
    static const struct str names[] = {{"a", 1}};
    static const struct engine_column_type type = {
        .type = ENGINE_STRUCT, .nnames = 1, .names = names, .nchildren = 1, .children = &i32};
    static const struct engine_column_type list = {.type = ENGINE_LIST, .nchildren = 1, .children = &type};
    int32_t items[] = {1};
    struct column_view member = {.type = &i32, .data = items};
    struct column_view child = {.type = &type, .nchildren = 1, .children = &member};
    struct engine_list_entry all = {0, 1};
    struct column_view v = {.type = &list, .data = &all, .nchildren = 1, .children = &child};
    struct column_desc d;
    (void)state;
    encode_describe(&list, &d);
    assert_int_equal(d.type_oid, 199);
    assert_cell_text(&v, "{\"{\\\"a\\\":1}\"}");
    assert_cell_binary(&v, "0000000100000000000000720000000100000001000000077b2261223a317d");
}

/* A struct of one row, of members that are given by type and data. */
static void assert_json(const struct engine_column_type *types, const struct str *names,
                        const struct column_view *children, size_t n, const char *want)
{
    struct engine_column_type type = {
        .type = ENGINE_STRUCT, .nnames = n, .names = names, .nchildren = n, .children = types};
    struct column_view v = {.type = &type, .nchildren = n, .children = children};
    assert_cell_text(&v, want);
    assert_cell(&v, 1, want, strlen(want)); /* json's binary form is its text */
}

static void every_kind_of_json(void **state)
{
    static const struct str names[] = {{"", 0}, {"d", 1}, {"", 0}, {"x", 1}, {"j", 1}, {"l", 1}};
    const struct engine_column_type types[] = {f64, date, boolean, blob, json, ints};
    double d = __builtin_nan("");
    int32_t day = 19727, items[] = {1, 2};
    uint8_t no = 0;
    struct engine_string x = one_string("\0\xff", 2), j = STRING("[1, {}]");
    struct engine_list_entry all = {0, 2};
    struct column_view child = {.type = &i32, .data = items};
    struct column_view children[] = {{.type = &types[0], .data = &d},
                                     {.type = &types[1], .data = &day},
                                     {.type = &types[2], .data = &no},
                                     {.type = &types[3], .data = &x},
                                     {.type = &types[4], .data = &j},
                                     {.type = &types[5], .data = &all, .nchildren = 1, .children = &child}};
    (void)state;
    assert_json(
        types, names, children, 6,
        "{\"f1\":\"NaN\",\"d\":\"2024-01-05\",\"f3\":false,\"x\":\"\\\\x00ff\",\"j\":[1, {}],\"l\":[1,2]}");
    d = 1e20;
    day = INT32_MAX;
    assert_json(types, names, children, 2, "{\"f1\":1e+20,\"d\":\"infinity\"}");
}

static void strings_are_escaped(void **state)
{
    static const struct str name = {"s", 1};
    struct engine_string s = STRING("\"\\/\b\f\n\r\t\0\x1f é");
    struct column_view child = {.type = &text, .data = &s};
    (void)state;
    assert_json(&text, &name, &child, 1, "{\"s\":\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f \xc3\xa9\"}");
}

static void maps_have_keys_of_text(void **state)
{
    static const struct engine_column_type kinds[] = {{.type = ENGINE_INT32}, {.type = ENGINE_BOOL}};
    static const struct engine_column_type type = {.type = ENGINE_MAP, .nchildren = 2, .children = kinds};
    int32_t keys[] = {7, -1};
    uint8_t values[] = {1, 0};
    uint64_t validity = 1;
    struct column_view pair[] = {{.type = &kinds[0], .data = keys},
                                 {.type = &kinds[1], .data = values, .validity = &validity}};
    struct column_view entries = {.nchildren = 2, .children = pair};
    struct engine_list_entry all = {0, 2};
    (void)state;
    assert_cell_text(&(struct column_view){.type = &type, .data = &all, .nchildren = 1, .children = &entries},
                     "{\"7\":true,\"-1\":null}");
}

/* Words, as json_object_agg(true, …) has them, although a boolean's text is a letter. */
static void maps_have_keys_that_are_booleans(void **state)
{
    static const struct engine_column_type kinds[] = {{.type = ENGINE_BOOL}, {.type = ENGINE_INT32}};
    static const struct engine_column_type type = {.type = ENGINE_MAP, .nchildren = 2, .children = kinds};
    uint8_t keys[] = {1, 0};
    int32_t values[] = {1, 2};
    struct column_view pair[] = {{.type = &kinds[0], .data = keys}, {.type = &kinds[1], .data = values}};
    struct column_view entries = {.nchildren = 2, .children = pair};
    struct engine_list_entry all = {0, 2};
    (void)state;
    assert_cell_text(&(struct column_view){.type = &type, .data = &all, .nchildren = 1, .children = &entries},
                     "{\"true\":1,\"false\":2}");
}

static void unions_are_their_member(void **state)
{
    static const struct engine_column_type members[] = {{.type = ENGINE_INT32}, {.type = ENGINE_VARCHAR}};
    static const struct str names[] = {{"i", 1}, {"t", 1}};
    static const struct engine_column_type type = {
        .type = ENGINE_UNION, .nnames = 2, .names = names, .nchildren = 2, .children = members};
    uint8_t tag = 1;
    int32_t i = 5;
    struct engine_string t = STRING("five");
    struct column_view children[] = {
        {.data = &tag}, {.type = &members[0], .data = &i}, {.type = &members[1], .data = &t}};
    struct column_view v = {.type = &type, .nchildren = 3, .children = children};
    (void)state;
    assert_cell_text(&v, "\"five\"");
    tag = 0;
    assert_cell_text(&v, "5");
    tag = 2; /* the engine would be wrong: an error, not a read beyond the members */
    assert_cell_fails(&v, 0, "XX001");
}

static void every_allocation_fails_once(void **state)
{
    static const struct str names[] = {{"a", 1}, {"b", 1}};
    const struct engine_column_type types[] = {text, ints};
    const struct engine_column_type type = {
        .type = ENGINE_STRUCT, .nnames = 2, .names = names, .nchildren = 2, .children = types};
    struct engine_string s = STRING("a \"long\" text that does not lie inline");
    int32_t items[] = {1, 2, 3};
    struct engine_list_entry all = {0, 3};
    struct column_view child = {.type = &i32, .data = items};
    struct column_view children[] = {{.type = &types[0], .data = &s},
                                     {.type = &types[1], .data = &all, .nchildren = 1, .children = &child}};
    const struct column_view views[] = {
        {.type = &type, .nchildren = 2, .children = children}, children[0], children[1]};
    (void)state;
    for (size_t i = 0; i < sizeof views / sizeof *views; i++)
        for (unsigned nth = 1, more = 1; more; nth++) {
            struct row_batch b;
            struct err e;
            err_init(&e);
            row_batch_init(&b);
            alloc_fail_nth(nth);
            int st = one_cell(&views[i], (int16_t)(nth % 2), &b, &e);
            more = alloc_failed();
            assert_int_equal(st, more ? ST_ERR : ST_OK);
            assert_int_equal(err_is_set(&e), more);
            row_batch_release(&b);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_are_quoted_where_they_have_to),
        cmocka_unit_test(arrays_of_text_in_binary),
        cmocka_unit_test(arrays_of_every_type),
        cmocka_unit_test(nested_lists_are_dimensions),
        cmocka_unit_test(what_is_not_rectangular_is_refused),
        cmocka_unit_test(too_many_dimensions_are_refused),
        cmocka_unit_test(fixed_arrays),
        cmocka_unit_test(lists_of_structs_are_json_arrays),
        cmocka_unit_test(every_kind_of_json),
        cmocka_unit_test(strings_are_escaped),
        cmocka_unit_test(maps_have_keys_of_text),
        cmocka_unit_test(maps_have_keys_that_are_booleans),
        cmocka_unit_test(unions_are_their_member),
        cmocka_unit_test(every_allocation_fails_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
