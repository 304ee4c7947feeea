/* VARCHAR to DECIMAL of any width takes what PostgreSQL's numeric takes, and nothing else: the engine reads
 * 1_000, too. Takes the place of the engine's casts, in statements of any dialect. Of engine/ alone. Source:
 * PostgreSQL 15 manual, 8.1.2. */
#ifndef TAVANA_ENGINE_DECIMAL_CASTS_H
#define TAVANA_ENGINE_DECIMAL_CASTS_H

#include "base/err.h"

struct engine_conn;

/* Once for a database. XX000 */
int decimal_casts_register(struct engine_conn *c, struct err *e);

#endif
