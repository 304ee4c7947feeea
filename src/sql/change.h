/* The parts of a statement that changes rows that are there: UPDATE, DELETE, INSERT … ON CONFLICT DO UPDATE.
 * Read from tokens, so that what it says can be asked as a query first. Pure. Any thread. */
#ifndef TAVANA_SQL_CHANGE_H
#define TAVANA_SQL_CHANGE_H

#include "base/arena.h"
#include "base/err.h"
#include "sql/source.h"
#include "sql/token.h"

#include <stdbool.h>
#include <stddef.h>

enum { SQL_CHANGE_SETS_MAX = 1600 }; /* as many columns as a table of PostgreSQL's can have */

enum sql_change_kind { SQL_CHANGE_NONE, SQL_CHANGE_UPDATE, SQL_CHANGE_DELETE, SQL_CHANGE_UPSERT };

/* column = value */
struct sql_change_set {
    struct sql_token column;
    struct str value;
    bool known; /* false: DEFAULT, or a call whose answer may be another the next time */
    size_t from, to;
};

/* Pieces are lent from the text; n 0: there is none. */
struct sql_change {
    enum sql_change_kind kind;
    struct sql_token parts[SQL_SOURCE_PARTS_MAX]; /* of the target's name */
    size_t nparts;
    struct str with;    /* what stands before the command's word */
    struct str target;  /* the name, with its alias */
    struct str called;  /* what its columns can be qualified with */
    struct str from;    /* of FROM or USING */
    struct str where;   /* the condition; of an UPSERT that of DO UPDATE */
    struct str columns; /* of an INSERT: the list, without its brackets */
    struct str rows;    /* of an INSERT: VALUES … or a query */
    struct str key;     /* of ON CONFLICT (…), without its brackets */
    bool conflict; /* of an INSERT: it says ON CONFLICT, also where its kind is NONE, as with DO NOTHING: … */
    struct str head, tail; /* … what stands before the rows, and from ON CONFLICT on */
    bool returns;
    size_t nsets;
    struct sql_change_set *sets;
    bool others; /* it sets something in another form: (a, b) = …, a[1] = … */
};

/* kind NONE: it is none of them, or in a form that is not read. 53200 */
int sql_change_read(struct arena *a, struct sql_tokens sql, struct sql_change *out, struct err *e);
/* Whether the statement changes rows, or takes them away, that were there before: UPDATE, DELETE, TRUNCATE,
 * MERGE, INSERT with ON CONFLICT or OR. */
bool sql_changes_old_rows(struct sql_tokens sql);

#endif
