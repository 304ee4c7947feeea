/* Operators that the engine has not, or means otherwise: a pass of its own over the tokens, which finds where
 * their operands begin and end by PostgreSQL's precedence, and makes calls of them. Of dialect/ alone.
 * Source: PostgreSQL 15 manual, 4.1.6 Operator Precedence. */
#ifndef TAVANA_DIALECT_OPERATORS_H
#define TAVANA_DIALECT_OPERATORS_H

#include "dialect/walk.h"

/* The text may have such an operator: one pass over the bytes; false alarms are possible. */
bool operators_hint(struct str sql);
/* Notes the edits; before all others of the statement. Does nothing to a text that PostgreSQL's parser does
 * not take. 54001 when brackets lie too deep in one another, 53200. */
int operators_translate(struct rewriter *r);

#endif
