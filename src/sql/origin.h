/* Which columns of a result come straight from a table: through aliases, joins, stars, subqueries and WITH,
 * as PostgreSQL tells in RowDescription. Pure. Any thread.
 * What is not understood has no origin: the engine's syntax, set operations, VALUES, expressions. The whole
 * is left alone when the columns that are counted here are not those that the engine has. */
#ifndef TAVANA_SQL_ORIGIN_H
#define TAVANA_SQL_ORIGIN_H

#include "base/arena.h"
#include "sql/declared.h"
#include "sql/source.h"

struct sql_origin {
    const struct sql_source *table; /* NULL: none */
    const struct sql_source_column *column;
    struct sql_declared declared; /* of an expression: the type of its cast */
};

/* Whether a statement may have such columns: a look at its first tokens. */
bool sql_may_have_origins(struct sql_tokens sql);
/* Of the n columns of a result, called `names` by the engine. out: n of them, zeroed. What find and the arena
 * fail with. */
int sql_origins(struct arena *a, struct sql_tokens sql, sql_source_fn *find, void *arg,
                const char *const *names, size_t n, struct sql_origin *out, struct err *e);

#endif
