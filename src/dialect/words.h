/* Words that the engine reserves and PostgreSQL does not: names in PostgreSQL's SQL, which the engine takes
 * in quotes. Of dialect/ alone. Source: PostgreSQL 15 manual, appendix C; the engine's duckdb_keywords(). */
#ifndef TAVANA_DIALECT_WORDS_H
#define TAVANA_DIALECT_WORDS_H

#include "dialect/walk.h"

/* Notes the edits, and folds names (fold.h), in one pass over the tokens. 53200 */
int words_translate(struct rewriter *r);

#endif
