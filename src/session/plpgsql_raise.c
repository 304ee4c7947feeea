#include "session/plpgsql_raise.h"

#include "session/session_priv.h"
#include "sql/plpgsql.h"
#include "sql/raise.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* The format with a value for each %; %% is one of those. */
static int message_of(struct plpgsql_frame *f, const struct sql_raise *raise, char *out, size_t room,
                      struct err *e)
{
    size_t n = 0, argument = 0;
    assert(room > 1);
    for (const char *p = raise->format; *p && n + 1 < room; p++) {
        const char *value;
        if (*p != '%' || p[1] == '%') {
            p += *p == '%';
            out[n++] = *p;
            continue;
        }
        if (argument == raise->n)
            return err_set(e, SQLSTATE_SYNTAX_ERROR, "too few parameters specified for RAISE");
        TRY(plpgsql_value(f, raise->arguments[argument++], (struct str){0}, &value, e));
        value = value ? value : "<NULL>";
        size_t fits = str_cut(str_of(value), room - n - 1);
        memcpy(out + n, value, fits);
        n += fits;
    }
    out[n] = '\0';
    return argument == raise->n
               ? ST_OK
               : err_set(e, SQLSTATE_SYNTAX_ERROR, "too many parameters specified for RAISE");
}

/* A code's five characters, or its name. */
static int code_of(const char *said, enum sqlstate *out, struct err *e)
{
    for (unsigned i = 0; i < SQLSTATE_COUNT; i++)
        if (strcmp(sqlstate_code((enum sqlstate)i), said) == 0 ||
            strcmp(sqlstate_name((enum sqlstate)i), said) == 0) {
            *out = (enum sqlstate)i;
            return ST_OK;
        }
    if (strlen(said) == strlen("P0001") &&
        strspn(said, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == strlen(said))
        return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED, "the error code %s in PL/pgSQL is not supported",
                       said);
    return err_set(e, SQLSTATE_UNDEFINED_OBJECT, "unrecognized exception condition \"%s\"", said);
}

int plpgsql_run_raise(struct plpgsql_frame *f, const struct sql_raise *said, struct err *e)
{
    struct session *s = f->session;
    char message[ERR_MESSAGE_MAX];
    enum sqlstate code = said->level == SQL_RAISE_ERROR     ? SQLSTATE_RAISE_EXCEPTION
                         : said->level == SQL_RAISE_WARNING ? SQLSTATE_WARNING
                                                            : SQLSTATE_SUCCESSFUL_COMPLETION;
    if (said->again && !f->scope.caught)
        return err_set(e, SQLSTATE_STACKED_DIAGNOSTICS_ACCESSED_WITHOUT_ACTIVE_HANDLER,
                       "RAISE without parameters cannot be used outside an exception handler");
    if (said->again) {
        struct err again = *f->scope.caught;
        *e = again;
        return ST_ERR;
    }
    if (said->code)
        TRY(code_of(said->code, &code, e));
    if (said->format)
        TRY(message_of(f, said, message, sizeof message, e));
    else
        (void)snprintf(message, sizeof message, "%s", said->code ? said->code : sqlstate_name(code));
    if (said->level == SQL_RAISE_SILENT)
        return ST_OK;
    if (said->level != SQL_RAISE_ERROR) {
        session_notice(s, said->level == SQL_RAISE_WARNING ? REPLY_WARNING : REPLY_NOTICE, code, "%s",
                       message);
        return ST_OK;
    }
    (void)err_set(e, code, "%s", message);
    if (said->detail)
        err_detail(e, "%s", said->detail);
    if (said->hint)
        err_hint(e, "%s", said->hint);
    return ST_ERR;
}

int plpgsql_run_assert(struct plpgsql_frame *f, const struct plpgsql_statement *s, struct err *e)
{
    bool holds;
    const char *message = NULL;
    TRY(plpgsql_holds(f, s->text, &holds, e));
    if (holds)
        return ST_OK;
    if (s->nvalues)
        TRY(plpgsql_value(f, s->values[0], STR("text"), &message, e));
    return err_set(e, SQLSTATE_ASSERT_FAILURE, "%s", message ? message : "assertion failed");
}
