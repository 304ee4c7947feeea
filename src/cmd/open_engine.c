#include "cmd/open_engine.h"

#include "backend/local.h"
#include "sql/catalog.h"

#include <stdio.h>
#include <stdlib.h>

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
                .init = sql_catalog_setup,
            },
    };
    const char *system_directory = getenv("TMPDIR");
    if (c->spool_limit)
        o.spool_directory = c->spool_directory ? c->spool_directory
                            : system_directory ? system_directory
                                               : P_tmpdir;
    while (o.engine.init[o.engine.ninit])
        o.engine.ninit++;
    return local_backend_new(out, &o, e);
}
