/* The engine with what is configured of it. */
#ifndef TAVANA_CMD_OPEN_ENGINE_H
#define TAVANA_CMD_OPEN_ENGINE_H

#include "backend/backend.h"
#include "config/config.h"

/* *out is the caller's, for local_backend_free. */
int open_engine(struct backend **out, const struct config *c, struct err *e);

#endif
