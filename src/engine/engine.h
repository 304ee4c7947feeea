/* DuckDB, behind types of our own: the database, its connections, prepared statements and results.
 *
 * One thread at a time uses a connection and what hangs on it; only engine_interrupt may come from another.
 * A connection belongs to one open result at a time: any other statement on it ends that result (the result
 * then says so, it is never cut short in silence). Errors carry SQLSTATE, hint, and a position in characters
 * of the text that was given to engine_prepare or engine_exec. Source: DuckDB's C API (duckdb.h), DUCKDB
 * documentation "Securing DuckDB"; docs/engine.md says what was measured. */
#ifndef TAVANA_ENGINE_ENGINE_H
#define TAVANA_ENGINE_ENGINE_H

#include "base/err.h"
#include "base/str.h"
#include "engine/column_view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct engine;
struct engine_conn;
struct engine_stmt;
struct engine_result;
struct pg_value;

/* A catalog that the program brings along, for reading. */
struct engine_own_catalog {
    const char *name;
    const char *const *statements; /* that make what is in it */
    size_t n;                      /* 0: there is none */
    const char *directory;         /* for the file that it lies in; NULL: the system's */
};

/* What the engine is opened with. NULL, 0: the engine's own default, unless said otherwise. */
struct engine_options {
    const char *path; /* NULL, "" or ":memory:": in memory */
    bool read_only;
    const char *memory_limit; /* "4GB", "80%" */
    uint64_t resident_max;    /* bytes of the process beyond which no large value is made (53200), since
                                 memory_limit does not count values under way; 0: no bound */
    unsigned threads;
    const char *temp_directory; /* NULL: the engine may not spill */
    const char *temp_directory_limit;
    const char *const *allowed_directories; /* files elsewhere are out of reach: no path, no URL */
    size_t nallowed_directories;
    const char *const *extensions; /* files to LOAD, before the lock */
    size_t nextensions;
    const char *const *init; /* statements to run once, before the lock */
    size_t ninit;
    struct engine_own_catalog catalog; /* made before init */
    const char *const *protect; /* files and directories that no statement opens, beside the engine's own */
    size_t nprotect;
    const char *const *allowed_functions; /* of those that are refused otherwise: guard.h */
    size_t nallowed_functions;
};

/* Types that outlive their statement or result: a copy in the arena, names included. 53200 */
int engine_types_copy(struct arena *a, const struct engine_column_type *const *types, size_t n,
                      const struct engine_column_type *const **out, struct err *e);

/* cb: is called once, by whichever thread hears it first, when the engine says that its database is of no use
 * any more, to anybody, until it is opened anew (a failed checkpoint, a fault within it). Every statement
 * ends with 57P02 from then on. To be set before engine_open; of the process. */
void engine_on_death(void (*cb)(void *arg, const char *why), void *arg);
int engine_open(struct engine **out, const struct engine_options *o, struct err *e);
/* All connections are closed by then. NULL is fine. */
void engine_close(struct engine *en);
/* "v1.5.5" */
const char *engine_version(void);

int engine_connect(struct engine *en, struct engine_conn **out, struct err *e);
/* Whose what it attaches and its secrets are: other owners can not take them away. */
void engine_set_owner(struct engine_conn *c, uint64_t owner);
/* Rolls back what is open. Statements and results of it are gone before. NULL is fine. */
void engine_disconnect(struct engine_conn *c);
/* Any thread, while the connection exists: what runs on it ends with 57014. When nothing runs it acts on an
 * open result, else not at all. Never waits. A statement that is just being started may not see it: see
 * engine_run. */
void engine_interrupt(struct engine_conn *c);
/* One or more statements without a result to read. */
int engine_exec(struct engine_conn *c, const char *sql, struct err *e);
/* How many statements the engine's parser finds. 42601 when it cannot parse them. */
int engine_count_statements(struct engine_conn *c, struct str sql, size_t *n, struct err *e);

