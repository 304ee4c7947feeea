/* What a session's main connection knows of the catalog (engine/catalog.h), and when that holds no longer.
 * Inside a call, the thread of the session. */
#ifndef TAVANA_BACKEND_LOCAL_SNAPSHOT_H
#define TAVANA_BACKEND_LOCAL_SNAPSHOT_H

#include "base/err.h"
#include "base/str.h"

struct engine_stmt;
struct local_session;

/* A statement is about to be planned: what the connection knows and what may have changed since is
 * forgotten, since the engine would fold it into the plan. */
void local_snapshot_check(struct local_session *s);
/* What the statement needs to know of the catalog is there when it returns. It was prepared on the main
 * connection and is about to run. ST_ERR: reading it has failed, or was cancelled. */
int local_snapshot_ready(struct local_session *s, const struct engine_stmt *es, struct str text,
                         struct err *e);

#endif
