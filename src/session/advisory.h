/* Advisory locks, of all sessions of a process: pg_advisory_lock and its kin. A lock is a number that
 * sessions agree on; it is held exclusively or shared, until it is given back or its session ends, or until
 * the end of the transaction. Behind gRPC they are the gateway's: gateways know nothing of each other's.
 *
 * Thread rule: the calls of a session are its own thread's. A grant rings the bell of the thread that waits.
 * Source: PostgreSQL 15 manual, 9.27.10 and 13.3.5. */
#ifndef TAVANA_SESSION_ADVISORY_H
#define TAVANA_SESSION_ADVISORY_H

#include "base/err.h"
#include "base/list.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct session;

enum { ADVISORY_HOLDS_MAX = 10000, ADVISORY_BUCKETS = 256, ADVISORY_WAITERS_LEAST = 16 };

/* The locks of a process. */
struct advisory {
    pthread_mutex_t lock;
    struct list buckets[ADVISORY_BUCKETS]; /* of locks that somebody holds or waits for */
    struct list waits;                     /* all that wait, in no particular order */
    unsigned nwaits;
    uint64_t generation; /* of the last search for a deadlock */
};

struct advisory_wait;

/* What a session holds. */
struct advisory_held {
    struct list holds;
    unsigned n;
    struct advisory_wait *wait; /* with advisory.lock */
    uint64_t seen;              /* the last search that came by */
};

/* One bigint, or two integers: different numbers. */
struct advisory_key {
    bool is_pair;
    int64_t number;
    uint64_t database; /* hash of its name */
};

struct advisory_mode {
    bool shared;
    bool transaction; /* until its end, else until it is given back */
};

/* Nobody holds or waits for any. */
void advisory_init(struct advisory *all);
/* Nobody holds any. */
void advisory_release(struct advisory *all);
/* It holds none. */
void advisory_held_init(struct advisory_held *held);

/* Calls what for each lock of the session's database that somebody holds or waits for, with the lock of
 * them all. */
void advisory_each(struct session *s,
                   void (*what)(void *arg, const struct advisory_key *key, const struct session *who,
                                struct advisory_mode mode, bool granted),
                   void *arg);

/* *got is false when another session holds what conflicts with it. 53200 beyond ADVISORY_HOLDS_MAX. */
int advisory_try(struct session *s, const struct advisory_key *key, struct advisory_mode mode, bool *got,
                 struct err *e);
/* Waits for it. 40P01 when that would wait for itself; 55P03 after lock_timeout, 57014 and what else ends a
 * statement; 53300 when too many sessions wait already. */
int advisory_lock(struct session *s, const struct advisory_key *key, struct advisory_mode mode,
                  struct err *e);
/* Gives back one that was taken for the session; false: it holds none. */
bool advisory_unlock(struct session *s, const struct advisory_key *key, bool shared);
/* All that were taken for the session. */
void advisory_unlock_all(struct session *s);
/* Those of the transaction, which is over; of those alone that were taken after the portal `born`, when it
 * goes back to a savepoint (0: all). */
void advisory_end_transaction(struct session *s, uint64_t born);

#endif
