/* Composite types made and altered. Of session/ alone. The session's own thread. */
#ifndef TAVANA_SESSION_COMPOSITES_H
#define TAVANA_SESSION_COMPOSITES_H

#include "base/err.h"

struct session;
struct sql_type_change;
struct type_made;

/* CREATE TYPE … AS (…), in the transaction that there is. 42710, 42704, 42701, 0A000. */
int composites_create(struct session *s, const struct sql_type_change *c, struct err *e);
/* ALTER TYPE of one that was found. 42809 for what enums alone have. */
int composites_alter(struct session *s, const struct sql_type_change *c, const struct type_made *t,
                     struct err *e);

#endif
