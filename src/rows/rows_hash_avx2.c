/* XXH3 once more, compiled for processors with AVX2 (CMakeLists.txt). A state is the same in both. */
#include "rows/rows_hash_avx2.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

void rows_hash_add_avx2(struct rows_hash *h, const void *p, size_t n)
{
    (void)XXH3_64bits_update((XXH3_state_t *)h, p, n);
}
