#include "rows/rows_hash.h"

#include <xxhash.h>

/* xxHash keeps its state aligned in its own memory. */
static XXH3_state_t *state_of(struct rows_hash *h)
{
    return (XXH3_state_t *)h;
}

struct rows_hash *rows_hash_new(void)
{
    XXH3_state_t *s = XXH3_createState();
    if (s)
        (void)XXH3_64bits_reset(s);
    return (struct rows_hash *)s;
}

void rows_hash_free(struct rows_hash *h)
{
    if (h)
        (void)XXH3_freeState(state_of(h));
}

void rows_hash_add(struct rows_hash *h, const void *p, size_t n)
{
    (void)XXH3_64bits_update(state_of(h), p, n);
}

uint64_t rows_hash_value(const struct rows_hash *h)
{
    return XXH3_64bits_digest((const XXH3_state_t *)h);
}
