/* What the engine's catalog says of the tables and views that statements name, as sql/source.h has it. It is
 * kept by the name as it is written: for all sessions, and apart for a session that has temporary objects,
 * another search path or an open change of the catalog. A new version of the catalog (local_catalog.h) makes
 * all of it old. Inside a call, the thread of the session. */
#ifndef TAVANA_BACKEND_LOCAL_TABLE_H
#define TAVANA_BACKEND_LOCAL_TABLE_H

#include "backend/local_catalog.h"
#include "base/err.h"
#include "sql/source.h"

#include <stddef.h>
#include <stdint.h>

struct local_session;
struct local_table;

enum { LOCAL_TABLES_KEPT = 256, LOCAL_TABLES_OF_SESSION = 16, LOCAL_TABLE_BYTES_MAX = 4 * 1024 * 1024 };

/* A place in which tables are kept. */
struct local_tables {
    struct local_catalog version;
    size_t n, next;
    struct local_table *kept[LOCAL_TABLES_KEPT];
};

/* A reference; NULL: there is no such table in the session's database. The main connection is claimed. The
 * engine's errors. */
int local_table_find(struct local_session *s, const struct sql_token *parts, size_t nparts,
                     struct local_table **out, struct err *e);
/* What it says; oid 0: nothing. */
const struct sql_source *local_table_source(const struct local_table *t);
/* NULL is fine. Any thread. */
void local_table_unref(struct local_table *t);
/* NULL is fine. */
void local_tables_free(struct local_tables *all);

#endif
