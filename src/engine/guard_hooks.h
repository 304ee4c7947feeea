/* The functions of the engine that ours stand before. Any thread. Of engine/ alone. */
#ifndef TAVANA_ENGINE_GUARD_HOOKS_H
#define TAVANA_ENGINE_GUARD_HOOKS_H

#include <stdbool.h>
#include <stdint.h>

struct err;

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
extern const char *const guard_hook_names[GUARD_HOOKS];

/* Finds the engine's own functions behind each hook. XX000: this library does not have them all. Once a
 * process. */
int guard_hooks_init(struct err *e);
/* This thread's look-ups of catalogs ask for each engine by itself. */
void guard_look_closely(bool does);
/* How often one was reached by a statement that is guarded. */
uint64_t guard_hooks_reached(enum guard_hook hook);

#endif
