/* A table made anew with its rows, where the engine cannot change it. Of session/ alone. The session's own
 * thread. */
#ifndef TAVANA_SESSION_REBUILD_H
#define TAVANA_SESSION_REBUILD_H

#include "base/err.h"

struct relation;
struct session;

/* In the transaction that there is. The table keeps its name, rows, constraints, defaults and comments; its
 * indexes are gone afterwards. added: a constraint that it gets, in the engine's words; dropped: one that it
 * loses, as the engine spells it; NULL: none. What refers to the table keeps it from being made anew. */
int rebuild_table(struct session *s, const struct relation *table, const char *added, const char *dropped,
                  struct err *e);

#endif
