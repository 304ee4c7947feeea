/* Indexes that are made again, since the engine dropped them with a change or had to. Of session/ alone. The
 * session's own thread. */
#ifndef TAVANA_SESSION_INDEX_AGAIN_H
#define TAVANA_SESSION_INDEX_AGAIN_H

#include "base/err.h"

#include <stdbool.h>

struct relation;
struct relation_index;
struct session;
struct sql_token;

/* The table's indexes, of relation_indexes, made on a table called `full`; those without a name stay away. */
int index_again_put(struct session *s, const struct relation *table, const char *full, struct err *e);
/* The comment of an index that has just been made, with what is kept in it (sql/index.h). name: in its
 * quotes; place: a relation in its schema. */
int index_again_comment(struct session *s, const struct relation *place, const char *name,
                        const char *comment, struct err *e);
/* An index's columns, and what is kept of it, with another name for one; `to` NULL: whether it has that one
 * at all. false: 53200, the index is as it was. */
bool index_again_column(struct session *s, struct relation_index *x, const struct sql_token *from,
                        const char *to, bool *has);

#endif
