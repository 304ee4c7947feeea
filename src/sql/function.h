/* CREATE FUNCTION and PROCEDURE of LANGUAGE sql and plpgsql, and DROP of them and of ROUTINE. The engine's
 * own CREATE FUNCTION, which has an expression behind AS and no RETURNS, is none of these. Pure. Any
 * thread. Source: PostgreSQL 15 manual, 38.5, CREATE FUNCTION and CREATE PROCEDURE. */
#ifndef TAVANA_SQL_FUNCTION_H
#define TAVANA_SQL_FUNCTION_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "sql/plpgsql.h"
#include "sql/token.h"

#include <stdbool.h>
#include <stddef.h>

struct sql_statement;

enum { SQL_FUNCTION_ARGUMENTS_MAX = 100, SQL_FUNCTIONS_MAX = 100 };

/* As pg_proc.proargmodes calls them. */
enum sql_argument_mode {
    SQL_ARGUMENT_IN = 'i',
    SQL_ARGUMENT_OUT = 'o',
    SQL_ARGUMENT_INOUT = 'b',
    SQL_ARGUMENT_TABLE = 't', /* a column of RETURNS TABLE */
};

struct sql_argument {
    enum sql_argument_mode mode;
    const char *name;   /* "": it has none */
    struct str type;    /* without modifiers, which PostgreSQL drops as well */
    bool like;          /* the type is that of the column that `type` names, by %TYPE */
    struct str initial; /* the expression of its DEFAULT; p NULL: none */
};

struct sql_function_name {
    struct sql_token schema, name; /* kind END: not given */
    bool listed;                   /* of DROP: with a list of types … */
    size_t n;
    const struct str *types; /* … which are these */
};

struct sql_function {
    bool drops;
    bool procedure;           /* it is a procedure, or one shall be dropped … */
    bool routine;             /* … or either */
    bool comments;            /* COMMENT ON one that is there: */
    struct sql_token comment; /* a string, or the word NULL */
    /* DROP FUNCTION */
    bool if_exists;
    size_t nnames;
    struct sql_function_name *names; /* CREATE: one */
    /* CREATE FUNCTION */
    bool replaces, strict, set_of, immutable, stable;
    size_t n;
    struct sql_argument *arguments; /* those that are given, OUT ones and columns of the table, as written */
    bool alone;        /* of LANGUAGE sql: its body is no query, so that it can be run by itself alone */
    bool result_like;  /* as of an argument */
    struct str result; /* what RETURNS says, without SETOF; p NULL: what is OUT or TABLE says it */
    struct str
        body; /* one query, of a procedure any statements; n 0, of PL/pgSQL: what plpgsql_query makes of
                        block */
    struct plpgsql_block *block; /* NULL: it is of LANGUAGE sql */
    const char *source;          /* as pg_proc.prosrc has it */
};

/* Whether it is one of these. */
bool sql_is_function(struct sql_tokens sql);
/* Of one for which that holds. 42601; 42P13, 42704 and 42501 for what PostgreSQL refuses; 0A000 for what
 * cannot be here; 54023 for too many arguments; 53200. */
int sql_parse_function(struct arena *a, const struct sql_statement *s, struct sql_function *out,
                       struct err *e);

#endif
