/* The catalog's pg_attribute is asked, as any client could ask it, so that names are found along the
 * session's search_path and types are called as PostgreSQL calls them. */
#include "session/column_type.h"

#include "session/session_priv.h"
#include "sql/statement.h"

#include <assert.h>

int column_type_like(struct session *s, struct str *type, struct err *e)
{
    struct ask_rows rows;
    struct str led;
    size_t dot = type->n;
    assert(type->p && type->n > 0);
    while (dot > 0 && type->p[dot - 1] != '.')
        dot--;
    if (dot == 0)
        return err_set(e, SQLSTATE_SYNTAX_ERROR, "%%TYPE reference improper (too few dotted names): %.*s",
                       (int)type->n, type->p);
    struct sql_lexer l;
    struct sql_token t;
    sql_lexer_init(&l, sql_tokens_of((struct str){type->p + dot, type->n - dot}));
    (void)sql_lexer_next(&l, &t);
    const char *relation = arena_strndup(&s->message_arena, type->p, dot - 1), *name = step_token(s, &t);
    const char *a = relation ? step_literal(s, relation) : NULL, *b = name ? step_literal(s, name) : NULL;
    const char *sql = a && b
                          ? step_text(s,
                                      "SELECT format_type(atttypid, -1) FROM pg_attribute WHERE attrelid = "
                                      "%s::regclass AND attname = %s",
                                      a, b)
                          : NULL;
    TRY(sql ? session_lead(s, str_of(sql), &led, e) : err_oom(e));
    int st = session_ask(s, led.p, &rows, e);
    e->position = st < 0 ? 0 : e->position; /* of a text that nobody has seen */
    TRY(st);
    if (rows.n == 0)
        return err_set(e, SQLSTATE_UNDEFINED_COLUMN, "column \"%s\" of relation \"%s\" does not exist", name,
                       relation);
    *type = str_of(ask_value(&rows, 0, 0));
    return ST_OK;
}
