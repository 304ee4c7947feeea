/* Which extension makes the engine lock, and which statements hold on longer. */
#include "engine/lake_lock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_extensions(void **state)
{
    (void)state;
    assert_true(lake_lock_is_needed("ducklake.duckdb_extension"));
    assert_true(lake_lock_is_needed("/a.b/ducklake.duckdb_extension"));
    assert_true(lake_lock_is_needed("ducklake"));
    assert_false(lake_lock_is_needed("/ducklake/delta.duckdb_extension"));
    assert_false(lake_lock_is_needed("ducklake2.duckdb_extension"));
    assert_false(lake_lock_is_needed(""));
}

static void test_statements(void **state)
{
    (void)state;
    assert_true(lake_lock_lists_objects("FROM DuckDB_Tables()"));
    assert_false(lake_lock_lists_objects("SELECT a FROM duck"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_extensions), cmocka_unit_test(test_statements)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
