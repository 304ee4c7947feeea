/* A catalog of ours that nobody can change, whatever the spelling: the engine itself refuses it. */
#ifndef TAVANA_ENGINE_OWN_CATALOG_H
#define TAVANA_ENGINE_OWN_CATALOG_H

#include "engine/engine.h"

/* Makes it with its statements and attaches it for reading. Nothing stays in its directory. */
int own_catalog_attach(struct engine_conn *c, const struct engine_own_catalog *o, struct err *e);

#endif
