#include "engine/lake_lock.h"

#include "engine/engine_priv.h"

#include <assert.h>
#include <string.h>
#include <time.h>

/* The engine finds an extension's entry by the name of its file, so that no other name is possible. */
bool lake_lock_is_needed(const char *extension)
{
    assert(extension);
    const char *slash = strrchr(extension, '/');
    const char *name = slash ? slash + 1 : extension;
    size_t n = strcspn(name, ".");
    return n == sizeof "ducklake" - 1 && memcmp(name, "ducklake", n) == 0;
}

bool lake_lock_lists_objects(const char *sql)
{
    assert(sql);
    return strcasestr(sql, "duckdb_") != NULL;
}

bool lake_lock_enter(struct engine *en)
{
    struct timespec until;
    if (!en->has_lake)
        return false;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += LAKE_LOCK_WAIT_S;
    return pthread_mutex_clocklock(&en->lake_lock, CLOCK_MONOTONIC, &until) == 0;
}

void lake_lock_leave(struct engine *en, bool entered)
{
    assert(!entered || en->has_lake);
    if (entered)
        (void)pthread_mutex_unlock(&en->lake_lock);
}
