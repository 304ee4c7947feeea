/* Parameters of a statement and their types: found when it is prepared, filled in when it runs. The thread
 * of the session. */
#ifndef TAVANA_BACKEND_LOCAL_PARAMS_H
#define TAVANA_BACKEND_LOCAL_PARAMS_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct arena;
struct engine_stmt;
struct local_conn;
struct local_stmt;
struct pg_value;
struct sql_rewritten;

/* On connection c, claimed: prepares st->sql with parameter types found: st->text, st->casts, st->oids (0:
 * as the engine says). *out is lent by the connection. *sample: set when *out has no columns before its
 * parameters have values; describes them, the caller's. */
int local_plan(struct local_stmt *st, struct local_conn *c, const uint32_t *oids, size_t noids,
               struct engine_stmt **out, struct engine_stmt **sample, struct err *e);
/* The text to run with these parameters; of the arena, or the statement's. 53200 */
int local_run_text(const struct local_stmt *st, const struct pg_value *params, struct arena *a,
                   struct sql_rewritten *out, struct err *e);
/* The position of e, in the rewritten text, becomes the one in the client's. */
void local_map_position(const struct local_stmt *st, const struct sql_rewritten *text, struct err *e);

#endif
