/* The short commands that a session answers itself, as libpg_query's trees say: transactions, SET and its
 * kin, those with one name. Each sql_parse_* takes a statement of its kind; fields that do not apply are
 * zero or NULL, strings lie in the arena. ST_ERR is the parser's own error: 42601 with its position in
 * characters of s->text, 54000 beyond SQL_COMMAND_MAX, 53200. Pure. Any thread. */
#ifndef TAVANA_SQL_COMMAND_H
#define TAVANA_SQL_COMMAND_H

#include "base/arena.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sql_statement;

enum sql_tx_mode { SQL_TX_DEFAULT, SQL_TX_READ_ONLY, SQL_TX_READ_WRITE };
enum sql_tx_defer { SQL_DEFER_DEFAULT, SQL_DEFERRABLE, SQL_NOT_DEFERRABLE };
enum sql_isolation {
    SQL_ISO_DEFAULT,
    SQL_ISO_READ_UNCOMMITTED,
    SQL_ISO_READ_COMMITTED,
    SQL_ISO_REPEATABLE_READ,
    SQL_ISO_SERIALIZABLE
};

struct sql_transaction { /* BEGIN, COMMIT, ROLLBACK, SAVEPOINT …, SET TRANSACTION */
    enum sql_tx_mode mode;
    enum sql_isolation isolation;
    enum sql_tx_defer defer;
    bool chain;
    enum { SQL_SP_NONE, SQL_SP_SAVEPOINT, SQL_SP_RELEASE, SQL_SP_ROLLBACK_TO } savepoint;
    const char *savepoint_name;
};

/* SET, RESET, SHOW. */
struct sql_set {
    /* Lower case; "all" for RESET ALL and SHOW ALL; "timezone" for SET TIME ZONE; NULL for SET TRANSACTION,
     * SESSION CHARACTERISTICS (see transaction) and CONSTRAINTS. */
    const char *name;
    /* As PostgreSQL flattens it: items joined by ", ", those of search_path and its kin quoted where they
     * need it; SET TIME ZONE INTERVAL … gives "interval '…'"; NULL: DEFAULT. */
    const char *value;
    size_t nvalues; /* items of value; more than one is 22023 for a setting that is no list */
    bool local;
    bool is_transaction;             /* SET TRANSACTION … */
    bool is_session_characteristics; /* SET SESSION CHARACTERISTICS AS TRANSACTION … */
    bool is_constraints;             /* SET CONSTRAINTS …: nothing to do, its tag is "SET CONSTRAINTS" */
    struct sql_transaction transaction;
};

struct sql_name {        /* DEALLOCATE, CLOSE, LISTEN, UNLISTEN, NOTIFY */
    const char *name;    /* NULL: ALL, or * of UNLISTEN */
    const char *payload; /* of NOTIFY; NULL: none */
};

enum sql_discard { SQL_DISCARD_ALL, SQL_DISCARD_PLANS, SQL_DISCARD_SEQUENCES, SQL_DISCARD_TEMP };

/* BEGIN, COMMIT, ROLLBACK, SAVEPOINT and their kin. */
int sql_parse_transaction(struct arena *a, const struct sql_statement *s, struct sql_transaction *out,
                          struct err *e);
/* SET, RESET, SHOW. */
int sql_parse_set(struct arena *a, const struct sql_statement *s, struct sql_set *out, struct err *e);
/* DEALLOCATE, CLOSE, LISTEN, UNLISTEN, NOTIFY. */
int sql_parse_name(struct arena *a, const struct sql_statement *s, struct sql_name *out, struct err *e);
/* DISCARD. */
int sql_parse_discard(struct arena *a, const struct sql_statement *s, enum sql_discard *out, struct err *e);

/* How many trees libpg_query has made for this thread, ever: unit tests count by it what a statement
 * costs. */
uint64_t sql_trees_made(void);

#endif
