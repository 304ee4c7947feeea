/* Two macros may have the name, one that gives a value and one that gives rows; the declaration is in the
 * comment of one of them. */
#include "session/function_kept.h"

#include "pgtype/oid.h"
#include "session/relation.h"
#include "session/session_priv.h"
#include "sql/catalog.h"
#include "sql/function.h"

#include <assert.h>
#include <string.h>

int function_name_read(struct session *s, const struct sql_function_name *n, const char **schema,
                       const char **name, const char **full, struct err *e)
{
    const struct str known = n->schema.kind == SQL_TOK_END ? (struct str){0} : sql_engine_schema(&n->schema);
    *schema = known.p                         ? arena_strndup(&s->message_arena, known.p, known.n)
              : n->schema.kind == SQL_TOK_END ? NULL
                                              : step_token(s, &n->schema);
    *name = step_token(s, &n->name);
    if (!*name || (n->schema.kind != SQL_TOK_END && !*schema))
        return err_oom(e);
    if (!*schema) {
        struct ask_rows rows;
        TRY(session_ask(s, "SELECT system.main.current_schema()", &rows, e));
        *schema = ask_text(&rows, 0, 0);
    }
    const char *a = step_name(s, *schema), *b = step_name(s, *name);
    *full = a && b ? step_text(s, "%s.%s", a, b) : NULL;
    return *full ? ST_OK : err_oom(e);
}

/* The nth field of a declaration; NULL: none. */
static const char *field_of(struct session *s, const char *declaration, size_t n)
{
    assert(strncmp(declaration, FUNCTION_KEPT, sizeof FUNCTION_KEPT - 1) == 0);
    const char *at = declaration + sizeof FUNCTION_KEPT - 1;
    while (at && n-- > 0)
        at = (at = strchr(at, FUNCTION_UNIT[0])) ? at + 1 : NULL;
    return at ? arena_strndup(&s->message_arena, at, strcspn(at, FUNCTION_UNIT)) : NULL;
}

int function_kept_find(struct session *s, const char *schema, const char *name, struct function_kept *out,
                       struct err *e)
{
    struct ask_rows rows;
    const char *a = step_literal(s, schema), *b = step_literal(s, name);
    const char *sql = a && b
                          ? step_text(s,
                                      "SELECT function_type, comment FROM tavana_catalog.pg.macros() WHERE "
                                      "system.main.lower(schema_name) = system.main.lower(%s) AND "
                                      "system.main.lower(name) = system.main.lower(%s)",
                                      a, b)
                          : NULL;
    *out = (struct function_kept){0};
    TRY(sql ? session_ask(s, sql, &rows, e) : err_oom(e));
    for (size_t i = 0; i < rows.n; i++) {
        bool table = strcmp(ask_text(&rows, i, 0), "table_macro") == 0;
        const char *comment = ask_value(&rows, i, 1), *kind, *alone;
        out->table |= table;
        out->scalar |= !table;
        const char *kept = comment ? strstr(comment, FUNCTION_KEPT) : NULL;
        if (comment && comment[0] != FUNCTION_KEPT[0])
            out->comment = arena_strndup(&s->message_arena, comment, strcspn(comment, "\x1e"));
        if (!kept)
            continue;
        out->kept = true;
        out->in_table = table;
        out->declaration = kept;
        const struct {
            const char **to;
            size_t field;
        } fields[] = {{&out->identity, 0}, {&out->arguments, 1}, {&out->result, 2}, {&out->oids, 3},
                      {&out->source, 12},  {&out->language, 13}, {&kind, 14},       {&alone, 15}};
        for (size_t k = 0; k < sizeof fields / sizeof *fields; k++)
            if (!(*fields[k].to = field_of(s, kept, fields[k].field)))
                *fields[k].to = "";
        out->procedure = kind[0] == 'p';
        out->alone = alone[0] == 'a';
    }
    return ST_OK;
}

/* The name behind the only OUT or INOUT among the arguments, as it is written; "*": there is none of these.
 * NULL: there are several. */
static const char *only_output(struct session *s, const char *arguments)
{
    struct sql_lexer l;
    struct sql_token t, name = {.kind = SQL_TOK_END};
    size_t n = 0;
    sql_lexer_init(&l, sql_tokens_of(str_of(arguments)));
    while (sql_lexer_next(&l, &t) != SQL_TOK_END && t.kind != SQL_TOK_BAD)
        if ((sql_token_is_word(&t, "OUT") || sql_token_is_word(&t, "INOUT")) && n++ == 0)
            (void)sql_lexer_next(&l, &name);
    return n == 0 ? "*" : n > 1 ? NULL : arena_strndup(&s->message_arena, name.text.p, name.text.n);
}

const char *function_column(struct session *s, const char *written)
{
    static const char rows[] = "SETOF ";
    struct relation_name n;
    struct function_kept kept;
    struct err ignored;
    const char *schema, *name, *full;
    err_init(&ignored);
    relation_name_read(str_of(written), &n);
    if (n.relation.kind == SQL_TOK_END)
        return NULL;
    const struct sql_function_name called = {.schema = n.schema, .name = n.relation};
    if (function_name_read(s, &called, &schema, &name, &full, &ignored) < 0 ||
        function_kept_find(s, schema, name, &kept, &ignored) < 0 || !kept.kept)
        return NULL;
    const char *result = kept.result;
    if (strncmp(result, rows, sizeof rows - 1) == 0)
        result += sizeof rows - 1;
    return pgtype_by_name(str_of(result)) ? only_output(s, kept.arguments) : NULL;
}
