/* The seam between a session and whatever runs its statements: local (engine + encode), rpc, route.
 *
 *   backend           one a process
 *   backend_session   one a client session, made lazily; owns engine state: transaction, settings,
 *                     temporary objects
 *   backend_stmt      a prepared statement: parameter types and row description, nothing has run
 *   backend_portal    one execution of it: typed rows with a position, forward or both ways
 *   backend_copy      one COPY FROM STDIN
 *   row_stream        one fetch from a portal: encoded rows up to max_rows, in the formats of that fetch
 *
 * Rows stay typed up to fetch, so that one portal can be fetched once as text and once as binary.
 *
 *   threads     everything of one session is used by one thread at a time; only cancel may come from another,
 *               and never waits
 *   ownership   what a call returns is the caller's until its free or close; a session outlives its
 *               statements and portals; a portal outlives its statement's free (it keeps what it needs)
 *   errors      carry SQLSTATE, position, detail, hint, and reach the client unchanged
 *
 * Source: ARCHITECTURE.md, decisions 1, 2, 4. */
#ifndef TAVANA_BACKEND_BACKEND_H
#define TAVANA_BACKEND_BACKEND_H

#include "base/err.h"
#include "base/str.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct account;
struct copy_options;
struct row_desc;
struct row_stream;
struct sql_copy;
struct sql_tokens;

enum { BACKEND_PARAMS_MAX = 65535 };

/* What a statement is to the transaction and to the client. Decided by the backend after preparing. */
enum backend_effect {
    BACKEND_READS,   /* only reads: SELECT, VALUES, EXPLAIN, SHOW, DESCRIBE … */
    BACKEND_WRITES,  /* changes data or catalog: INSERT, CREATE, COPY FROM … */
    BACKEND_SESSION, /* changes this session only: SET, USE, temporary objects */
};

/* What foreign keys have to do with rows that a statement changes or takes away; bits. The engine judges them
 * sooner than PostgreSQL does, so that such a statement may have to be run in steps. */
enum {
    BACKEND_KEYS_REFER = 1,    /* its table refers to another, or to itself … */
    BACKEND_KEYS_REFERRED = 2, /* … or is referred to … */
    BACKEND_KEYS_SET = 4,    /* … and it sets columns whose change takes the row out and puts it in again */
    BACKEND_KEYS_ITSELF = 8, /* it refers to itself */
    BACKEND_KEYS_KEPT = 16,  /* it gives columns of keys that the session keeps other values … */
    BACKEND_KEYS_KEPT_REFERRED = 32, /* … and takes away what such keys refer to, or changes it */
    BACKEND_KEYS_NULLS =
        64, /* INSERT … ON CONFLICT into a table with unique keys whose columns may be NULL */
    BACKEND_KEYS_ALL = 127,
};

struct backend_stmt_info {
    enum backend_effect effect;
    unsigned keys; /* BACKEND_KEYS_…; 0: foreign keys are of no interest */
    /* Command tag without its count: "SELECT", "INSERT 0", "CREATE TABLE". With tag_count the session appends
     * " <rows>". NULL: the statement answers like SELECT. Static memory or the statement's. */
    const char *tag;
    bool tag_count;
    bool repeats; /* of one that reads: run again on the same data it can be expected to give the same rows */
    bool returns_rows;     /* desc is set; INSERT … RETURNING returns rows and effect WRITES */
    struct row_desc *desc; /* the statement's; NULL without rows */
    uint16_t nparams;
    const uint32_t *param_oids; /* as declared, or inferred; never 0 */
};

struct backend_stmt {
    struct backend_stmt_info info;
    /* implementation follows */
};

/* A parameter as it came in Bind; decoded by the backend. len -1: NULL. */
struct backend_param {
    const uint8_t *data;
    int32_t len;
    int16_t format; /* 0 text, 1 binary */
};

struct backend_portal {
    struct row_desc *desc; /* of the rows that come; the portal's; NULL without rows */
    bool scroll;           /* set by the caller before start: rows that were read stay, for a fetch that goes
                              back. Only of a statement that reads */
    bool expects_formats;  /* set by the caller before start: what fetches will most likely want … */
    const int16_t *expected_formats; /* … one a column; NULL: all text. Lent for start */
    size_t expected_bytes;           /* … a batch at most; 0: ROW_BATCH_MAX … */
    bool takes_all;                  /* … and that all rows will be fetched, forward, in just these */
    bool started;
    uint64_t rows_affected; /* after a statement that changes rows has run */
    bool complete;          /* the end has been seen: `rows` is how many the result has */
    uint64_t rows;          /* seen so far */
    uint64_t position;      /* the rows before it are those that the last fetch left behind */
};

