/* A string whose type PostgreSQL finds out from where it stands: text, or bytea in its own forms, which the
 * engine's cast of text to BLOB reads otherwise, or a moment with a blank before its offset, which the
 * engine's does not read. Of engine/ alone. */
#ifndef TAVANA_ENGINE_UNKNOWN_H
#define TAVANA_ENGINE_UNKNOWN_H

#include "base/err.h"

struct engine_conn;

/* Makes the type pg_unknown known, which casts itself to VARCHAR, BLOB, DATE and timestamps; once for a
 * database. XX000 */
int unknown_register(struct engine_conn *c, struct err *e);

#endif
