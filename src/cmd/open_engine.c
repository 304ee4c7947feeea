#include "cmd/open_engine.h"

#include "backend/local.h"
#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "sql/catalog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INIT_FILE_MAX = 1024 * 1024 };

/* What is run before the engine is locked: the catalog, and then the operator's file. *out is the caller's.
 */
static int collect_init(struct engine_options *o, const char ***out, const char *file, struct err *e)
{
    size_t n = 0;
    while (sql_catalog_setup[n])
        n++;
    const char **statements = mem_calloc(n + 1, sizeof(char *));
    if (!statements)
        return err_oom(e);
    memcpy(statements, sql_catalog_setup, n * sizeof(char *));
    if (file)
        statements[n++] = file;
    o->init = *out = statements;
    o->ninit = n;
    return ST_OK;
}

int open_engine(struct backend **out, const struct config *c, struct err *e)
{
    char memory[32] = "";
    if (c->memory_limit)
        (void)snprintf(memory, sizeof memory, "%lldB", (long long)c->memory_limit);
    struct local_options o = {
        .spool_bytes = (uint64_t)c->spool_limit,
        .batch_rows = (uint64_t)c->cursor_batch_size,
        .portal_rows = (uint64_t)c->portal_buffer_rows,
        .streams_max = (unsigned)c->streams_max,
        .engine =
            {
                .path = c->database,
                .read_only = c->read_only,
                .memory_limit = memory[0] ? memory : NULL,
                .threads = (unsigned)c->threads,
                .temp_directory = c->temp_directory,
                .allowed_directories = c->allowed_directories.items,
                .nallowed_directories = c->allowed_directories.n,
                .extensions = c->extensions.items,
                .nextensions = c->extensions.n,
            },
    };
    CLEANUP(mem_freep) const char **statements = NULL;
    CLEANUP(mem_freep) char *init = NULL;
    if (c->init)
        TRY(file_read_all(c->init, INIT_FILE_MAX, &init, e));
    TRY(collect_init(&o.engine, &statements, init, e));
    const char *system_directory = getenv("TMPDIR");
    if (c->spool_limit)
        o.spool_directory = c->spool_directory ? c->spool_directory
                            : system_directory ? system_directory
                                               : P_tmpdir;
    return local_backend_new(out, &o, e);
}
