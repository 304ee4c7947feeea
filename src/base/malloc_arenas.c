/* A thread gets an arena with its first piece of memory, and leaves it to another when it ends. So
 * threads are started that are all there at once. */
#include "base/malloc_arenas.h"

#include "base/alloc.h"
#include "base/thread.h"

#include <assert.h>
#include <malloc.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

enum { STACK_BYTES = 64 * 1024 };

struct taking {
    atomic_uint taken;
    atomic_bool over;
};

static void *take_arena(void *arg)
{
    struct taking *t = arg;
    mem_free(mem_alloc(1));
    (void)atomic_fetch_add(&t->taken, 1);
    while (!atomic_load(&t->over))
        (void)sched_yield();
    return NULL;
}

unsigned malloc_arenas(void)
{
    const long processors = sysconf(_SC_NPROCESSORS_ONLN); /* -1: it cannot be told */
    return processors < MALLOC_ARENAS_MIN   ? MALLOC_ARENAS_MIN
           : processors > MALLOC_ARENAS_MAX ? MALLOC_ARENAS_MAX
                                            : (unsigned)processors;
}

void malloc_arenas_make(void)
{
    pthread_t threads[MALLOC_ARENAS_MAX];
    struct taking t = {0};
    unsigned n = 0;
    const unsigned most = malloc_arenas();
    assert(most >= MALLOC_ARENAS_MIN && most <= MALLOC_ARENAS_MAX);
    (void)mallopt(M_ARENA_MAX, (int)most);
    while (n + 1 < most && thread_start(&threads[n], STACK_BYTES, take_arena, &t) == 0)
        n++; /* this thread has one */
    while (atomic_load(&t.taken) < n)
        (void)sched_yield();
    atomic_store(&t.over, true);
    while (n > 0)
        (void)pthread_join(threads[--n], NULL);
}
