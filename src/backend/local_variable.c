/* SET VARIABLE of what may take long. The engine sets a variable at once and for good: a cancel that comes
 * while it ends the statement would be told of one that has been set. So the value is made under another
 * name, which can be interrupted, and gets its own name by a statement that cannot. Inside a call, the
 * thread of the session. */
#include "backend/local_variable.h"

#include "backend/local_call.h"
#include "backend/local_conn.h"
#include "backend/local_priv.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "sql/token.h"

#include <assert.h>
#include <string.h>

#define PENDING "tavana_pending_value"

/* SET VARIABLE name … */
static bool find_name(struct str sql, struct sql_token *name)
{
    struct sql_lexer l;
    sql_lexer_init(&l, sql_tokens_of(sql));
    for (int i = 0; i < 3; i++)
        if (sql_lexer_next(&l, name) == SQL_TOK_END)
            return false;
    return sql_token_is_name(name);
}

int local_variable_text(struct arena *a, struct sql_rewritten *text, struct str *name, struct err *e)
{
    struct sql_token t;
    if (!find_name(text->text, &t))
        return err_set(e, SQLSTATE_SYNTAX_ERROR, "SET VARIABLE needs a name");
    size_t after = t.at + t.text.n;
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, LOCAL_STATEMENT_MEMORY);
    buf_put(&b, text->text.p, t.at);
    buf_put(&b, PENDING, sizeof PENDING - 1);
    buf_put(&b, text->text.p + after, text->text.n - after);
    struct sql_edit *edits = arena_calloc(a, text->nedits + 1, sizeof *edits);
    char *copy = buf_ok(&b) ? arena_strndup(a, (const char *)b.data, b.len) : NULL;
    if (!edits || !copy)
        return err_oom(e);
    edits[0] = (struct sql_edit){.at = t.at, .removed = t.text.n, .added = sizeof PENDING - 1};
    if (text->nedits) /* of parameters: all behind the name */
        memcpy(edits + 1, text->edits, text->nedits * sizeof *edits);
    *name = t.text;
    *text = (struct sql_rewritten){.text = {copy, b.len}, .nedits = text->nedits + 1, .edits = edits};
    return ST_OK;
}

int local_variable_settle(struct local_session *s, struct str name, bool made, struct err *e)
{
    struct err ignored;
    assert(s->main); /* variables are a connection's, and the value was made there */
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, LOCAL_STATEMENT_MEMORY);
    buf_printf(&b, "SET VARIABLE %.*s = getvariable('" PENDING "')", (int)name.n, name.p);
    buf_put_u8(&b, 0);
    local_running_on(s, NULL);
    int st = !made ? ST_ERR : buf_ok(&b) ? engine_exec(s->main->conn, (const char *)b.data, e) : err_oom(e);
    err_init(&ignored);
    (void)engine_exec(s->main->conn, "RESET VARIABLE " PENDING, &ignored); /* not in a failed transaction */
    return st;
}
