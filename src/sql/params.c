#include "sql/params.h"

#include "sql/edits.h"
#include "sql/token.h"
#include "sql/type.h"

#include <stdio.h>

/* $1::t or CAST($1 AS t): the statement says itself what the parameter is. */
static bool is_cast(const struct sql_token before[2], const struct sql_token *after)
{
    if (sql_token_is_typecast(after))
        return true;
    bool call = sql_token_is_word(&before[0], "CAST") || sql_token_is_word(&before[0], "TRY_CAST");
    return call && sql_token_is(&before[1], '(') && sql_token_is_word(after, "AS");
}

static const char *type_of(const struct sql_token *t, const char *const *type_names, size_t ntypes)
{
    int64_t number;
    struct str digits = {t->text.p + 1, t->text.n - 1};
    if (t->kind != SQL_TOK_PARAM || !str_to_i64(digits, 1, INT32_MAX, &number) || (size_t)number > ntypes)
        return NULL;
    return type_names[number - 1];
}

static int wrap(struct edits *x, const struct sql_token *t, const char *type, struct err *e)
{
    size_t room = strlen(type) + sizeof " AS )";
    char *tail = arena_alloc(x->arena, room);
    if (!tail)
        return err_oom(e);
    int n = snprintf(tail, room, " AS %s)", type);
    TRY(edits_replace(x, t->at, 0, STR("CAST("), e));
    return edits_replace(x, t->at + t->text.n, 0, (struct str){tail, (size_t)n}, e);
}

static bool any_type(const char *const *type_names, size_t ntypes)
{
    for (size_t i = 0; i < ntypes; i++)
        if (type_names[i])
            return true;
    return false;
}

int sql_cast_params(struct arena *a, struct str sql, const char *const *type_names, size_t ntypes,
                    struct sql_rewritten *out, struct err *e)
{
    *out = (struct sql_rewritten){.text = sql};
    if (!any_type(type_names, ntypes) || sql.n == 0 || !memchr(sql.p, '$', sql.n))
        return ST_OK;
    struct edits x;
    struct sql_lexer l;
    struct sql_token before[2] = {{.kind = SQL_TOK_END}, {.kind = SQL_TOK_END}}, t;
    edits_init(&x, a, sql);
    sql_lexer_init(&l, sql);
    while (sql_lexer_next(&l, &t) != SQL_TOK_END && t.kind != SQL_TOK_BAD) {
        if (before[1].kind == SQL_TOK_END && sql_token_is_word(&t, "COPY"))
            return ST_OK; /* TO $1 is a file's name, not an expression */
        const char *type = type_of(&t, type_names, ntypes);
        if (type) {
            struct sql_lexer ahead = l;
            struct sql_token after;
            (void)sql_lexer_next(&ahead, &after);
            if (!is_cast(before, &after))
                TRY(wrap(&x, &t, type, e));
        }
        before[0] = before[1];
        before[1] = t;
    }
    return edits_apply(&x, out, e);
}

void sql_param_casts(struct str sql, struct str *types, size_t n)
{
    struct sql_lexer l;
    struct sql_token before[2] = {{.kind = SQL_TOK_END}, {.kind = SQL_TOK_END}}, t;
    memset(types, 0, n * sizeof *types);
    if (sql.n == 0 || !memchr(sql.p, '$', sql.n))
        return;
    sql_lexer_init(&l, sql);
    while (sql_lexer_next(&l, &t) != SQL_TOK_END && t.kind != SQL_TOK_BAD) {
        int64_t number;
        if (t.kind == SQL_TOK_PARAM &&
            str_to_i64((struct str){t.text.p + 1, t.text.n - 1}, 1, INT32_MAX, &number) &&
            (size_t)number <= n && !types[number - 1].p) {
            struct sql_lexer ahead = l;
            struct sql_token after;
            struct sql_type type;
            (void)sql_lexer_next(&ahead, &after);
            if (is_cast(before, &after) && sql_read_type(&ahead, &type))
                types[number - 1] = (struct str){sql.p + type.at, type.end - type.at};
        }
        before[0] = before[1];
        before[1] = t;
    }
}

int sql_any_params(struct arena *a, struct str sql, bool *marks, size_t n, struct sql_rewritten *out,
                   struct err *e)
{
    struct edits x;
    struct sql_lexer l;
    struct sql_token t, next[3];
    edits_init(&x, a, sql);
    sql_lexer_init(&l, sql);
    while (sql_lexer_next(&l, &t) != SQL_TOK_END && t.kind != SQL_TOK_BAD) {
        if (!sql_token_is_word(&t, "ANY") && !sql_token_is_word(&t, "ALL") && !sql_token_is_word(&t, "SOME"))
            continue;
        struct sql_lexer ahead = l;
        int64_t number = 0;
        for (size_t i = 0; i < 3; i++)
            (void)sql_lexer_next(&ahead, &next[i]);
        struct str digits = {next[1].text.p + 1, next[1].text.n - 1};
        if (!sql_token_is(&next[0], '(') || next[1].kind != SQL_TOK_PARAM || !sql_token_is(&next[2], ')') ||
            !str_to_i64(digits, 1, (int64_t)n, &number))
            continue;
        marks[number - 1] = true;
        TRY(edits_replace(&x, t.at, next[2].at + 1 - t.at, next[1].text, e));
        l = ahead;
    }
    return edits_apply(&x, out, e);
}
