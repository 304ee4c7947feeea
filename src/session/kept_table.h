/* Foreign keys that the session keeps, when tables are made, altered and dropped. Of session/ alone. The
 * session's own thread. */
#ifndef TAVANA_SESSION_KEPT_TABLE_H
#define TAVANA_SESSION_KEPT_TABLE_H

#include "base/err.h"
#include "base/str.h"
#include "session/kept.h"
#include "session/relation.h"

#include <stdbool.h>

struct session;
struct sql_reference;
struct sql_token;

/* The table that a foreign key is given to, which need not be there yet. */
struct kept_owner {
    const char *schema, *name; /* as the engine has them */
    bool temporary;
    bool keeps;         /* it has another key that is kept: the engine would look at this one too soon */
    struct str primary; /* the columns of its primary key, as SQL; n 0: it is looked up */
};

/* *out is the CHECK that keeps the key; NULL: the engine can have it. 42P01 and others when what it refers
 * to is not there or has no such key. */
int kept_decide(struct session *s, const struct kept_owner *own, const struct sql_reference *x,
                const char **out, struct err *e);
/* Whether such a table keeps keys already. */
int kept_any(struct session *s, const struct relation *table, bool *out, struct err *e);
/* The engine's own foreign keys of the table, perhaps none, become kept ones. */
int kept_take_over(struct session *s, const struct relation *table, struct err *e);
/* That the keys which the table has now refer to a unique key of columns that are there: 42830, 42703, 42804;
 * rows: and its rows to rows. */
int kept_validate(struct session *s, const struct relation *table, bool rows, struct err *e);
/* Keys that refer to that table follow its new name, or (from is not NULL) the new name of its column. The
 * table is called so already. */
int kept_renamed(struct session *s, const struct kept_keys *keys, const char *table, const char *from,
                 const char *to, struct err *e);
/* The key goes. */
int kept_drop(struct session *s, const struct kept_key *k, struct err *e);
/* Of keys that refer to a table, or (column not NULL) to that column of it, which is to go: they go with a
 * notice, or (cascades is false) are in its way, 2BP01. what: "table t". */
int kept_depend(struct session *s, const struct kept_keys *keys, const char *column, bool cascades,
                const char *what, struct err *e);

#endif
