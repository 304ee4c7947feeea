/* A body in PL/pgSQL as a tree: declarations, assignments, IF, CASE, loops, RETURN, RAISE, EXECUTE, handlers
 * of errors, cursors and SQL. What else the language has is 0A000 with its line.
 * libpg_query's tree of a body does not say which block declares a variable, nor what ALIAS names, so the
 * body is read token by token; its expressions stay texts. Pure. Any thread.
 * Source: PostgreSQL 15 manual, 43.2 to 43.9. */
#ifndef TAVANA_SQL_PLPGSQL_H
#define TAVANA_SQL_PLPGSQL_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "sql/raise.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    PLPGSQL_STATEMENTS_MAX = 10000, /* of one body; more is 54000 */
    PLPGSQL_DEPTH_MAX = 100,        /* of blocks and branches in one another; more is 54001 */
    PLPGSQL_TARGETS_MAX = 100,      /* variables behind INTO, FOR and GET DIAGNOSTICS */
    PLPGSQL_VALUES_MAX = 100,       /* expressions behind USING */
};

enum plpgsql_kind {
    PLPGSQL_BLOCK,
    PLPGSQL_ASSIGN,
    PLPGSQL_IF, /* CASE too */
    PLPGSQL_RETURN,
    PLPGSQL_RETURN_NEXT,
    PLPGSQL_RETURN_QUERY,
    PLPGSQL_RAISE,
    PLPGSQL_PERFORM,
    PLPGSQL_OPEN,
    PLPGSQL_FETCH, /* MOVE too */
    PLPGSQL_CLOSE,
    PLPGSQL_SQL,
    PLPGSQL_LOOP,        /* WHILE too */
    PLPGSQL_FOR_NUMBERS, /* FOR i IN a..b */
    PLPGSQL_FOR_ROWS,    /* of a query; FOREACH too, of what unnest makes of its array */
    PLPGSQL_EXIT,
    PLPGSQL_CONTINUE,
    PLPGSQL_EXECUTE,
    PLPGSQL_GET, /* GET DIAGNOSTICS */
    PLPGSQL_ASSERT,
};

enum plpgsql_scroll { PLPGSQL_SCROLL_AS_MAY_BE, PLPGSQL_SCROLL, PLPGSQL_NO_SCROLL };

/* What a variable is bound to that is declared as a CURSOR. */
struct plpgsql_cursor {
    enum plpgsql_scroll scroll;
    size_t n; /* arguments */
    const char **names;
    struct str *types;
    struct str query;
};

/* What a statement does with a cursor. */
struct plpgsql_use {
    const char *variable;
    bool queries; /* OPEN … FOR a query, which is the statement's text */
    enum plpgsql_scroll scroll;
    size_t n; /* arguments that are given */
    struct str *values;
    const char **names;    /* NULL: by its place */
    bool moves;            /* MOVE; else FETCH */
    const char *direction; /* in upper case; "": none */
    struct str count;      /* how far; n 0: not said */
};

struct plpgsql_variable {
    const char *name;
    struct str type;      /* p NULL: it is another name for … */
    const char *alias_of; /* … a variable, or "$1" */
    bool like;            /* the type is that of what `type` names: name%TYPE, table.column%TYPE */
    struct plpgsql_variable *next_like; /* of those with a dot in it, of all blocks */
    bool constant, not_null;
    bool record;                   /* it has no type: a row of any query */
    struct plpgsql_cursor *cursor; /* NULL: it is none */
    struct str initial;            /* p NULL: NULL */
    unsigned line;
};

/* WHEN conditions THEN …, of a block's EXCEPTION. */
struct plpgsql_handler {
    struct str conditions; /* duplicate_object OR SQLSTATE '42P07' OR others */
    struct plpgsql_statement *body;
    struct plpgsql_handler *next;
};

struct plpgsql_block {
    const char *label; /* "": none */
    size_t n;
    struct plpgsql_variable *variables;
    struct plpgsql_statement *body; /* the first one */
    struct plpgsql_handler *handlers;
    unsigned handlers_line;
    struct plpgsql_variable *likes; /* of the outermost block: variables whose types are columns' */
};

struct plpgsql_branch {
    struct str condition; /* p NULL: ELSE */
    struct plpgsql_statement *body;
    struct plpgsql_branch *next;
};

struct plpgsql_statement {
    enum plpgsql_kind kind;
    unsigned line;
    struct plpgsql_statement *next;
    const char *word;   /* SQL: its first word in upper case, as far as it matters: "SELECT" or ""; of what
                           a function cannot have: what it is called then */
    const char *target; /* ASSIGN: the variable; label.name for one that is qualified */
    struct plpgsql_use *cursor; /* OPEN, FETCH, CLOSE; FOR: what may be one; NULL: a query */
    const char *label;          /* of a loop; that EXIT or CONTINUE names; "": none */
    struct str text; /* expression, query or statement, without INTO; EXIT: its WHEN, LOOP: its WHILE; FOR:
                           where it begins; n 0: none */
    struct str last, step; /* FOR of numbers; step.n 0: 1 */
    bool reverse;
    bool dynamic;   /* FOR of rows, OPEN: the text is an expression that gives the query, as EXECUTE's */
    size_t nvalues; /* of USING */
    struct str *values;
    size_t ntargets; /* of INTO, FOR of rows and GET */
    const char **targets;
    const char **items; /* GET: what is asked for, in upper case */
    bool strict;
    bool stacked;                   /* GET STACKED */
    struct plpgsql_statement *body; /* of a loop */
    struct plpgsql_branch *branches;
    bool falls; /* of CASE: without ELSE, where nothing that fits is an error */
    struct plpgsql_block *block;
    struct sql_raise *raise;
};

/* The body's outermost block. Texts are lent from the body or lie in the arena. 42601, 0A000, 54000, 54001,
 * 53200; errors within the body say no position. */
int plpgsql_read(struct arena *a, struct str body, struct plpgsql_block **out, struct err *e);
/* Whether an error with that code and name is among a handler's conditions. */
bool plpgsql_catches(const struct plpgsql_handler *h, const char *code, const char *name);

#endif
