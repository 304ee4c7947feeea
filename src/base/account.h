/* What one owner may take, however it is spread over arenas, buffers and other allocations. An account may be
 * part of another one, which then bounds both together. One thread at a time; the owner keeps the struct.
 *
 *   account_take   false: it does not fit; nothing is taken, and the outermost account remembers that it
 *                  refused
 *   account_give   gives back what was taken before
 *   NULL           an account without bounds */
#ifndef TAVANA_BASE_ACCOUNT_H
#define TAVANA_BASE_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>

struct account {
    struct account *part_of; /* NULL: it is the outermost one */
    size_t used, max;
    bool refused; /* of the outermost: something did not fit since its owner last looked */
};

static inline bool account_take(struct account *a, size_t n)
{
    bool fits = true;
    struct account *outermost = a;
    for (struct account *each = a; each; each = each->part_of) {
        fits &= each->used <= each->max && n <= each->max - each->used;
        outermost = each;
    }
    if (!fits) {
        outermost->refused = true;
        return false;
    }
    for (struct account *each = a; each; each = each->part_of)
        each->used += n;
    return true;
}

static inline void account_give(struct account *a, size_t n)
{
    for (struct account *each = a; each; each = each->part_of)
        each->used -= n;
}

#endif
