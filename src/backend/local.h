/* backend.h over the engine in this process. Engine connections are made when a session first needs one.
 *
 * A session has one main connection. A portal streams on it; when another statement needs it meanwhile, the
 * portal takes the connection along and the session gets a fresh one with its settings and, in a transaction,
 * a BEGIN: equivalent as long as the session has written nothing in that transaction and has no temporary
 * objects or variables. Where it is not, that statement answers 0A000 and the portal stays as it was. Source:
 * ARCHITECTURE.md, decision 4. */
#ifndef TAVANA_BACKEND_LOCAL_H
#define TAVANA_BACKEND_LOCAL_H

#include "backend/backend.h"
#include "engine/engine.h"

struct local_options {
    struct engine_options engine;
};

int local_backend_new(struct backend **out, const struct local_options *o, struct err *e);
/* All sessions are closed by then. NULL is fine. */
void local_backend_free(struct backend *b);

#endif
