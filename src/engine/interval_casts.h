/* Casts between interval and time, and time - time, which the engine lacks. Of engine/ alone.
 * Source: PostgreSQL 15 manual, 8.5. */
#ifndef TAVANA_ENGINE_INTERVAL_CASTS_H
#define TAVANA_ENGINE_INTERVAL_CASTS_H

#include "base/err.h"

struct engine_conn;

/* Once a database, before its configuration is locked. XX000 */
int interval_casts_register(struct engine_conn *c, struct err *e);

#endif
