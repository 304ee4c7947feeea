/* Of engine/guard*.c only. */
#ifndef TAVANA_ENGINE_GUARD_PRIV_H
#define TAVANA_ENGINE_GUARD_PRIV_H

#include "engine/engine_priv.h"

/* libstdc++'s std::string, of the ABI that the names of the hooks name. */
struct guard_string {
    const char *p;
    size_t n;
    union {
        char local[16];
        size_t capacity;
    };
};

/* ---- connections (guard.c) ---- */

/* Which guarded connection a context of the engine is; NULL: none, an extension's or an engine's that is
 * being opened. It lives while a call of the engine on it is under way. */
struct engine_conn *guard_conn_of(const void *context);
/* Whether a connection of this owner is open. */
bool guard_owner_is_here(const struct engine *en, uint64_t owner);
/* Some engine is guarded. */
bool guard_is_closed(void);
/* A function that the operator lets through. */
bool guard_is_allowed(const struct engine *en, struct str name);

#endif
