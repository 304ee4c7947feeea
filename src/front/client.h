/* A connection of a PostgreSQL client and the session behind it. Of front/ alone.
 *
 * Thread rule: a client is either in the lot or runs as one task of the pool, never both; what others may
 * do to it goes through client_ops.c. */
#ifndef TAVANA_FRONT_CLIENT_H
#define TAVANA_FRONT_CLIENT_H

#include "base/thread_pool.h"
#include "front/input.h"
#include "front/output.h"
#include "front/pg_reply.h"
#include "front/startup.h"
#include "net/lot.h"
#include "session/session.h"

struct conn;
struct pg_front;
struct recoder;

enum { PG_CLIENT_MAGIC = 0x5e55c11e };

struct pg_client {
    unsigned magic;
    struct session_client base; /* what the core asks of it: client_ops.c */
    struct pg_reply reply;      /* what the core answers with: pg_reply.c */
    struct session session;     /* the core's */
    struct pg_front *front;
    struct conn *conn;
    bool closing; /* nothing more is read of it, its session ends: pg_client_ends */

    struct startup_state startup; /* startup.c */
    struct input input;           /* input.c */
    struct output output;         /* output.c */
    struct recoder *recoder;      /* recode.c; NULL: none was needed yet */
    bool skip_to_sync;            /* messages.c: an error of the extended protocol has come */

    /* run.c */
    struct task task;     /* of the pool, while it runs */
    struct parked parked; /* of the lot, while it does not */
    enum lot_reason woken_by;
    int64_t idle_deadline_us; /* of the session itself, while it is parked */
};

/* Frees it. Nobody can find its session any more; its conn is not its own by now. */
void pg_client_free(struct pg_client *c);
/* Its session ends once the message that is worked on is done with. */
void pg_client_ends(struct pg_client *c);
/* e is its connection's end, and not that of a worker's connection, which is a statement's error as any
 * other. */
bool pg_client_is_gone(const struct pg_client *c, const struct err *e);

#endif
