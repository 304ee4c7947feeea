/* One failure, as a value: SQLSTATE, message, detail, hint, context, position in the statement.
 * Fixed size, so that "out of memory" needs none. Made where it happens, never re-worded on the way up.
 * The first failure wins: err_set on an err that is set changes nothing, so clean-up cannot hide a cause. */
#ifndef TAVANA_BASE_ERR_H
#define TAVANA_BASE_ERR_H

#include "base/sqlstate.h"
#include "base/status.h"
#include "base/str.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ERR_MESSAGE_MAX = 4096,
    ERR_DETAIL_MAX = 1024,
    ERR_HINT_MAX = 512,
    ERR_CONTEXT_MAX = 512,
    ERR_NAME_MAX = 64
};

struct err {
    enum sqlstate code; /* SQLSTATE_SUCCESSFUL_COMPLETION: not set */
    int32_t position;   /* in characters from 1 into the statement; 0: none */
    char message[ERR_MESSAGE_MAX];
    char detail[ERR_DETAIL_MAX];   /* "": none */
    char hint[ERR_HINT_MAX];       /* "": none */
    char context[ERR_CONTEXT_MAX]; /* where in the input: "COPY t, line 3, column a"; "": none */
    /* what it is about, each "" when it is about none, or not known */
    char schema[ERR_NAME_MAX], table[ERR_NAME_MAX], column[ERR_NAME_MAX], constraint[ERR_NAME_MAX];
    char type[ERR_NAME_MAX];
};

/* Makes e unset; only then may it be read or filled. */
void err_init(struct err *e);
static inline bool err_is_set(const struct err *e)
{
    return e->code != SQLSTATE_SUCCESSFUL_COMPLETION;
}

/* The text that the position counts in stands behind `before`, in which it is to count from now on. */
static inline void err_shift_position(struct err *e, struct str before)
{
    if (e->position > 0)
        e->position += (int32_t)str_chars(before);
}

/* Each returns ST_ERR, so that `return err_set(…)` is the whole failure. Text longer than its field is cut
 * at a character boundary and ends in "…". */
int err_set(struct err *e, enum sqlstate code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* err_set with a list of arguments. */
int err_vset(struct err *e, enum sqlstate code, const char *fmt, va_list ap)
    __attribute__((format(printf, 3, 0)));
/* 53200, "out of memory". */
int err_oom(struct err *e);
/* "could not WHAT: strerror(errnum)", with the SQLSTATE that suits errnum (53100, 53200, 58P01, 42501,
 * 58030). */
int err_errno(struct err *e, int errnum, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Add to an err that was just set; ignored when there already is one. */
void err_detail(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The hint; as err_detail. */
void err_hint(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The context; as err_detail. */
void err_context(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* One line more of context, behind those that there are. */
void err_context_more(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* What it is about; a name that is longer than PostgreSQL's is cut. The schema is not known yet. */
void err_names(struct err *e, const char *table, const char *column, const char *constraint);
/* The same of a type: a domain that a value does not fit. */
void err_type_names(struct err *e, const char *schema, const char *type, const char *constraint);
/* The schema of that. */
void err_schema(struct err *e, const char *schema);

#endif
