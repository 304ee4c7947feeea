/* The parking lot: sessions without a pending message wait here in one epoll set and cost no thread.
 * Parking allocates nothing (the record lies in the session) and the lot owns the idle time limits.
 * A parked session leaves exactly once for each lot_park: lot calls leave() on the lot's thread, with no lock
 * held; leave() must only hand the session to a pool, and calls nothing of the lot.
 * A descriptor that becomes ready while its session is not parked is not lost: the next lot_park sees it. */
#ifndef TAVANA_NET_LOT_H
#define TAVANA_NET_LOT_H

#include "base/err.h"
#include "base/list.h"

#include <stdbool.h>
#include <stdint.h>

struct lot;

enum lot_reason {
    LOT_READABLE, /* or writable, as asked; or the peer is gone: reading tells. Now and then for nothing */
    LOT_TIMEOUT,  /* its deadline passed */
    LOT_WOKEN,    /* lot_wake or lot_wake_all */
};

struct parked {
    struct list link;    /* the lot's, as is all below but leave: among those about to leave */
    uint32_t heap_index; /* in the lot's heap of deadlines; UINT32_MAX: none */
    uint32_t slot;       /* in the lot's table */
    int fd;
    bool registered; /* fd is in the epoll set */
    bool in_lot;
    bool leaving;      /* in the lot still, with its reason */
    bool wake_pending; /* woken while not parked: the next lot_park leaves at once */
    enum lot_reason why;
    int64_t deadline_us;
    void (*leave)(struct parked *p, enum lot_reason why);
};

/* capacity: records at most at once (their memory, 32 bytes each, is taken now). Starts the thread. */
int lot_new(struct lot **out, unsigned capacity, struct err *e);
/* No record may be in it any more. NULL is fine. */
void lot_free(struct lot *l);

/* leave is called by another thread, once for each park; it must not wait. */
void parked_init(struct parked *p, int fd, void (*leave)(struct parked *p, enum lot_reason why));
/* Once, before the first park: registers the descriptor. 53300 beyond the capacity, 53000 when the kernel
 * refuses. */
int lot_add(struct lot *l, struct parked *p, struct err *e);
/* After which the fd may be closed and the record freed; it must not be parked. Waits for a leave() of this
 * record that has handed it on but not returned yet; events of it that are under way find its slot empty or
 * of another generation. Harmless when lot_add failed or was never called. */
void lot_remove(struct lot *l, struct parked *p);
/* events: POLLIN or POLLOUT. From now on leave() may come at any moment, on another thread. The caller has
 * looked at buffered input before (conn_has_buffered). */
void lot_park(struct lot *l, struct parked *p, short events, int64_t deadline_us);
/* Any thread, parked or not; the record must be alive. */
void lot_wake(struct lot *l, struct parked *p);
/* lot_wake for every record added. */
void lot_wake_all(struct lot *l);
/* Parked now. */
unsigned lot_count(struct lot *l);

#endif
