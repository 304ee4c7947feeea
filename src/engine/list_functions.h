/* array || element and element || array, which the engine has no operator for. Of engine/ alone. Source:
 * PostgreSQL 15 manual, 9.19. */
#ifndef TAVANA_ENGINE_LIST_FUNCTIONS_H
#define TAVANA_ENGINE_LIST_FUNCTIONS_H

#include "base/err.h"

struct engine_conn;

/* Once a database, before its configuration is locked. XX000 */
int list_functions_register(struct engine_conn *c, struct err *e);

#endif
