/* What a connection knows of the catalog: engine_stmt_info.catalog says which lists a statement reads, and
 * before it runs they have to be there. The thread of the connection, while nothing runs on it. */
#ifndef TAVANA_ENGINE_CATALOG_H
#define TAVANA_ENGINE_CATALOG_H

#include "base/err.h"

#include <stdint.h>

struct engine_conn;

/* What the catalog's views add to the engine's numbers of a table or a sequence, so that none is one of
 * PostgreSQL's own: of the database, and of what is temporary. */
enum { ENGINE_OWN_OIDS = 16384, ENGINE_TEMPORARY_OIDS = 10016384 };

/* Connections with the same key see the same, and share it. */
struct engine_catalog_key {
    uint64_t version; /* a greater one: what was kept before is of no use any more */
    const char *path; /* by which they find things */
};

/* What it knew holds no longer. */
void engine_catalog_forget(struct engine_conn *c);
/* Reads those lists that are not there yet. key NULL: nobody else may see what it sees. Statements run on
 * the connection for it; ST_ERR: one has failed, or was cancelled. */
int engine_catalog_load(struct engine_conn *c, uint64_t lists, const struct engine_catalog_key *key,
                        struct err *e);

#endif
