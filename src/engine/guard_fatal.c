/* The engine asks InvalidatesDatabase about the kind of an error that has ended a call, on the thread that
 * made the call, and at once marks the database if it is fatal or internal. Ours stand before both
 * (guard_hooks.c says how): the first keeps the kind, the second leaves the mark away. */
#include "engine/guard_fatal.h"

#include "engine/guard_priv.h"

#include <assert.h>
#include <dlfcn.h>
#include <duckdb.h>
#include <stdint.h>

#define INVALIDATES "_ZN6duckdb9Exception19InvalidatesDatabaseENS_13ExceptionTypeE"
#define INVALIDATE  "_ZN6duckdb12ValidChecker10InvalidateINS_16DatabaseInstanceEEEvRT_" STRING

static _Thread_local bool critical;
static _Thread_local uint8_t last_kind; /* that was asked about, as numbered in duckdb.h */

void guard_critical(bool is)
{
    critical = is;
}

bool guard_invalidates(uint8_t kind) HOOK(INVALIDATES);
bool guard_invalidates(uint8_t kind)
{
    last_kind = kind;
    return kind == DUCKDB_ERROR_FATAL;
}

typedef void invalidate_fn(void *database, struct guard_string *why);

/* The caller destroys the string. */
void guard_invalidate(void *database, struct guard_string *why) HOOK(INVALIDATE);
void guard_invalidate(void *database, struct guard_string *why)
{
    uint8_t kind = last_kind;
    last_kind = 0;
    if (kind == DUCKDB_ERROR_INTERNAL && !critical)
        return;
    invalidate_fn *go_on = (invalidate_fn *)(uintptr_t)dlsym(RTLD_NEXT, INVALIDATE);
    assert(go_on); /* the engine's library calls what it has itself */
    go_on(database, why);
}
