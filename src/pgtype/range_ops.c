/* Both operands are in order, so that each is gone through once. */
#include "pgtype/range_ops.h"

#include "base/arena.h"

#include <assert.h>
#include <string.h>

static int lowers(const struct range *x, const struct range *y)
{
    return range_bound_compare(&x->lower, true, &y->lower, true);
}

static int uppers(const struct range *x, const struct range *y)
{
    return range_bound_compare(&x->upper, false, &y->upper, false);
}

/* Whether x ends before y begins. */
static bool is_before(const struct range *x, const struct range *y)
{
    return range_bound_compare(&x->upper, false, &y->lower, true) < 0;
}

static bool meets(const struct range_bound *upper, const struct range_bound *lower)
{
    return !upper->infinite && !lower->infinite && str_eq(upper->value, lower->value) &&
           upper->inclusive != lower->inclusive;
}

/* ---- relations ---- */

static bool contains(const struct range_set *a, const struct range_set *b)
{
    size_t i = 0;
    for (size_t k = 0; k < b->n; k++) {
        while (i < a->n && is_before(&a->items[i], &b->items[k]))
            i++;
        if (i == a->n || lowers(&a->items[i], &b->items[k]) > 0 || uppers(&a->items[i], &b->items[k]) < 0)
            return false;
    }
    return true;
}

static bool overlaps(const struct range_set *a, const struct range_set *b)
{
    for (size_t i = 0, k = 0; i < a->n && k < b->n;) {
        if (is_before(&a->items[i], &b->items[k]))
            i++;
        else if (is_before(&b->items[k], &a->items[i]))
            k++;
        else
            return true;
    }
    return false;
}

bool range_sets_relate(enum range_relation how, const struct range_set *a, const struct range_set *b)
{
    if (how == RANGE_CONTAINS)
        return contains(a, b);
    if (a->n == 0 || b->n == 0)
        return false;
    const struct range *a_last = &a->items[a->n - 1], *b_last = &b->items[b->n - 1];
    switch (how) {
    case RANGE_CONTAINS: break;
    case RANGE_OVERLAPS: return overlaps(a, b);
    case RANGE_BEFORE: return is_before(a_last, b->items);
    case RANGE_OVERLEFT: return uppers(a_last, b_last) <= 0;
    case RANGE_OVERRIGHT: return lowers(a->items, b->items) >= 0;
    case RANGE_ADJACENT:
        return meets(&a_last->upper, &b->items->lower) || meets(&b_last->upper, &a->items->lower);
    }
    return false;
}

/* ---- combinations ---- */

static struct range_set unite(struct range *items, const struct range_set *x, const struct range_set *y)
{
    if (x->n)
        memcpy(items, x->items, x->n * sizeof *items);
    if (y->n)
        memcpy(items + x->n, y->items, y->n * sizeof *items);
    return range_set_of(items, x->n + y->n);
}

static struct range_set intersect(struct range *items, const struct range_set *x, const struct range_set *y)
{
    size_t n = 0;
    for (size_t i = 0, k = 0; i < x->n && k < y->n;) {
        const struct range *a = &x->items[i], *b = &y->items[k];
        if (!is_before(a, b) && !is_before(b, a))
            items[n++] = (struct range){.lower = lowers(a, b) > 0 ? a->lower : b->lower,
                                        .upper = uppers(a, b) < 0 ? a->upper : b->upper};
        if (uppers(a, b) < 0)
            i++;
        else
            k++;
    }
    return (struct range_set){items, n};
}

/* The bound on the other side of the same place. */
static struct range_bound flipped(struct range_bound b)
{
    assert(!b.infinite);
    b.inclusive = !b.inclusive;
    return b;
}

static struct range_set subtract(struct range *items, const struct range_set *x, const struct range_set *y)
{
    size_t n = 0, k = 0;
    for (size_t i = 0; i < x->n; i++) {
        struct range rest = x->items[i];
        bool left = true;
        while (k < y->n && is_before(&y->items[k], &rest))
            k++;
        for (size_t m = k; left && m < y->n && !is_before(&rest, &y->items[m]); m++) {
            const struct range *cut = &y->items[m];
            if (lowers(&rest, cut) < 0)
                items[n++] = (struct range){.lower = rest.lower, .upper = flipped(cut->lower)};
            left = uppers(&rest, cut) > 0;
            if (left) {
                rest.lower = flipped(cut->upper);
                k = m + 1;
            }
        }
        if (left)
            items[n++] = rest;
    }
    return (struct range_set){items, n};
}

int range_sets_combine(enum range_combination how, struct arena *a, const struct range_set *x,
                       const struct range_set *y, struct range_set *out, struct err *e)
{
    struct range *items = arena_alloc(a, (x->n + y->n + 1) * sizeof *items);
    if (!items)
        return err_oom(e);
    *out = how == RANGE_UNION       ? unite(items, x, y)
           : how == RANGE_INTERSECT ? intersect(items, x, y)
                                    : subtract(items, x, y);
    return ST_OK;
}
