#include "rows/row_desc.h"

#include "base/alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_copies(void **state)
{
    (void)state;
    char name[] = "id";
    struct column_desc cols[] = {{name, 23, 4, -1, 0, 0}, {"", 1700, -1, 655366, 0, 0}};
    struct row_desc *d = NULL;
    struct err e;
    err_init(&e);
    assert_int_equal(row_desc_new(&d, cols, 2, &e), ST_OK);
    memset(name, 'x', 2);
    assert_int_equal(d->ncolumns, 2);
    assert_string_equal(d->columns[0].name, "id");
    assert_string_equal(d->columns[1].name, "");
    assert_int_equal(d->columns[1].type_oid, 1700);
    assert_int_equal(d->columns[1].typmod, 655366);
    assert_ptr_equal(row_desc_ref(d), d);
    row_desc_unref(d);
    assert_string_equal(d->columns[0].name, "id");
    row_desc_unref(d);
    row_desc_unref(NULL);
}

static void test_same_types(void **state)
{
    (void)state;
    struct column_desc a[] = {{"a", 23, 4, -1, 0, 0}, {"b", 1700, -1, 655366, 0, 0}};
    struct column_desc renamed[] = {{"x", 23, 4, -1, 0, 0}, {"y", 1700, -1, 655366, 0, 0}};
    struct column_desc typmod[] = {{"a", 23, 4, -1, 0, 0}, {"b", 1700, -1, -1, 0, 0}};
    struct column_desc type[] = {{"a", 20, 8, -1, 0, 0}, {"b", 1700, -1, 655366, 0, 0}};
    struct row_desc *d[5] = {0};
    struct err e;
    err_init(&e);
    assert_int_equal(row_desc_new(&d[0], a, 2, &e), ST_OK);
    assert_int_equal(row_desc_new(&d[1], renamed, 2, &e), ST_OK);
    assert_int_equal(row_desc_new(&d[2], typmod, 2, &e), ST_OK);
    assert_int_equal(row_desc_new(&d[3], type, 2, &e), ST_OK);
    assert_int_equal(row_desc_new(&d[4], a, 1, &e), ST_OK);
    assert_true(row_desc_same_types(d[0], d[0]));
    assert_true(row_desc_same_types(d[0], d[1]));
    for (int i = 2; i < 5; i++)
        assert_false(row_desc_same_types(d[0], d[i]));
    for (int i = 0; i < 5; i++)
        row_desc_unref(d[i]);
}

static void test_bounds(void **state)
{
    (void)state;
    static struct column_desc cols[ROW_DESC_COLUMNS_MAX + 1];
    for (size_t i = 0; i <= ROW_DESC_COLUMNS_MAX; i++)
        cols[i] = (struct column_desc){"c", 23, 4, -1, 0, 0};
    struct row_desc *d = NULL;
    struct err e;
    err_init(&e);
    assert_int_equal(row_desc_new(&d, cols, ROW_DESC_COLUMNS_MAX + 1, &e), ST_ERR);
    assert_int_equal(e.code, SQLSTATE_TOO_MANY_COLUMNS);
    assert_string_equal(e.message, "target lists can have at most 1664 entries");
    err_init(&e);
    assert_int_equal(row_desc_new(&d, cols, ROW_DESC_COLUMNS_MAX, &e), ST_OK);
    row_desc_unref(d);
    d = NULL;
    alloc_fail_nth(1);
    assert_int_equal(row_desc_new(&d, cols, 1, &e), ST_ERR);
    assert_true(alloc_failed());
    assert_int_equal(e.code, SQLSTATE_OUT_OF_MEMORY);
    assert_null(d);
}

/* After so many ASCII letters and two-byte ones. */
static size_t kept_of_name(size_t letters, size_t pairs)
{
    static char name[4 * ROW_DESC_NAME_MAX];
    memset(name, 'a', letters);
    for (size_t i = 0; i < pairs; i++)
        memcpy(name + letters + 2 * i, "\xc3\xa4", 2);
    name[letters + 2 * pairs] = '\0';
    struct column_desc cols[] = {{name, 23, 4, -1, 0, 0}, {"after", 25, -1, -1, 0, 0}};
    struct row_desc *d = NULL;
    struct err e;
    err_init(&e);
    assert_int_equal(row_desc_new(&d, cols, 2, &e), ST_OK);
    size_t n = strlen(d->columns[0].name);
    assert_memory_equal(d->columns[0].name, name, n);
    assert_string_equal(d->columns[1].name, "after");
    row_desc_unref(d);
    return n;
}

static void test_names_are_cut(void **state)
{
    (void)state;
    assert_int_equal(kept_of_name(ROW_DESC_NAME_MAX, 0), ROW_DESC_NAME_MAX);
    assert_int_equal(kept_of_name(ROW_DESC_NAME_MAX + 1, 0), ROW_DESC_NAME_MAX);
    assert_int_equal(kept_of_name(3 * ROW_DESC_NAME_MAX, 0), ROW_DESC_NAME_MAX);
    assert_int_equal(kept_of_name(0, ROW_DESC_NAME_MAX), ROW_DESC_NAME_MAX);
    assert_int_equal(kept_of_name(1, ROW_DESC_NAME_MAX), ROW_DESC_NAME_MAX - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copies),
        cmocka_unit_test(test_same_types),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_names_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
