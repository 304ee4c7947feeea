/* Prepared statements of a connection, by text, so that a repeated one is not planned again. The thread of
 * the session. */
#ifndef TAVANA_BACKEND_LOCAL_CACHE_H
#define TAVANA_BACKEND_LOCAL_CACHE_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

struct engine_stmt;
struct local_conn;
struct local_session;
struct local_version;
struct row_desc;

/* On the main connection, claimed. blind: of the statement (local_priv.h). *out is lent until the next
 * prepare there or the end of the call. The engine's errors: 42601, 42P01 … */
int local_conn_prepare(struct local_session *s, struct str text, bool blind, struct engine_stmt **out,
                       struct err *e);
/* The same for a statement that will run; *version: of the data that its plan was made of. fresh: it is not
 * taken from the cache. */
int local_conn_prepare_to_run(struct local_session *s, struct str text, bool blind, bool fresh,
                              struct engine_stmt **out, struct local_version *version, struct err *e);
/* How the rows of a plan of the main connection were described, lent; NULL: it is not known. */
struct row_desc *local_cached_desc(struct local_session *s, const struct engine_stmt *stmt);
/* It is known from here on, until the catalog changes. */
void local_cache_desc(struct local_session *s, const struct engine_stmt *stmt, struct row_desc *desc);
/* The connection has no plans any more. */
void local_cache_clear(struct local_conn *c);
/* The session has no plans any more and is in nobody's list: no other thread looks at its main connection. */
void local_plans_forget(struct local_session *s);
/* A call ends: plans that shall not stay go, the others count. */
void local_plans_settle(struct local_session *s);

#endif
