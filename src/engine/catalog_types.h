/* PostgreSQL's catalog types in the engine: its own ones under our names (pgtype/catalog_type.h), with casts
 * to what they are made of, since the engine else calls no function of a type with a type of another name. */
#ifndef TAVANA_ENGINE_CATALOG_TYPES_H
#define TAVANA_ENGINE_CATALOG_TYPES_H

#include "engine/engine_priv.h"

/* Once a database, before its configuration is locked. */
int catalog_types_register(struct engine_conn *c, struct err *e);

#endif
