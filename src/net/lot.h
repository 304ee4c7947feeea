/* The parking lot: sessions without a pending message wait here in one epoll set and cost no thread.
 * Parking allocates nothing (the record lies in the session) and the lot owns the idle time limits.
 * A parked session leaves exactly once: lot calls leave() on the lot's thread, which must only hand it to a
 * pool. */
#ifndef TAVANA_NET_LOT_H
#define TAVANA_NET_LOT_H

#include "base/err.h"
#include "base/list.h"

#include <stdbool.h>
#include <stdint.h>

struct lot;

enum lot_reason {
    LOT_READABLE, /* or writable, as asked; or the peer is gone: reading tells */
    LOT_TIMEOUT,  /* its deadline passed */
    LOT_WOKEN,    /* lot_wake or lot_wake_all */
};

struct parked {
    struct list link;    /* the lot's, as is all below but leave */
    uint32_t heap_index; /* in the lot's heap of deadlines; UINT32_MAX: none */
    int fd;
    int64_t deadline_us;
    bool registered; /* fd is in the epoll set */
    bool in_lot;
    bool wake_pending; /* woken while not parked: the next lot_park leaves at once */
    void (*leave)(struct parked *p, enum lot_reason why);
};

/* capacity: records at most at once (memory for deadlines is taken now). */
int lot_new(struct lot **out, unsigned capacity, struct err *e);
/* No record may be in it any more. NULL is fine. */
void lot_free(struct lot *l);

void parked_init(struct parked *p, int fd, void (*leave)(struct parked *p, enum lot_reason why));
/* Once, before the first park: registers the descriptor. 53000-class error when the kernel refuses. */
int lot_add(struct lot *l, struct parked *p, struct err *e);
/* After which the fd may be closed and the record freed; it must not be parked. */
void lot_remove(struct lot *l, struct parked *p);
/* events: POLLIN or POLLOUT. From now on leave() may come at any moment, on another thread. The caller has
 * looked at buffered input before (conn_has_buffered). */
void lot_park(struct lot *l, struct parked *p, short events, int64_t deadline_us);
/* Any thread, parked or not; the record must be alive. */
void lot_wake(struct lot *l, struct parked *p);
unsigned lot_count(struct lot *l);

#endif
