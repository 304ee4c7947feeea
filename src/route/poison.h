/* Statements that workers died under. A statement that only reads is run again when its worker has died,
 * once: when a second one dies of it, nobody runs it for a while. Whoever else was on such a worker must
 * not be taken for what killed it. So, of those that lost a worker, only one at a time runs unproven (it
 * has "the seat"); the others wait until it has gone on behind the point where it had died, or until its
 * time is over. If a worker dies under the one that has the seat it alone is to blame, and the others lose
 * the deaths that they share with it. Without a seat a worker's death is that of all that ran there; but
 * one that had run for long counts less than one that had just begun. What comes to its end is cleared.
 * What goes on for a proof time is cleared, too, and needs ten times as long when a worker dies under it
 * again. A statement counts by its shape and by its very text with parameters (poison_keys.h). What is
 * known of each is a state: poison_state.h. Of one gateway. Any thread. */
#ifndef TAVANA_ROUTE_POISON_H
#define TAVANA_ROUTE_POISON_H

#include "base/err.h"
#include "route/poison_keys.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    POISON_ENTRIES = 512,       /* the one used longest ago goes */
    POISON_DEATHS = 2,          /* that a statement may be to blame for */
    POISON_DEATHS_MAX = 4,      /* even if others may be to blame for some of them */
    POISON_RELAPSES = 3,        /* that are remembered */
    POISON_QUARANTINE_S = 600,  /* from the last of them on */
    POISON_SEAT_MS = 1000,      /* in which what kills is expected to; twice as long as it took before, … */
    POISON_SEAT_MAX_MS = 5000,  /* … up to this */
    POISON_AHEAD_MS = 100,      /* that a worker may be ahead of what it has sent */
    POISON_SETTLE_MS = 50,      /* in which all that were on a worker have told of its death */
    POISON_WAIT_MS = 10 * 1000, /* for the seat; then it runs all the same */
    POISON_PROOF_MS = 1000,     /* that it has to go on to be cleared; ten times more each time */
    POISON_WORKER_MAX = 64,     /* bytes of a worker's id */
    POISON_JUDGED = 64,         /* dead workers whose culprit is known; the oldest is forgotten */
};

struct poison;

/* Nobody is suspected yet. The caller's, for poison_free. */
int poison_new(struct poison **out, struct err *e);
/* NULL is fine. */
void poison_free(struct poison *p);

/* What is known of one that may be to blame for a death. */
struct poison_suspicion {
    bool is;         /* else nothing is known */
    uint64_t rows;   /* that it had given when its worker died */
    int64_t seat_us; /* for which it may have the seat */
};

/* A run whose worker has died. */
struct poison_run {
    const void *who;
    struct poison_keys keys;
    const char *worker; /* its id */
    uint64_t rows;      /* that it had given to its client, in all of its runs */
    int64_t ran_us;
};

/* Whether any statement is suspected now: else the calls below have nothing to do. Cheap. */
bool poison_is_about(struct poison *p);
/* ST_ERR: it is refused (55000). After a death, POISON_SETTLE_MS have to have passed before it is asked. */
int poison_check(struct poison *p, const struct poison_keys *k, struct err *e);
/* What is known of it; a copy. */
struct poison_suspicion poison_suspects(struct poison *p, const struct poison_keys *k);
/* Waits for the seat, if it is not who's already; gives up when *cancelled. worker: its id, "" when not known
 * yet: the time begins when it is (poison_seat_is_on), and that is waited for for POISON_WAIT_MS. */
void poison_take_seat(struct poison *p, const void *who, const char *worker, int64_t seat_us,
                      const _Atomic bool *cancelled);
/* The one that has the seat is on that worker now. */
void poison_seat_is_on(struct poison *p, const void *who, const char *worker);
/* Lets the next one have the seat. Nothing happens when it is not who's. */
void poison_leave_seat(struct poison *p, const void *who);
/* lives: whether a worker of an id is there, so that one that was believed dead is not counted. */
void poison_died(struct poison *p, const struct poison_run *r, bool (*lives)(void *arg, const char *worker),
                 void *arg);
/* A run of it has come to a good end. */
void poison_ended(struct poison *p, const struct poison_keys *k);
/* A run of a suspect has given rows for so long behind the point where it had died. False: it is suspected
 * no more. */
bool poison_went_on(struct poison *p, const struct poison_keys *k, int64_t us);
/* Entries that are refused now, for a gauge. */
unsigned poison_refused(struct poison *p);

#endif
