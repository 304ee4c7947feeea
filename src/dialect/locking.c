/* FOR UPDATE and its kin behind a SELECT. */
#include "dialect/locking.h"

#include "dialect/walk.h"

#include <assert.h>

struct ahead {
    struct sql_lexer lexer;
    struct sql_token token;
};

static void next(struct ahead *a)
{
    (void)sql_lexer_next(&a->lexer, &a->token);
}

static bool take(struct ahead *a, const char *word)
{
    if (!sql_token_is_word(&a->token, word))
        return false;
    next(a);
    return true;
}

/* UPDATE, NO KEY UPDATE, SHARE, KEY SHARE, READ ONLY */
static bool take_strength(struct ahead *a)
{
    if (take(a, "NO"))
        return take(a, "KEY") && take(a, "UPDATE");
    if (take(a, "KEY"))
        return take(a, "SHARE");
    if (take(a, "READ"))
        return take(a, "ONLY");
    return take(a, "UPDATE") || take(a, "SHARE");
}

/* OF name[.name]…, … */
static bool take_tables(struct ahead *a)
{
    if (!take(a, "OF"))
        return true;
    for (;;) {
        if (!sql_token_is_name(&a->token))
            return false;
        next(a);
        if (!sql_token_is(&a->token, ',') && !sql_token_is(&a->token, '.'))
            return true;
        next(a);
    }
}

/* In a list comprehension the name that FOR introduces may be one of these words. */
static bool may_follow(const struct sql_token *t)
{
    static const char *const words[] = {"FOR", "LIMIT", "OFFSET", "FETCH", "ON"};
    return t->kind == SQL_TOK_END || sql_token_is(t, ')') || sql_token_is(t, ';') || WALK_IS_ANY(t, words);
}

int walk_locking(struct rewriter *r)
{
    assert(r->postgres && sql_token_is_word(&r->token, "FOR"));
    struct ahead a = {.lexer = r->lexer};
    next(&a);
    bool clause = take_strength(&a) && take_tables(&a);
    if (clause && !take(&a, "NOWAIT") && take(&a, "SKIP"))
        clause = take(&a, "LOCKED");
    if (!clause || !may_follow(&a.token))
        return walk_on(r);
    TRY(walk_replace(r, r->token.at, a.token.at, STR("")));
    r->token = a.token;
    r->lexer = a.lexer;
    return ST_OK;
}
