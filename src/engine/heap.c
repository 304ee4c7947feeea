/* Objects that libraries make while they are loaded, before main, must not wake the engine's allocator: it
 * would begin before the engine's library has told it how many arenas to have and when to give memory back.
 * Those lie in a room of their own and stay. When the room is full, or the allocator is not to be had, all is
 * libstdc++'s from then on: an object goes back to where it came from, and there is one such place besides
 * the room in a process. */
#include "engine/heap.h"

#include <assert.h>
#include <dlfcn.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

enum { ROOM_BYTES = 1024 * 1024, ALIGN = 16 };
enum heap { ROOM, LIBRARY, ENGINE };

static _Alignas(ALIGN) char room[ROOM_BYTES];
static size_t room_used; /* atomic, as the next */
static int heap = ROOM;

static struct {
    void *(*allocate)(size_t size);
    void (*free)(void *p);
    int (*tell)(const char *name, void *value, size_t *size, void *new_value, size_t new_size);
} engine;

static struct {
    void *(*allocate)(size_t size); /* throws where there is no memory */
    void (*free)(void *p);
} library;

static _Thread_local struct {
    uint64_t taken, given;         /* of the library's pieces */
    struct heap_counters counters; /* NULL: not asked for yet */
} mine;

static bool find(const char *name, void *where, void *to)
{
    void *found = dlsym(where, name);
    memcpy(to, &found, sizeof found);
    return found != NULL;
}

/* From now on, unless the engine's was chosen meanwhile. */
static void choose_library(void)
{
    int before = ROOM;
    bool found = find("_Znwm", RTLD_NEXT, &library.allocate) && find("_ZdlPv", RTLD_NEXT, &library.free);
    assert(found); /* or no C++ library were linked, and nobody could call this */
    (void)__atomic_compare_exchange_n(&heap, &before, LIBRARY, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED);
}

void engine_heap_begin(void)
{
    int before = ROOM;
    if (find("duckdb_je_malloc", RTLD_DEFAULT, &engine.allocate) &&
        find("duckdb_je_free", RTLD_DEFAULT, &engine.free) &&
        find("duckdb_je_mallctl", RTLD_DEFAULT, &engine.tell))
        (void)__atomic_compare_exchange_n(&heap, &before, ENGINE, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED);
    else
        choose_library();
}

/* NULL: it is full. */
static void *room_take(size_t size)
{
    size_t most = size < ROOM_BYTES ? (size + ALIGN - 1) & ~(size_t)(ALIGN - 1) : ROOM_BYTES;
    size_t at = __atomic_fetch_add(&room_used, most, __ATOMIC_RELAXED);
    return most < ROOM_BYTES && at <= ROOM_BYTES - most ? room + at : NULL;
}

/* C++ says that there is no memory by an exception, which passes through the caller's frames. */
static void throw_bad_alloc(void)
{
    void (*function)(void);
    if (find("_ZSt17__throw_bad_allocv", RTLD_DEFAULT, &function))
        function();
    abort();
}

void *heap_take(size_t size)
{
    int from = __atomic_load_n(&heap, __ATOMIC_ACQUIRE);
    if (__builtin_expect(from == ENGINE, 1)) {
        void *p = engine.allocate(size);
        if (!p)
            throw_bad_alloc();
        return p;
    }
    void *p = from == ROOM ? room_take(size ? size : 1) : NULL;
    if (p)
        return p;
    if (from == ROOM)
        choose_library();
    p = library.allocate(size);
    mine.taken += malloc_usable_size(p);
    return p;
}

static bool is_in_room(const void *p)
{
    return (uintptr_t)p - (uintptr_t)room < ROOM_BYTES;
}

void heap_give_back(void *p)
{
    if (is_in_room(p))
        return;
    if (__builtin_expect(__atomic_load_n(&heap, __ATOMIC_ACQUIRE) == ENGINE, 1)) {
        engine.free(p);
        return;
    }
    mine.given += malloc_usable_size(p);
    library.free(p);
}

static bool ask(const char *name, const uint64_t **counter)
{
    size_t size = sizeof *counter;
    return engine.tell(name, counter, &size, NULL, 0) == 0 && *counter;
}

struct heap_counters heap_counters(void)
{
    const bool own = __atomic_load_n(&heap, __ATOMIC_ACQUIRE) != ENGINE;
    if (mine.counters.taken)
        return mine.counters;
    if (own || !ask("thread.allocatedp", &mine.counters.taken) ||
        !ask("thread.deallocatedp", &mine.counters.given))
        mine.counters = (struct heap_counters){&mine.taken, &mine.given};
    return mine.counters;
}

#else

void engine_heap_begin(void)
{
}

#endif
