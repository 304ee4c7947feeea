#include "sql/copy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void the_client_is_the_other_end(void **state)
{
    (void)state;
    assert_true(sql_copy_is_client(STR("COPY t TO STDOUT")));
    assert_true(sql_copy_is_client(STR("copy t (a, b) from stdin with (format csv)")));
    assert_true(sql_copy_is_client(STR("COPY (SELECT 1) TO /* where */ STDOUT (FORMAT binary)")));
}

static void a_file_is_the_other_end(void **state)
{
    (void)state;
    assert_false(sql_copy_is_client(STR("COPY t TO 'stdout'")));
    assert_false(sql_copy_is_client(STR("COPY t FROM 'file.csv' (HEADER)")));
    assert_false(sql_copy_is_client(STR("COPY (SELECT * FROM stdin) TO 'x.parquet'")));
    assert_false(sql_copy_is_client(STR("COPY t TO 'a' -- TO STDOUT")));
    assert_false(sql_copy_is_client(STR("COPY t FROM DATABASE a TO b")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_client_is_the_other_end),
        cmocka_unit_test(a_file_is_the_other_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
