/* The types of whole numbers that are written in a statement. Of dialect/ alone. Source: PostgreSQL 15
 * manual, 4.1.2.6 Numeric Constants. */
#ifndef TAVANA_DIALECT_INTEGERS_H
#define TAVANA_DIALECT_INTEGERS_H

struct rewriter;

/* Beside an operator a whole number is an integer, and not what the other operand is: smallint + 1 is an
 * integer. Notes its edits before those of operators.h. */
int integers_translate(struct rewriter *r);

#endif
