/* Foreign keys that the engine cannot have and the session keeps (sql/reference.h): what they refer to is
 * looked for when a statement has run, and what they say of deleted and updated rows is done then, in the
 * statement's transaction. Of session/ alone. The session's own thread. */
#ifndef TAVANA_SESSION_KEPT_H
#define TAVANA_SESSION_KEPT_H

#include "base/err.h"
#include "session/relation.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct session;
struct sql_kept_key;

enum { KEPT_STEPS_MAX = 10000 }; /* tables that the cascades of one statement change, counted each time */

/* Strings of the message's arena; columns are lists of quoted names. */
struct kept_key {
    const char *name, *mark;   /* mark: the CHECK as the engine writes it */
    char on_update, on_delete; /* as in pg_constraint */
    bool temporary;            /* both tables are */
    struct kept_table {
        const char *schema, *name, *full; /* full: as SQL */
        const char *columns, *shown;      /* shown: as DETAIL has them */
        size_t n;
        const char **names;
    } own, other;        /* which has it, and what that refers to */
    const char *matched; /* "p"."x" = "c"."a" AND …: c its own row, p what that refers to */
    const char *given;   /* "c"."a" IS NOT NULL AND … */
    const char *map; /* a table of the old values o1, o2 … and the new n1 … of what it refers to; NULL */
};

struct kept_keys {
    size_t n;
    struct kept_key *items;
};

enum kept_side { KEPT_OF, KEPT_TO }; /* keys that a table has; keys that refer to it */

int kept_find(struct session *s, const struct relation *table, enum kept_side side, struct kept_keys *out,
              struct err *e);
/* The names in a list with separators (chr(31)) become t's columns. */
int kept_split(struct session *s, const char *list, struct kept_table *t, struct err *e);
/* The table that a key stands on, or refers to. */
int kept_relation(struct session *s, const struct kept_table *t, bool temporary, struct relation *out,
                  struct err *e);
/* 23503 when a row of its table refers to nothing. inserted: only rows of this transaction are looked at. */
int kept_check(struct session *s, const struct kept_key *k, bool inserted, struct err *e);

/* A change of a table's rows. */
struct kept_change {
    bool on; /* there is something to do */
    bool inserts, updates, deletes;
    struct relation table;
    struct kept_keys of, to;
};

/* It has been made. */
int kept_follow(struct session *s, const struct kept_change *change, struct err *e);
/* Something has changed rows, nobody knows which: 23503 as for a change, and 0A000 where a key says something
 * of such rows. */
int kept_check_all(struct session *s, struct err *e);

#endif
