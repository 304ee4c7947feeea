/* One pass finds each $n and keeps its place: the two tokens before it and the one behind tell a cast
 * or ANY ($n) from a parameter that stands alone. The texts that are made later (casts to declared
 * types, x = $n for ANY) are edits at these places, without another look at the tokens. A text without
 * a dollar sign costs one memchr. */
#include "sql/params.h"

#include "sql/edits.h"
#include "sql/type.h"

#include <stdio.h>

enum { BEFORE = 2 }; /* tokens that are looked at before a parameter */

/* $1::t or CAST($1 AS t) */
static bool is_cast(const struct sql_token before[BEFORE], const struct sql_token *after)
{
    if (sql_token_is_typecast(after))
        return true;
    bool call = sql_token_is_word(&before[0], "CAST") || sql_token_is_word(&before[0], "TRY_CAST");
    return call && sql_token_is(&before[1], '(') && sql_token_is_word(after, "AS");
}

static bool is_any(const struct sql_token before[BEFORE], const struct sql_token *after)
{
    return (sql_token_is_word(&before[0], "ANY") || sql_token_is_word(&before[0], "ALL") ||
            sql_token_is_word(&before[0], "SOME")) &&
           sql_token_is(&before[1], '(') && sql_token_is(after, ')');
}

/* t: the parameter; ahead: behind it. */
static bool look_around(const struct sql_token before[BEFORE], const struct sql_token *t,
                        struct sql_lexer ahead, struct sql_param *out)
{
    struct sql_token after;
    struct sql_type type;
    int64_t number;
    if (!str_to_i64((struct str){t->text.p + 1, t->text.n - 1}, 1, INT32_MAX, &number))
        return false;
    *out = (struct sql_param){.at = t->at, .n = t->text.n, .number = (int32_t)number};
    (void)sql_lexer_next(&ahead, &after);
    out->cast = is_cast(before, &after);
    if (out->cast && sql_read_type(&ahead, &type)) {
        out->type_at = type.at;
        out->type_n = type.end - type.at;
    }
    if (is_any(before, &after)) {
        out->any_at = before[0].at;
        out->any_n = after.at + after.text.n - before[0].at;
    }
    return true;
}

struct found {
    struct arena *arena;
    struct sql_param *items;
    size_t n, cap;
};

static int add(struct found *f, const struct sql_param *p, struct err *e)
{
    if (f->n == f->cap) {
        size_t cap = f->cap ? f->cap * 2 : 4;
        struct sql_param *items = arena_calloc(f->arena, cap, sizeof *items);
        if (!items)
            return err_oom(e);
        if (f->n)
            memcpy(items, f->items, f->n * sizeof *items);
        f->items = items;
        f->cap = cap;
    }
    f->items[f->n++] = *p;
    return ST_OK;
}

/* $0, or a number that no integer holds. */
static int no_parameter(struct str sql, const struct sql_token *t, struct err *e)
{
    (void)err_set(e, SQLSTATE_UNDEFINED_PARAMETER, "there is no parameter %.*s", (int)t->text.n, t->text.p);
    e->position = str_position(sql, t->at);
    return ST_ERR;
}

int sql_params_find(struct arena *a, struct sql_tokens sql, struct sql_params *out, struct err *e)
{
    struct sql_lexer l;
    struct sql_token before[BEFORE] = {{.kind = SQL_TOK_END}, {.kind = SQL_TOK_END}}, t;
    struct found found = {.arena = a};
    *out = (struct sql_params){.text = sql.text};
    if (sql.text.n == 0 || !memchr(sql.text.p, '$', sql.text.n))
        return ST_OK;
    sql_lexer_init(&l, sql);
    while (sql_lexer_next(&l, &t) != SQL_TOK_END && t.kind != SQL_TOK_BAD) {
        struct sql_param p;
        out->file_name |= before[1].kind == SQL_TOK_END && sql_token_is_word(&t, "COPY");
        if (t.kind == SQL_TOK_PARAM)
            TRY(look_around(before, &t, l, &p) ? add(&found, &p, e) : no_parameter(sql.text, &t, e));
        before[0] = before[1];
        before[1] = t;
    }
    out->items = found.items;
    out->n = found.n;
    return ST_OK;
}

