/* Shared by local*.c only. */
#ifndef TAVANA_BACKEND_LOCAL_PRIV_H
#define TAVANA_BACKEND_LOCAL_PRIV_H

#include "backend/local.h"
#include "backend/local_rows.h"
#include "backend/local_state.h"
#include "base/arena.h"
#include "base/black_box.h"
#include "base/list.h"
#include "encode/encoder.h"
#include "pgtype/tz.h"
#include "pgtype/value.h"
#include "rows/row_batch.h"
#include "rows/row_desc.h"
#include "rows/row_stream.h"
#include "spool/file_store.h"
#include "sql/rewrite.h"
#include "sql/shape.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
    LOCAL_CACHED_STATEMENTS = 16,      /* plans that a connection keeps; the one used longest ago goes */
    LOCAL_CACHED_TEXT_MAX = 16 * 1024, /* a longer text is planned each time */
    LOCAL_SEEN_TEXTS = 16,             /* hashes of texts that a session ran once */
    LOCAL_PLANS_MAX = 256,             /* in the process; 8 KB to 700 KB each */
    LOCAL_STATEMENT_MEMORY =
        1 << 30,              /* an arena's bound: the text of a statement twice, and its parameters */
    LOCAL_VERDICTS = 1024,    /* hashes of texts, and whether their results are long */
    LOCAL_LITERALS_KEPT = 64, /* rows of statements that select nothing but literals */
    LOCAL_LITERALS_MEMORY = 64 * 1024,
    LOCAL_GUESSES_MAX = 64, /* parameters of one statement whose type is found by trying */
    LOCAL_LEARN_TRIES = 3,  /* runs to find out why a stream ended */
    LOCAL_SEARCH_PATH_MAX = 8 * 1024,
    LOCAL_STREAMS_MAX = 8, /* of a session on connections of their own; the idlest is parked for one more */
};

struct local_direct;
struct local_literals;

struct local {
    struct backend base;
    struct engine *engine;
    char *home; /* statement that leads to the catalog in which sessions start; NULL: none is needed */
    pthread_mutex_t plans_lock;                           /* of the two below */
    struct list by_use;                                   /* sessions with plans, the idlest first */
    size_t plans;                                         /* of all sessions */
    pthread_mutex_t literals_lock;                        /* of the four below */
    struct local_literals *literals[LOCAL_LITERALS_KEPT]; /* a ring */
    uint64_t literals_seen[LOCAL_LITERALS_KEPT];          /* hashes of texts that ran once, a ring */
    size_t nliterals, nliterals_seen;
    _Atomic uint64_t verdicts[LOCAL_VERDICTS]; /* hash, its last bit: long */
    struct spool_space space;
    struct local_rows_options rows;
    uint64_t sessions;             /* that there have been; atomic */
    uint64_t data_version;         /* grows with every commit of changed data; atomic, as the next */
    unsigned commits;              /* of such, under way */
    uint64_t catalog_version;      /* atomic; see local_stale.c */
    pthread_rwlock_t commit_gate;  /* see local_version.c */
    bool reads_elsewhere;          /* files, other databases: what changes there nobody counts */
    bool shares_catalogs;          /* of extensions, which other processes may change */
    unsigned streams_max, streams; /* on connections of their own, in the process; atomic */
    char spool_directory[];
};

/* Of the data that a plan was made of. */
struct local_version {
    uint64_t committed; /* by anybody */
    uint64_t own;       /* changes of this session */
};

/* Of the catalog, when a statement was last compared with it. */
struct local_catalog {
    uint64_t all, own;
};

struct local_cached {
    struct engine_stmt *stmt;
    char *text;
    size_t len;
    uint64_t used; /* clock of the connection */
    struct local_version version;
    struct local_catalog catalog;
    bool keep; /* has been seen before: worth its memory */
    bool ran;
    bool once;  /* the engine expanded it: prepared anew each time */
    bool blind; /* looks at no data: planned the same whatever there is */
};

#define LOCAL_SETTINGS_UNKNOWN UINT64_MAX

