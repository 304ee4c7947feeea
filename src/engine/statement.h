/* Prepared statements: what they take and what they give, without running them. Threads: their connection's.
 */
#ifndef TAVANA_ENGINE_STATEMENT_H
#define TAVANA_ENGINE_STATEMENT_H

#include "base/err.h"
#include "base/str.h"
#include "engine/column_view.h"

#include <stdbool.h>
#include <stddef.h>

struct engine_conn;
struct engine_stmt;

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
    uint64_t catalog; /* lists that it reads, a bit each: engine/catalog.h */
};

enum {
    ENGINE_PARAMS_MAX = 65535,
    /* As ROW_DESC_COLUMNS_MAX, and asked before they are described: the engine copies the types of all
     * columns for each that it is asked about, which took 30 s for 65,535. */
    ENGINE_RESULT_COLUMNS_MAX = 1664,
};

/* 42601 for more than one statement, or none; 42P18 when $n is used and one before it is not; 54011
 * beyond ENGINE_RESULT_COLUMNS_MAX. */
int engine_prepare(struct engine_conn *c, struct str sql, struct engine_stmt **out, struct err *e);
/* For one statement that the engine itself turns into several: a PIVOT without its values listed first
 * gathers them into a temporary type. Runs all but the last, which is a SELECT; 0A000 for anything else. */
int engine_prepare_expanded(struct engine_conn *c, struct str sql, struct engine_stmt **out, struct err *e);
/* Lent as long as the statement. */
const struct engine_stmt_info *engine_stmt_info(const struct engine_stmt *st);
/* NULL is fine. Results of it may still be open. */
void engine_stmt_free(struct engine_stmt *st);

#endif
