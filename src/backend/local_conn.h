/* Engine connections of a session: which one a statement runs on, with which settings, and what is done
 * with a stream that is in its way. Inside a call, the thread of the session, unless said otherwise. */
#ifndef TAVANA_BACKEND_LOCAL_CONN_H
#define TAVANA_BACKEND_LOCAL_CONN_H

#include "backend/local_catalog.h"
#include "backend/local_version.h"
#include "base/err.h"
#include "base/list.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct conn_user;
struct engine_conn;
struct engine_stmt;
struct local_session;
struct row_desc;

enum { LOCAL_CACHED_STATEMENTS = 16 }; /* plans that a connection keeps; the one used longest ago goes */

/* A plan of local_cache.h. */
struct local_cached {
    struct engine_stmt *stmt;
    char *text;
    size_t len;
    uint64_t used; /* clock of the connection */
    struct local_version version;
    struct local_catalog catalog;
    struct row_desc
        *desc; /* of its rows, by `described`'s catalog; NULL: nobody has asked, or it may differ */
    struct local_catalog described;
    bool keep; /* has been seen before: worth its memory */
    bool ran;
    bool once;  /* the engine expanded it: prepared anew each time */
    bool blind; /* looks at no data: planned the same whatever there is */
};

/* When what a connection knows of the catalog was read: local_snapshot.h. */
struct local_snapshot {
    bool known;
    struct local_catalog at;
    bool elsewhere;                               /* other processes may change it */
    uint64_t settings, data_version, transaction; /* transaction 0: in none */
    int64_t read_us;
};

#define LOCAL_SETTINGS_UNKNOWN UINT64_MAX

struct local_conn {
    struct engine_conn *conn;
    uint64_t settings; /* version of the session's that it has; LOCAL_SETTINGS_UNKNOWN: some of them */
    uint64_t clock;
    bool is_styled; /* the engine was told of a style of dates */
    struct local_snapshot snapshot;
    struct local_cached cached[LOCAL_CACHED_STATEMENTS];
};

/* Both: inside a call; on return it has called local_conn_release. */
struct conn_user_ops {
    /* Needs the connection no longer, or fails and keeps why. */
    void (*leave)(struct conn_user *u);
    /* Fails, for this reason. */
    void (*fail)(struct conn_user *u, const struct err *why);
};

/* A member of what streams. Zeroed: it streams nowhere. */
struct conn_user {
    const struct conn_user_ops *ops;
    struct local_conn *conn; /* that it streams on; NULL: none */
    bool owns;               /* the connection is its own; else it is the session's main one */
    struct list by_use;      /* of one that owns: in the session's list */
};

/* NULL is fine. Outside of a call, too. */
void local_conn_free(struct local_conn *c);
/* The main connection, free for a statement and with the session's settings. ST_ERR: the call was cancelled,
 * or the engine has no connection, or refuses a setting. */
int local_claim(struct local_session *s, struct local_conn **out, struct err *e);
/* A statement has left something that only the main connection knows: temporary objects, variables. From
 * here on the session stays on it. */
void local_conn_pin(struct local_session *s);
/* The main connection goes, and what only it knew; nothing streams on it. Whether there was such. Outside of
 * a call, too. */
bool local_conn_drop_main(struct local_session *s);
/* *path becomes local_session.path, and holds; *path is the old one then. ST_ERR: the old one holds. */
int local_change_path(struct local_session *s, char **path, struct err *e);

/* The user streams on the main connection, which was claimed. */
void local_conn_use(struct local_session *s, struct conn_user *u, const struct conn_user_ops *ops);
/* It streams no longer: a connection of its own goes with that. Nothing happens to one that did not.
 * Outside of a call, too. */
void local_conn_release(struct local_session *s, struct conn_user *u);
/* What streams on the main connection fails; nothing may. Outside of a call, too. */
void local_conn_fail_user(struct local_session *s, const struct err *why);
/* All that stream on connections of their own leave them. ST_ERR: the call was cancelled. */
int local_conn_leave_all(struct local_session *s, struct err *e);

#endif
