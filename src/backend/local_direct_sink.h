/* The engine's side of local_direct.c: chunks become pieces, in the threads that scan. */
#ifndef TAVANA_BACKEND_LOCAL_DIRECT_SINK_H
#define TAVANA_BACKEND_LOCAL_DIRECT_SINK_H

#include "engine/sink.h"

/* Of struct local_direct.base. Threads: engine/sink.h. */
extern const struct engine_sink_ops local_direct_sink_ops;

#endif
