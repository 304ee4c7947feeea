/* FROM a sequence, which is a relation of one row to PostgreSQL: last_value, log_cnt, is_called. It is looked
 * for only once the engine has found no table of that name. Of session/ alone. The session's own thread.
 * Source: PostgreSQL 15 manual, CREATE SEQUENCE, Notes. */
#ifndef TAVANA_SESSION_SEQUENCE_ROWS_H
#define TAVANA_SESSION_SEQUENCE_ROWS_H

#include <stdbool.h>
#include <stddef.h>

struct session;
struct sql_tokens;
struct edits;
struct err;

/* The engine has refused sql with e, at that byte (SIZE_MAX: it says no place). Puts a query of the
 * sequence's row in place of its name. false: there is no such sequence, or it was refused for something
 * else, or there is no memory. */
bool sequence_rows_put(struct session *s, const struct sql_tokens *sql, size_t at, const struct err *e,
                       struct edits *edits);

#endif
