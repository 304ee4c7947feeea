/* What a statement may take while the engine plans it. A macro's arguments are put wherever its body names
 * them, a view stands wherever it is named, and the optimizer copies expressions: twenty calls within each
 * other become a million, of a gigabyte that memory_limit does not count. And the engine hears no interrupt
 * then. So what a thread allocates between the two calls below is counted (operator new), and the engine's
 * functions that it goes through for every expression and every table look at that and at interrupts.
 *
 * Beyond the bound a statement ends with 54001; beyond what the process may have (guard_memory.h) with 53200;
 * after an interrupt as the engine ends it. The thread that plans. Of engine/ alone. */
#ifndef TAVANA_ENGINE_GUARD_PLAN_H
#define TAVANA_ENGINE_GUARD_PLAN_H

#include "base/err.h"
#include "engine/heap.h"

#include <stddef.h>
#include <stdint.h>

enum {
    GUARD_PLAN_BYTES = 256 * 1024 * 1024, /* of a statement, … */
    GUARD_PLAN_BYTES_PER_BYTE = 256 /* … and for each byte of its text: a literal takes some hundreds */
};

struct engine_conn;

/* What is planned by a thread. */
struct guard_plan {
    const void *context;       /* the engine's name for the connection; NULL: nothing is planned */
    int64_t taken;             /* bytes that were allocated and not freed since */
    int64_t most;              /* of these */
    int64_t step;              /* beyond so many the process is looked at, too */
    struct heap_counters heap; /* the thread's */
};

/* c is about to plan a text of n bytes. *was keeps what the thread planned before: planning a statement may
 * run others. */
void guard_plan_begin(struct guard_plan *was, const struct engine_conn *c, size_t n);
void guard_plan_end(const struct guard_plan *was);

/* XX000: the engine's library has not all that the hooks go on to. Once a process, or again. */
int guard_plan_init(struct err *e);
/* How often a statement that is planned was looked at. */
uint64_t guard_plan_looks(void);

#endif
