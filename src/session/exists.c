/* Each name is looked for in the engine's catalog before the statement runs. What another session makes or
 * drops between the two is not told; the statement itself is right all the same. */
#include "session/exists.h"

#include "session/session_priv.h"
#include "sql/catalog.h"
#include "sql/exists.h"
#include "sql/name.h"

#include <assert.h>

static const struct {
    const char *word;
    const char *kinds; /* of struct relation, that a name is looked for among when it is dropped */
} objects[] = {
    [SQL_EXISTS_TABLE] = {"table", "r"},       [SQL_EXISTS_VIEW] = {"view", "v"},
    [SQL_EXISTS_SEQUENCE] = {"sequence", "S"}, [SQL_EXISTS_INDEX] = {"index", "i"},
    [SQL_EXISTS_SCHEMA] = {"schema", NULL},    [SQL_EXISTS_TYPE] = {"type", NULL},
};

/* As it is shown. NULL without memory. */
static const char *shown(struct session *s, const struct sql_token *t)
{
    char *name = arena_alloc(&s->message_arena, t->text.n + 1);
    if (name)
        name[sql_name_read(t, name)] = '\0';
    return name;
}

/* Whether a query of the session's own has a row. sql NULL: 53200. */
static int has_row(struct session *s, const char *sql, bool *out, struct err *e)
{
    struct ask_rows rows;
    TRY(sql ? session_ask(s, sql, &rows, e) : err_oom(e));
    *out = rows.n > 0;
    return ST_OK;
}

/* A schema of the session's database, of the temporary one, or of the catalog. */
static int is_schema(struct session *s, const struct sql_token *t, bool *out, struct err *e)
{
    assert(sql_token_is_name(t));
    struct str known = sql_engine_schema(t);
    const char *name = known.p ? arena_strndup(&s->message_arena, known.p, known.n) : shown(s, t);
    const char *literal = name ? step_literal(s, name) : NULL;
    return has_row(
        s,
        literal ? step_text(s,
                            "SELECT 1 FROM system.main.duckdb_schemas() WHERE database_name IN "
                            "(current_database(), 'temp', 'system') AND lower(schema_name) = lower(%s)",
                            literal)
                : NULL,
        out, e);
}

/* Types are looked for in all schemas, as the engine finds them. */
static int is_type(struct session *s, const struct sql_token *t, bool *out, struct err *e)
{
    assert(sql_token_is_name(t));
    const char *name = shown(s, t), *literal = name ? step_literal(s, name) : NULL;
    return has_row(s,
                   literal ? step_text(s,
                                       "SELECT 1 FROM system.main.duckdb_types() WHERE lower(type_name) = "
                                       "lower(%s)",
                                       literal)
                           : NULL,
                   out, e);
}

static int is_there(struct session *s, const struct sql_exists *x, const struct sql_exists_name *n, bool *out,
                    struct err *e)
{
    struct relation r;
    const struct relation_name name = {n->database, n->schema, n->relation};
    assert(x->kind <= SQL_EXISTS_TYPE && objects[x->kind].word);
    if (x->kind == SQL_EXISTS_SCHEMA)
        return is_schema(s, &n->relation, out, e);
    if (x->kind == SQL_EXISTS_TYPE)
        return is_type(s, &n->relation, out, e);
    TRY(relation_find(s, &name, x->drops ? objects[x->kind].kinds : "rvSi", &r, e));
    *out = r.found;
    return ST_OK;
}

/* PostgreSQL names the schema when that is what is missing. */
static int tell_missing(struct session *s, const struct sql_exists *x, const struct sql_exists_name *n,
                        struct err *e)
{
    const struct sql_token *name = &n->relation;
    const char *what = objects[x->kind].word;
    assert(x->drops);
    bool schema = true;
    if (n->schema.kind != SQL_TOK_END && n->database.kind == SQL_TOK_END)
        TRY(is_schema(s, &n->schema, &schema, e));
    if (!schema) {
        what = "schema";
        name = &n->schema;
    }
    const char *text = shown(s, name);
    if (!text)
        return err_oom(e);
    session_notice(s, REPLY_NOTICE, SQLSTATE_SUCCESSFUL_COMPLETION, "%s \"%s\" does not exist, skipping",
                   what, text);
    return ST_OK;
}

static int tell_there(struct session *s, const struct sql_exists *x, const struct sql_exists_name *n,
                      struct err *e)
{
    const char *text = shown(s, &n->relation);
    bool schema = x->kind == SQL_EXISTS_SCHEMA;
    assert(!x->drops);
    if (!text)
        return err_oom(e);
    session_notice(s, REPLY_NOTICE, schema ? SQLSTATE_DUPLICATE_SCHEMA : SQLSTATE_DUPLICATE_TABLE,
                   "%s \"%s\" already exists, skipping", schema ? "schema" : "relation", text);
    return ST_OK;
}

int exists_tell(struct session *s, struct str sql, struct err *e)
{
    struct sql_exists x;
    struct sql_exists_name name;
    if (!sql_exists_read(sql_tokens_of(sql), &x))
        return ST_OK;
    while (sql_exists_next(&x, &name)) {
        bool there;
        TRY(is_there(s, &x, &name, &there, e));
        if (there && !x.drops)
            TRY(tell_there(s, &x, &name, e));
        else if (!there && x.drops)
            TRY(tell_missing(s, &x, &name, e));
    }
    return ST_OK;
}
