/* Shared by route*.c only. */
#ifndef TAVANA_ROUTE_ROUTE_PRIV_H
#define TAVANA_ROUTE_ROUTE_PRIV_H

#include "base/account.h"
#include "base/list.h"
#include "pgtype/tz.h"
#include "route/poison.h"
#include "route/route.h"
#include "route/route_blame.h"
#include "route/route_ties.h"
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

/* Who writes what: each group belongs to the file that it names. */
struct route_session {
    struct backend_session base;
    struct route *route;
    char *user, *database, *application_name; /* route.c, once */

    /* route_calls.c: what the next worker is told first */
    char time_zone[TZ_NAME_MAX];
    struct backend_settings settings;
    bool has_settings;
    char *path; /* NULL: the default */

    /* route_place.c */
    pthread_mutex_t lock;           /* of `on`, for cancel */
    struct backend_session *on;     /* NULL: none yet, or lost */
    struct worker_node *at;         /* where that is; NULL with it */
    char worker[POISON_WORKER_MAX]; /* its process's id */
    struct worker_ticket ticket;    /* of the statement that runs or waits */
    unsigned entered;               /* 1: it is let in; more: within another */

    struct list stmts, portals; /* all; what they have on the worker goes with it */
    struct route_copy *copy;    /* under way; NULL: none */
    struct route_ties ties;
    struct route_suspect suspect;
    unsigned tries, spared; /* route_again.c: since something came of what runs */
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
    bool tied;                    /* it is one of the session's ties to its worker */
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

/* So much more is kept; 53200 beyond the account's bound. Given back with *counted. */
static inline int route_count(struct account *memory, size_t *counted, size_t n, struct err *e)
{
    if (!account_take(memory, n))
        return err_oom(e);
    *counted += n;
    return ST_OK;
}

/* Whether it can be run again: a slice is no run, and what writes is never run twice. */
static inline bool route_reads(const struct route_portal *p)
{
    return p->stmt && p->stmt->base.info.effect == BACKEND_READS;
}

#endif
