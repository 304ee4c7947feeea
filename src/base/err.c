#include "base/err.h"
#include "base/str.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *const codes[] = {
#define X(symbol, code, name) code,
    SQLSTATE_LIST(X)
#undef X
};

static const char *const names[] = {
#define X(symbol, code, name) name,
    SQLSTATE_LIST(X)
#undef X
};

const char *sqlstate_code(enum sqlstate s)
{
    return (unsigned)s < SQLSTATE_COUNT ? codes[s] : "XX000";
}

const char *sqlstate_name(enum sqlstate s)
{
    return (unsigned)s < SQLSTATE_COUNT ? names[s] : "internal_error";
}

enum sqlstate sqlstate_find(const char *code)
{
    for (unsigned i = 0; i < SQLSTATE_COUNT; i++)
        if (strcmp(codes[i], code) == 0)
            return (enum sqlstate)i;
    return SQLSTATE_INTERNAL_ERROR;
}

void err_init(struct err *e)
{
    e->code = SQLSTATE_SUCCESSFUL_COMPLETION;
    e->position = 0;
    e->message[0] = e->detail[0] = e->hint[0] = e->context[0] = '\0';
    e->schema[0] = e->table[0] = e->column[0] = e->constraint[0] = e->type[0] = '\0';
}

/* Formats into a field of n bytes; what does not fit is cut before a character and marked. What a client said
 * may be no text at all, or be cut by its format in the middle of a character: the field is text in any case.
 */
__attribute__((format(printf, 3, 0))) static void put_text(char *field, size_t n, const char *fmt, va_list ap)
{
    static const char mark[] = "\xe2\x80\xa6";
    int len = vsnprintf(field, n, fmt, ap);
    if (len < 0) {
        field[0] = '\0';
        return;
    }
    if ((size_t)len >= n) {
        size_t at = n - sizeof mark; /* the mark brings its own NUL */
        at = str_cut((struct str){field, n}, at);
        memcpy(field + at, mark, sizeof mark);
    }
    utf8_mend(field, strlen(field));
}

int err_vset(struct err *e, enum sqlstate code, const char *fmt, va_list ap)
{
    if (err_is_set(e)) /* the first failure is the one to tell */
        return ST_ERR;
    err_init(e);
    e->code = code;
    put_text(e->message, sizeof e->message, fmt, ap);
    return ST_ERR;
}

int err_set(struct err *e, enum sqlstate code, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    err_vset(e, code, fmt, ap);
    va_end(ap);
    return ST_ERR;
}

int err_oom(struct err *e)
{
    return err_set(e, SQLSTATE_OUT_OF_MEMORY, "out of memory");
}

static enum sqlstate errno_sqlstate(int errnum)
{
    switch (errnum) {
    case ENOSPC:
    case EDQUOT: return SQLSTATE_DISK_FULL;
    case ENOMEM: return SQLSTATE_OUT_OF_MEMORY;
    case ENOENT: return SQLSTATE_UNDEFINED_FILE;
    case EACCES:
    case EPERM: return SQLSTATE_INSUFFICIENT_PRIVILEGE;
    case EMFILE:
    case ENFILE: return SQLSTATE_INSUFFICIENT_RESOURCES;
    default: return SQLSTATE_IO_ERROR;
    }
}

int err_errno(struct err *e, int errnum, const char *fmt, ...)
{
    if (err_is_set(e))
        return ST_ERR;
    va_list ap;
    va_start(ap, fmt);
    err_vset(e, errno_sqlstate(errnum), fmt, ap);
    va_end(ap);
    char reason[128];
    size_t len = strlen(e->message);
    (void)snprintf(e->message + len, sizeof e->message - len, ": %s",
                   strerror_r(errnum, reason, sizeof reason));
    return ST_ERR;
}

void err_detail(struct err *e, const char *fmt, ...)
{
    if (e->detail[0])
        return;
    va_list ap;
    va_start(ap, fmt);
    put_text(e->detail, sizeof e->detail, fmt, ap);
    va_end(ap);
}

void err_hint(struct err *e, const char *fmt, ...)
{
    if (e->hint[0])
        return;
    va_list ap;
    va_start(ap, fmt);
    put_text(e->hint, sizeof e->hint, fmt, ap);
    va_end(ap);
}

void err_context(struct err *e, const char *fmt, ...)
{
    if (e->context[0])
        return;
    va_list ap;
    va_start(ap, fmt);
    put_text(e->context, sizeof e->context, fmt, ap);
    va_end(ap);
}

void err_context_more(struct err *e, const char *fmt, ...)
{
    enum { LEAST = 16 }; /* of a line that is worth to be begun */
    size_t n = strlen(e->context);
    if (n + 1 + LEAST > sizeof e->context)
        return;
    if (n > 0)
        e->context[n++] = '\n';
    va_list ap;
    va_start(ap, fmt);
    put_text(e->context + n, sizeof e->context - n, fmt, ap);
    va_end(ap);
}

void err_names(struct err *e, const char *table, const char *column, const char *constraint)
{
    e->schema[0] = e->type[0] = '\0';
    (void)str_copy(str_of(table), e->table, sizeof e->table);
    (void)str_copy(str_of(column), e->column, sizeof e->column);
    (void)str_copy(str_of(constraint), e->constraint, sizeof e->constraint);
}

void err_schema(struct err *e, const char *schema)
{
    (void)str_copy(str_of(schema), e->schema, sizeof e->schema);
}

void err_type_names(struct err *e, const char *schema, const char *type, const char *constraint)
{
    err_names(e, "", "", constraint);
    err_schema(e, schema);
    (void)str_copy(str_of(type), e->type, sizeof e->type);
}
