/* backend.h over the engine in this process. Engine connections are made when a session first needs one.
 *
 * A session has one main connection. A portal streams on it; when another statement needs it meanwhile, the
 * portal takes the connection along and the session gets a fresh one with its settings and, in a transaction,
 * a BEGIN: equivalent as long as the session has written nothing in that transaction, has no temporary
 * objects or variables, and was not promised one snapshot. Where it is not, or where too many streams have
 * connections of their own, the rest of the portal's rows is put down (local_rows.h) and served from there.
 * Source: ARCHITECTURE.md, decision 4. */
#ifndef TAVANA_BACKEND_LOCAL_H
#define TAVANA_BACKEND_LOCAL_H

#include "backend/backend.h"
#include "engine/engine.h"

struct local_options {
    struct engine_options engine;
    const char *default_catalog; /* that sessions start in; NULL: the database itself */
    const char *spool_directory; /* NULL: rows that are put down stay in memory, 53100 beyond */
    uint64_t spool_bytes;        /* on disk, of all portals */
    uint64_t batch_rows;         /* that are put down together; 0: LOCAL_BATCH_ROWS */
    uint64_t portal_rows;        /* of a portal that stay in memory; 0: bytes alone decide */
    unsigned streams_max;        /* with connections of their own; 0: LOCAL_STREAMS */
};

enum { LOCAL_BATCH_ROWS = 10000, LOCAL_STREAMS = 256 };

int local_backend_new(struct backend **out, const struct local_options *o, struct err *e);
/* All sessions are closed by then. NULL is fine. */
void local_backend_free(struct backend *b);

#endif
