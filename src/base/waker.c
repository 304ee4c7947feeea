#include "base/waker.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

int waker_init(struct waker *w, struct err *e)
{
    w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return w->fd < 0 ? err_errno(e, errno, "make an eventfd") : ST_OK;
}

void waker_release(struct waker *w)
{
    if (w->fd >= 0)
        (void)close(w->fd);
    w->fd = -1;
}

void waker_ring(struct waker *w)
{
    assert(w->fd >= 0); /* whoever rings sees to it that the bell is still there */
    int saved = errno;  /* a signal handler may be the one who rings */
    uint64_t one = 1;
    ssize_t n;
    do
        n = write(w->fd, &one, sizeof one);
    while (n < 0 && errno == EINTR);
    /* EAGAIN: the count is full, so the bell rings already. */
    errno = saved;
}

void waker_clear(struct waker *w)
{
    uint64_t rings;
    ssize_t n;
    do
        n = read(w->fd, &rings, sizeof rings);
    while (n < 0 && errno == EINTR);
}
