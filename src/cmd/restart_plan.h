/* How soon a child that died is followed by the next one, and when its parent gives up: a fault that comes
 * back each time costs little, and somebody is told. Pure: the clock is the caller's. */
#ifndef TAVANA_CMD_RESTART_PLAN_H
#define TAVANA_CMD_RESTART_PLAN_H

#include <stdbool.h>
#include <stdint.h>

enum {
    RESTART_DEATHS_MAX = 10,      /* so many of them … */
    RESTART_WINDOW_S = 60,        /* … within this time are the end */
    RESTART_AT_ONCE = 3,          /* deaths within it that cost no pause */
    RESTART_FIRST_PAUSE_MS = 100, /* of the one after them; twice as long each time */
};

struct restart_plan {
    int64_t deaths_us[RESTART_DEATHS_MAX]; /* a ring */
    unsigned n;                            /* ever */
};

/* A child has died now. False: no other one; else *pause_ms is how long to wait. */
bool restart_plan_next(struct restart_plan *p, int64_t now_us, int64_t *pause_ms);

#endif
