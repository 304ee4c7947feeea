/* What SQL may call and open: decided where the engine itself looks functions up and opens files, not on the
 * text of statements. The engine's library calls its own functions through the dynamic linker, so that
 * definitions of the same names in our program stand before them (guard_hooks.c); each looks at what is asked
 * for and either goes on to the engine's own or throws the engine's exception of a missing permission, which
 * is 42501. So a refusal holds for any spelling, in macros, views, prepared statements and in files that are
 * attached.
 *
 * Only statements of guarded engines are looked at, on connections that we made: an extension's own
 * connections (DuckLake's to its catalog) go on calling what they need. docs/decisions/security.md says what
 * else was tried. An engine in which a hook is not reached is not opened.
 *
 * Any thread. Source: libduckdb's exported symbols (Itanium C++ ABI), DuckDB's sources of 1.5. */
#ifndef TAVANA_ENGINE_GUARD_H
#define TAVANA_ENGINE_GUARD_H

#include "base/err.h"
#include "base/list.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct engine;
struct engine_conn;

enum {
    GUARD_NAME_MAX = 256, /* a longer name of a catalog or a secret has no owner: nobody takes it away */
    /* In each plan the engine looks a function of a select list up twice, after those of the FROM clause:
     * where a client's statement names tavana_rows itself, the one around it is refused. */
    GUARD_SINK_LOOKUPS = 2,
    GUARD_OWNED_MAX = 65536,    /* catalogs and secrets that sessions have made */
    GUARD_JSON_DEPTH_MAX = 1000 /* of brackets in a JSON text; the engine walks it by recursion */
};

/* What the guard keeps of a connection. */
struct guard_conn {
    struct list link;     /* among all connections of the process */
    const void *context;  /* the engine's own name for it */
    uint64_t owner;       /* whose catalogs and secrets it may take away; 0: nobody's */
    unsigned sink_calls;  /* look-ups of tavana_rows that the statement under way has left */
    bool own;             /* the statement under way is ours, not a client's */
    bool makes_no_secret; /* … is known to be no CREATE SECRET: an extension may renew one meanwhile */
};

/* The engine's functions that the hooks go on to. XX000: this library does not have them all. */
int guard_init(struct err *e);

/* From here on statements of c's engine are guarded. Catalogs and secrets that there are now belong to the
 * operator. protect: files and directories out of SQL's reach. allowed: functions that are not refused.
 * Tries each hook: XX000 when one is not reached. */
int guard_close(struct engine_conn *c, const char *const *protect, size_t nprotect,
                const char *const *allowed, size_t nallowed, struct err *e);
/* The engine is about to be closed: forgets what it has. */
void guard_open(struct engine *en);

#endif
