#include "rows/rows_hash.h"

#include "rows/rows_hash_avx2.h"

#define XXH_INLINE_ALL /* libpg_query exports another version of the same names */
#include <xxhash.h>

/* xxHash keeps its state aligned in its own memory, so ours is but another name for it. */
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
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) {
        rows_hash_add_avx2(h, p, n);
        return;
    }
#endif
    (void)XXH3_64bits_update(state_of(h), p, n);
}

uint64_t rows_hash_value(const struct rows_hash *h)
{
    return XXH3_64bits_digest((const XXH3_state_t *)h);
}

int rows_hash_differs(uint64_t rows, struct err *e)
{
    (void)err_set(e, SQLSTATE_SERIALIZATION_FAILURE,
                  "the result could not go on after its worker was lost: its rows have changed");
    err_detail(e, "%llu rows had been sent; run again they are not the same, or come in another order.",
               (unsigned long long)rows);
    err_hint(e, "Run the statement again. An ORDER BY makes its order certain.");
    return ST_ERR;
}
