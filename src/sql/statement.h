/* What a statement is. Tokens (token.h) decide what tokens can decide; libpg_query, which is PostgreSQL's
 * parser, makes trees of short commands alone, never of expressions: its trees are walked recursively and
 * deep ones would end the thread's stack. No regular expression looks at SQL. libpg_query keeps about 26 KB a
 * thread that has used it, and gives it back when the thread ends.
 * Pure: text in, structs out. Any thread. Source: PostgreSQL manual, part VI (SQL commands). */
#ifndef TAVANA_SQL_STATEMENT_H
#define TAVANA_SQL_STATEMENT_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "sql/rewrite.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SQL_STATEMENTS_MAX = 10000, /* in one Query message; more is 54000 */
    SQL_COMMAND_MAX = 1 << 20,  /* bytes of a command that sql_parse_* takes; more is 54000 */
    SQL_NAME_MAX = 63,          /* bytes of a name; longer ones are cut, as PostgreSQL does (NAMEDATALEN) */
};

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
    SQL_SERIAL,     /* CREATE TABLE with a column of type serial */
    SQL_SEVERAL,    /* DROP TABLE a, b and TRUNCATE a, b: the engine does one at a time */
    SQL_SET_CONFIG, /* SELECT set_config(…), … */
};

enum sql_tx_mode { SQL_TX_DEFAULT, SQL_TX_READ_ONLY, SQL_TX_READ_WRITE };
enum sql_tx_defer { SQL_DEFER_DEFAULT, SQL_DEFERRABLE, SQL_NOT_DEFERRABLE };
enum sql_isolation {
    SQL_ISO_DEFAULT,
    SQL_ISO_READ_UNCOMMITTED,
    SQL_ISO_READ_COMMITTED,
    SQL_ISO_REPEATABLE_READ,
    SQL_ISO_SERIALIZABLE
};

struct sql_statement {
    enum sql_kind kind;
    struct str text;  /* lent from the message, without the semicolon, blanks and comments around it */
    size_t offset;    /* of text in the message, bytes */
    const char *word; /* first word in upper case ("SELECT"), behind opening brackets; "" without */
};

struct sql_list {
    size_t n;
    struct sql_statement *items; /* of the arena; empty statements are left out unless all are */
};

/* Splits a message at its semicolons outside of strings, comments, brackets and bodies of SQL functions.
 * ST_OK; ST_AGAIN a string, quoted name or comment has no end: the engine shall split it (and say so), and
 * sql_classify each part; ST_ERR 54000 or 53200. */
int sql_split(struct arena *a, struct str sql, struct sql_list *out, struct err *e);
/* What one piece is, when the engine has split it. Never fails but for memory. */
int sql_classify(struct arena *a, struct str sql, struct sql_statement *out, struct err *e);

/* The commands that a session answers itself, parsed. Fields that do not apply are zero or NULL; strings lie
 * in the arena. ST_ERR: the parser's own error (42601 with position in characters of s->text). */
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

struct sql_prepare { /* PREPARE name (types) AS query */
    const char *name;
    struct str query; /* lent from the statement's text */
    size_t ntypes;
    const char *const
        *types; /* type names as written, "int4", "numeric(10, 2)" … (pgtype turns them into OIDs) */
};

struct sql_execute { /* EXECUTE name (values) */
    const char *name;
    size_t nvalues;
    const struct str *values; /* source text of each expression, lent */
};

struct sql_name {        /* DEALLOCATE, CLOSE, LISTEN, UNLISTEN, NOTIFY */
    const char *name;    /* NULL: ALL, or * of UNLISTEN */
    const char *payload; /* of NOTIFY; NULL: none */
};

struct sql_declare { /* DECLARE name … CURSOR … FOR query */
    const char *name;
    bool binary, scroll, no_scroll, hold;
    struct str query; /* lent from the statement's text; PostgreSQL's or the engine's own */
};

