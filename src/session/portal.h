/* Portals of a session, cursors among them. The session's own thread. */
#ifndef TAVANA_SESSION_PORTAL_H
#define TAVANA_SESSION_PORTAL_H

#include "base/buf.h"
#include "base/list.h"
#include "sql/statement.h"

#include <stdbool.h>
#include <stdint.h>

struct account;
struct backend_param;
struct backend_portal;
struct err;
struct portal;
struct row_desc;
struct session;
struct set_config_params;
struct statement;

enum portal_kind { PORTAL_EMPTY, PORTAL_ENGINE, PORTAL_COMMAND };

/* Rows that a command made, ready to be paged. */
struct command_result {
    struct row_desc *desc; /* NULL: none */
    struct buf rows;       /* DataRow messages */
    size_t at;             /* of the first not yet sent */
    char tag[64];
};

/* Runs the command of a portal; its rows, if any, and its tag are p->result's then. */
typedef int portal_command(struct session *s, struct portal *p, struct err *e);

/* What portal_new of bind.h is, for those that are bound by it. */
typedef int portal_binder(struct session *s, const char *name, struct statement *st,
                          const struct backend_param *params, size_t nparams, bool visible,
                          struct portal **out, struct err *e);

/* A cursor is a portal that DECLARE made. */
struct portal {
    struct list link;
    char *name;
    struct account *memory; /* that it counts against … */
    size_t kept;            /* … with so much beside its rows */
    enum portal_kind kind;
    struct statement *statement;   /* that it runs */
    struct sql_statement sql;      /* the statement's */
    struct backend_portal *engine; /* of FETCH: the rows that it took, when it is paged */
    char tag[64];
    bool tag_count, returns_rows;
    bool writes;                  /* anything but reading: runs to its end at once */
    bool changes_data;            /* of the database, not of the session alone */
    bool with;                    /* its WITH changes rows: with_before */
    unsigned keys;                /* BACKEND_KEYS_…: what foreign keys have to do with it */
    struct backend_param *params; /* where it may have to be run in other words: the values that it got */
    size_t nparams;
    int16_t *formats;        /* one a column; NULL: all text */
    bool doomed;             /* ended while it ran: dropped when it returns */
    bool ran;                /* a command, or a statement without rows: it runs once */
    portal_command *command; /* what a command does when it runs */
    portal_binder *binder;   /* of DO and CALL: how the statements within them are bound */
    bool failed;             /* it has ended with an error: nothing can be had of it any more */
    bool tells;              /* of a simple query: its rows' description goes before the first of them */
    struct command_result result;
    struct set_config_params *set_config; /* of SELECT set_config(…) */

    /* Where it stands, as PostgreSQL counts (portal_run.c): pos rows lie behind it, the last of them is the
     * current one unless it stands before the first or behind the last. */
    bool at_start, at_end;
    uint64_t pos;

    /* of pg_cursors, and what a cursor is beside a portal (cursor.c) */
    uint64_t born;      /* in the order of the session's portals and savepoints */
    int64_t created_us; /* wall clock */
    bool visible;
    bool is_cursor, scroll, hold, binary;
    bool held;    /* was committed: outlives transactions */
    bool evicted; /* stood idle for too long: its name is left, to say so */
    bool counted; /* against the server's limit */
    int64_t used_us;
    char *source; /* of is_cursor: the message that declared it */
    size_t source_len;
    struct portal *declares; /* of DECLARE: what becomes the cursor */
};

/* The portals of a session. */
struct portals {
    struct list list;
    unsigned n, ncursors;   /* with names; that DECLARE made */
    uint64_t births;        /* portals and savepoints until now */
    struct portal *running; /* the one that portal_execute is in */
    struct portal *binding; /* of the Bind that is worked on */
    unsigned within;        /* statements that run within others (inner.c) */
    struct backend_portal
        *ahead;       /* a page of it went out last: rows of the next one can be made while the client
                                     reads that */
    int64_t sweep_us; /* when idle cursors are looked for next; CLOCK_NEVER: there are none */
};

/* There are none. */
void portals_init(struct portals *all);
/* engine can look ahead, once the client has its page; NULL: none can. */
void portals_look_ahead_of(struct session *s, struct backend_portal *engine);
/* The one that can, which is asked once. */
struct backend_portal *portals_take_ahead(struct session *s);
/* p runs from now on (NULL: none); the one that ran until now. */
struct portal *portals_run_in(struct session *s, struct portal *p);
/* p is being bound (NULL: that is over): pg_cursors shows it already. */
void portals_bind_in(struct session *s, struct portal *p);
/* A portal of a statement that nothing is bound to yet; *out is to be freed when it fails, too. */
int portal_make(struct session *s, const char *name, struct statement *st, struct portal **out,
                struct err *e);
/* It runs st instead of what it ran. */
void portal_take_statement(struct portal *p, struct statement *st);
/* Its statement may go before it does: what that lent is needed no longer. is: what it counts as from now
 * on. */
void portal_leave_statement(struct portal *p, const struct sql_statement *is);
/* The next number in the order of the session's portals and savepoints. */
uint64_t portals_birth(struct session *s);
/* It is a cursor from now on, until it ends: counts against the limits of session and server. */
void portal_count_cursor(struct session *s, struct portal *p);
/* A cursor that stood idle for too long: its rows go, its name stays, to say so. */
void portal_evict(struct session *s, struct portal *p);
/* It runs, once and for all. */
void portal_runs(struct portal *p);
/* pg_cursors shows it. */
void portal_show(struct portal *p);
/* Somebody asked for its rows just now. */
void portal_used(struct portal *p, int64_t now_us);
/* 0: all text; 1: that one for all; else one a column (08P01). */
int portal_set_formats(struct portal *p, size_t n, const int16_t *formats, struct err *e);
/* By its name; NULL: there is none. Lent. */
struct portal *portal_find(struct session *s, const char *name);
/* The session takes it. 53400 when there are too many. */
int portal_add(struct session *s, struct portal *p, struct err *e);
/* Takes it from the session and frees it; one that runs goes when it returns. */
void portal_drop(struct session *s, struct portal *p);
void portals_drop_all(struct session *s);
/* The end of a transaction: cursors WITH HOLD of a committed one are put into the spool first and stay, as do
 * those of earlier ones; what else there is goes. An error leaves them all: the caller rolls back. */
int portals_commit(struct session *s, struct err *e);
/* The transaction was committed, … */
void portals_committed(struct session *s);
/* … or rolled back: what it had opened goes. */
void portals_rollback(struct session *s);
/* The transaction has failed: its portals are there until it ends, but for nothing. */
void portals_fail(struct session *s);
/* It has failed: its rows go, its name stays until the transaction ends. */
void portal_kill(struct session *s, struct portal *p);
/* Back to a savepoint: what is younger goes, the rest is put down, since the engine's transaction ends. */
void portals_rollback_to(struct session *s, uint64_t born);
/* Drops p unless that has happened already. */
void portal_drop_if_there(struct session *s, struct portal *p);
/* Of one that was never added. NULL is fine. */
void portal_free(struct session *s, struct portal *p);
/* Its execution in the engine, if there is one. */
void portal_close_engine(struct session *s, struct portal *p);
/* Its columns; NULL: it gives no rows. Lent. */
struct row_desc *portal_desc(const struct portal *p);
/* Answers Describe. */
void portal_send_description(struct session *s, const struct portal *p);
/* Reading portals that were bound take their snapshot before something is written. */
int portals_start_readers(struct session *s, const struct portal *but, struct err *e);

#endif
