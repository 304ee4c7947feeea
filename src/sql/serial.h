/* CREATE TABLE with columns of type serial, which the engine does not have: an integer that is not null and
 * whose default is the next value of a sequence. Pure. Any thread. */
#ifndef TAVANA_SQL_SERIAL_H
#define TAVANA_SQL_SERIAL_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "sql/rewrite.h"
#include "sql/token.h"

#include <stdbool.h>
#include <stddef.h>

struct sql_statement;

enum { SQL_SERIALS_MAX = 64 };

struct sql_serial {
    struct sql_rewritten table; /* the CREATE TABLE for the engine */
    struct str name;            /* of the table, as written; lent */
    bool temporary;
    bool keeps; /* IF NOT EXISTS, OR REPLACE: sequences that are there may be in use */
    size_t n;   /* sequences that it needs, as SQL; at most SQL_SERIALS_MAX, more is 54000 */
    struct str *sequences;
};

/* Whether a CREATE TABLE has a column of such a type. */
bool sql_is_serial(struct sql_tokens sql);
/* Of one for which sql_is_serial holds; what is not lent lies in the arena. 42601, 54000, 53200 */
int sql_parse_serial(struct arena *a, const struct sql_statement *s, struct sql_serial *out, struct err *e);

#endif
