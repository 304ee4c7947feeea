/* A bell for one thread: whoever waits in poll(2) adds waker_fd to its set, any thread rings it.
 * Rings before a wait are not lost; several count as one. */
#ifndef TAVANA_BASE_WAKER_H
#define TAVANA_BASE_WAKER_H

#include "base/err.h"

struct waker {
    int fd; /* an eventfd, non-blocking; -1: none */
};

/* An eventfd that is not set. 53000 … when the system has none. */
int waker_init(struct waker *w, struct err *e);
/* Closes it. Nobody may use it any more. */
void waker_release(struct waker *w);
static inline int waker_fd(const struct waker *w)
{
    return w->fd;
}
/* Any thread; async-signal-safe. */
void waker_ring(struct waker *w);
/* By the owner, after its wait. */
void waker_clear(struct waker *w);

#endif
