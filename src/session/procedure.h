/* CALL before it runs: which procedure, with which arguments. Of session/ alone. The session's own thread. */
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
    struct sql_function declared;              /* its arguments */
    size_t ngiven;                             /* arguments of the call … */
    size_t places[SQL_FUNCTION_ARGUMENTS_MAX]; /* … and which of the declaration they are */
    bool is_given[SQL_FUNCTION_ARGUMENTS_MAX];
};

/* Whether it names a procedure; else it is the engine's CALL of a table function, and its kind says so from
 * now on. 42809 for a function. */
int procedure_claims(struct session *s, struct statement *st, bool *ours, struct err *e);
/* Sees to the query of its arguments (st->engine; NULL: it has none) and to the columns of its result
 * (st->desc; NULL: it has no OUT arguments). 42883 for arguments that do not fit. */
int procedure_prepare(struct session *s, struct statement *st, const uint32_t *oids, size_t noids,
                      struct err *e);
/* Looks the procedure of a call up. 42883 */
int procedure_read(struct session *s, const struct sql_call *call, struct procedure *out, struct err *e);
/* Whether a call answers with a row. */
bool procedure_has_outputs(const struct procedure *p);
/* SELECT CAST(value AS type) AS name, … of the OUT arguments. values: one an argument; NULL: all are NULL.
 * NULL: it has none, or there is no memory. */
const char *procedure_outputs(struct session *s, const struct procedure *p, const char *const *values);
/* anyelement and its kin: nothing to cast to. */
bool procedure_is_any(struct str type);

#endif
