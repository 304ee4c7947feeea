#include "sql/type.h"

#include "sql/name.h"

enum { TYPE_TOKENS_MAX = 8 }; /* in the brackets of a type */

/* Behind the closing bracket, which is near in a type. */
static bool skip_to(struct sql_lexer *ahead, char close, struct sql_token *t, size_t *end)
{
    for (int i = 0; i < TYPE_TOKENS_MAX && t->kind != SQL_TOK_END && t->kind != SQL_TOK_BAD; i++) {
        if (sql_token_is(t, close)) {
            *end = t->at + t->text.n;
            (void)sql_lexer_next(ahead, t);
            return true;
        }
        (void)sql_lexer_next(ahead, t);
    }
    return false;
}

/* The further words of "double precision", "timestamp with time zone", "character varying". */
static bool is_more(const struct sql_token *t)
{
    static const char *const more[] = {"PRECISION", "VARYING", "WITH", "WITHOUT", "TIME", "ZONE"};
    for (size_t i = 0; i < sizeof more / sizeof *more; i++)
        if (sql_token_is_word(t, more[i]))
            return true;
    return false;
}

bool sql_read_type(struct sql_lexer *ahead, struct sql_type *out)
{
    struct sql_token t;
    (void)sql_lexer_next(ahead, &t);
    if (!sql_token_is_name(&t))
        return false;
    *out = (struct sql_type){.at = t.at};
    struct sql_token name = t;
    while (sql_lexer_next(ahead, &t), sql_token_is(&t, '.')) {
        if (sql_lexer_next(ahead, &name), !sql_token_is_name(&name))
            return false;
    }
    out->name = sql_name_bare(&name);
    out->name_at = name.at;
    out->end = name.at + name.text.n;
    for (; is_more(&t); (void)sql_lexer_next(ahead, &t))
        out->end = t.at + t.text.n;
    if (sql_token_is(&t, '(') && !skip_to(ahead, ')', &t, &out->end))
        return false;
    while (sql_token_is(&t, '[')) {
        if (!skip_to(ahead, ']', &t, &out->end))
            return false;
        out->array = true;
    }
    out->after = t;
    return true;
}
