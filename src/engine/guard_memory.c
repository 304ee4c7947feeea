/* The engine's vectors are not counted in its memory_limit: SELECT range(2000000000) takes 16 GB for one
 * value, and the kernel then ends the process with the sessions of everybody. So a large piece of memory is
 * given only while the process stays below a bound. The engine turns a piece that it does not get into an
 * error of that statement (53200). Source: duckdb::Allocator of DuckDB 1.5. */
#include "engine/guard_memory.h"

#include "engine/guard_priv.h"

#include <assert.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define ALLOCATE   "_ZN6duckdb9Allocator15DefaultAllocateEPNS_20PrivateAllocatorDataEm"
#define FREE       "_ZN6duckdb9Allocator11DefaultFreeEPNS_20PrivateAllocatorDataEPhm"
#define REALLOCATE "_ZN6duckdb9Allocator17DefaultReallocateEPNS_20PrivateAllocatorDataEPhmm"

enum { STATM_BYTES = 128 };

typedef void *allocate_fn(void *data, uint64_t size);
typedef void free_fn(void *data, void *pointer, uint64_t size);
typedef void *reallocate_fn(void *data, void *pointer, uint64_t old_size, uint64_t size);

static uint64_t resident_max; /* 0: no bound; atomic, as the next */
static uint64_t large;        /* bytes of large pieces, touched or not yet: resident() does not see those */

void guard_memory_bound(uint64_t bytes)
{
    __atomic_store_n(&resident_max, bytes, __ATOMIC_RELAXED);
}

/* The second number of statm, in pages. 0: it cannot be told. */
static uint64_t resident(void)
{
    char text[STATM_BYTES];
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t n = read(fd, text, sizeof text);
    (void)close(fd);
    uint64_t pages = 0;
    const char *p = n > 0 ? memchr(text, ' ', (size_t)n) : NULL;
    for (p = p ? p + 1 : NULL; p && p < text + n && *p >= '0' && *p <= '9'; p++)
        pages = pages * 10 + (uint64_t)(*p - '0');
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

bool guard_memory_is_there(uint64_t size)
{
    uint64_t most = __atomic_load_n(&resident_max, __ATOMIC_RELAXED);
    if (size < GUARD_MEMORY_LARGE || most == 0)
        return true;
    uint64_t taken = __atomic_load_n(&large, __ATOMIC_RELAXED), now = resident();
    return size < most && (taken > now ? taken : now) < most - size;
}

/* Of a piece that was got or given back. A piece below GUARD_MEMORY_LARGE is not counted, going either way:
 * it is the same size at both ends of its life. */
static void count(uint64_t size, bool is_got)
{
    if (size >= GUARD_MEMORY_LARGE)
        (void)__atomic_fetch_add(&large, is_got ? size : -size, __ATOMIC_RELAXED);
}

static void *next(const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);
    assert(found); /* the engine's library calls what it has itself */
    return found;
}

void *guard_allocate(void *data, uint64_t size) HOOK(ALLOCATE);
void *guard_allocate(void *data, uint64_t size)
{
    static allocate_fn *engines;
    allocate_fn *go_on = __atomic_load_n(&engines, __ATOMIC_RELAXED);
    if (!go_on) {
        go_on = (allocate_fn *)(uintptr_t)next(ALLOCATE);
        __atomic_store_n(&engines, go_on, __ATOMIC_RELAXED);
    }
    void *got = guard_memory_is_there(size) ? go_on(data, size) : NULL;
    count(got ? size : 0, true);
    return got;
}

void guard_free(void *data, void *pointer, uint64_t size) HOOK(FREE);
void guard_free(void *data, void *pointer, uint64_t size)
{
    static free_fn *engines;
    free_fn *go_on = __atomic_load_n(&engines, __ATOMIC_RELAXED);
    if (!go_on) {
        go_on = (free_fn *)(uintptr_t)next(FREE);
        __atomic_store_n(&engines, go_on, __ATOMIC_RELAXED);
    }
    go_on(data, pointer, size);
    count(size, false);
}

void *guard_reallocate(void *data, void *pointer, uint64_t old_size, uint64_t size) HOOK(REALLOCATE);
void *guard_reallocate(void *data, void *pointer, uint64_t old_size, uint64_t size)
{
    static reallocate_fn *engines;
    reallocate_fn *go_on = __atomic_load_n(&engines, __ATOMIC_RELAXED);
    if (!go_on) {
        go_on = (reallocate_fn *)(uintptr_t)next(REALLOCATE);
        __atomic_store_n(&engines, go_on, __ATOMIC_RELAXED);
    }
    bool fits = size <= old_size || guard_memory_is_there(size); /* both are there while it is copied */
    void *got = fits ? go_on(data, pointer, old_size, size) : NULL;
    count(got ? old_size : 0, false);
    count(got ? size : 0, true);
    return got;
}
