/* SELECT pg_advisory_lock(…), setval(…) …: calls of functions whose state is the session's or the server's,
 * so that the engine cannot answer them. Where they are items of a target list by themselves, the engine is
 * asked for their arguments instead, row by row, and the session answers. Pure. Any thread. */
#ifndef TAVANA_SQL_CALLS_H
#define TAVANA_SQL_CALLS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "sql/rewrite.h"
#include "sql/token.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sql_statement;

enum { SQL_CALLS_MAX = 64, SQL_CALL_ARGUMENTS_MAX = 3 };

enum sql_call_what {
    SQL_CALL_LOCK,       /* waits: pg_advisory_lock … */
    SQL_CALL_TRY_LOCK,   /* pg_try_advisory_lock … */
    SQL_CALL_UNLOCK,     /* pg_advisory_unlock … */
    SQL_CALL_UNLOCK_ALL, /* pg_advisory_unlock_all() */
    SQL_CALL_CANCEL,     /* pg_cancel_backend(pid) */
    SQL_CALL_TERMINATE,  /* pg_terminate_backend(pid [, timeout]) */
    SQL_CALL_NOTIFY,     /* pg_notify(channel, payload) */
    SQL_CALL_SETVAL,     /* setval(sequence, value [, is_called]) */
    SQL_CALL_REFUSED,    /* PostgreSQL has it, this server cannot */
};

enum sql_call_result { SQL_CALL_VOID, SQL_CALL_BOOL, SQL_CALL_INT8, SQL_CALL_TEXT };

struct sql_call_function {
    const char *name;
    enum sql_call_what what;
    uint8_t least, most;      /* arguments */
    bool shared, transaction; /* of locks */
    bool takes_null;
    const char *types[SQL_CALL_ARGUMENTS_MAX]; /* what an argument is cast to */
    enum sql_call_result result;
};

struct sql_call_item {
    const struct sql_call_function *function;
    const char *column; /* what its column is called */
    size_t place;       /* of the item in the target list, from 0 */
    unsigned nargs;
};

struct sql_calls {
    size_t nitems; /* of the target list */
    size_t star;   /* the place of its *, which may stand for several columns; nitems: none */
    size_t n;
    struct sql_call_item *items;
    struct sql_rewritten made; /* the query that gives an array of texts, the arguments, for each call */
};

/* Whether a SELECT calls such a function: to be asked of all of them. */
bool sql_has_calls(struct sql_tokens sql);
/* Of one that sql_has_calls holds for; what is not lent lies in the arena. 0A000 where a call is no item of
 * the target list by itself, 42883 for a wrong number of arguments, 54000, 53200. */
int sql_parse_calls(struct arena *a, const struct sql_statement *s, struct sql_calls *out, struct err *e);

#endif
