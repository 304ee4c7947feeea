/* What is known of a statement before it runs: whether the session answers it itself, and with which
 * columns. */
#include "session/describe.h"

#include "rows/row_desc.h"
#include "session/session_priv.h"
#include "sql/copy.h"

int command_claims(struct session *s, const struct sql_statement *sql, bool *ours, struct err *e)
{
    switch (sql->kind) {
    case SQL_ENGINE: *ours = false; return ST_OK;
    case SQL_COPY: *ours = sql_copy_is_client(sql->text); return ST_OK;
    case SQL_SET:
    case SQL_RESET:
    case SQL_SHOW: return set_claims(s, sql, ours, e);
    default: *ours = true; return ST_OK;
    }
}

int command_describe(struct session *s, const struct sql_statement *sql, struct row_desc **out, struct err *e)
{
    *out = NULL;
    if (sql->kind == SQL_SHOW)
        return show_describe(s, sql, out, e);
    if (sql->kind == SQL_FETCH) {
        bool binary;
        return cursor_describe_fetch(s, sql, out, &binary, e);
    }
    if (sql->kind == SQL_EXECUTE) {
        struct sql_execute x = {0};
        TRY(sql_parse_execute(&s->message_arena, sql, &x, e));
        struct statement *st = statement_find(s, x.name);
        if (!st)
            return err_set(e, SQLSTATE_INVALID_SQL_STATEMENT_NAME, "prepared statement \"%s\" does not exist",
                           x.name);
        struct row_desc *desc = statement_desc(st);
        *out = desc ? row_desc_ref(desc) : NULL;
    }
    return ST_OK;
}