/* Rows [from, from + max_rows) in order; backward: from - 1, from - 2, … */
struct backend_fetch {
    uint64_t from;     /* a portal that does not scroll goes on at its position or later: what lies between is
                          passed over. Beyond the end: there are no rows */
    uint64_t max_rows; /* 0: all */
    bool backward;     /* of a portal that scrolls */
    bool skip;         /* rows are counted, not made: batches have nrows and no bytes */
    const int16_t *formats;          /* one a column of desc; NULL: all text */
    const struct copy_options *copy; /* the whole file of a COPY TO as CopyData: header, all rows, trailer;
                                        formats and max_rows do not count, nrows are the rows alone. NULL:
                                        DataRow. Lent until the stream is closed, as the next */
    const bool *copy_force_quote;    /* of COPY_CSV, one a column; NULL: none */
    size_t batch_bytes;   /* a batch is handed on when it has this many bytes (1 … ROW_BATCH_MAX) … */
    size_t batch_most;    /* … which may grow so far while rows come quickly; 0: to ROW_BATCH_MAX … */
    uint64_t passed_rows; /* of a backend behind gRPC: so many rows, from `from` on, come before those that
                             are handed on, and have to have this hash (rows/rows_hash.h), or it is 40001 */
    uint64_t passed_hash;
    uint64_t batch_rows; /* … or rows; 0: only by bytes. A first batch is handed on as soon as a chunk is
                            encoded */
};

/* COPY FROM STDIN. Names are lent for the call of copy_open; options' NULL string too. */
struct backend_copy_in {
    struct str table; /* as written, with its schema */
    const char *name; /* as messages name it */
    size_t ncolumns;  /* 0: all that are not generated */
    const char *const *columns;
    const struct copy_options *options;
    const struct sql_copy *statement; /* its text, and the lists of columns of FORCE_NULL, FORCE_NOT_NULL */
};

struct backend_copy {
    uint16_t ncolumns;
    bool keeps_keys; /* the table has foreign keys that the session has to check in the end */
    uint64_t line;   /* that is being read (binary: row), from 1: for errors that the session itself raises */
};

/* How values become text; changed by SET, part of every later fetch. */
struct backend_settings {
    const char *time_zone;  /* IANA name or fixed offset, and the style of dates (tz_styled_name); checked by
                               apply_settings */
    int extra_float_digits; /* -15 … 3; from 1: shortest */
    bool bytea_escape;      /* bytea_output = escape */
    bool resume; /* of a backend of several: rows may go on elsewhere, when they are the same there */
};

struct backend;
struct backend_session;

/* Who a session is, for logs and for the engine's session functions (current_user, current_database). */
struct backend_identity {
    const char *user;
    const char *database;
    const char *application_name;
};

enum backend_tx_op {
    BACKEND_TX_BEGIN,
    BACKEND_TX_BEGIN_READ_ONLY,
    BACKEND_TX_BEGIN_SNAPSHOT, /* REPEATABLE READ, SERIALIZABLE: every statement sees the same */
    BACKEND_TX_BEGIN_SNAPSHOT_READ_ONLY,
    BACKEND_TX_COMMIT,
    BACKEND_TX_ROLLBACK
};

struct backend_ops {
    int (*session_open)(struct backend *b, const struct backend_identity *who, struct backend_session **out,
                        struct err *e);
    /* Rolls back what is open. NULL is fine. */
    void (*session_close)(struct backend_session *s);

    /* Splits SQL that PostgreSQL's parser does not know, by the engine's own parser. Offsets into sql; cb
     * returns a status, negative ends the walk. 42601 when the engine cannot parse it either. */
    int (*split)(struct backend_session *s, struct str sql, int (*cb)(void *arg, size_t off, size_t len),
                 void *arg, struct err *e);

    /* One statement, with its tokens where the caller has kept them. oids: what the client declared, 0 where
     * it left it open. Does not run anything. Two statements in one: 42601. */
    int (*prepare)(struct backend_session *s, const struct sql_tokens *sql, const uint32_t *oids,
                   size_t noids, struct backend_stmt **out, struct err *e);
    void (*stmt_free)(struct backend_stmt *stmt);
    /* Whether the statement still is what it was described as: 0A000 "cached plan must not change result
     * type", or why it cannot be prepared any more. NULL: this backend tells by open or start. */
    int (*holds)(struct backend_stmt *stmt, struct err *e);

