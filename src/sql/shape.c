#include "sql/shape.h"

#include "base/hash.h"

#include <string.h>

struct writer {
    struct sql_shape *out;
    size_t n;
    uint64_t hash;
    char last; /* put; 0: none yet */
    bool word; /* the last token would grow together with a word after it */
};

static void put(struct writer *w, char c)
{
    w->hash = hash_byte(w->hash, (unsigned char)c);
    w->last = c;
    if (w->n + 1 < sizeof w->out->text)
        w->out->text[w->n++] = c;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_literal(enum sql_token_kind kind)
{
    return kind == SQL_TOK_STRING || kind == SQL_TOK_DOLLAR || kind == SQL_TOK_NUMBER;
}

/* Whether a blank stands before it: where two tokens would become one, and where people would put one. */
static bool wants_blank(const struct writer *w, const struct sql_token *t, bool word)
{
    if (w->last == '(' || w->last == '\0')
        return false;
    if (t->kind == SQL_TOK_OP)
        return true;
    return word && (w->word || w->last == ',' || w->last == ')');
}

static void put_token(struct writer *w, const struct sql_token *t)
{
    bool word = is_literal(t->kind) || t->kind == SQL_TOK_WORD || t->kind == SQL_TOK_QUOTED ||
                t->kind == SQL_TOK_PARAM;
    if (wants_blank(w, t, word))
        put(w, ' ');
    w->word = word || t->kind == SQL_TOK_OP;
    if (is_literal(t->kind))
        put(w, '?');
    for (size_t i = 0; !is_literal(t->kind) && i < t->text.n; i++)
        put(w, t->kind == SQL_TOK_WORD ? lower(t->text.p[i]) : t->text.p[i]);
}

/* A text whose quote has no end says nothing from there on. */
void sql_shape(struct sql_tokens sql, struct sql_shape *out)
{
    struct sql_lexer l;
    struct sql_token t;
    struct writer w = {.out = out, .hash = HASH_BEGIN};
    if (sql.text.n > SQL_SHAPE_BYTES_MAX)
        sql = sql_tokens_of((struct str){sql.text.p, SQL_SHAPE_BYTES_MAX}); /* the last token may be cut */
    sql_lexer_init(&l, sql);
    while (sql_lexer_next(&l, &t) != SQL_TOK_END && t.kind != SQL_TOK_BAD)
        put_token(&w, &t);
    out->text[w.n] = '\0';
    out->fingerprint = w.hash ? w.hash : 1;
}
