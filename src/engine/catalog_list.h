/* The function tavana_list('pg_class'): rows of a list of the catalog (sql/catalog_lists.h), as the
 * statement's connection has them; those that are the same in every database come first. */
#ifndef TAVANA_ENGINE_CATALOG_LIST_H
#define TAVANA_ENGINE_CATALOG_LIST_H

#include "engine/engine_priv.h"

/* Once a database, behind catalog_rows_register. */
int catalog_list_register(struct engine_conn *c, struct err *e);

#endif