struct local_conn {
    struct engine_conn *conn;
    uint64_t settings; /* version of the session's that it has; LOCAL_SETTINGS_UNKNOWN: some of them */
    uint64_t clock;
    struct local_cached cached[LOCAL_CACHED_STATEMENTS];
};

enum local_tx { LOCAL_TX_NONE, LOCAL_TX_OPEN, LOCAL_TX_READ_ONLY };

struct local_session {
    struct backend_session base;
    struct local *local;
    uint64_t number; /* whose catalogs and secrets are whose */

    struct local_conn *main;        /* NULL: none yet */
    struct local_portal *streaming; /* whose open stream is on main; NULL: none */
    struct list detached; /* portals whose streams have connections of their own, the idlest first */
    unsigned ndetached;
    enum local_tx tx;
    bool wrote;           /* in this transaction */
    uint64_t changes;     /* statements that changed something, ever */
    uint64_t catalog;     /* with the next two: see local_stale.c */
    bool catalog_open;    /* this transaction has changed it, or compared a statement with it … */
    bool catalog_changed; /* … has changed what others see */
    bool one_snapshot;    /* of this transaction: REPEATABLE READ and up */
    bool pinned;          /* has what only its main connection knows: temporary objects, variables … */

    uint64_t settings; /* version, from 1 */
    struct encode_settings encode;
    char time_zone[TZ_NAME_MAX]; /* as the engine has it; "": the engine's default */
    char *path; /* statement that sets schema and search path, from home; NULL: the default */

    struct black_box_slot *slot; /* what it runs is written down there */

    uint64_t seen[LOCAL_SEEN_TEXTS]; /* a ring of hashes */
    size_t nseen;
    struct list by_use; /* link in local, of its lock */
    size_t plans;       /* counted there */

    pthread_mutex_t lock; /* of the three below: all that another thread may touch; and of main's plans while
                             not busy, which another session may take */
    bool busy;            /* a call is under way */
    bool cancelled;       /* it shall end */
    struct engine_conn *running; /* on this connection; NULL: not there yet */
};

/* How a statement runs outside a transaction, so that one that is told to have failed has done nothing. */
enum local_way {
    LOCAL_WAY_PLAIN, /* it reads, or leaves nothing that outlives it: the engine's own transaction will do */
    LOCAL_WAY_ALONE, /* in a transaction that local_tx.h ends */
    LOCAL_WAY_AT_ONCE,  /* nothing undoes it, in the session's transaction neither: it cannot be interrupted,
                           and needs no time */
    LOCAL_WAY_VARIABLE, /* the same, but its value may take long: local_variable.c */
};

struct local_stmt {
    struct backend_stmt base;
    unsigned refs; /* the session's, and one a portal; one thread uses them all */
    struct local_session *session;
    struct arena arena;
    struct str sql; /* as the client wrote it */
    struct sql_shape shape;
    const char **casts; /* engine's type names a parameter; NULL: no cast */
    bool numeric;       /* has numeric parameters: their scale follows the value, see local_run_text */
    bool literals;      /* it selects nothing else */
    bool direct;        /* its rows can be encoded in the engine's pipeline … */
    bool decodes;       /* … and be decoded again */
    struct local_literals *kept; /* its row; NULL: the engine has to run it */
    bool wrap;                   /* some columns are cast to text around it */
    struct sql_rewritten text;   /* as the engine gets it */
    struct local_catalog catalog;
    uint32_t *oids;
    enum local_after { LOCAL_AFTER_NOTHING, LOCAL_AFTER_PIN, LOCAL_AFTER_PATH, LOCAL_AFTER_PATH_RESET } after;
    enum local_way way;
};

struct local_fetch {
    struct row_stream base;
    struct local_portal *portal;
    uint64_t next; /* the row to begin with, or backward the one after it */
    uint64_t left; /* rows; UINT64_MAX: all */
    bool backward, skip;
    size_t batch_bytes, batch_max; /* a batch; how large it may grow */
    uint64_t batch_rows;
    int64_t full_us;                 /* when the last full batch was handed on */
    bool first;                      /* nothing handed on yet */
    const struct copy_options *copy; /* NULL: DataRow */
    bool any_rows;                   /* of a COPY */
};