enum engine_kind {
    ENGINE_STMT_OTHER,
    ENGINE_STMT_SELECT, /* also DESCRIBE, SHOW, SUMMARIZE, PRAGMA that is a query */
    ENGINE_STMT_INSERT,
    ENGINE_STMT_UPDATE,
    ENGINE_STMT_DELETE, /* also TRUNCATE */
    ENGINE_STMT_MERGE,
    ENGINE_STMT_EXPLAIN,
    ENGINE_STMT_CREATE,
    ENGINE_STMT_DROP,
    ENGINE_STMT_ALTER,
    ENGINE_STMT_TRANSACTION,
    ENGINE_STMT_COPY,
    ENGINE_STMT_SET,    /* also RESET, USE, PRAGMA name = value */
    ENGINE_STMT_PRAGMA, /* a PRAGMA that changes the engine */
    ENGINE_STMT_CALL,
    ENGINE_STMT_PREPARE,
    ENGINE_STMT_EXECUTE,
    ENGINE_STMT_VACUUM, /* also ANALYZE */
    ENGINE_STMT_ATTACH,
    ENGINE_STMT_DETACH,
    ENGINE_STMT_LOAD,
    ENGINE_STMT_EXPORT,
    ENGINE_STMT_COPY_DATABASE,
};

/* A prepared statement as the engine describes it; nothing has run. */
struct engine_stmt_info {
    enum engine_kind kind;
    bool unresolved;                                /* columns are unknown until the parameters' types are */
    size_t nparams;                                 /* $1 … $nparams, all of them used */
    const struct engine_column_type *const *params; /* [i] of $i+1; NULL: not resolved */
    size_t ncolumns; /* for statements without rows: one column "Count" or "Success" */
    const char *const *names;
    const struct engine_column_type *const *types;
};

enum { ENGINE_PARAMS_MAX = 65535 };

/* 42601 for more than one statement, or none; 42P18 when $n is used and one before it is not. */
int engine_prepare(struct engine_conn *c, struct str sql, struct engine_stmt **out, struct err *e);
/* For one statement that the engine itself turns into several: a PIVOT without its values listed first
 * gathers them into a temporary type. Runs all but the last, which is a SELECT; 0A000 for anything else. */
int engine_prepare_expanded(struct engine_conn *c, struct str sql, struct engine_stmt **out, struct err *e);
const struct engine_stmt_info *engine_stmt_info(const struct engine_stmt *st);
/* NULL is fine. Results of it may still be open. */
void engine_stmt_free(struct engine_stmt *st);
/* Parameter $number, from 1. What a value is bound as follows the parameter's resolved type where the two are
 * of one family, else the value's own. The bytes are copied. 22003 for a numeric that the engine cannot hold.
 */
int engine_bind(struct engine_stmt *st, size_t number, const struct pg_value *v, struct err *e);
/* The smallest DECIMAL(width, scale) that holds a numeric, or all numeric items of an array, exactly.
 * ENGINE_DECIMAL; ENGINE_DOUBLE when one is infinite or NaN; ENGINE_NULL without any value; ENGINE_OTHER when
 * the engine has no room for it. */
enum engine_type engine_numeric_shape(const struct pg_value *v, unsigned *width, unsigned *scale);

enum engine_answer { ENGINE_ROWS, ENGINE_CHANGED, ENGINE_NOTHING };

struct engine_result_info {
    enum engine_answer answer;
    uint64_t changed; /* rows; also of CREATE TABLE … AS, which answers ENGINE_NOTHING */
    size_t ncolumns;
    const char *const *names;
    const struct engine_column_type *const *types;
};

enum engine_mode {
    ENGINE_STREAM,     /* begins; rows come as they are made, a chunk at a time */
    ENGINE_MATERIALIZE /* runs to its end; the engine keeps the rows */
};

/* Runs it with what is bound. `cancelled` (may be NULL) is read once the engine would notice an interrupt: a
 * caller that sets it before engine_interrupt loses no cancel. */
int engine_run(struct engine_stmt *st, enum engine_mode mode, const bool *cancelled,
               struct engine_result **out, struct err *e);
/* The same, but good(arg) is asked once its snapshot has been taken and before it runs: false: ST_AGAIN, and
 * nothing of it has happened that a reading statement would leave behind. */
int engine_run_if(struct engine_stmt *st, enum engine_mode mode, const bool *cancelled,
                  bool (*good)(void *arg), void *arg, struct engine_result **out, struct err *e);
const struct engine_result_info *engine_result_info(const struct engine_result *r);
/* ST_OK  *out is lent until the next call of next or free; it has at least one row
 * ST_EOF the end, in good order;  ST_ERR *e filled, and the same again on every later call */
int engine_result_next(struct engine_result *r, const struct chunk_view **out, struct err *e);
/* Stops what still runs. NULL is fine. */
void engine_result_free(struct engine_result *r);

#endif
