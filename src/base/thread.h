/* Starting threads with all signals blocked, so that signals reach the thread that waits for them (cmd's)
 * and nobody else. Any thread. */
#ifndef TAVANA_BASE_THREAD_H
#define TAVANA_BASE_THREAD_H

#include <pthread.h>
#include <stddef.h>

/* stack_size: bytes, rounded up to what the system needs; 0: its default. Returns 0 or an errno. To be
 * joined. */
int thread_start(pthread_t *out, size_t stack_size, void *(*run)(void *), void *arg);
/* Names the calling thread, for debuggers and top(1); at most 15 characters are kept. (A thread names itself:
 * for its maker it may be gone already.) */
void thread_set_name(const char *name);

#endif
