/* DuckLake 1.5.5 reads the objects of a version of its catalog when a transaction first looks for one, and
 * keeps them for all. Two that look at once both read them, and what the first had is freed when the second
 * puts its own in its place, while the first's transaction still uses it: wrong object numbers, and memory
 * that is gone. Its later versions hold on to what a transaction uses.
 *
 * So whatever may be the first look of a transaction is done by one thread at a time where that extension is
 * loaded: preparing a statement, starting one, settings that name a schema. Any thread; nobody waits longer
 * than LAKE_LOCK_WAIT_S for it, so that a statement whose files do not answer holds nobody up for good. */
#ifndef TAVANA_ENGINE_LAKE_LOCK_H
#define TAVANA_ENGINE_LAKE_LOCK_H

#include <stdbool.h>

struct engine;

enum { LAKE_LOCK_WAIT_S = 5 };

/* True: the lock is held until lake_lock_leave. False: there is no lake, or it took too long. */
bool lake_lock_enter(struct engine *en);
void lake_lock_leave(struct engine *en, bool entered);

/* Whether a statement may look at objects only when it runs, up to its first rows: duckdb_tables() … */
bool lake_lock_lists_objects(const char *sql);

/* Whether that file is the extension. */
bool lake_lock_is_needed(const char *extension);

#endif
