/* The call, its alias and its columns become
 *   (FROM (SELECT record AS z_j) SELECT CAST(… AS type) AS name, …) AS alias
 * The engine's FROM in front keeps the parts in the order in which they were written. */
#include "dialect/records.h"

#include "dialect/cast.h"
#include "dialect/type.h"
#include "pgtype/oid.h"
#include "sql/type.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

struct record_source {
    const char *name;
    const char *call; /* what stands in place of the name */
    bool jsonb;
    bool several; /* rows */
};

#define ONE     "(FROM (SELECT system.main.pg_json_record("
#define SEVERAL "(FROM (SELECT unnest(system.main.pg_json_records("

/* Those without a call take their columns from the type of their first argument. They are refused, with the
 * name of the function to use in their place. */
static const struct record_source sources[] = {
    {"json_to_record", ONE, false, false},        {"json_to_recordset", SEVERAL, false, true},
    {"jsonb_to_record", ONE, true, false},        {"jsonb_to_recordset", SEVERAL, true, true},
    {"json_populate_record", NULL, false, false}, {"json_populate_recordset", NULL, false, true},
    {"jsonb_populate_record", NULL, true, false}, {"jsonb_populate_recordset", NULL, true, true},
};

const struct record_source *record_source_find(struct str name)
{
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
        if (str_ieq(name, str_of(sources[i].name)))
            return &sources[i];
    return NULL;
}

/* A name as a string, or as a name in quotes. */
static int put_quoted(struct rewriter *r, const struct sql_token *t, char quote, struct str *out)
{
    char *name = arena_alloc(r->arena, t->text.n + 1), *text = arena_alloc(r->arena, 2 * t->text.n + 3);
    size_t n = 0;
    if (!name || !text)
        return err_oom(r->err);
    size_t len = sql_name_read(t, name);
    text[n++] = quote;
    for (size_t i = 0; i < len; i++) {
        if (name[i] == quote)
            text[n++] = quote;
        text[n++] = name[i];
    }
    text[n++] = quote;
    *out = (struct str){text, n};
    return ST_OK;
}

/* A cast cuts what is too long for varchar(n); here that is an error. */
static int put_limit(struct rewriter *r, const struct sql_type *type, const char *name, struct str *field)
{
    char limit[16];
    (void)snprintf(limit, sizeof limit, "%d", type->mods[0]);
    const char *n = arena_strdup(r->arena, limit);
    if (!n)
        return err_oom(r->err);
    return walk_concat(r,
                       (const struct str[]){
                           STR("CASE WHEN system.main.length(system.main.rtrim("), *field, STR(", ' ')) > "),
                           str_of(n), STR(" THEN system.main.error('SQLSTATE 22001 value too long for type "),
                           str_of(name), STR("("), str_of(n), STR(")') ELSE "), *field, STR(" END")},
                       11, field);
}

/* a int: the column's value. */
static int put_column(struct rewriter *r, const struct sql_token *name, const struct sql_type *type)
{
    struct str key, column, field, cast, text;
    uint32_t oid = walk_type_oid(type);
    bool json = type->array || oid == PGTYPE_JSON || oid == PGTYPE_JSONB;
    TRY(put_quoted(r, name, '\'', &key));
    TRY(put_quoted(r, name, '"', &column));
    TRY(walk_concat(r,
                    (const struct str[]){json ? STR("system.main.pg_json_field(z_j, ")
                                              : STR("system.main.pg_json_field_text(z_j, "),
                                         key, STR(")")},
                    3, &field));
    if ((oid == PGTYPE_VARCHAR || oid == PGTYPE_BPCHAR) && type->nmods > 0 && !type->array)
        TRY(put_limit(r, type, oid == PGTYPE_BPCHAR ? "character" : "character varying", &field));
    TRY(walk_cast_of(r, type, field, &cast));
    TRY(walk_concat(r, (const struct str[]){cast, STR(" AS "), column}, 3, &text));
    return walk_replace(r, name->at, type->end, text);
}

static int no_columns(struct rewriter *r, size_t at)
{
    (void)err_set(r->err, SQLSTATE_SYNTAX_ERROR,
                  "a column definition list is required for functions returning \"record\"");
    r->err->position = str_position(r->edits.sql, at);
    return ST_ERR;
}

/* AS r(a int, b text), behind the call. *resume: behind it. */
static int put_columns(struct rewriter *r, const struct record_source *s, size_t end, size_t *resume)
{
    struct sql_lexer ahead = r->lexer;
    struct sql_token t, alias = {.kind = SQL_TOK_END};
    struct str name = STR(""), text;
    sql_lexer_seek(&ahead, end);
    if (sql_lexer_next(&ahead, &t), sql_token_is_word(&t, "AS"))
        (void)sql_lexer_next(&ahead, &t);
    if (sql_token_is_name(&t)) {
        alias = t;
        (void)sql_lexer_next(&ahead, &t);
    }
    if (!sql_token_is(&t, '('))
        return no_columns(r, end);
    TRY(walk_concat(r,
                    (const struct str[]){s->jsonb ? STR("::pg_jsonb::VARCHAR)") : STR(")"),
                                         s->several ? STR(")") : STR(""), STR(" AS z_j) SELECT ")},
                    3, &text));
    TRY(walk_replace(r, end, walk_end(&t), text));
    do {
        struct sql_type type;
        struct sql_token column;
        (void)sql_lexer_next(&ahead, &column);
        if (!sql_token_is_name(&column) || !sql_read_type(&ahead, &type))
            return no_columns(r, end);
        TRY(put_column(r, &column, &type));
        t = type.after;
    } while (sql_token_is(&t, ','));
    if (!sql_token_is(&t, ')'))
        return no_columns(r, end);
    if (alias.kind == SQL_TOK_END)
        name = str_of(s->name);
    else
        TRY(put_quoted(r, &alias, '"', &name));
    TRY(walk_concat(r, (const struct str[]){STR(") AS "), name}, 2, &text));
    *resume = walk_end(&t);
    return walk_replace(r, t.at, walk_end(&t), text);
}

int walk_record_source(struct rewriter *r, const struct record_source *s, size_t from, size_t to, size_t end)
{
    assert(s && from <= to && to <= end);
    size_t resume = 0;
    assert(from < to && to < end);
    if (!s->call) {
        (void)err_set(r->err, SQLSTATE_FEATURE_NOT_SUPPORTED,
                      "%s is not supported; use %s with a list of columns", s->name,
                      s->several ? "json_to_recordset" : "json_to_record");
        r->err->position = str_position(r->edits.sql, from);
        return ST_ERR;
    }
    TRY(walk_replace(r, from, to, str_of(s->call)));
    TRY(put_columns(r, s, end, &resume));
    struct sql_token called = r->token;
    walk_pass(r, from, to, &called);
    TRY(walk_on(r)); /* the bracket */
    if (r->depth <= DEPTH_MAX)
        r->frames[r->depth].resume = resume;
    return ST_OK;
}
