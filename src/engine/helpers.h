/* The engine's own threads, run by us. A statement runs on the thread that called for it; helpers join in
 * once a call has taken a tick. So a short statement wakes nobody (the engine's pool is woken for every one,
 * which doubles its processor time), a scan that streams is not disturbed, and a long statement has all
 * threads. There is a watcher, which looks every tick while calls are under way and sleeps while there are
 * none, and one helper less than the engine has threads. A helper takes whatever task is next, whoever's it
 * is: of n statements at once each has its own thread, and all together share the helpers.
 *
 * Any thread. Source: duckdb.h, "Threading Information"; docs/decisions/engine.md has what was measured. */
#ifndef TAVANA_ENGINE_HELPERS_H
#define TAVANA_ENGINE_HELPERS_H

#include "base/err.h"
#include "base/list.h"

#include <stdint.h>

struct engine;
struct helpers;

enum {
    HELPERS_TICK_US = 2000, /* a call that is seen by two ticks is helped */
    HELPERS_TICK_MAX_US =
        8000,              /* ticks are further apart while calls are under way and none is late: a stream */
    HELPERS_POLL_US = 100, /* a helper without a task looks again after this … */
    HELPERS_POLLS = 10,    /* … so often, then it sleeps until the watcher calls */
    HELPERS_DOZE_TICKS = 50, /* without a call: then the watcher sleeps until one begins */
};

/* A call of the engine that may take long; on its caller's stack. */
struct helped_call {
    struct list link;
    uint64_t number;
};

/* threads: how many work on statements, callers included; 1: no helper is made. The engine is open. */
int helpers_new(struct helpers **out, struct engine *en, unsigned threads, struct err *e);
/* Waits for the helpers; no call may be under way. NULL is fine. Before the engine is closed. */
void helpers_free(struct helpers *h);

/* Around a call. h NULL: nothing happens. */
void helpers_call_begin(struct helpers *h, struct helped_call *call);
/* The other end of helpers_call_begin, once for each. */
void helpers_call_end(struct helpers *h, struct helped_call *call);

#endif
