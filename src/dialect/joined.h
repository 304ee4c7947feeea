/* SELECT * over JOIN … USING: PostgreSQL puts the columns that were joined first. Of dialect/ alone. */
#ifndef TAVANA_DIALECT_JOINED_H
#define TAVANA_DIALECT_JOINED_H

#include <stdbool.h>

struct rewriter;

/* Whether the walk is at a star that is a column of a select list. */
bool walk_is_lone_star(const struct rewriter *r);
/* There. Over JOIN … USING it becomes the joined columns, those of the last join first, and a star without
 * them, which is PostgreSQL's order (manual, 7.2.1.1). It stays over NATURAL JOIN, joins within brackets or
 * behind a comma, and a column that a later USING brings while a table is joined otherwise: the tokens do not
 * show whose it is. 53200 */
int walk_joined_star(struct rewriter *r);

#endif
