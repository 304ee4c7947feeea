/* The engine reads (x).a as a call of struct_extract, which does not take a STRUCT that has an alias, as the
 * composite types have. struct_concat gives the same members without one, and costs nothing. (x).* becomes
 * unnest(x), which makes a column of each member. */
#include "dialect/fields.h"

#include "dialect/walk.h"

static bool is_star(const struct sql_token *t)
{
    return t->kind == SQL_TOK_OP && str_eq(t->text, STR("*"));
}

/* Whether the operand before the dot begins with a bracket of its own: names with dots do not. */
static bool is_bracket(const struct rewriter *r)
{
    return r->start < r->end && r->end == walk_end(&r->prev) && r->edits.sql.p[r->start] == '(';
}

static int choose(struct rewriter *r)
{
    TRY(walk_insert(r, r->start,
                    STR("(system.main.struct_concat("))); /* within what an operator has put there */
    TRY(walk_insert(r, r->token.at, STR("))")));
    TRY(walk_on(r));
    return walk_on(r);
}

static int choose_all(struct rewriter *r)
{
    struct sql_token star = walk_peek(r);
    TRY(walk_insert(r, r->start, STR("unnest")));
    if (!edits_touch(&r->edits, r->token.at, walk_end(&star)))
        TRY(walk_replace(r, r->token.at, walk_end(&star), STR("")));
    size_t start = r->start;
    struct sql_token before = r->before;
    TRY(walk_on(r));
    TRY(walk_on(r));
    r->start = start;
    r->before = before;
    r->end = walk_end(&r->prev);
    return ST_OK;
}

int walk_field(struct rewriter *r)
{
    struct sql_lexer ahead = r->lexer;
    struct sql_token name, after;
    bool accepts;
    if (!is_bracket(r))
        return ST_AGAIN;
    (void)sql_lexer_next(&ahead, &name);
    (void)sql_lexer_next(&ahead, &after);
    bool star = is_star(&name) && walk_top(r)->clause == CLAUSE_SELECT;
    if (!star && (!sql_token_is_name(&name) || sql_token_is(&after, '(')))
        return ST_AGAIN;
    TRY(walk_accepts(r, &accepts));
    return !accepts ? ST_AGAIN : star ? choose_all(r) : choose(r);
}

int walk_json_subscript(struct rewriter *r)
{
    struct sql_lexer ahead = r->lexer;
    struct sql_token key, close;
    bool accepts;
    (void)sql_lexer_next(&ahead, &key);
    (void)sql_lexer_next(&ahead, &close);
    if (r->start >= r->end || key.kind != SQL_TOK_STRING || key.text.p[0] != '\'' ||
        !sql_token_is(&close, ']'))
        return ST_AGAIN;
    TRY(walk_accepts(r, &accepts));
    if (!accepts) /* a map of the engine's */
        return ST_AGAIN;
    TRY(edits_replace_first(&r->edits, r->start, 0, STR("("), r->err));
    TRY(walk_replace(r, r->token.at, walk_end(&r->token), STR(" -> ")));
    TRY(walk_replace(r, close.at, walk_end(&close), STR(")")));
    return walk_on(r);
}
