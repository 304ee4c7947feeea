/* PostgreSQL's functions (pgfunc/) made known to the engine. Of engine/ alone. Source: duckdb.h, "Scalar
 * Functions". */
#ifndef TAVANA_ENGINE_FUNCTIONS_H
#define TAVANA_ENGINE_FUNCTIONS_H

#include "base/err.h"

#include <duckdb.h>

struct engine_conn;
struct tz;

/* What stands before the message of an error that has its SQLSTATE with it: five characters and a blank
 * follow. engine_error reads it. */
#define ENGINE_ERROR_MARK "SQLSTATE "

/* The engine's option that holds a session's style, as tz_styled_name writes it behind any zone. */
#define ENGINE_STYLE_OPTION "tavana_style"

/* Makes that option known. Once for a database, before its configuration is locked. XX000 */
int functions_register_style(struct engine_conn *c, struct err *e);
/* Once for a database, before its configuration is locked. XX000 */
int functions_register(struct engine_conn *c, struct err *e);
/* The TimeZone of the session that a function is called in, and its style; the caller's reference. UTC when e
 * is filled. */
const struct tz *functions_zone(duckdb_init_info info, struct err *e);
/* The same of a connection. */
const struct tz *functions_zone_of(duckdb_connection conn, struct err *e);

#endif
