/* An elastic pool of threads that run short straight-line tasks to their end.
 * `reserve` + 1 threads are there from the start and stay; more are made when there is work and none is idle,
 * up to max, and end after idle_ms without work. When the system gives no more, tasks wait for those there
 * are.
 * At max, tasks wait in line in order. Of max, `reserve` threads take only THREAD_POOL_URGENT tasks (log-ins,
 * cancels), so that slow readers, who hold a thread each, cannot lock anybody out.
 * A task is embedded by its owner, so submitting allocates nothing and cannot fail.
 * Any thread may submit. Source: ARCHITECTURE.md, decision 3. */
#ifndef TAVANA_BASE_THREAD_POOL_H
#define TAVANA_BASE_THREAD_POOL_H

#include "base/err.h"
#include "base/list.h"
#include "base/waker.h"

#include <stdbool.h>
#include <stddef.h>

struct thread_pool;

/* What a running task gets: a bell of its own thread, valid until it returns. */
struct worker {
    struct waker waker;
};

enum thread_pool_lane { THREAD_POOL_NORMAL, THREAD_POOL_URGENT };

struct task {
    struct list link;
    void (*run)(struct task *t, struct worker *w);
};

struct thread_pool_options {
    unsigned max;     /* threads at most, reserve included; at least reserve + 1 */
    unsigned reserve; /* of them for urgent tasks alone */
    unsigned
        idle_ms; /* an idle thread ends after this; the last of a burst also trims the heap (up to 25 ms) */
    size_t stack_size; /* bytes; 0: the system's default */
    const char *name;  /* of the threads, at most 15 characters */
};

struct thread_pool_stats {
    unsigned threads, idle, queued;
};

/* Starts no thread yet. The caller's, for thread_pool_free. */
int thread_pool_new(struct thread_pool **out, const struct thread_pool_options *o, struct err *e);
/* The task must not be in line already; it may free itself in run. */
void thread_pool_submit(struct thread_pool *p, struct task *t, enum thread_pool_lane lane);
/* A copy of the numbers, of one moment. */
struct thread_pool_stats thread_pool_stats(struct thread_pool *p);
/* Waits until every task submitted has run and every thread has ended; only running tasks may still submit.
 * NULL is fine. */
void thread_pool_free(struct thread_pool *p);

#endif
