/* rows_hash_add for processors with AVX2; it is rows_hash_add that chooses. */
#ifndef TAVANA_ROWS_ROWS_HASH_AVX2_H
#define TAVANA_ROWS_ROWS_HASH_AVX2_H

#include "rows/rows_hash.h"

/* rows_hash_add on a processor with AVX2. */
void rows_hash_add_avx2(struct rows_hash *h, const void *p, size_t n);

#endif
