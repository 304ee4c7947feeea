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
#include "sql/token.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SQL_STATEMENTS_MAX = 10000, /* in one Query message; more is 54000 */
    SQL_COMMAND_MAX = 1 << 20,  /* bytes of a command that sql_parse_* takes; more is 54000 */
    SQL_NAME_MAX = 63,          /* bytes of a name; longer ones are cut, as PostgreSQL does (NAMEDATALEN) */
};

struct sql_parsed;

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
    SQL_DO,
    SQL_TABLE,      /* CREATE TABLE with what the engine does not have */
    SQL_ALTER,      /* of tables, views, indexes, sequences, as PostgreSQL has it */
    SQL_INDEX,      /* CREATE INDEX */
    SQL_EXPLAIN,    /* but of the engine's own formats */
    SQL_SEVERAL,    /* DROP TABLE a, b and TRUNCATE a, b: the engine does one at a time */
    SQL_SET_CONFIG, /* SELECT set_config(…), … */
    SQL_MATVIEW,    /* CREATE MATERIALIZED VIEW and its kin, SELECT INTO */
    SQL_UTILITY,    /* COMMENT ON, GRANT, VACUUM, LOCK and other small commands */
    SQL_TYPE,       /* CREATE TYPE … AS ENUM, ALTER TYPE of an enum, DROP TYPE */
    SQL_DOMAIN,     /* CREATE, ALTER and DROP DOMAIN */
    SQL_FUNCTION,   /* CREATE FUNCTION as PostgreSQL has it, DROP, COMMENT ON FUNCTION; PROCEDURE too */
    SQL_CALL,       /* CALL of a procedure */
    SQL_CALLS,      /* SELECT pg_advisory_lock(…), … */
};

struct sql_statement {
    enum sql_kind kind;
    struct str text;        /* lent from the message, without the semicolon, blanks and comments around it */
    struct sql_marks marks; /* its tokens, as far as they are kept; they live as long as the message */
    size_t offset;          /* of text in the message, bytes */
    const char *word;       /* first word in upper case ("SELECT"), behind opening brackets; "" without */
    const struct sql_parsed *parsed; /* what a command says (parsed.h); NULL: nobody has asked yet */
};

struct sql_list {
    size_t n;
    struct sql_statement *items; /* of the arena; empty statements are left out unless all are */
};

/* The tokens of a statement: what all passes over it take. */
static inline struct sql_tokens sql_statement_tokens(const struct sql_statement *s)
{
    return (struct sql_tokens){.text = s->text, .marks = s->marks};
}

/* A position in a statement's text becomes one in the message that it is part of. */
static inline void sql_shift_position(const struct sql_statement *s, struct err *e)
{
    err_shift_position(e, (struct str){s->text.p - s->offset, s->offset});
}

/* Splits a message at its semicolons outside of strings, comments, brackets and bodies of SQL functions, and
 * keeps the tokens that it finds by the way.
 * ST_OK; ST_AGAIN a string, quoted name or comment has no end: the engine shall split it (and say so), and
 * sql_classify each part; ST_ERR 54000 or 53200. */
int sql_split(struct arena *a, struct str sql, struct sql_list *out, struct err *e);
/* What one piece is, when the engine has split it, or when it is a part of a statement whose tokens are kept.
 * Never fails but for memory. */
int sql_classify(struct arena *a, struct sql_tokens sql, struct sql_statement *out, struct err *e);

#endif
