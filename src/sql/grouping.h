/* The GROUP BY of a query that has a column which is not in it. PostgreSQL takes such a column when the key
 * of its table is in the list: it cannot differ within a group. The engine does not know that, so that the
 * column is to be written into the list. Pure. Any thread. */
#ifndef TAVANA_SQL_GROUPING_H
#define TAVANA_SQL_GROUPING_H

#include "base/err.h"
#include "sql/edits.h"
#include "sql/token.h"

#include <stdbool.h>
#include <stddef.h>

enum { SQL_GROUPING_SOURCES_MAX = 32 };

/* A relation of the FROM clause; what was not written is END. */
struct sql_grouping_source {
    struct sql_token database, schema, relation, alias;
};

struct sql_grouping {
    struct sql_tokens sql;              /* lent */
    struct sql_token qualifier, column; /* the reference; END: it has no qualifier */
    bool star;                          /* it is qualifier.* */
    size_t from, to;                    /* of the SELECT, in bytes */
    size_t list_from, list_to;          /* of the list behind GROUP BY */
    size_t sources_from;                /* where FROM stands */
    size_t nsources;
    struct sql_grouping_source sources[SQL_GROUPING_SOURCES_MAX];
};

/* at: where the column stands. false: there is no such query, or its GROUP BY has sets. */
bool sql_grouping_find(struct sql_tokens sql, size_t at, struct sql_grouping *out);
/* Where a HAVING clause names that column first; SIZE_MAX: nowhere. */
size_t sql_grouping_in_having(struct sql_tokens sql, struct str column);
/* Where a name.* stands first; SIZE_MAX: nowhere. */
size_t sql_grouping_star(struct sql_tokens sql);
/* Whether the source is what the reference's qualifier names. Any is, where it has none. */
bool sql_grouping_is_of(const struct sql_grouping *g, const struct sql_grouping_source *source);
/* Whether the list has that column of the source, by itself. */
bool sql_grouping_has(const struct sql_grouping *g, const struct sql_grouping_source *source,
                      const char *column);
/* Puts a reference into the list. */
int sql_grouping_put(const struct sql_grouping *g, struct edits *edits, struct str reference, struct err *e);
/* Puts the reference, which is no star, into the list, and the other columns of its qualifier that the query
 * names. */
int sql_grouping_extend(const struct sql_grouping *g, struct edits *edits, struct err *e);

#endif
