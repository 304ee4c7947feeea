/* CALL of a procedure. Pure. Any thread. Source: PostgreSQL 15 manual, CALL. */
#ifndef TAVANA_SQL_CALL_H
#define TAVANA_SQL_CALL_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "sql/function.h"
#include "sql/token.h"

#include <stdbool.h>
#include <stddef.h>

struct sql_statement;

struct sql_call_argument {
    const char *name; /* of name => value; "": by its place */
    struct str value; /* lent from the statement's text */
};

struct sql_call {
    bool selects; /* SELECT f(…) or SELECT * FROM f(…), of a function */
    bool in_from; /* the second */
    struct sql_function_name name;
    size_t n;
    struct sql_call_argument *arguments;
    const char *alias; /* of selects; NULL: none */
};

/* 42601; 54023 for too many arguments; 53200. */
int sql_parse_call(struct arena *a, const struct sql_statement *s, struct sql_call *out, struct err *e);
/* A SELECT that is nothing but the call of a function. false: it is another, or there is no memory. */
bool sql_is_sole_call(struct arena *a, struct sql_tokens sql, struct sql_call *out);

#endif
