/* The database: opened with a configuration that nobody can change afterwards. Any thread. */
#ifndef TAVANA_ENGINE_DATABASE_H
#define TAVANA_ENGINE_DATABASE_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct engine;
struct engine_text_ops;

/* A catalog that the program brings along, for reading. */
struct engine_own_catalog {
    const char *name;
    const char *const *statements; /* that make what is in it */
    size_t n;                      /* 0: there is none */
    const char *directory;         /* for the file that it lies in; NULL: the system's */
};

/* What the engine is opened with. NULL, 0: the engine's own default, unless said otherwise. */
struct engine_options {
    const char *path; /* NULL, "" or ":memory:": in memory */
    bool read_only;
    const char *memory_limit; /* "4GB", "80%" */
    uint64_t resident_max;    /* bytes of the process beyond which no large value is made (53200), since
                                 memory_limit does not count values under way; 0: no bound */
    unsigned threads;
    const char *temp_directory; /* NULL: the engine may not spill */
    const char *temp_directory_limit;
    bool
        spill_encryption; /* with a key of this process; the extension httpfs has the cipher: F0000 without it */
    const char *const *allowed_directories; /* files elsewhere are out of reach: no path, no URL */
    size_t nallowed_directories;
    const char *const *extensions; /* files to LOAD, before the lock */
    size_t nextensions;
    const char *const *init; /* statements to run once, before the lock */
    size_t ninit;
    struct engine_own_catalog catalog; /* made before init */
    const char *const *protect; /* files and directories that no statement opens, beside the engine's own */
    size_t nprotect;
    const char *const *allowed_functions; /* of those that are refused otherwise: guard.h */
    size_t nallowed_functions;
    const struct engine_text_ops *text; /* how values are shown: shown.h; NULL: they are not */
};

/* Opens the database, runs `init`, locks the configuration. The caller's, for engine_close. */
int engine_open(struct engine **out, const struct engine_options *o, struct err *e);
/* All connections are closed by then. NULL is fine. */
void engine_close(struct engine *en);
/* Of the engine's library: "v1.5.5". Static. */
const char *engine_version(void);

#endif
