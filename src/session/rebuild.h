/* A table made anew with its rows, where the engine cannot change it. Of session/ alone. The session's own
 * thread. */
#ifndef TAVANA_SESSION_REBUILD_H
#define TAVANA_SESSION_REBUILD_H

#include "base/err.h"
#include "session/ask.h"

#include <stdbool.h>
#include <stddef.h>

struct relation;
struct session;
struct sql_token;

/* A column or constraint of a table's text. */
struct rebuild_item {
    const char *text;   /* of a foreign key up to REFERENCES */
    const char *target; /* what a foreign key refers to, as SQL; NULL: the table itself, or nothing */
    const char *keys;   /* the columns of that in brackets; NULL: it is no foreign key */
};

/* A table that is put aside. Strings of the message's arena. */
struct rebuild {
    const struct relation *relation;
    const char *rows;    /* the temporary table that they wait in, as SQL */
    const char *columns; /* of it, between commas */
    const char *values;  /* what they are filled with */
    struct ask_rows comments, own;
    size_t n;
    struct rebuild_item *items;
};

enum rebuild_column { REBUILD_SAME, REBUILD_RENAME, REBUILD_RETYPE, REBUILD_DROP };

/* What is to be another in the new table. NULL: nothing of the kind. */
struct rebuild_change {
    const char *added;   /* a constraint or column, in the engine's words */
    const char *dropped; /* a constraint, as the engine spells it */
    const char *mark;    /* how the CHECK begins that keeps its name, if there is one */
    const char *full;    /* what the table is called afterwards, with its schema */
    enum rebuild_column what;
    const struct sql_token *column; /* to which that happens; constraints go with one that is dropped */
    const char *to;                 /* its new name or type, as SQL */
    const char *value;              /* of a new type: what its rows get */
};

/* Both run in the transaction that there is. Constraints, defaults and comments are kept, indexes are not
 * (index_again.h). number tells tables that wait at the same time apart. 0A000 when something refers to
 * the table that is not itself put aside, or there is nothing to drop. */
int rebuild_put_aside(struct session *s, const struct relation *table, unsigned number,
                      const struct rebuild_change *change, struct rebuild *out, struct err *e);
int rebuild_put_back(struct session *s, const struct rebuild *r, const struct rebuild_change *change,
                     struct err *e);
/* One after the other. change NULL: nothing is another. */
int rebuild_table(struct session *s, const struct relation *table, const struct rebuild_change *change,
                  struct err *e);
/* A list of columns with another name for one; `to` NULL: whether it has that one at all. Of the message's
 * arena; NULL without memory. */
const char *rebuild_with_column(struct session *s, const char *keys, const struct sql_token *from,
                                const char *to, bool *has);
/* Whether a foreign key of the table refers to the table. */
bool rebuild_refers_to_itself(const struct relation *table);
/* Whether constraints of the table (foreign: foreign keys alone) have the column; NULL: any column. */
bool rebuild_constrains(const struct relation *table, const struct sql_token *column, bool foreign);
/* Whether target, [schema.]name as the engine writes it, is that table. */
int rebuild_targets(struct session *s, const char *target, const struct relation *table, bool *is,
                    struct err *e);
/* The same table without its foreign keys to `to`, which may be itself. */
int rebuild_without(struct session *s, const struct rebuild *r, const struct relation *to,
                    struct rebuild *out, struct err *e);
/* The name of the table within its database, as foreign keys write it. NULL without memory. */
const char *rebuild_target(struct session *s, const struct relation *table);

#endif
