/* Time. Deadlines are points on the monotonic clock in microseconds; CLOCK_NEVER is none. Any thread. */
#ifndef TAVANA_BASE_CLOCK_H
#define TAVANA_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

#define CLOCK_NEVER INT64_MAX

static inline int64_t clock_now_us(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Microseconds since 1970, for people and logs; may jump. */
static inline int64_t clock_wall_us(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* The same, a few milliseconds behind, at a fifth of the price. */
static inline int64_t clock_wall_coarse_us(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_REALTIME_COARSE, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* What poll(2) wants: rounded up, 0 when it has passed, -1 for CLOCK_NEVER. */
static inline int clock_poll_ms(int64_t deadline_us)
{
    if (deadline_us == CLOCK_NEVER)
        return -1;
    int64_t left = deadline_us - clock_now_us();
    if (left <= 0)
        return 0;
    int64_t ms = (left + 999) / 1000;
    return ms > INT32_MAX ? INT32_MAX : (int)ms;
}

#endif
