/* Where the C++ objects of the process lie: in the allocator that is in the engine's library (jemalloc),
 * which the engine itself asks for its vectors alone. Planning and beginning a statement makes thousands of
 * small objects: glibc's heap took a third of the time of short statements. guard_plan.c calls this for new
 * and delete. Not with sanitizers, which have a heap of their own. Any thread. */
#ifndef TAVANA_ENGINE_HEAP_H
#define TAVANA_ENGINE_HEAP_H

#include <stddef.h>
#include <stdint.h>

/* Once, when the program begins, before it has threads. Without it, or with a library of the engine that
 * hides its allocator, objects are libstdc++'s as ever. */
void engine_heap_begin(void);

/* Throws std::bad_alloc when there is no memory. */
void *heap_take(size_t size);
void heap_give_back(void *p); /* NULL is fine */

/* Bytes that a thread has taken and given back in its life. The allocator counts them anyway, so that what a
 * call took is the difference, without a look at the piece. Nothing of the room counts. */
struct heap_counters {
    const uint64_t *taken, *given;
};

/* Those of the calling thread, which alone may read them. */
struct heap_counters heap_counters(void);

#endif
