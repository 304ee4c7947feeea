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

/* ---- functions (guard_names.c) ---- */

enum guard_verdict { GUARD_FREE, GUARD_REFUSED, GUARD_SINK, GUARD_OURS };
/* What a function of the engine of this name is to a client. */
enum guard_verdict guard_function(struct str name, bool is_table_function);
/* … with a VARIANT among its arguments. */
bool guard_breaks_on_variant(struct str name);
/* What statements call without naming it: operators, brackets, braces, a dot. A macro of such a name would
 * stand before the engine's own in everybody's statements. */
bool guard_is_syntax(struct str name);
/* A name that no client gives to a catalog. */
bool guard_reserved_catalog(struct str name);
/* A catalog of ours, which nobody is led into. */
bool guard_own_catalog(struct str name);

/* ---- files (guard_files.c) ---- */

/* Files and directories of an engine that no SQL reaches. 53200 */
int guard_files_add(const struct engine *en, const char *path, struct err *e);
/* A database's file and what the engine puts beside it. */
int guard_files_add_database(const struct engine *en, const char *path, struct err *e);
void guard_files_remove(const struct engine *en);
bool guard_files_refuse(struct str path);

/* ---- nesting (guard_json.c) ---- */

/* Brackets of a JSON text are nested deeper than GUARD_JSON_DEPTH_MAX. */
bool guard_json_is_deep(const char *text, size_t n);

/* ---- memory (guard_memory.c) ---- */

/* Beyond so many bytes of the process no large piece of memory is given to any engine; 0: no bound. */
void guard_memory_bound(uint64_t bytes);
/* Whether a piece of this size may be had. */
bool guard_memory_is_there(uint64_t size);

/* ---- owners of catalogs and secrets (guard_owners.c) ---- */

enum guard_object { GUARD_CATALOG, GUARD_SECRET };
/* owner 0: the operator. false: there is no room. */
bool guard_owners_put(const struct engine *en, enum guard_object kind, struct str name, uint64_t owner);
void guard_owners_drop(const struct engine *en, enum guard_object kind, struct str name);
/* false: nobody's. */
bool guard_owners_find(const struct engine *en, enum guard_object kind, struct str name, uint64_t *owner);
/* Whether it is in any engine. */
bool guard_owners_know(enum guard_object kind, struct str name);
void guard_owners_forget(const struct engine *en);

/* ---- hooks (guard_hooks.c) ---- */

enum guard_hook {
    GUARD_HOOK_LOOKUP,
    GUARD_HOOK_FILE,
    GUARD_HOOK_ATTACH,
    GUARD_HOOK_DETACH,
    GUARD_HOOK_PATH,
    GUARD_HOOK_BIND,
    GUARD_HOOK_JSON,
    GUARD_HOOK_SECRET,
    GUARD_HOOK_DATABASE,
    GUARD_HOOKS
};
int guard_hooks_init(struct err *e);
/* This thread's look-ups of catalogs ask for each engine by itself. */
void guard_look_closely(bool does);
/* How often one was reached by a statement that is guarded. */
uint64_t guard_hooks_reached(enum guard_hook hook);
extern const char *const guard_hook_names[GUARD_HOOKS];

/* ---- connections (guard.c) ---- */

/* Which guarded connection a context of the engine is; NULL: none, an extension's or an engine's that is
 * being opened. It lives while a call of the engine on it is under way. */
struct engine_conn *guard_conn_of(const void *context);
bool guard_owner_is_here(const struct engine *en, uint64_t owner);
bool guard_is_closed(void); /* some engine is guarded */
/* A function that the operator lets through. */
bool guard_is_allowed(const struct engine *en, struct str name);

#endif
