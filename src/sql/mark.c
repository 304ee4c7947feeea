/* Marks of constraints. What stands behind OR lets the engine know which columns a mark is about, so that it
 * goes with them and is renamed with them. */
#include "sql/mark.h"

#include "base/buf.h"
#include "sql/name.h"

enum { TEXT_MAX = 64 * 1024 };

void sql_mark_string(struct buf *b, const char *words, const struct sql_token *name)
{
    buf_printf(b, "'%s", words);
    struct str s = name ? sql_name_bare(name) : (struct str){0};
    for (size_t i = 0; i < s.n; i++) {
        bool folds = name->kind == SQL_TOK_WORD && s.p[i] >= 'A' && s.p[i] <= 'Z';
        if (s.p[i] == '\'')
            buf_put_u8(b, '\'');
        if (s.p[i] == '"' && i + 1 < s.n && s.p[i + 1] == '"')
            i++; /* doubled */
        buf_put_u8(b, (uint8_t)(folds ? s.p[i] - 'A' + 'a' : s.p[i]));
    }
    buf_put_u8(b, '\'');
}

static int keep(struct arena *a, struct buf *b, struct str *out, struct err *e)
{
    const char *text = buf_ok(b) ? arena_strndup(a, (const char *)b->data, b->len) : NULL;
    *out = (struct str){text, text ? b->len : 0};
    buf_release(b);
    return text ? ST_OK : err_oom(e);
}

/* false: the constraint has no columns, and nothing was put. */
static bool put_key(struct buf *b, const char *words, const struct sql_token *name, struct str constraint)
{
    struct sql_lexer l;
    struct sql_token t;
    bool any = false;
    sql_lexer_init(&l, sql_tokens_of(constraint));
    while (sql_lexer_next(&l, &t) != SQL_TOK_END && !sql_token_is(&t, '('))
        ;
    while (sql_lexer_next(&l, &t) != SQL_TOK_END && !sql_token_is(&t, ')')) {
        if (!sql_token_is_name(&t))
            continue;
        if (!any) {
            buf_printf(b, ", CHECK (");
            sql_mark_string(b, words, name);
            buf_printf(b, " IS NOT NULL OR (");
        }
        buf_printf(b, "%s%.*s IS NULL", any ? " AND " : "", (int)t.text.n, t.text.p);
        any = true;
    }
    if (any)
        buf_printf(b, "))");
    return any;
}

static void put_check(struct buf *b, const struct sql_token *name, struct str constraint)
{
    struct sql_lexer l;
    struct sql_token t;
    sql_lexer_init(&l, sql_tokens_of(constraint));
    while (sql_lexer_next(&l, &t) != SQL_TOK_END && !sql_token_is(&t, '('))
        ;
    buf_printf(b, "CHECK (%.*s OR (", (int)(constraint.n - t.at), constraint.p + t.at);
    sql_mark_string(b, "", name);
    buf_printf(b, " IS NULL))");
}

int sql_marked_key(struct arena *a, const char *words, const struct sql_token *name, struct str constraint,
                   struct str *out, struct err *e)
{
    struct buf b;
    *out = (struct str){0};
    if (name->kind == SQL_TOK_END)
        return ST_OK;
    buf_init(&b, TEXT_MAX);
    buf_printf(&b, "%.*s", (int)constraint.n, constraint.p);
    if (put_key(&b, words, name, constraint))
        return keep(a, &b, out, e);
    buf_release(&b);
    return ST_OK;
}

int sql_marked_check(struct arena *a, const struct sql_token *name, struct str constraint, struct str *out,
                     struct err *e)
{
    struct buf b;
    *out = (struct str){0};
    if (name->kind == SQL_TOK_END)
        return ST_OK;
    buf_init(&b, TEXT_MAX);
    put_check(&b, name, constraint);
    return keep(a, &b, out, e);
}
