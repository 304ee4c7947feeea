/* The engine with what is configured of it. */
#ifndef TAVANA_CMD_OPEN_ENGINE_H
#define TAVANA_CMD_OPEN_ENGINE_H

#include "backend/backend.h"
#include "cmd/process.h"

/* The process ends when the engine dies. *out is the caller's, for local_backend_free. */
int open_engine(struct backend **out, struct process *p, struct err *e);

/* The argument of a process_role that opens one. */
#define OPEN_ENGINE_ARGUMENT                                                                                 \
    .takes = "[DATABASE]", .argument = "DATABASE",                                                           \
    .argument_text = "a database file; without one the engine is in memory"

#endif