struct local_portal {
    struct backend_portal base;
    struct local_session *session;
    struct local_stmt *stmt;
    enum local_state state; /* set by local_portal_become alone */
    struct arena arena;     /* of params */
    struct pg_value *params;
    struct local_conn *detached;    /* the connection that it took along; NULL: none */
    struct list by_use;             /* in the session's list of those */
    struct engine_result *result;   /* what still streams */
    struct local_direct *direct;    /* the result has tickets for its rows; NULL: the rows themselves */
    uint64_t sent;                  /* bytes of all fetches */
    struct local_rows *rows;        /* what was put down */
    uint64_t rows_from;             /* the number of the first row in there */
    const struct chunk_view *chunk; /* lent by result or rows */
    uint64_t chunk_from;            /* the number of its first row */
    struct encoder *encoder;
    int16_t *formats; /* that encoder was made for; NULL: all text */
    struct encode_settings encoded_with;
    struct row_batch batch;
    uint64_t ahead, ahead_from; /* rows that are in batch already, by encoder; 0: none. And the first one */
    size_t gathered; /* how large the batches of the last fetch grew; the next one begins with that */
    struct local_fetch fetch;
    struct err *err; /* of LOCAL_FAILED; NULL: there was no memory for it */
};

/* local_conn.c */
void local_conn_free(struct local_conn *c);
/* A new main connection, in the transaction that the session is in. Changes nothing when it fails. */
int local_connect(struct local_session *s, struct err *e);
/* Within a call: *path becomes local_session.path, and holds; *path is the old one then. ST_ERR: the old one
 * holds. */
int local_change_path(struct local_session *s, char **path, struct err *e);
/* The main connection, free for a statement and with the session's settings. Within a call. */
int local_claim(struct local_session *s, struct local_conn **out, struct err *e);

/* local_cache.c */
/* On the main connection, claimed. Lent until the next prepare there or the end of the call. */
int local_conn_prepare(struct local_session *s, struct str text, struct engine_stmt **out, struct err *e);
/* fresh: not from the cache. */
int local_conn_prepare_to_run(struct local_session *s, struct str text, bool fresh, struct engine_stmt **out,
                              struct local_version *version, struct err *e);
void local_cache_clear(struct local_conn *c);
/* The session has no plans any more and is in nobody's list. */
void local_plans_forget(struct local_session *s);
/* Around every call that uses the engine: cancel acts between the two, on c, if it is known yet: never on a
 * connection where another portal waits. */
void local_enter(struct local_session *s, struct local_conn *c);
/* The same; should the process die now, this is what ran. st: NULL is fine. */
void local_enter_for(struct local_session *s, const struct local_stmt *st, struct local_conn *c);
void local_running_on(struct local_session *s, struct local_conn *c);
/* Inside a call: the engine plans, and hears no cancel. The end comes with the call's, at the latest; before
 * something is changed, `cancelled` has to be looked at behind it: the session may have been left. */
void local_plans_begin(struct local_session *s);
void local_plans_end(struct local_session *s);
bool local_is_cancelled(const struct local_session *s);
/* Whether it was cancelled. */
bool local_leave(struct local_session *s);
int local_cancelled(struct err *e);

uint64_t local_hash(struct str text);

/* local_literals.c: any thread */
struct local_literals *local_literals_find(struct local *l, struct str text);
/* From the second run of a text on. */
void local_literals_keep(struct local *l, const struct local_stmt *st, const struct engine_result_info *info,
                         const struct chunk_view *chunk);
struct row_desc *local_literals_desc(const struct local_literals *k);
const struct chunk_view *local_literals_chunk(const struct local_literals *k);
const struct engine_column_type *const *local_literals_types(const struct local_literals *k, size_t *n);
void local_literals_unref(struct local_literals *k);
void local_literals_clear(struct local *l);

/* local_version.c */
struct local_version local_version_now(const struct local_session *s);
/* Whether a plan of that version still holds for a snapshot that has been taken by now. */
bool local_version_holds(const struct local_session *s, const struct local_version *v);
/* Between the two nobody's changes are committed: a plan that is made and started there holds. */
void local_gate_close(struct local *l);
void local_gate_open(struct local *l);
void local_data_changed(struct local *l);
/* Ends a transaction that changed data. */
int local_commit_changes(struct local *l, struct engine_conn *c, struct err *e);

