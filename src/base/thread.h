/* Starting threads with all signals blocked, so that signals reach the thread that waits for them (cmd's)
 * and nobody else. Any thread. */
#ifndef TAVANA_BASE_THREAD_H
#define TAVANA_BASE_THREAD_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

/* Of threads that may run the engine: its own limits of recursion (1,000 levels of an expression and the
 * like) fit into it, which they do not into the system's 8 MB. It is reserved and not touched: a thread takes
 * the memory that it uses. A stack that is full all the same ends the process, by SIGSEGV. */
enum { THREAD_ENGINE_STACK = 64 * 1024 * 1024 };

/* stack_size: bytes, rounded up to what the system needs; 0: its default. Returns 0 or an errno. To be
 * joined. */
int thread_start(pthread_t *out, size_t stack_size, void *(*run)(void *), void *arg);
/* The same for the first thread, whose stack grows up to a limit of the system's (RLIMIT_STACK): raises it as
 * far as the hard limit lets. */
void thread_raise_first_stack(void);
/* A condition whose pthread_cond_timedwait counts by CLOCK_MONOTONIC, as base/clock.h does. */
void thread_cond_init(pthread_cond_t *c);
/* Time that a thread has spent on a processor, microseconds: of one that waits it stands still. 0 if the
 * system does not say. The thread has to exist; any thread may ask. */
int64_t thread_cpu_us(pthread_t thread);
/* Names the calling thread, for debuggers and top(1); at most 15 characters are kept. (A thread names itself:
 * for its maker it may be gone already.) */
void thread_set_name(const char *name);

#endif
