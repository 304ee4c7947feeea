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

/* route_calls.c */
int route_tx(struct backend_session *s, enum backend_tx_op op, struct err *e);
int route_apply_settings(struct backend_session *s, const struct backend_settings *settings, struct err *e);
int route_set_search_path(struct backend_session *s, const char *path, struct err *e);
int route_reset(struct backend_session *s, struct err *e);

/* route_copy.c */
int route_copy_open(struct backend_session *s, const struct backend_copy_in *in, struct backend_copy **out,
                    struct err *e);
int route_copy_data(struct backend_copy *c, const void *p, size_t n, struct err *e);
int route_copy_settle(struct backend_copy *c, struct err *e);
int route_copy_finish(struct backend_copy *c, uint64_t *rows, struct err *e);
void route_copy_close(struct backend_copy *c);

/* route_blame.c: what workers die of */
/* Before what the session has as stmt or portal may run: 55000 when workers died of it. One that is suspected
 * waits for its turn. */
int route_admit(struct route_session *s, struct err *e);
/* Rows of the portal were handed on. */
void route_went_on(struct route_portal *p);
/* It has come to a good end, … */
void route_ended(struct route_session *s);
/* … or to another one, for which it is not cleared. */
void route_failed(struct route_session *s);
/* After its worker has died. */
void route_blame(struct route_session *s);

/* route_stmt.c */
int route_prepare(struct backend_session *s, struct str sql, const uint32_t *oids, size_t noids,
                  struct backend_stmt **out, struct err *e);
void route_stmt_free(struct backend_stmt *stmt);
struct poison_keys route_stmt_keys(struct route_stmt *st);
/* Sees to st->inner, on the worker that the session is on. */
int route_stmt_settle(struct route_stmt *st, struct err *e);
int route_split(struct backend_session *s, struct str sql, int (*cb)(void *arg, size_t off, size_t len),
                void *arg, struct err *e);

/* route_portal.c */
int route_open(struct backend_session *s, struct backend_stmt *stmt, const struct backend_param *params,
               size_t nparams, struct backend_portal **out, struct err *e);
int route_start(struct backend_portal *p, struct err *e);
int route_park(struct backend_portal *p, int64_t until_us, struct err *e);
int route_slice(struct backend_portal *p, const struct backend_fetch *how, struct backend_portal **out,
                struct err *e);
int route_ahead(struct backend_portal *p);
void route_portal_close(struct backend_portal *p);
/* Sees to p->inner, started if p is; ST_ERR when its rows cannot be told to be the same. */
int route_portal_settle(struct route_portal *p, struct err *e);
/* The same of one that may have moved: the rows that were handed on are read again first, and have to be the
 * same (40001). For what is not a fetch that goes on with the next row, which sees to that itself. */
int route_portal_come_again(struct route_portal *p, struct err *e);
struct poison_keys route_portal_keys(struct route_portal *p);
/* Whether its rows can come from another worker. */
bool route_portal_can_move(const struct route_portal *p);
/* What the worker says of it. */
void route_portal_learn(struct route_portal *p);
/* Not on a worker any more. */
void route_portal_leave(struct route_portal *p);

/* route_fetch.c */
int route_fetch(struct backend_portal *p, const struct backend_fetch *how, struct row_stream **out,
                struct err *e);

#endif
