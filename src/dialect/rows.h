/* Comparisons of rows, (a, b) < (c, d). Of dialect/ alone. Source: PostgreSQL 15 manual, 9.24.5. */
#ifndef TAVANA_DIALECT_ROWS_H
#define TAVANA_DIALECT_ROWS_H

struct rewriter;

/* The engine compares structs, in which a NULL is a value; PostgreSQL compares member by member. */
int rows_translate(struct rewriter *r);

#endif