/* local_variable.c */
/* Makes text, which sets a variable, set another one; name: of the one that is meant. */
int local_variable_text(struct arena *a, struct sql_rewritten *text, struct str *name, struct err *e);
/* That has run: made, or e says why not. The variable gets the value, or stays as it was. */
int local_variable_settle(struct local_session *s, struct str name, bool made, struct err *e);

/* local_stale.c */
struct local_catalog local_catalog_now(const struct local_session *s);
bool local_catalog_holds(const struct local_session *s, const struct local_catalog *c);
/* A statement of this kind is about to run. */
void local_catalog_changes(struct local_session *s, const struct local_stmt *st, enum engine_kind kind);
/* A transaction has ended, or what it changed is as good as committed. */
void local_catalog_settled(struct local_session *s);
/* For Bind: 0A000 when the rows are no longer those of the description, or why it cannot be planned any more.
 */
int local_see_that_it_holds(struct local_stmt *st, struct err *e);

/* local_stmt.c */
int local_prepare(struct backend_session *s, struct str sql, const uint32_t *oids, size_t noids,
                  struct backend_stmt **out, struct err *e);
void local_stmt_free(struct backend_stmt *stmt);

/* local_params.c */
/* Prepares st->sql with parameter types found: st->text, st->casts, st->oids (0: as the engine says). *out is
 * lent by the connection. *sample: set when *out has no columns before its parameters have values; describes
 * them, the caller's. */
int local_plan(struct local_stmt *st, struct local_conn *c, const uint32_t *oids, size_t noids,
               struct engine_stmt **out, struct engine_stmt **sample, struct err *e);
/* The text to run with these parameters; of the arena, or the statement's. */
int local_run_text(const struct local_stmt *st, const struct pg_value *params, struct arena *a,
                   struct sql_rewritten *out, struct err *e);
/* Where in the client's text an error of the rewritten one is. */
void local_map_position(const struct local_stmt *st, const struct sql_rewritten *text, struct err *e);

/* local_class.c: what a statement does, by its kind and first words: info (but for its columns and
 * parameters), after, way. 42501, 55P02, 0A000 for what a session may not do. */
int local_classify(struct local_stmt *st, const struct engine_stmt_info *info, struct err *e);

/* local_split.c */
int local_split(struct backend_session *s, struct str sql, int (*cb)(void *arg, size_t off, size_t len),
                void *arg, struct err *e);

/* local_portal.c */
/* When one of the engine's threads fails, another may see the sign to stop before the error that raised it,
 * and then "interrupted" is all that a stream says. Runs the statement again, without sending, to learn what
 * is wrong with it. Inside a call. Always ST_ERR. */
int local_learn_error(struct local_portal *p, struct err *e);
/* Without a statement, nothing started. desc may be NULL. */
int local_portal_new(struct local_session *s, struct row_desc *desc, struct local_portal **out,
                     struct err *e);
int local_open(struct backend_session *s, struct backend_stmt *stmt, const struct backend_param *params,
               size_t nparams, struct backend_portal **out, struct err *e);
int local_start(struct backend_portal *p, struct err *e);
void local_portal_close(struct backend_portal *p);
/* The portal goes over to another state. What the state says of its rows holds already. */
void local_portal_become(struct local_portal *p, enum local_state to);
/* Keeps *e as how the portal ended; ST_ERR. */
int local_portal_fail(struct local_portal *p, const struct err *e);
/* Of one that has failed: why. Always ST_ERR. */
int local_portal_repeat_error(const struct local_portal *p, struct err *e);

/* Whether rows of these types may be sent to a client that was told the statement's description. */
bool local_fits(const struct local_stmt *st, const struct engine_column_type *const *types, size_t n);
int local_changed_type(struct err *e);

/* local_direct.c */
bool local_direct_wanted(const struct local_portal *p);
/* A result with tickets gives pieces of rows: encoded ones, in the portal's expected formats, until it is
 * made typed, from when on they are chunks. text: the statement as the engine would get it. */
