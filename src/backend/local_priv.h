/* What local*.c share: the backend, a session, a statement. */
#ifndef TAVANA_BACKEND_LOCAL_PRIV_H
#define TAVANA_BACKEND_LOCAL_PRIV_H

#include "backend/local.h"
#include "backend/local_catalog.h"
#include "backend/local_rows.h"
#include "backend/local_table.h"
#include "backend/local_tx.h"
#include "backend/local_version.h"
#include "base/arena.h"
#include "base/black_box.h"
#include "base/list.h"
#include "encode/encoder.h"
#include "pgtype/tz.h"
#include "pgtype/value.h"
#include "rows/row_desc.h"
#include "spool/file_store.h"
#include "sql/params.h"
#include "sql/rewrite.h"
#include "sql/shape.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
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

struct conn_user;
struct local_conn;
struct local_literals;
struct local_enums;
struct local_table;

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
    bool has_catalog;                          /* PostgreSQL's, with the macros that are asked about tables */
    pthread_mutex_t tables_lock;               /* of the next */
    struct local_tables tables;
    struct spool_space space;
    struct local_rows_options rows;
    uint64_t sessions;             /* that there have been; atomic */
    uint64_t data_version;         /* grows with every commit of changed data; atomic, as the next */
    unsigned commits;              /* of such, under way */
    uint64_t catalog_version;      /* atomic; see local_stale.c */
    uint64_t types;                /* atomic: statements that may have brought types … */
    uint64_t types_none;           /* … and 1 more than how many when there was no enum; 0: not known */
    pthread_rwlock_t commit_gate;  /* see local_version.c */
    bool reads_elsewhere;          /* files, other databases: what changes there nobody counts */
    bool shares_catalogs;          /* of extensions, which other processes may change */
    unsigned streams_max, streams; /* on connections of their own, in the process; atomic */
    char spool_directory[];
};

struct local_session {
    struct backend_session base;
    struct local *local;
    uint64_t number; /* whose catalogs and secrets are whose */
    char *user, *database;
    struct sequence_values *sequences;

    struct local_conn *main;   /* NULL: none yet */
    struct conn_user *on_main; /* what streams on main; NULL: nothing */
    struct list detached;      /* what streams on connections of their own, the idlest first */
    unsigned ndetached;
    enum local_tx tx;
    bool alone;                  /* one statement is in a transaction of its own */
    uint64_t transaction;        /* how many there were, this one included */
    uint64_t began_at;           /* catalog_version of local when it began */
    bool wrote;                  /* in this transaction */
    uint64_t changes;            /* statements that changed something, ever */
    uint64_t catalog;            /* with the next two: see local_stale.c */
    bool catalog_open;           /* this transaction has changed it, or compared a statement with it … */
    bool catalog_changed;        /* … has changed what others see */
    bool one_snapshot;           /* of this transaction: REPEATABLE READ and up */
    struct local_tables *tables; /* that are told apart from everybody's; NULL: none yet */
    struct local_enums *enums;   /* that it sees; NULL: not known yet */
    bool pinned; /* has what only its main connection knows: temporary objects, variables … */

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

/* A column that comes straight from a table. */
struct local_shown {
    uint32_t engine_oid; /* what rows of the engine's type would be described as … */
    int32_t engine_typmod;
    bool limited;   /* … and are not, since the table's column has a limit of the type */
    int32_t padded; /* a char(n): sent with blanks up to n characters; 0: as it is */
};

struct local_stmt {
    struct backend_stmt base;
    unsigned refs; /* the session's, and one a portal; one thread uses them all */
    struct local_session *session;
    struct arena arena;
    struct str sql;              /* as the client wrote it, with values that fit (fitted) */
    struct str sent;             /* as it came */
    struct sql_rewritten typed;  /* from that to one with literals of enums */
    struct sql_rewritten fitted; /* from that to sql */
    struct local_table *target;  /* what it changes; NULL: nothing that is known */
    const struct local_shown
        *shown; /* what columns are told as, one a column; NULL: as the engine has them */
    struct sql_shape shape;
    struct sql_params params; /* places in sql */
    const char **casts;       /* engine's type names a parameter; NULL: no cast */
    bool numeric;             /* has numeric parameters: their scale follows the value, see local_run_text */
    bool literals;            /* it selects nothing else */
    bool whole_tables;        /* it selects all that there is in some tables */
    bool blind;   /* INSERT … VALUES without a query in it: planned the same whatever the data */
    bool direct;  /* its rows can be encoded in the engine's pipeline … */
    bool decodes; /* … and be decoded again */
    struct local_literals *literals_row; /* its row; NULL: the engine has to run it */
    bool wrap;                           /* some columns are cast to text or padded around it */
    struct sql_rewritten text;           /* as the engine gets it */
    struct local_catalog catalog;
    uint32_t *oids;
    enum local_after { LOCAL_AFTER_NOTHING, LOCAL_AFTER_PIN, LOCAL_AFTER_PATH, LOCAL_AFTER_PATH_RESET } after;
    enum local_way way;
};

#endif
