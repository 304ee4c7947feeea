/* What stands behind ORDER BY in PostgreSQL alone. Of dialect/ alone. */
#ifndef TAVANA_DIALECT_SORTING_H
#define TAVANA_DIALECT_SORTING_H

struct rewriter;

/* At the word USING. ORDER BY x USING < and > are ASC and DESC; JOIN … USING (…) and operators of another
 * kind stay. */
int walk_order_using(struct rewriter *r);
/* At the word FETCH. FETCH FIRST … WITH TIES is 0A000: the engine has no such limit. */
int walk_fetch(struct rewriter *r);

#endif
