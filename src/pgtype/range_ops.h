/* What PostgreSQL's operators of ranges and multiranges compute. A range is a multirange of at most one here:
 * range_set_read makes both. In time that is linear in what the operands have together. Pure. Any thread. */
#ifndef TAVANA_PGTYPE_RANGE_OPS_H
#define TAVANA_PGTYPE_RANGE_OPS_H

#include "pgtype/range.h"

enum range_relation {
    RANGE_CONTAINS,
    RANGE_OVERLAPS,
    RANGE_BEFORE,
    RANGE_OVERLEFT,  /* does not extend to the right of */
    RANGE_OVERRIGHT, /* does not extend to the left of */
    RANGE_ADJACENT,
};

bool range_sets_relate(enum range_relation how, const struct range_set *a, const struct range_set *b);

enum range_combination {
    RANGE_UNION,
    RANGE_INTERSECT,
    RANGE_MINUS,
};

/* The result's ranges lie in the arena; their bounds are the operands'. 53200 */
int range_sets_combine(enum range_combination how, struct arena *a, const struct range_set *x,
                       const struct range_set *y, struct range_set *out, struct err *e);

#endif
