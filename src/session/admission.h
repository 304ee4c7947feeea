/* What all results that are being sent may take of memory together: their encoded rows, in batches and on the
 * way to the socket (the engine has a limit of its own). A result takes its least part before its first row;
 * when there is none left it stands in line, first come, first served, until others have ended. Any thread.
 */
#ifndef TAVANA_SESSION_ADMISSION_H
#define TAVANA_SESSION_ADMISSION_H

#include "base/list.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct waker;

enum {
    ADMISSION_STREAM = 3 * 512 * 1024,  /* bytes: a batch being filled, what is gathered beside it */
    ADMISSION_WRITER = 4 * 1024 * 1024, /* more for the batches of a writer, if there is room: without it the
                                           session writes for itself */
};

struct admission {
    pthread_mutex_t lock; /* of what follows, and of all shares */
    uint64_t limit, used;
    uint64_t share_max; /* bytes of one user's results */
    struct list waiting;
};

/* What the results of one user take. */
struct admission_share {
    uint64_t used;
};

/* Somebody in line. Its thread waits on the bell. */
struct admission_ticket {
    struct list link;
    struct waker *bell;
    struct admission_share *share; /* NULL: nobody's in particular */
    uint64_t bytes;
    bool granted; /* with the lock */
};

/* limit: bytes of all results together. share_max: of one user's. */
void admission_init(struct admission *a, uint64_t limit, uint64_t share_max);
/* Nobody may be in line any more. */
void admission_release(struct admission *a);

/* Takes bytes if there are that many and nobody is in line; or false. extra: what makes a result faster, and
 * not what it needs: leaves half of all there is to those that begin. share: NULL is fine. */
bool admission_try(struct admission *a, struct admission_share *share, uint64_t bytes, bool extra);
/* Stands in line; the bell rings when the bytes are granted. A single result always gets its bytes. Who
 * waits for others of the same user alone keeps nobody else waiting. */
void admission_queue(struct admission *a, struct admission_ticket *t);
/* Whether its bytes have been granted: they are the caller's then. */
bool admission_granted(struct admission *a, struct admission_ticket *t);
/* Whether it is the share of its user that is used up. */
bool admission_waits_for_own(struct admission *a, const struct admission_ticket *t);
/* Leaves the line; true: it was granted meanwhile, and the bytes are the caller's. */
bool admission_unqueue(struct admission *a, struct admission_ticket *t);
/* Bytes that were taken or granted; whoever is first in line may get them. */
void admission_give_back(struct admission *a, struct admission_share *share, uint64_t bytes);

#endif
