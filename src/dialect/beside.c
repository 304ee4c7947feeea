#include "dialect/beside.h"

#include <string.h>

bool beside_is_whole(const struct sql_token *t)
{
    return t->kind == SQL_TOK_NUMBER && !memchr(t->text.p, '.', t->text.n) &&
           !memchr(t->text.p, 'e', t->text.n);
}

static bool is_plain(const struct sql_token *t)
{
    return t->kind == SQL_TOK_STRING && t->text.p[0] == '\'';
}

int beside_number(struct rewriter *r, const struct sql_token *string, const struct sql_token *number)
{
    struct str text;
    bool accepts;
    if (!is_plain(string) || edits_touch(&r->edits, string->at, walk_end(string)))
        return ST_OK;
    TRY(walk_accepts(r, &accepts));
    if (!accepts)
        return ST_OK;
    const struct str type = beside_is_whole(number) ? STR("::INTEGER") : STR("::numeric");
    TRY(walk_concat(r, (const struct str[]){string->text, type}, 2, &text));
    return walk_replace(r, string->at, walk_end(string), text);
}

int beside_date(struct rewriter *r, struct sql_lexer ahead)
{
    struct sql_token string, after;
    bool accepts;
    (void)sql_lexer_next(&ahead, &string);
    (void)sql_lexer_next(&ahead, &after);
    if (!is_plain(&string) || sql_token_is_typecast(&after))
        return ST_OK;
    TRY(walk_accepts(r, &accepts));
    return accepts ? walk_insert(r, walk_end(&string), STR("::DATE")) : ST_OK;
}
