/* Of engine/ only. */
#ifndef TAVANA_ENGINE_SINK_PRIV_H
#define TAVANA_ENGINE_SINK_PRIV_H

#include "engine/engine_priv.h"

/* Makes the function known to the database. */
int sink_register(struct engine *en, struct engine_conn *c, struct err *e);
/* A connection can be found by the engine's number for it, from here … */
void sink_add(struct engine_conn *c);
/* … to here. */
void sink_remove(struct engine_conn *c);

#endif