enum sql_fetch_direction { SQL_FETCH_FORWARD, SQL_FETCH_BACKWARD, SQL_FETCH_ABSOLUTE, SQL_FETCH_RELATIVE };

#define SQL_FETCH_ALL INT64_MAX

struct sql_fetch { /* FETCH, MOVE; NEXT is FORWARD 1, LAST is ABSOLUTE -1 … */
    const char *name;
    enum sql_fetch_direction direction;
    int64_t count; /* may be negative; SQL_FETCH_ALL */
    bool move;
};

enum sql_discard { SQL_DISCARD_ALL, SQL_DISCARD_PLANS, SQL_DISCARD_SEQUENCES, SQL_DISCARD_TEMP };

int sql_parse_transaction(struct arena *a, const struct sql_statement *s, struct sql_transaction *out,
                          struct err *e);
int sql_parse_set(struct arena *a, const struct sql_statement *s, struct sql_set *out, struct err *e);
int sql_parse_prepare(struct arena *a, const struct sql_statement *s, struct sql_prepare *out, struct err *e);
int sql_parse_execute(struct arena *a, const struct sql_statement *s, struct sql_execute *out, struct err *e);
/* 42P11 for options that exclude each other. */
int sql_parse_declare(struct arena *a, const struct sql_statement *s, struct sql_declare *out, struct err *e);
int sql_parse_fetch(struct arena *a, const struct sql_statement *s, struct sql_fetch *out, struct err *e);
/* Whether an UPDATE or DELETE ends in WHERE CURRENT OF cursor, which the engine does not know. */
bool sql_is_where_current_of(struct str sql);
int sql_parse_name(struct arena *a, const struct sql_statement *s, struct sql_name *out, struct err *e);
int sql_parse_discard(struct arena *a, const struct sql_statement *s, enum sql_discard *out, struct err *e);

struct sql_several {       /* of one object the text would be: head name tail */
    struct str head, tail; /* "DROP TABLE IF EXISTS ", " CASCADE"; lent */
    size_t n;
    struct str *names; /* as written, with their schemas; lent */
    const char *tag;
};

enum { SQL_SET_CONFIG_MAX = 64, SQL_SET_CONFIG_PARAMS_MAX = 3 * SQL_SET_CONFIG_MAX };

struct sql_set_arg {  /* a literal or a parameter */
    unsigned param;   /* from 1; 0: text */
    const char *text; /* NULL: NULL; a boolean is "t" or "f" or as written between quotes */
};

struct sql_set_item {
    const char *column;
    struct sql_set_arg name, value, local;
};

struct sql_set_config {
    size_t n;
    struct sql_set_item *items;
    const char *only; /* FROM pg_settings WHERE name = …; NULL: without FROM */
};

/* Whether a SELECT is nothing but calls of set_config, at most SQL_SET_CONFIG_MAX, of literals and
 * parameters. */
bool sql_is_set_config(struct str sql);
int sql_parse_set_config(struct arena *a, const struct sql_statement *s, struct sql_set_config *out,
                         struct err *e);

enum { SQL_SERIALS_MAX = 64 };

struct sql_serial {
    struct sql_rewritten table; /* the CREATE TABLE for the engine */
    struct str name;            /* of the table, as written; lent */
    bool temporary;
    bool keeps; /* IF NOT EXISTS, OR REPLACE: sequences that are there may be in use */
    size_t n;   /* sequences that it needs, as SQL; at most SQL_SERIALS_MAX, more is 54000 */
    struct str *sequences;
};

bool sql_is_serial(struct str sql);
int sql_parse_serial(struct arena *a, const struct sql_statement *s, struct sql_serial *out, struct err *e);

/* Whether a DROP or TRUNCATE names more than one object. */
bool sql_is_several(struct str sql);
/* 42601 where a name is missing. */
int sql_parse_several(struct arena *a, const struct sql_statement *s, struct sql_several *out, struct err *e);

#endif
