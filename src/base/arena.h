/* Memory with one life: many allocations, one release. Bounded: beyond `max` bytes arena_alloc returns NULL,
 * which callers answer with err_oom (53200). One thread at a time; the owner keeps the struct. */
#ifndef TAVANA_BASE_ARENA_H
#define TAVANA_BASE_ARENA_H

#include "base/str.h"

#include <stddef.h>

struct account;
struct arena_block;

struct arena {
    struct arena_block *blocks; /* newest first */
    size_t used;                /* bytes handed out, of all blocks */
    size_t max;
    struct account *account; /* that its blocks count against; NULL: none */
};

/* Allocates nothing yet. */
void arena_init(struct arena *a, size_t max);
/* The same, bounded by an account too, which has to outlive it. */
void arena_init_of(struct arena *a, size_t max, struct account *account);
/* Gives back all that was taken from it; the arena is empty then and may be used again. */
void arena_release(struct arena *a);
/* Everything that was handed out is gone, as after arena_release; one small block may stay for what comes. */
void arena_clear(struct arena *a);
/* Aligned for any type, not zeroed. */
void *arena_alloc(struct arena *a, size_t n) __attribute__((warn_unused_result));
/* n × size bytes of zeros; NULL when that overflows, beyond the bound, or without memory. */
void *arena_calloc(struct arena *a, size_t n, size_t size) __attribute__((warn_unused_result));
/* Terminated copies. */
char *arena_strndup(struct arena *a, const char *s, size_t n) __attribute__((warn_unused_result));
/* A copy; NULL as arena_alloc. */
char *arena_strdup(struct arena *a, const char *s) __attribute__((warn_unused_result));

#endif
