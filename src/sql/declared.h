/* What a cast declares of a column that a client is sent, where the engine has one type for several of
 * PostgreSQL's: varchar(5), char(3), "char", timestamp(0). A comment behind the column carries it from the
 * translation of a statement to its description, since the engine reads past it. Pure. Any thread. */
#ifndef TAVANA_SQL_DECLARED_H
#define TAVANA_SQL_DECLARED_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

struct sql_type;

struct sql_declared {
    uint32_t oid; /* 0: nothing */
    int32_t typmod;
};

enum { SQL_DECLARED_MAX = 48 }; /* bytes of the comment, with its end */

/* Of a type as it is written; oid 0: the engine's type says the same. */
void sql_declared_of(const struct sql_type *t, struct sql_declared *out);
/* The comment, with a blank in front. */
void sql_declared_put(const struct sql_declared *d, char out[static SQL_DECLARED_MAX]);
/* What stands between two tokens, if it begins with such a comment. false: it does not. */
bool sql_declared_read(struct str gap, struct sql_declared *out);
/* Whether values that the engine would describe with that OID may be described so: a comment may be the
 * client's own. */
bool sql_declared_fits(const struct sql_declared *d, uint32_t engine_oid);
/* How many characters a char(n) is padded to; 0: it is none. */
int32_t sql_declared_padding(const struct sql_declared *d);

#endif
