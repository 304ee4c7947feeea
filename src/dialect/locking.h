/* FOR UPDATE and its kin behind a SELECT. Of dialect/ alone. */
#ifndef TAVANA_DIALECT_LOCKING_H
#define TAVANA_DIALECT_LOCKING_H

struct rewriter;

/* At the word FOR. A locking clause goes: the engine locks no rows, and answers two transactions that change
 * one row with 40001. What is none of PostgreSQL's clauses stays. */
int walk_locking(struct rewriter *r);

#endif
