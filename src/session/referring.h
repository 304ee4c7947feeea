/* The tables whose foreign keys refer to a table, directly or through others: while they stand the engine
 * neither drops nor alters it. They are put aside with their rows, and come back. Of session/ alone. The
 * session's own thread. */
#ifndef TAVANA_SESSION_REFERRING_H
#define TAVANA_SESSION_REFERRING_H

#include "base/err.h"
#include "session/rebuild.h"
#include "session/relation.h"

#include <stdbool.h>
#include <stddef.h>

struct session;
struct sql_token;

/* Strings of the message's arena. */
struct referring {
    size_t n; /* each behind those that it refers to */
    struct referring_table {
        struct relation relation;
        struct rebuild aside;
        bool directly; /* it refers to the table itself */
    } * tables;
};

/* Those of `table`, still in their places. */
int referring_find(struct session *s, const struct relation *table, struct referring *out, struct err *e);
/* In the transaction that there is. */
int referring_put_aside(struct session *s, struct referring *r, struct err *e);
int referring_put_back(struct session *s, const struct referring *r, struct err *e);
/* Between the two: puts them back for a while, without their foreign keys to `table` and their indexes, and
 * aside again. referring_put_back makes them as they were, with the rows that they have then. */
int referring_lend(struct session *s, const struct referring *r, const struct relation *table, struct err *e);
int referring_take_back(struct session *s, const struct referring *r, struct err *e);
/* While they are aside: what the table that they refer to is called now, as SQL; NULL: it goes, and the
 * foreign keys with it. */
int referring_rename(struct session *s, struct referring *r, const struct relation *table, const char *full,
                     struct err *e);
/* While they are aside: a column of that table is called `to` now, which is SQL. */
int referring_rename_column(struct session *s, struct referring *r, const struct relation *table,
                            const struct sql_token *from, const char *to, struct err *e);

#endif
