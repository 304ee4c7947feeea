/* Whether PostgreSQL's parser takes a text. Any thread. Source: libpg_query. */
#ifndef TAVANA_SQL_ACCEPTS_H
#define TAVANA_SQL_ACCEPTS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/* A text that is longer is not asked about: the parser takes seconds and a hundred times its size. */
enum { SQL_ACCEPTS_BYTES_MAX = 64 * 1024 };

enum sql_accepts { SQL_ACCEPTS_UNKNOWN, SQL_ACCEPTS_NO, SQL_ACCEPTS_YES };

/* YES for what is too long to be asked about: what is so long is data in an INSERT. About 10 µs a line. The
 * copy that it needs lies in the arena. 53200 */
int sql_postgres_accepts(struct arena *a, struct str text, enum sql_accepts *out, struct err *e);

#endif
