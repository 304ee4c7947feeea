#include "front/function_call.h"

#include "base/bytes.h"
#include "base/str.h"
#include "front/front_priv.h"
#include "pgwire/frame.h"
#include "pgwire/frontend.h"

#include <stdio.h>

enum about {
    ABOUT_OBJECT,     /* its first argument is the number of a large object */
    ABOUT_DESCRIPTOR, /* … of one that has been opened */
    ABOUT_NEW,        /* makes one */
    ABOUT_FILE,       /* … from a file, or into one, which only a superuser may */
};

/* By their OIDs in pg_proc. */
static const struct {
    uint32_t oid;
    const char *name;
    enum about about;
} functions[] = {
    {952, "lo_open", ABOUT_OBJECT},          {953, "lo_close", ABOUT_DESCRIPTOR},
    {954, "loread", ABOUT_DESCRIPTOR},       {955, "lowrite", ABOUT_DESCRIPTOR},
    {956, "lo_lseek", ABOUT_DESCRIPTOR},     {957, "lo_creat", ABOUT_NEW},
    {958, "lo_tell", ABOUT_DESCRIPTOR},      {964, "lo_unlink", ABOUT_OBJECT},
    {715, "lo_create", ABOUT_NEW},           {764, "lo_import", ABOUT_FILE},
    {765, "lo_export", ABOUT_FILE},          {767, "lo_import", ABOUT_FILE},
    {1004, "lo_truncate", ABOUT_DESCRIPTOR}, {3170, "lo_lseek64", ABOUT_DESCRIPTOR},
    {3171, "lo_tell64", ABOUT_DESCRIPTOR},   {3172, "lo_truncate64", ABOUT_DESCRIPTOR},
    {3457, "lo_from_bytea", ABOUT_NEW},      {3458, "lo_get", ABOUT_OBJECT},
    {3459, "lo_get", ABOUT_OBJECT},          {3460, "lo_put", ABOUT_OBJECT},
};

/* The number that the first argument is, in either format. */
static int first_number(const struct fe_function_call *m, int64_t *out, struct err *e)
{
    if (m->first.len < 0)
        return err_set(e, SQLSTATE_NULL_VALUE_NOT_ALLOWED, "the first argument of the function is missing");
    if (m->first_is_binary && m->first.len != 4)
        return err_set(e, SQLSTATE_INVALID_BINARY_REPRESENTATION,
                       "incorrect binary data format in function argument 1");
    struct str text = {(const char *)m->first.data, (size_t)m->first.len};
    if (m->first_is_binary)
        *out = get_be32(m->first.data);
    else if (!str_to_i64(text, INT32_MIN, UINT32_MAX, out))
        return err_set(e, SQLSTATE_INVALID_TEXT_REPRESENTATION,
                       "the first argument of the function is no number");
    return ST_OK;
}

int function_call(struct pg_client *c, const struct frame *f, struct err *e)
{
    struct fe_function_call m;
    size_t i = 0;
    int64_t number;
    TRY(fe_function_call_decode(f->payload, f->len, &m, e));
    if (tx_has_failed(&c->session))
        return err_set(e, SQLSTATE_IN_FAILED_SQL_TRANSACTION,
                       "current transaction is aborted, commands ignored until end of transaction block");
    while (i < sizeof functions / sizeof *functions && functions[i].oid != m.function)
        i++;
    if (i == sizeof functions / sizeof *functions)
        return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                       "function calls through the protocol are not supported");
    switch (functions[i].about) {
    case ABOUT_FILE:
        return err_set(e, SQLSTATE_INSUFFICIENT_PRIVILEGE, "permission denied for function %s",
                       functions[i].name);
    case ABOUT_NEW: break;
    case ABOUT_OBJECT:
        TRY(first_number(&m, &number, e));
        return err_set(e, SQLSTATE_UNDEFINED_OBJECT, "large object %u does not exist", (uint32_t)number);
    case ABOUT_DESCRIPTOR:
        TRY(first_number(&m, &number, e));
        return err_set(e, SQLSTATE_UNDEFINED_OBJECT, "invalid large-object descriptor: %d", (int32_t)number);
    }
    return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED, "large objects are not supported");
}
