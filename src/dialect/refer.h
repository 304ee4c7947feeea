/* Names of the catalog, where a statement refers to them: relations, functions, columns, values of the
 * session. Of dialect/ alone. */
#ifndef TAVANA_DIALECT_REFER_H
#define TAVANA_DIALECT_REFER_H

struct rewriter;

/* At a word or quoted name. */
int walk_name(struct rewriter *r);

#endif
