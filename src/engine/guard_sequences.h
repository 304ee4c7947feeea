/* The hook by which a session knows what nextval gave it (sequence_values.h): it stands before the
 * engine's own function as those of guard.h do. Of engine/ alone. Source: duckdb::SequenceCatalogEntry
 * of DuckDB 1.5. */
#ifndef TAVANA_ENGINE_GUARD_SEQUENCES_H
#define TAVANA_ENGINE_GUARD_SEQUENCES_H

#include "base/err.h"

struct engine_conn;

/* Before any session has come, on a guarded engine. XX000: the hook is not reached when a value is
 * given. */
int guard_sequences_try(struct engine_conn *c, struct err *e);

#endif
