/* WITH whose queries change rows: WITH x AS (INSERT … RETURNING …) SELECT … FROM x. The engine does not know
 * it, so that it is run part by part; here it is taken apart. Pure. Any thread. Source: PostgreSQL 15 manual,
 * 7.8.4. */
#ifndef TAVANA_SQL_WITH_H
#define TAVANA_SQL_WITH_H

#include "base/arena.h"
#include "base/err.h"
#include "sql/token.h"

#include <stdbool.h>
#include <stddef.h>

enum { SQL_WITH_PARTS_MAX = 32 };

/* name [(columns)] AS (body) */
struct sql_with_part {
    struct sql_token name;
    struct str head;         /* up to the body's bracket, with it; lent, as all of these */
    struct str body;         /* between the brackets */
    struct str tail;         /* from the closing bracket to what follows; SEARCH and CYCLE are in it */
    bool changes;            /* it is an INSERT, UPDATE, DELETE or MERGE … */
    struct sql_token target; /* … of that table; without its schema */
};

struct sql_with {
    struct str with; /* WITH, perhaps RECURSIVE */
    struct str main; /* the statement behind the parts */
    size_t n;
    struct sql_with_part *parts;
};

/* Whether a statement begins with a WITH that has such a part. */
bool sql_with_changes(struct sql_tokens sql);
/* Of one for which that holds. 42601, 53200, 54000; 0A000 when a table that a part changes is read by
 * what runs behind it: PostgreSQL lets all of them see what was there before. */
int sql_with_read(struct arena *a, struct sql_tokens sql, struct sql_with *out, struct err *e);

#endif
