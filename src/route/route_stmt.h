/* Statements: prepared on the worker that the session is on, and again where it goes. Threads: the
 * session's. Of route/ alone. */
#ifndef TAVANA_ROUTE_ROUTE_STMT_H
#define TAVANA_ROUTE_ROUTE_STMT_H

#include "base/str.h"

#include <stddef.h>
#include <stdint.h>

struct backend_session;
struct backend_stmt;
struct err;
struct route_stmt;
struct sql_tokens;

/* backend_ops.prepare. */
int route_prepare(struct backend_session *s, const struct sql_tokens *sql, const uint32_t *oids, size_t noids,
                  struct backend_stmt **out, struct err *e);
/* backend_ops.stmt_free. Portals of it keep what they need. */
void route_stmt_free(struct backend_stmt *stmt);
/* Sees to st->inner on the worker that the session is on, after route_settle. 0A000 when it is another
 * statement there than the client was told. */
int route_stmt_settle(struct route_stmt *st, struct err *e);
/* backend_ops.split. */
int route_split(struct backend_session *s, struct str sql, int (*cb)(void *arg, size_t off, size_t len),
                void *arg, struct err *e);

#endif
