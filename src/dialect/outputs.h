/* Which expressions of a statement are what the client is sent: whole items of its select list, without
 * brackets around them, also of a query in brackets that is such an item. Nothing else is done with their
 * values, so that digits that would leave no room for more arithmetic do no harm. Of dialect/ alone. */
#ifndef TAVANA_DIALECT_OUTPUTS_H
#define TAVANA_DIALECT_OUTPUTS_H

#include "dialect/walk.h"

enum {
    OUTPUTS_MAX = 256,      /* items that are told; those behind are taken for no outputs */
    OUTPUTS_DEPTH_MAX = 16, /* queries within each other */
};

/* Whether the bytes [from, to) of the statement are such an item, or part of one that only divides.
 * Nothing of a statement that stores its rows or its text is. 53200 */
int outputs_are(struct rewriter *r, size_t from, size_t to, bool *out);
/* At the word NULL: one that is an item by itself is a text, where the engine says integer; not in a UNION or
 * one of its kin, whose other queries say what it is. Goes on behind it. */
int outputs_null(struct rewriter *r);

/* Whether they are a whole item of a query that does nothing with its value but send it: it neither sorts,
 * groups nor compares rows, so that a numeric may be handed over as its digits. 53200 */
int outputs_are_sent(struct rewriter *r, size_t from, size_t to, bool *out);
/* Whether they are a whole item of what is sent, whatever else the query does with it. 53200 */
int outputs_whole(struct rewriter *r, size_t from, size_t to, bool *out);
/* As outputs_are_sent, also in a statement about the catalog. 53200 */
int outputs_show(struct rewriter *r, size_t from, size_t to, bool *out);

#endif
