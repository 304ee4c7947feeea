/* What a view, a macro or a default asks of the session that runs it: tavana_of_session('user'), or
 * 'database' (a statement that runs once has the answer written into it instead), and the values that it took
 * of sequences (sequence_values.h). Of engine/ alone. */
#ifndef TAVANA_ENGINE_SESSION_VALUE_H
#define TAVANA_ENGINE_SESSION_VALUE_H

#include "base/err.h"

struct engine_conn;

/* Once for a database, before its configuration is locked. XX000 */
int session_value_register(struct engine_conn *c, struct err *e);

#endif
