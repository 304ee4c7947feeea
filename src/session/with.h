/* Statements whose WITH changes rows: each part is run before the statement itself, in its transaction, and
 * what it returns stands in its place then. Of session/ alone. The session's own thread. */
#ifndef TAVANA_SESSION_WITH_H
#define TAVANA_SESSION_WITH_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct portal;
struct session;
struct sql_statement;
struct statement;

enum { WITH_ROWS_MAX = 100000 }; /* that a part returns; more is 54000 */

/* Prepares st, whose text is sql: its engine's statement is one that returns the same columns, and runs
 * nothing; st->with knows all parameters. 0A000 and others as sql_with_read, and what the engine says. */
int with_prepare(struct session *s, struct statement *st, const struct sql_statement *sql,
                 const uint32_t *oids, size_t noids, struct err *e);
/* A portal of such a statement is about to start: the parts run, and its backend's portal becomes one of the
 * statement with their rows. */
int with_before(struct session *s, struct portal *p, struct err *e);

#endif