/* Whether the text of a value of this type is not what the engine's own cast makes of it: $1::text is then
 * what the client would be sent. */
static bool is_shown(struct str cast_to, const char *type)
{
    static const char *const plain[] = {"VARCHAR", "JSON",   "pg_jsonb", "UUID",
                                        "INTEGER", "BIGINT", "SMALLINT"};
    if (!str_ieq(cast_to, STR("text")) && !str_ieq(cast_to, STR("varchar")))
        return false;
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (strcmp(type, plain[i]) == 0)
            return false;
    return strncmp(type, "DECIMAL", strlen("DECIMAL")) != 0 || strchr(type, '[');
}

/* Whether the statement's own cast gives way to the type, which has the digits of the value. */
static bool gives_way(struct str cast_to, const char *type)
{
    bool list = strchr(type, '[') != NULL;
    return strncmp(type, "DECIMAL(", strlen("DECIMAL(")) == 0 &&
           str_eq(cast_to, list ? STR(SQL_PARAM_NUMERIC "[]") : STR(SQL_PARAM_NUMERIC));
}

static int wrap(struct edits *x, const struct sql_param *p, const char *type, bool shown, struct err *e)
{
    size_t room = strlen(type) + sizeof " AS ))";
    char *tail = arena_alloc(x->arena, room);
    if (!tail)
        return err_oom(e);
    int n = snprintf(tail, room, " AS %s)%s", type, shown ? ")" : "");
    TRY(edits_replace(x, p->at, 0, shown ? STR("pg_show(CAST(") : STR("CAST("), e));
    return edits_replace(x, p->at + p->n, 0, (struct str){tail, (size_t)n}, e);
}

int sql_cast_params(struct arena *a, const struct sql_params *params, const char *const *type_names,
                    size_t ntypes, struct sql_rewritten *out, struct err *e)
{
    struct edits x;
    edits_init(&x, a, params->text);
    for (size_t i = 0; i < params->n && !params->file_name; i++) {
        const struct sql_param *p = &params->items[i];
        const char *type = (size_t)p->number <= ntypes ? type_names[p->number - 1] : NULL;
        const struct str cast_to = {params->text.p + p->type_at, p->type_n};
        const bool shown = type && p->cast && is_shown(cast_to, type);
        if (type && p->cast && gives_way(cast_to, type))
            TRY(edits_replace(&x, p->type_at, p->type_n, str_of(type), e));
        else if (type && (!p->cast || type[0] == '"' || shown))
            TRY(wrap(&x, p, type, shown, e));
    }
    return edits_apply(&x, out, e);
}

void sql_param_casts(const struct sql_params *params, struct str *types, size_t n)
{
    memset(types, 0, n * sizeof *types);
    for (size_t i = 0; i < params->n; i++) {
        const struct sql_param *p = &params->items[i];
        if (p->type_n && (size_t)p->number <= n && !types[p->number - 1].p)
            types[p->number - 1] = (struct str){params->text.p + p->type_at, p->type_n};
    }
}

int sql_any_params(struct arena *a, const struct sql_params *params, bool *marks, size_t n,
                   struct sql_rewritten *out, struct err *e)
{
    struct edits x;
    edits_init(&x, a, params->text);
    for (size_t i = 0; i < params->n; i++) {
        const struct sql_param *p = &params->items[i];
        if (!p->any_n || (size_t)p->number > n)
            continue;
        marks[p->number - 1] = true;
        TRY(edits_replace(&x, p->any_at, p->any_n, (struct str){params->text.p + p->at, p->n}, e));
    }
    return edits_apply(&x, out, e);
}
