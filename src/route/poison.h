/* Statements that workers died under. A statement that only reads is run again when its worker has died,
 * once: when a second one dies of it, nobody runs it for a while. Whoever else was on such a worker must not
 * be taken for what killed it. So, of those that lost a worker, only one at a time runs unproven (it has "the
 * seat"); the others wait until it has given a row or has run for a second. If a worker dies under the one
 * that has the seat it alone is to blame, else all that ran there are. What gives rows, or comes to its end,
 * is cleared. A statement counts by its shape and by its very text with parameters. Of one gateway. Any
 * thread. */
#ifndef TAVANA_ROUTE_POISON_H
#define TAVANA_ROUTE_POISON_H

#include "base/err.h"
#include "base/str.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    POISON_ENTRIES = 512,                 /* the one used longest ago goes */
    POISON_DEATHS = 2,                    /* that a statement may be to blame for */
    POISON_QUARANTINE_S = 600,            /* from the last of them on */
    POISON_SEAT_MS = 1000,                /* in which what kills is expected to */
    POISON_WAIT_MS = 10 * POISON_SEAT_MS, /* for the seat; then it runs all the same */
    POISON_WORKER_MAX = 64,               /* bytes of a worker's id */
    POISON_JUDGED = 16,                   /* dead workers whose culprit is known; the oldest is forgotten */
};

struct poison;
struct backend_param;

/* 0, 0: nothing that a worker could die of. */
struct poison_keys {
    uint64_t shape, exact;
};

enum poison_verdict { POISON_NOT_TO_BLAME, POISON_SUSPECT, POISON_REFUSED };

int poison_new(struct poison **out, struct err *e);
void poison_free(struct poison *p);

/* Of a text, and of the bytes of a value that follows it (NULL, 0: it is null). */
struct poison_keys poison_keys_of(struct str sql);
void poison_keys_add(struct poison_keys *k, const void *value, size_t n);

/* Whether any statement is suspected now: else the calls below have nothing to do. Cheap. */
bool poison_is_about(struct poison *p);
/* ST_ERR: it is refused (55000). */
int poison_check(struct poison *p, const struct poison_keys *k, struct err *e);
bool poison_is_suspect(struct poison *p, const struct poison_keys *k);
/* Waits for the seat, if it is not who's already; gives up when *cancelled. worker: its id, "" when not known
 * yet. */
void poison_take_seat(struct poison *p, const void *who, const char *worker, const _Atomic bool *cancelled);
/* The one that has the seat is on that worker now. */
void poison_seat_is_on(struct poison *p, const void *who, const char *worker);
void poison_leave_seat(struct poison *p, const void *who);
/* The worker of that id has died under it. lives: whether a worker of an id is there, so that one that was
 * believed dead is not counted. */
enum poison_verdict poison_died(struct poison *p, const void *who, const struct poison_keys *k,
                                const char *worker, bool (*lives)(void *arg, const char *worker), void *arg);
/* It gave a row or came to its end. */
void poison_clear(struct poison *p, const void *who, const struct poison_keys *k);
/* Entries that are refused now, for a gauge. */
unsigned poison_refused(struct poison *p);

#endif
