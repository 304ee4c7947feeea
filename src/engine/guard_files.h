/* Files and directories out of SQL's reach. Any thread. Of engine/ alone. */
#ifndef TAVANA_ENGINE_GUARD_FILES_H
#define TAVANA_ENGINE_GUARD_FILES_H

#include "base/str.h"

#include <stdbool.h>

struct engine;
struct err;

/* Files and directories of an engine that no SQL reaches. 53200 */
int guard_files_add(const struct engine *en, const char *path, struct err *e);
/* A database's file and what the engine puts beside it. */
int guard_files_add_database(const struct engine *en, const char *path, struct err *e);
/* Forgets all that was added for this engine. */
void guard_files_remove(const struct engine *en);
/* Whether the path, in whatever way it is written, leads to a file that no SQL reaches. */
bool guard_files_refuse(struct str path);

#endif
