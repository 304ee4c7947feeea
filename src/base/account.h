/* What one owner may take, however it is spread over arenas, buffers and other allocations. An account may be
 * part of another one, which then bounds both together. One thread at a time; the owner keeps the struct.
 *
 *   account_take   false: it does not fit; nothing is taken, and the outermost account remembers that it
 *                  refused
 *   account_give   gives back what was taken before
 *   account_left, account_refuse   for what another process keeps on the owner's behalf: how much that may
 *                  be, and that it was not enough
 *   NULL           an account without bounds
 *
 * Outermost accounts may share a pool, which bounds what all of them take beyond their first ACCOUNT_OWN
 * bytes: those that take little neither touch it nor suffer when it is empty. A pool may be part of another.
 * Any thread. */
#ifndef TAVANA_BASE_ACCOUNT_H
#define TAVANA_BASE_ACCOUNT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

enum { ACCOUNT_OWN = 64 * 1024 };

struct account_pool {
    struct account_pool *part_of; /* NULL: none */
    _Atomic size_t used;
    size_t max;
};

struct account {
    struct account *part_of; /* NULL: it is the outermost one */
    size_t used, max;
    struct account_pool *pool; /* of the outermost; NULL: none */
    bool refused;              /* of the outermost: something did not fit since its owner last looked … */
    const struct account_pool *refused_by; /* … in there; NULL: in itself */
};

/* Where it was counted with so many bytes it is with so many now, whether or not they fit. */
static inline void account_pool_change(struct account_pool *pool, size_t before, size_t now)
{
    for (; pool && now != before; pool = pool->part_of)
        (void)atomic_fetch_add(&pool->used, now - before);
}

/* The one of the pools in which it does not fit; NULL: it was taken in all. */
static inline const struct account_pool *account_pool_take(struct account_pool *pool, size_t n)
{
    for (struct account_pool *each = pool; each; each = each->part_of) {
        size_t before = atomic_fetch_add(&each->used, n);
        if (before <= each->max && n <= each->max - before)
            continue;
        (void)atomic_fetch_sub(&each->used, n);
        for (struct account_pool *taken = pool; taken != each; taken = taken->part_of)
            (void)atomic_fetch_sub(&taken->used, n);
        return each;
    }
    return NULL;
}

/* How much more could be taken in all of them now. */
static inline size_t account_pool_left(const struct account_pool *pool)
{
    size_t left = (size_t)-1;
    for (; pool; pool = pool->part_of) {
        size_t used = atomic_load(&pool->used), here = used < pool->max ? pool->max - used : 0;
        if (here < left)
            left = here;
    }
    return left;
}

/* The one that has least left; NULL of NULL. */
static inline const struct account_pool *account_pool_fullest(const struct account_pool *pool)
{
    size_t left = account_pool_left(pool);
    while (pool && pool->part_of && account_pool_left(pool->part_of) <= left)
        pool = pool->part_of;
    return pool;
}

/* What of so many bytes counts in the pool. */
static inline size_t account_beyond(size_t used)
{
    return used > ACCOUNT_OWN ? used - ACCOUNT_OWN : 0;
}

static inline bool account_take(struct account *a, size_t n)
{
    bool fits = true;
    struct account *outermost = a;
    for (struct account *each = a; each; each = each->part_of) {
        fits &= each->used <= each->max && n <= each->max - each->used;
        outermost = each;
    }
    if (!outermost)
        return true;
    const struct account_pool *refused_by = NULL;
    if (fits && outermost->pool) {
        size_t more = account_beyond(outermost->used + n) - account_beyond(outermost->used);
        refused_by = more ? account_pool_take(outermost->pool, more) : NULL;
    }
    if (!fits || refused_by) {
        outermost->refused = true;
        outermost->refused_by = refused_by;
        return false;
    }
    for (struct account *each = a; each; each = each->part_of)
        each->used += n;
    return true;
}

static inline void account_give(struct account *a, size_t n)
{
    struct account *outermost = a;
    for (struct account *each = a; each; each = each->part_of) {
        each->used -= n;
        outermost = each;
    }
    if (outermost)
        account_pool_change(outermost->pool, account_beyond(outermost->used + n),
                            account_beyond(outermost->used));
}

/* How much more its pools would let the outermost one take now, its first ACCOUNT_OWN bytes among it. */
static inline size_t account_left_in_pool(const struct account *outermost)
{
    size_t left = account_pool_left(outermost->pool);
    size_t own = outermost->used < ACCOUNT_OWN ? ACCOUNT_OWN - outermost->used : 0;
    return left < (size_t)-1 - own ? left + own : (size_t)-1;
}

/* How much more fits now; of NULL: all that there is. */
static inline size_t account_left(const struct account *a)
{
    size_t left = (size_t)-1;
    for (; a; a = a->part_of) {
        size_t here = a->used < a->max ? a->max - a->used : 0;
        left = here < left ? here : left;
        if (!a->part_of && account_left_in_pool(a) < left)
            left = account_left_in_pool(a);
    }
    return left;
}

/* What is kept elsewhere on its behalf did not fit into what account_left said. */
static inline void account_refuse(struct account *a)
{
    while (a && a->part_of)
        a = a->part_of;
    if (!a)
        return;
    size_t own = a->used < a->max ? a->max - a->used : 0;
    a->refused = true;
    a->refused_by = account_left_in_pool(a) < own ? account_pool_fullest(a->pool) : NULL;
}

/* Of an outermost one: that so much is taken is a fact, whether or not it fits. */
static inline void account_set(struct account *a, size_t used)
{
    account_pool_change(a->pool, account_beyond(a->used), account_beyond(used));
    a->used = used;
}

/* An outermost one counts in this pool from now on, with what it has; NULL: in none. */
static inline void account_join(struct account *a, struct account_pool *pool)
{
    account_pool_change(a->pool, account_beyond(a->used), 0);
    account_pool_change(pool, 0, account_beyond(a->used));
    a->pool = pool;
}

#endif
