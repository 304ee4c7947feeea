/* What a statement is. Tokens (libpg_query's scanner, which is PostgreSQL's) decide what tokens can decide; a
 * parse tree is made only of the commands that a session answers itself. No regular expression looks at SQL.
 * Pure: text in, structs out. Any thread. Source: PostgreSQL manual, part VI (SQL commands). */
#ifndef TAVANA_SQL_STATEMENT_H
#define TAVANA_SQL_STATEMENT_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SQL_STATEMENTS_MAX = 10000 }; /* in one Query message; more is 54000 */

enum sql_kind {
    SQL_EMPTY,               /* blanks and comments alone */
    SQL_ENGINE,              /* anything that the engine runs as it is: SELECT, INSERT, FROM t, PIVOT … */
    SQL_BEGIN,               /* BEGIN, START TRANSACTION */
    SQL_COMMIT,              /* COMMIT, END */
    SQL_ROLLBACK,            /* ROLLBACK, ABORT */
    SQL_SAVEPOINT,           /* SAVEPOINT, RELEASE, ROLLBACK TO */
    SQL_PREPARE_TRANSACTION, /* also COMMIT PREPARED, ROLLBACK PREPARED */
    SQL_SET, /* SET, SET LOCAL, SET TIME ZONE, SET SESSION CHARACTERISTICS, SET TRANSACTION, SET NAMES */
    SQL_RESET,
    SQL_SHOW,
    SQL_DISCARD,
    SQL_PREPARE,
    SQL_EXECUTE,
    SQL_DEALLOCATE,
    SQL_DECLARE,
    SQL_FETCH, /* MOVE too */
    SQL_CLOSE,
    SQL_COPY,
    SQL_LISTEN,
    SQL_UNLISTEN,
    SQL_NOTIFY,
    SQL_LOCK,
    SQL_DO,
};

enum sql_tx_mode { SQL_TX_DEFAULT, SQL_TX_READ_ONLY, SQL_TX_READ_WRITE };
enum sql_isolation {
    SQL_ISO_DEFAULT,
    SQL_ISO_READ_UNCOMMITTED,
    SQL_ISO_READ_COMMITTED,
    SQL_ISO_REPEATABLE_READ,
    SQL_ISO_SERIALIZABLE
};

struct sql_statement {
    enum sql_kind kind;
    struct str text;  /* lent from the message, without the semicolon and blanks around it */
    size_t offset;    /* of text in the message */
    const char *word; /* first keyword in upper case ("SELECT"), "" without; of the arena */
};

struct sql_list {
    size_t n;
    struct sql_statement *items; /* of the arena; empty statements are left out unless all are */
};

/* Splits a message. sql.p[sql.n] is NUL.
 * ST_OK; ST_AGAIN PostgreSQL's scanner does not know it (a DuckDB lexeme, an unterminated string …): the
 * engine shall split it, and sql_classify each part; ST_ERR 54000 or 53200. */
int sql_split(struct arena *a, struct str sql, struct sql_list *out, struct err *e);
/* What one piece is, when the engine has split it. Never fails but for memory. */
int sql_classify(struct arena *a, struct str sql, struct sql_statement *out, struct err *e);

/* The commands that a session answers itself, parsed. Fields that do not apply are zero or NULL; strings lie
 * in the arena. ST_ERR: the parser's own error (42601 with position in characters of s->text). */
struct sql_transaction { /* BEGIN, COMMIT, ROLLBACK, SAVEPOINT …, SET TRANSACTION */
    enum sql_tx_mode mode;
    enum sql_isolation isolation;
    bool chain;
    enum { SQL_SP_NONE, SQL_SP_SAVEPOINT, SQL_SP_RELEASE, SQL_SP_ROLLBACK_TO } savepoint;
    const char *savepoint_name;
};

struct sql_set {       /* SET, RESET, SHOW */
    const char *name;  /* lower case; "all" for RESET ALL and SHOW ALL; "timezone" for SET TIME ZONE; NULL for
                          SET  TRANSACTION (see transaction) and "session characteristics" likewise */
    const char *value; /* as PostgreSQL flattens it: items joined by ", ", quoted where they were identifiers
                          that need it; NULL: DEFAULT */
    bool local;
    bool is_transaction;             /* SET TRANSACTION … */
    bool is_session_characteristics; /* SET SESSION CHARACTERISTICS AS TRANSACTION … */
    struct sql_transaction transaction;
};

struct sql_prepare { /* PREPARE name (types) AS query */
    const char *name;
    struct str query; /* lent from the statement's text */
    size_t ntypes;
    const char **types; /* type names as written, "int4", "numeric" … (pgtype turns them into OIDs) */
};

struct sql_execute { /* EXECUTE name (values) */
    const char *name;
    size_t nvalues;
    struct str *values; /* source text of each expression, lent */
};

struct sql_name {     /* DEALLOCATE, CLOSE, LISTEN, DISCARD */
    const char *name; /* NULL: ALL */
};

enum sql_discard { SQL_DISCARD_ALL, SQL_DISCARD_PLANS, SQL_DISCARD_SEQUENCES, SQL_DISCARD_TEMP };

int sql_parse_transaction(struct arena *a, const struct sql_statement *s, struct sql_transaction *out,
                          struct err *e);
int sql_parse_set(struct arena *a, const struct sql_statement *s, struct sql_set *out, struct err *e);
int sql_parse_prepare(struct arena *a, const struct sql_statement *s, struct sql_prepare *out, struct err *e);
int sql_parse_execute(struct arena *a, const struct sql_statement *s, struct sql_execute *out, struct err *e);
int sql_parse_name(struct arena *a, const struct sql_statement *s, struct sql_name *out, struct err *e);
int sql_parse_discard(struct arena *a, const struct sql_statement *s, enum sql_discard *out, struct err *e);

#endif
