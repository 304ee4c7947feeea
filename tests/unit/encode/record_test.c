/* Rows without names for their members; the bytes are those of PostgreSQL 15. */
#include "base/alloc.h"
#include "one_cell.h"

static const struct str no_names[4];
static const struct engine_column_type pair_members[] = {{.type = ENGINE_INT32}, {.type = ENGINE_VARCHAR}};
static const struct engine_column_type pair = {
    .type = ENGINE_STRUCT, .nnames = 2, .names = no_names, .nchildren = 2, .children = pair_members};

static struct column_view pair_view(struct column_view members[2], const int32_t *number,
                                    const struct engine_string *text)
{
    members[0] = (struct column_view){.type = &pair_members[0], .data = number};
    members[1] = (struct column_view){.type = &pair_members[1], .data = text};
    return (struct column_view){.type = &pair, .nchildren = 2, .children = members};
}

static void assert_pair(const char *text, const char *want)
{
    const int32_t number = 7;
    struct engine_string s = one_string(text, strlen(text));
    struct column_view members[2], v = pair_view(members, &number, &s);
    assert_cell_text(&v, want);
}

static void members_are_quoted_where_they_have_to(void **state)
{
    (void)state;
    assert_pair("a", "(7,a)");
    assert_pair("", "(7,\"\")");
    assert_pair("a b", "(7,\"a b\")");
    assert_pair("a\"b", "(7,\"a\"\"b\")");
    assert_pair("a\\b", "(7,\"a\\\\b\")");
    assert_pair("(", "(7,\"(\")");
    assert_pair("a,b", "(7,\"a,b\")");
    assert_pair("\t", "(7,\"\t\")");
    assert_pair("\x01{}'", "(7,\x01{}')");
    assert_pair("NULL", "(7,NULL)");
}

static void a_null_is_nothing(void **state)
{
    const int32_t number = 7;
    const uint64_t nobody = 0;
    struct engine_string s = one_string("a", 1);
    struct column_view members[2], v = pair_view(members, &number, &s);
    (void)state;
    members[1].validity = &nobody;
    assert_cell_text(&v, "(7,)");
    assert_cell_binary(&v, "00000002"
                           "00000017"
                           "00000004"
                           "00000007"
                           "00000019"
                           "ffffffff");
}

static void in_binary_each_has_its_type(void **state)
{
    const int32_t number = 7;
    struct engine_string s = one_string("ab", 2);
    struct column_view members[2], v = pair_view(members, &number, &s);
    (void)state;
    assert_cell_binary(&v, "00000002"
                           "00000017"
                           "00000004"
                           "00000007"
                           "00000019"
                           "00000002"
                           "6162");
}

/* An array of rows, and a row with one in it. */
static void rows_within(void **state)
{
    const int32_t numbers[] = {1, 2};
    struct engine_string texts[] = {one_string("a b", 3), one_string("c", 1)};
    struct engine_list_entry all = {0, 2};
    const struct engine_column_type list = {.type = ENGINE_LIST, .nchildren = 1, .children = &pair};
    const struct engine_column_type outer = {
        .type = ENGINE_STRUCT, .nnames = 1, .names = no_names, .nchildren = 1, .children = &list};
    struct column_view members[2], rows = pair_view(members, numbers, texts);
    struct column_view array = {.type = &list, .data = &all, .nchildren = 1, .children = &rows};
    (void)state;
    assert_cell_text(&array, "{\"(1,\\\"a b\\\")\",\"(2,c)\"}");
    assert_cell_text(&(struct column_view){.type = &outer, .nchildren = 1, .children = &array},
                     "(\"{\"\"(1,\\\\\"\"a b\\\\\"\")\"\",\"\"(2,c)\"\"}\")");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_are_quoted_where_they_have_to),
        cmocka_unit_test(a_null_is_nothing),
        cmocka_unit_test(in_binary_each_has_its_type),
        cmocka_unit_test(rows_within),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
