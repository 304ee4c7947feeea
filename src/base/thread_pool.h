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

/* Whose tasks they are. Of normal tasks of one owner at most `max` are in line or running at once; the others
 * wait for these, so that one owner cannot have all threads. Embedded; the pool's from its first task on. */
struct task_owner {
    unsigned max, admitted;
    bool released;
    struct list waiting;
    void (*free)(struct task_owner *o); /* after thread_pool_release_owner, once none of its tasks runs */
};

struct task {
    struct list link;
    void (*run)(struct task *t, struct worker *w);
    struct task_owner *owner; /* NULL: nobody's in particular */
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
    unsigned threads, idle;
    unsigned queued; /* tasks that wait, for a thread or for others of their owner */
};

/* Starts no thread yet. The caller's, for thread_pool_free. */
int thread_pool_new(struct thread_pool **out, const struct thread_pool_options *o, struct err *e);
/* The task must not be in line already; it may free itself in run. */
void thread_pool_submit(struct thread_pool *p, struct task *t, enum thread_pool_lane lane);
/* max: at least 1. */
void task_owner_init(struct task_owner *o, unsigned max, void (*free)(struct task_owner *o));
/* No task of it is submitted any more; one that runs may go on. Calls o->free now or when that has ended. */
void thread_pool_release_owner(struct thread_pool *p, struct task_owner *o);
/* A copy of the numbers, of one moment. */
struct thread_pool_stats thread_pool_stats(struct thread_pool *p);
/* Waits until every task submitted has run and every thread has ended; only running tasks may still submit.
 * NULL is fine. */
void thread_pool_free(struct thread_pool *p);

#endif
