/* Names of the catalog, where a statement refers to them: relations, functions, columns, values of the
 * session. Of sql/ alone. */
#ifndef TAVANA_SQL_CATALOG_REFER_H
#define TAVANA_SQL_CATALOG_REFER_H

struct rewriter;

/* At a word or quoted name. */
int walk_name(struct rewriter *r);

#endif
