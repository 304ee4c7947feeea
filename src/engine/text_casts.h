/* Casts of text whose meaning the engine reads otherwise than PostgreSQL. Of engine/ alone. */
#ifndef TAVANA_ENGINE_TEXT_CASTS_H
#define TAVANA_ENGINE_TEXT_CASTS_H

#include "base/err.h"

struct engine_conn;

/* VARCHAR to BOOLEAN, to whole numbers, reals, dates, times, timestamps without time zone and intervals takes
 * what PostgreSQL takes in a session that reads dates month first, and nothing else; once for a database.
 * XX000 */
int text_casts_register(struct engine_conn *c, struct err *e);

#endif