    /* Binds: decodes and checks the parameters (22P02, 22P03, 08P01 …), runs nothing yet, costs no engine
     * connection. */
    int (*open)(struct backend_session *s, struct backend_stmt *stmt, const struct backend_param *params,
                size_t nparams, struct backend_portal **out, struct err *e);
    /* Takes the snapshot and begins to run; a second call does nothing. A statement that changes something
     * has run to its end on return; one that reads has only begun. When the rows' types are no longer those
     * of stmt->info.desc (it went stale): 0A000 "cached plan must not change result type" (open may say so
     * already). Other started portals of this session stay as they are. */
    int (*start)(struct backend_portal *p, struct err *e);
    /* Rows of a portal that was started. *out is the portal's, to be closed before the next fetch; its ST_EOF
     * comes after max_rows rows, or sooner where the result ends. */
    int (*fetch)(struct backend_portal *p, const struct backend_fetch *how, struct row_stream **out,
                 struct err *e);
    /* A hint while the client reads what it got: makes some of the rows that a fetch like the last one would
     * begin with. Brief; fails in silence. ST_AGAIN: there is more to be made that way. */
    int (*ahead)(struct backend_portal *p);
    /* Moves the rows that are still to come (of one that scrolls: all) into a spool. From then on the portal
     * costs no engine connection and outlives its transaction. Nothing happens to one that needs no
     * connection. 53100, 57014, and what the statement itself fails with: the portal has failed then.
     * ST_AGAIN: not all had come by until_us (CLOCK_NEVER: no limit); what has come is put down, in order,
     * and the portal is as good as before. */
    int (*park)(struct backend_portal *p, int64_t until_us, struct err *e);
    /* The rows that a fetch would give, put down in a portal of their own, started and parked; p's position
     * moves as by that fetch. formats and copy are of no interest. Errors as of park. */
    int (*slice)(struct backend_portal *p, const struct backend_fetch *how, struct backend_portal **out,
                 struct err *e);
    /* Stops what still runs. NULL is fine. */
    void (*portal_close)(struct backend_portal *p);

    /* COPY FROM STDIN, in the transaction that is open: a caller that gets an error rolls it back. Until
     * copy_close nothing else of the session runs but cancel. Errors name line and column, as copy/reader.h
     * says. */
    int (*copy_open)(struct backend_session *s, const struct backend_copy_in *in, struct backend_copy **out,
                     struct err *e);
    /* Bytes of the file, cut anywhere. */
    int (*copy_data)(struct backend_copy *c, const void *p, size_t n, struct err *e);
    /* The client pauses or has given up, or the session must: waits until all bytes have been looked at, so
     * that line is right, and whole rows have gone in. ST_ERR: they have failed before that. */
    int (*copy_settle)(struct backend_copy *c, struct err *e);
    /* The file is over; *rows were loaded. */
    int (*copy_finish)(struct backend_copy *c, uint64_t *rows, struct err *e);
    /* NULL is fine. */
    void (*copy_close)(struct backend_copy *c);

    /* The engine's transaction. BEGIN when there is one and COMMIT without one are the session's business,
     * not sent. None of the three can be cancelled.
     *   COMMIT     ST_ERR: nothing of it is left (08007: nobody knows)
     *   ROLLBACK   nothing is left in any case; ST_ERR says what the session has lost beside */
    int (*tx)(struct backend_session *s, enum backend_tx_op op, struct err *e);

    /* 22023 for a zone that does not exist. The struct is copied. */
    int (*apply_settings)(struct backend_session *s, const struct backend_settings *settings, struct err *e);
    /* Schemas in order, quoted by the caller; "" is the default. 3F000 … as the engine says. */
    int (*set_search_path)(struct backend_session *s, const char *path, struct err *e);
    /* DISCARD ALL: temporary objects and settings as in a new session. No transaction may be open. */
    int (*reset)(struct backend_session *s, struct err *e);

    /* For an idle session, when backend.look_ups has grown: a session whose worker is draining leaves it,
     * when it has no state there that would be lost. NULL: sessions of this backend never move. */
    void (*look_up)(struct backend_session *s);

    /* From any thread while the session exists: what runs now ends with 57014; when nothing runs, nothing
     * happens. */
    void (*cancel)(struct backend_session *s);
};

/* Whether a cancel is heard. An engine that plans, or is in the middle of a value, may hear none for as
 * long as that takes; nothing has been changed then that is not rolled back. So whoever cannot wait may
 * leave a session behind that is deaf: from then on its calls fail (57014), and all that is left to do
 * with it is session_close, by its own thread when that comes back. Any thread may turn BACKEND_DEAF into
 * BACKEND_LEFT, as long as the session exists; all other changes are the backend's. */
enum backend_hearing { BACKEND_HEARS, BACKEND_DEAF, BACKEND_LEFT };

/* First member of every implementation. */
struct backend {
    const struct backend_ops *ops;
    bool forwards;             /* rows come ready from elsewhere: nothing is made while others are written */
    _Atomic unsigned look_ups; /* grows when idle sessions have to call look_up */
};

struct backend_session {
    const struct backend_ops *ops;
    _Atomic enum backend_hearing hearing;
    struct account *memory; /* set by the session: what prepare, open and copy_open keep from here on counts
                               against it (53200). Outlives what they made. NULL: none */
    bool draining;          /* its worker is: cursors there end with it. Known after the first fetch */
};

/* Whether it is left behind now: it was deaf. */
static inline bool backend_leave_behind(struct backend_session *s)
{
    enum backend_hearing deaf = BACKEND_DEAF;
    return atomic_compare_exchange_strong(&s->hearing, &deaf, BACKEND_LEFT);
}

static inline bool backend_is_left(const struct backend_session *s)
{
    return s && atomic_load(&s->hearing) == BACKEND_LEFT;
}

#endif
