/* The session's transaction. The session's own thread. */
#ifndef TAVANA_SESSION_TRANSACTION_H
#define TAVANA_SESSION_TRANSACTION_H

#include "base/err.h"
#include "base/list.h"
#include "session/settings.h"
#include "sql/command.h"
#include "sql/statement.h"

#include <stdbool.h>
#include <stdint.h>

struct command_result;
struct session;
struct statement;
struct sql_transaction;

/* The ways from one to the next are in transaction.c. */
enum tx_state {
    TX_IDLE,
    TX_IMPLICIT, /* several statements in one Query or before one Sync */
    TX_BLOCK,
    TX_FAILED,
};

/* The session's transaction; transaction.c alone writes it. */
struct transaction {
    enum tx_state state;
    bool in_engine; /* the engine has a transaction open for us */
    bool read_only;
    uint64_t number;        /* of the engine's transaction; grows with each */
    uint64_t writes;        /* statements since it began that may have changed something */
    struct list savepoints; /* oldest first */
    unsigned nsavepoints;
};

enum { SAVEPOINTS_MAX = 1000 };
/* The engine has no subtransactions. Where nothing was written before a savepoint, going back to it is
 * beginning again; where nothing was written behind it, the engine's transaction goes on. */
struct savepoint {
    struct list link;
    size_t mark;     /* of the settings */
    uint64_t born;   /* portals with a greater number are younger */
    uint64_t writes; /* of its transaction before it */
    char name[];
};

/* None. */
void tx_init(struct transaction *tx);
/* Statements that follow share a transaction until the end of the Query or the Sync. */
int tx_implicit_begin(struct session *s, struct err *e);
/* Sees to the engine's transaction. writes: changes data; 25006 in a read-only one. */
int tx_before_statement(struct session *s, bool writes, struct err *e);
/* What runs changes the database or what the session has in the engine, unless it fails before it began. */
void tx_writes(struct session *s);
/* The end of a Query or a Sync: commits what was implicit. */
int tx_implicit_commit(struct session *s, struct err *e);
/* Takes the session's savepoints away. */
void tx_release_savepoints(struct session *s);
/* Where a block began whose error may be caught. */
struct tx_mark {
    uint64_t writes, born; /* of the engine's transaction; portals with a greater number are younger */
    size_t settings;
};
struct tx_mark tx_mark(struct session *s);
/* Takes back what came since, after an error. nothing: the statement that failed was the first to write, and
 * does all or nothing. 0A000 where something would have to be taken back behind an earlier write. */
int tx_undo(struct session *s, const struct tx_mark *mark, bool nothing, struct err *e);
/* After an error was reported. */
void tx_failed(struct session *s);
/* BEGIN … up to its end, failed or not. */
bool tx_is_block(const struct session *s);
/* The same, and it has failed. */
bool tx_has_failed(const struct session *s);
/* COPY FROM is refused in one that only reads, after all else that is wrong with it. */
bool tx_reads_only(const struct session *s);
/* BEGIN, COMMIT, ROLLBACK, SAVEPOINT … */
int tx_command(struct session *s, struct statement *st, struct command_result *r, struct err *e);
/* SET of transaction_isolation, _read_only or _deferrable, for the rest of the transaction (value NULL: the
 * default). 25001 once it is too late. */
int tx_set(struct session *s, enum setting what, const char *value, struct err *e);
/* What SET TRANSACTION or BEGIN says, of the transaction that there is. */
int tx_set_modes(struct session *s, const struct sql_transaction *t, struct err *e);
/* "read committed" */
const char *tx_isolation_name(enum sql_isolation i);
/* Whether a statement may run: in a failed transaction only what ends it. */
bool tx_allows(const struct session *s, enum sql_kind kind);

#endif
