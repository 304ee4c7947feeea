/* Casts to jsonb, and from it to booleans and numbers. Of engine/ alone.
 * Source: PostgreSQL 15 manual, 8.14. */
#ifndef TAVANA_ENGINE_JSONB_CASTS_H
#define TAVANA_ENGINE_JSONB_CASTS_H

#include "base/err.h"

struct engine_conn;

/* Once a database, behind catalog_types_register. XX000 */
int jsonb_casts_register(struct engine_conn *c, struct err *e);

#endif