int local_direct_new(struct local_direct **out, const struct local_portal *p, struct str text, struct err *e);
/* No longer of its connection. NULL is fine. */
void local_direct_unref(struct local_direct *d);
const struct sql_rewritten *local_direct_text(const struct local_direct *d);
struct engine_sink *local_direct_sink(struct local_direct *d);
/* Inside a call: asks the result for more until it ends. ST_OK, ST_EOF, ST_ERR, the last two from then on. */
int local_direct_pull(struct local_direct *d, struct engine_result *r, struct err *e);
bool local_direct_ready(const struct local_direct *d);
size_t local_direct_ready_bytes(const struct local_direct *d);
/* Adds rows that are ready to the batch, at most so many. ST_ERR: rows may have been added all the same. */
int local_direct_take(struct local_direct *d, uint64_t most, struct row_batch *out, uint64_t *rows,
                      struct err *e);
/* Whether the rows are encoded as such a fetch wants them. */
bool local_direct_suits(const struct local_direct *d, const int16_t *formats,
                        const struct encode_settings *settings);
/* Inside a call. ST_EOF: there are no rows at all. */
int local_direct_make_typed(struct local_direct *d, struct engine_result *r, struct err *e);
/* NULL: not known yet. */
const struct engine_column_type *const *local_direct_types(struct local_direct *d, size_t *n);
/* Of one made typed: the next rows, lent until the next call. ST_OK, ST_ERR, ST_AGAIN: none are ready. */
int local_direct_chunk(struct local_direct *d, const struct chunk_view **out, struct err *e);
/* How long a result was. */
void local_direct_learn(struct local *l, const struct local_stmt *st, uint64_t bytes);

/* local_park.c */
/* Inside a call: what streams goes on a connection of its own, or into a spool. A portal that fails over it
 * keeps its error; ST_ERR only when the call was cancelled, or has no connection. */
int local_make_room(struct local_session *s, struct err *e);
int local_park(struct backend_portal *p, int64_t until_us, struct err *e);
int local_slice(struct backend_portal *p, const struct backend_fetch *how, struct backend_portal **out,
                struct err *e);
/* The same inside a call. */
int local_put_down(struct local_portal *p, struct err *e);
/* Inside a call: all of the session's streams that have connections of their own. ST_ERR when cancelled. */
int local_put_down_all(struct local_session *s, struct err *e);
/* Of one that streams chunks: from here on all rows from its position on are put down as they come. */
int local_keep_rows(struct local_portal *p, struct err *e);
/* Inside a call: nothing of a portal streams any more: its connection is given back. */
void local_stream_end(struct local_portal *p);

/* local_copy.c */
int local_copy_open(struct backend_session *s, const struct backend_copy_in *in, struct backend_copy **out,
                    struct err *e);
int local_copy_data(struct backend_copy *c, const void *p, size_t n, struct err *e);
int local_copy_settle(struct backend_copy *c, struct err *e);
int local_copy_finish(struct backend_copy *c, uint64_t *rows, struct err *e);
void local_copy_close(struct backend_copy *c);

/* local_fetch.c */
/* Of the rows that the portal has, or still gets. NULL: it has none any more. */
const struct engine_column_type *const *local_types(const struct local_portal *p, size_t *n);
/* The chunk that row `at` is in; cancel reaches the engine meanwhile. ST_OK, ST_EOF there is no such row. */
int local_locate(struct local_portal *p, uint64_t at, struct err *e);
/* Inside a call: the next chunk of what streams. ST_OK, ST_EOF, ST_ERR */
int local_pull(struct local_portal *p, struct err *e);
int local_fetch(struct backend_portal *p, const struct backend_fetch *how, struct row_stream **out,
                struct err *e);
int local_ahead(struct backend_portal *p);
bool local_same_settings(const struct encode_settings *a, const struct encode_settings *b);
/* Inside a call: what streams gives chunks from here on. ST_EOF: it has no rows at all. */
int local_make_typed(struct local_portal *p, struct err *e);
/* The same as a call of its own; a portal that fails over it keeps its error. */
int local_see_to_typed(struct local_portal *p, struct err *e);

#endif
