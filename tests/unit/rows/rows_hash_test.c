#include "rows/rows_hash_avx2.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cmocka.h>

enum { BYTES = 5000 };

static bool has_avx2(void)
{
#if defined(__x86_64__)
    return __builtin_cpu_supports("avx2");
#else
    return true; /* then it is compiled as everything is */
#endif
}

/* Pieces of any length, by either code in turn, are what they are in one. */
static void pieces(void **state)
{
    (void)state;
    uint8_t bytes[BYTES];
    const bool avx2 = has_avx2();
    unsigned random = 7;
    for (size_t i = 0; i < BYTES; i++) {
        random = random * 1664525 + 1013904223;
        bytes[i] = (uint8_t)(random >> 16);
    }
    for (size_t piece = 1; piece < BYTES; piece = piece * 3 / 2 + 1) {
        struct rows_hash *h = rows_hash_new();
        assert_non_null(h);
        for (size_t at = 0, k = 0; at < BYTES; at += piece, k++) {
            size_t n = piece < BYTES - at ? piece : BYTES - at;
            (avx2 && k % 2 ? rows_hash_add_avx2 : rows_hash_add)(h, bytes + at, n);
            assert_true(rows_hash_value(h) == XXH3_64bits(bytes, at + n));
        }
        rows_hash_free(h);
    }
    rows_hash_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(pieces)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
