/* double precision and real become numerics by the digits that they are known to, 15 and 6, as in
 * PostgreSQL: the engine writes all digits of the binary number. Of engine/ alone. Source: PostgreSQL 15
 * manual, 8.1.3. */
#ifndef TAVANA_ENGINE_REAL_CASTS_H
#define TAVANA_ENGINE_REAL_CASTS_H

#include "base/err.h"

struct engine_conn;

/* Takes the place of the engine's casts, in statements of any dialect; once for a database. XX000 */
int real_casts_register(struct engine_conn *c, struct err *e);

#endif
