#include "dialect/words.h"

#include "dialect/fold.h"

#include <ctype.h>

enum { WORD_MIN = 2, WORD_MAX = 12 };

static const char *const words[] = {"anti",  "asof",         "at",          "describe",   "glob",    "lambda",
                                    "pivot", "pivot_longer", "pivot_wider", "positional", "qualify", "semi",
                                    "show",  "summarize",    "unpack",      "unpivot"};

/* What may stand between one of the engine's kinds of joins and its JOIN. */
static const char *const joins[] = {"JOIN", "LEFT", "RIGHT", "INNER", "FULL", "OUTER"};

static bool is_reserved(const struct sql_token *t)
{
    if (t->kind != SQL_TOK_WORD || t->text.n < WORD_MIN || t->text.n > WORD_MAX)
        return false;
    if (!strchr("adglpqsu", tolower((unsigned char)t->text.p[0])))
        return false;
    return walk_is_any(t, words, sizeof words / sizeof *words);
}

/* Whether it is a word of the syntax here: AT TIME ZONE, SHOW, a function's name, or one of the engine's
 * joins, which PostgreSQL would take for an alias and another join. */
static bool is_syntax(const struct sql_token *t, const struct sql_token *before,
                      const struct sql_token *after)
{
    if (before->kind == SQL_TOK_END || sql_token_is(after, '('))
        return true;
    if (sql_token_is_word(t, "at"))
        return sql_token_is_word(after, "TIME");
    return walk_is_any(after, joins, sizeof joins / sizeof *joins);
}

static int quote(struct rewriter *r, const struct sql_token *t)
{
    /* Asked in statements about the catalog, too, which walk_accepts takes for PostgreSQL's: the engine's own
     * syntax stands in them as well. */
    if (r->accepts == SQL_ACCEPTS_UNKNOWN)
        TRY(sql_postgres_accepts(r->arena, r->tokens.text, &r->accepts, r->err));
    if (r->accepts != SQL_ACCEPTS_YES)
        return ST_OK;
    char *text = arena_alloc(r->arena, t->text.n + 2);
    if (!text)
        return err_oom(r->err);
    text[0] = text[t->text.n + 1] = '"';
    for (size_t i = 0; i < t->text.n; i++)
        text[i + 1] = (char)tolower((unsigned char)t->text.p[i]);
    return walk_replace(r, t->at, walk_end(t), (struct str){text, t->text.n + 2});
}

int words_translate(struct rewriter *r)
{
    struct sql_lexer l;
    struct sql_token before = {.kind = SQL_TOK_END}, t, after;
    struct folding folding = {0};
    sql_lexer_init(&l, r->tokens);
    (void)sql_lexer_next(&l, &t);
    for (; t.kind != SQL_TOK_END && t.kind != SQL_TOK_BAD; before = t, t = after) {
        (void)sql_lexer_next(&l, &after);
        TRY(fold_take(r, &folding, &before, &t, &after));
        if (is_reserved(&t) && !is_syntax(&t, &before, &after))
            TRY(quote(r, &t));
    }
    return ST_OK;
}
