/* Shared by route*.c only. */
#ifndef TAVANA_ROUTE_ROUTE_PRIV_H
#define TAVANA_ROUTE_ROUTE_PRIV_H

#include "base/account.h"
#include "base/list.h"
#include "pgtype/tz.h"
#include "route/poison.h"
#include "route/route.h"
#include "rows/row_stream.h"
#include "rows/rows_hash.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
    ROUTE_TRIES = 3,   /* of a session to be opened; to run again what gets no further, whose workers froze or
                          were cut off */
    ROUTE_SPARED = 16, /* whose workers died, without a row in between */
};

struct route {
    struct backend base;
    const struct backend_ops *inner; /* of every worker */
    struct workers *workers;
    struct poison *poison;
    _Atomic int64_t wait_us;
};

struct route_session {
    struct backend_session base;
    struct route *route;
    char *user, *database, *application_name;
    char time_zone[TZ_NAME_MAX];
    struct backend_settings settings;
    bool has_settings;
    char *path; /* NULL: the default */

    pthread_mutex_t lock;           /* of `on`, for cancel */
    struct backend_session *on;     /* NULL: none yet, or lost */
    struct worker_node *at;         /* where that is; NULL with it */
    char worker[POISON_WORKER_MAX]; /* its process's id */
    struct list stmts, portals;     /* all; what they have on the worker goes with it */
    struct route_copy *copy;        /* under way; NULL: none */

    bool in_tx, wrote; /* in it */
    enum backend_tx_op begun;
    bool tx_lost;     /* with its worker: only an end of it is of use */
    bool pinned;      /* has what only its worker knows: temporary objects, variables … */
    unsigned started; /* portals that run there */

    struct worker_ticket ticket; /* of the statement that runs or waits */
    unsigned entered;            /* 1: it is let in; more: within another */
    bool seated;                 /* it may have the seat (poison.h) */
    int64_t ran_since_us;        /* what was admitted last */
    unsigned tries, spared;      /* since something came of what runs */
    struct route_stmt *stmt;     /* what the call is about, if it may be what a worker dies of; */
    struct route_portal *portal; /* either or none, until the next route_begin */
};

struct route_stmt {
    struct backend_stmt base;
    struct list link;
    unsigned refs; /* the session's, and one a portal */
    struct route_session *session;
    struct str sql;
    uint32_t *oids; /* as the client declared them */
    size_t noids;
    uint32_t *param_oids; /* of base.info */
    struct poison_keys keys;
    bool has_keys;
    char *tag;
    struct account *memory;     /* that what is kept of it counts against … */
    size_t counted;             /* … and how much that is */
    struct backend_stmt *inner; /* NULL: not on this worker */
};

/* Of a run that is suspected: poison.h. */
struct route_trial {
    bool is;
    uint64_t rows;              /* that it has to get beyond */
    int64_t beyond_us, look_us; /* since when it is; when that was looked at last */
};

struct route_fetch {
    struct row_stream base;
    struct route_portal *portal; /* NULL: not open */
    struct row_stream *inner;    /* NULL: gone with its worker */
    struct backend_fetch how;
    uint64_t taken; /* rows of this fetch */
    bool entered;
};

struct route_portal {
    struct backend_portal base;
    struct list link;
    struct route_session *session;
    struct route_stmt *stmt; /* NULL: of a slice */
    struct backend_param *params;
    size_t nparams;
    struct account *memory;       /* that params count against … */
    size_t kept;                  /* … and how much that is */
    struct backend_portal *inner; /* NULL: not on this worker */
    bool counted;                 /* among the session's started ones */
    struct rows_hash *hash;       /* of all rows that were handed on; NULL: they cannot be told any more */
    uint64_t handed;              /* how many */
    int16_t *formats;             /* of all of them; NULL: text */
    bool has_formats;             /* some have been asked for */
    bool fetched;                 /* once at least */
    struct route_trial trial;
    struct route_fetch fetch;
};

struct route_copy {
    struct backend_copy base;
    struct route_session *session;
    struct backend_copy *inner; /* NULL: gone with its worker */
};

/* route.c */
/* So much more is kept; 53200 beyond the account's bound. */
int route_count(struct account *memory, size_t *counted, size_t n, struct err *e);
/* A session on a worker: the one it has, or a new one where nothing stands in the way. */
int route_settle(struct route_session *s, struct err *e);
/* At the beginning of each call of the session that may wait or be tried again. */
void route_begin(struct route_session *s);
/* Before something runs: waits until a worker has room, and moves there. Each is undone by route_exit, which
 * does nothing when there is nothing to undo. begun: a portal of the session that has rows to come there. */
int route_enter(struct route_session *s, bool begun, struct err *e);
/* The other end of route_enter. */
void route_exit(struct route_session *s);
/* Before a fetch: when its worker goes the session leaves while it can, with all of its portals; else it
 * knows that it goes. */
void route_leave_what_goes(struct route_session *s);
/* Before something is written: 25006 when it could come to lie where other workers do not see it. */
int route_may_write(const struct route_session *s, struct err *e);
/* After a call has failed: whether it may be tried again, since its worker was lost and nothing that it did
 * there matters (reads: it only reads). Else e says why, and what is gone. */
bool route_try_again(struct route_session *s, bool reads, struct err *e);
extern const char route_pinned_is_gone[];

/* route_copy.c */

/* route_blame.c: what workers die of */

#endif
