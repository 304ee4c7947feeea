/* CALL of a procedure, and SELECT of a function that is run by itself alone, before they run: which one,
 * with which arguments. Of session/ alone. The session's own thread. */
#ifndef TAVANA_SESSION_PROCEDURE_H
#define TAVANA_SESSION_PROCEDURE_H

#include "base/err.h"
#include "session/function_kept.h"
#include "sql/function.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct session;
struct sql_call;
struct statement;

/* A procedure, and how a call's arguments fit its own. Of the message's arena. */
struct procedure {
    const char *name;
    struct function_kept kept;
    struct sql_function declared; /* its arguments; a function's result */
    bool function, in_from;
    const char *alias;                         /* of a function's column; NULL: none */
    size_t ngiven;                             /* arguments of the call … */
    size_t places[SQL_FUNCTION_ARGUMENTS_MAX]; /* … and which of the declaration they are */
    bool is_given[SQL_FUNCTION_ARGUMENTS_MAX];
};

/* Whether it names a procedure; else it is the engine's CALL of a table function, and its kind says so from
 * now on. 42809 for a function. */
int procedure_claims(struct session *s, struct statement *st, bool *ours, struct err *e);
/* Whether the engine refuses a statement as it refuses one with such a call. */
bool procedure_may_be_alone(const struct err *e);
/* An error of a statement that is more than such a call: 0A000 where the call is what is wrong. ST_ERR */
int procedure_explain(struct err *e);
/* Whether a statement that the engine refuses is the call of a function that is run by itself alone; it is
 * a CALL from now on then. */
int procedure_alone(struct session *s, struct statement *st, bool *is, struct err *e);
/* Sees to the query of its arguments (st->engine; NULL: it has none) and to the columns of its result
 * (st->desc; NULL: it has no OUT arguments). 42883 for arguments that do not fit. */
int procedure_prepare(struct session *s, struct statement *st, const uint32_t *oids, size_t noids,
                      struct err *e);
/* Looks the procedure of a call up. 42883 */
int procedure_read(struct session *s, const struct sql_call *call, struct procedure *out, struct err *e);
/* A column of the answer. */
struct procedure_column {
    const char *name;
    struct str type;
};
/* How many columns the answer has; out: room for SQL_FUNCTION_ARGUMENTS_MAX. */
size_t procedure_columns(const struct procedure *p, struct procedure_column *out);
/* A query of the answer's rows, n of them, of values row after row. NULL without memory. */
const char *procedure_answer(struct session *s, const struct procedure *p, const char *const *values,
                             size_t n);
/* anyelement and its kin: nothing to cast to. */
bool procedure_is_any(struct str type);

#endif
