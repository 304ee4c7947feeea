#include "cmd/restart_plan.h"

#include <assert.h>

bool restart_plan_next(struct restart_plan *p, int64_t now_us, int64_t *pause_ms)
{
    const int64_t window_us = (int64_t)RESTART_WINDOW_S * 1000000;
    p->deaths_us[p->n++ % RESTART_DEATHS_MAX] = now_us;
    unsigned known = p->n < RESTART_DEATHS_MAX ? p->n : RESTART_DEATHS_MAX, recent = 0;
    for (unsigned i = 0; i < known; i++)
        recent += now_us - p->deaths_us[i] < window_us;
    assert(recent > 0 && recent <= RESTART_DEATHS_MAX); /* this one is among them */
    *pause_ms =
        recent <= RESTART_AT_ONCE ? 0 : (int64_t)RESTART_FIRST_PAUSE_MS << (recent - RESTART_AT_ONCE - 1);
    return recent < RESTART_DEATHS_MAX;
}
