/* What is known of a statement before it runs: whether the session answers it itself, and with which
 * columns. */
#include "session/describe.h"

#include "rows/row_desc.h"
#include "session/session_priv.h"

#include <string.h>

static bool is_postgres(const struct session *s)
{
    return strcmp(settings_get(&s->settings, SET_TAVANA_SQL), "postgres") == 0;
}

/* What PostgreSQL's grammar does not have is the engine's: it says so when it does not know it either. */
static int claims_ddl(struct session *s, struct statement *st, bool *ours, struct err *e)
{
    *ours = is_postgres(s);
    if (!*ours || statement_parse(s, st, e) == ST_OK)
        return ST_OK;
    if (e->code != SQLSTATE_SYNTAX_ERROR)
        return ST_ERR;
    err_init(e);
    *ours = false;
    return ST_OK;
}

int command_claims(struct session *s, struct statement *st, bool *ours, struct err *e)
{
    switch (st->sql.kind) {
    case SQL_ENGINE: *ours = false; return ST_OK;
    case SQL_EXPLAIN: *ours = is_postgres(s); return *ours ? statement_parse(s, st, e) : ST_OK;
    case SQL_FUNCTION: *ours = is_postgres(s); return *ours ? statement_parse(s, st, e) : ST_OK;
    case SQL_CALL: return procedure_claims(s, st, ours, e);
    case SQL_MATVIEW:
    case SQL_UTILITY:
    case SQL_TYPE:
    case SQL_ALTER:
    case SQL_INDEX: return claims_ddl(s, st, ours, e);
    case SQL_COPY: *ours = sql_copy_is_client(sql_statement_tokens(&st->sql)); return ST_OK;
    case SQL_SET:
    case SQL_RESET:
    case SQL_SHOW: return set_claims(s, st, ours, e);
    default: *ours = true; return ST_OK;
    }
}

int command_describe(struct session *s, struct statement *st, struct row_desc **out, struct err *e)
{
    *out = NULL;
    if (st->sql.kind == SQL_SHOW)
        return show_describe(s, st, out, e);
    if (st->sql.kind == SQL_FETCH) {
        bool binary;
        return cursor_describe_fetch(s, st, out, &binary, e);
    }
    if (st->sql.kind == SQL_EXECUTE) {
        TRY(statement_parse(s, st, e));
        const char *name = st->sql.parsed->execute.name;
        const struct statement *named = statement_find(s, name);
        if (!named)
            return err_set(e, SQLSTATE_INVALID_SQL_STATEMENT_NAME, "prepared statement \"%s\" does not exist",
                           name);
        struct row_desc *desc = statement_desc(named);
        *out = desc ? row_desc_ref(desc) : NULL;
    }
    return ST_OK;
}
