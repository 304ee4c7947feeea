/* Names of the catalog, where a statement refers to them: relations, functions, columns, values of the
 * session. Of dialect/ alone. */
#ifndef TAVANA_DIALECT_REFER_H
#define TAVANA_DIALECT_REFER_H

#include <stdbool.h>

struct rewriter;

/* At a word or quoted name. */
int walk_name(struct rewriter *r);

/* Whether a column that each table has, but * does not show, is named somewhere in the statement. */
bool walk_names_hidden_column(const struct rewriter *r);

#endif
