/* Aggregates whose result has another type in the engine, or that it has under another name. Of dialect/
 * alone. Source: PostgreSQL 15 manual, 9.21. */
#ifndef TAVANA_DIALECT_AGGREGATES_H
#define TAVANA_DIALECT_AGGREGATES_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

struct aggregate;
struct rewriter;

/* Letters alike in either case. NULL: the engine's is what PostgreSQL's is. */
const struct aggregate *aggregate_find(struct str name);
/* The call whose name is the bytes [from, to), the bracket behind it: notes its edits, goes nowhere.
 * *did: the name has been replaced. */
int aggregate_translate(struct rewriter *r, const struct aggregate *a, size_t from, size_t to, bool *did);

#endif
