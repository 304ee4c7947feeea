/* Columns that have no name get PostgreSQL's. Of dialect/ alone. */
#ifndef TAVANA_DIALECT_NAMES_H
#define TAVANA_DIALECT_NAMES_H

#include "dialect/walk.h"

/* Before the first token. */
void names_init(struct rewriter *r);
/* Sees each token of the statement once, in order: before the rewrites do, or behind them where they
 * passed over it. Where an item of a select list ends that the engine would call otherwise it gets an alias:
 * in statements that mean what PostgreSQL means by them, and where an edit lies within the item. */
int names_take(struct rewriter *r, const struct sql_token *t);
/* At the statement's end: the names become edits like the others. */
int names_end(struct rewriter *r);

#endif
