/* new and delete, by the names that C++ compilers give them, before the program has begun and after. */
#include "engine/heap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

const char *duckdb_library_version(void); /* so that the engine is linked, and C++ with it */
void *plain_new(size_t size) __asm__("_Znwm");
void plain_delete(void *p) __asm__("_ZdlPv");

enum { BLOCKS = 1000, SIZES = 10000000, LEAST = 32 };

static void gives_blocks(void)
{
    static char *blocks[BLOCKS];
    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = plain_new(i);
        assert_non_null(blocks[i]);
        memset(blocks[i], (int)(i & 0x7f), i);
    }
    for (size_t i = 1; i < BLOCKS; i++)
        assert_int_equal(blocks[i][i - 1], i & 0x7f);
    for (size_t i = 0; i < BLOCKS; i++)
        plain_delete(blocks[i]);
}

static void test_heap(void **state)
{
    (void)state;
    assert_non_null(duckdb_library_version());
    void *before = plain_new(100);
    engine_heap_begin();
    gives_blocks();
    plain_delete(before); /* from before the beginning: it goes where it came from */
    plain_delete(NULL);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    const struct heap_counters counters = heap_counters();
    for (size_t n = 0; n < SIZES; n += 1 + n / 16) {
        const uint64_t taken = *counters.taken, given = *counters.given;
        void *p = plain_new(n);
        assert_in_range(*counters.taken - taken, n, 2 * n + LEAST);
        assert_int_equal(*counters.given, given);
        plain_delete(p);
        assert_int_equal(*counters.given - given, *counters.taken - taken);
    }
    plain_delete(NULL);
#endif
    engine_heap_begin(); /* again: nothing changes */
    gives_blocks();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_heap)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
