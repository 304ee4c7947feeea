/* SQL text as tokens: where strings, comments, names, parameters and operators begin and end, by the lexical
 * rules that PostgreSQL and DuckDB share. libpg_query's scanner answers the same (the fuzz target holds the
 * two against each other), but it lists every token of a message at once: 5 s and 1 GB for an INSERT of 20
 * MB, and it refuses DuckDB's lexemes. This one keeps no list and allocates nothing. Pure. Any thread.
 * Source: PostgreSQL 15 manual, 4.1 Lexical Structure. */
#ifndef TAVANA_SQL_TOKEN_H
#define TAVANA_SQL_TOKEN_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sql_token_kind {
    SQL_TOK_END,
    SQL_TOK_BAD,    /* a string, quoted name or comment without its end; from there to the end of the text */
    SQL_TOK_WORD,   /* keyword or plain name */
    SQL_TOK_QUOTED, /* "name" */
    SQL_TOK_STRING, /* '…', E'…', B'…', X'…', U&'…', with its continuation lines */
    SQL_TOK_DOLLAR, /* $tag$…$tag$ */
    SQL_TOK_NUMBER,
    SQL_TOK_PARAM, /* $1 */
    SQL_TOK_OP,    /* a run of operator characters */
    SQL_TOK_PUNCT, /* one of , ( ) [ ] { } . ; : or "::", ":=", ".."; or any other single byte */
};

struct sql_token {
    enum sql_token_kind kind;
    struct str text; /* lent */
    size_t at;       /* byte offset */
};

struct sql_lexer {
    struct str sql;
    size_t at; /* the next byte */
};

static inline void sql_lexer_init(struct sql_lexer *l, struct str sql)
{
    *l = (struct sql_lexer){.sql = sql};
}

/* Skips blanks and comments, hands out the next token; its kind. After END and BAD always END. */
enum sql_token_kind sql_lexer_next(struct sql_lexer *l, struct sql_token *t);

/* A plain word, letters alike in either case; quoted names are never one. */
static inline bool sql_token_is_word(const struct sql_token *t, const char *word)
{
    return t->kind == SQL_TOK_WORD && str_ieq(t->text, str_of(word));
}

static inline bool sql_token_is(const struct sql_token *t, char punct)
{
    return t->kind == SQL_TOK_PUNCT && t->text.n == 1 && t->text.p[0] == punct;
}

static inline bool sql_token_is_typecast(const struct sql_token *t)
{
    return t->kind == SQL_TOK_PUNCT && t->text.n == 2 && t->text.p[0] == ':' && t->text.p[1] == ':';
}

/* Whether a token can stand where a name is wanted. */
static inline bool sql_token_is_name(const struct sql_token *t)
{
    return t->kind == SQL_TOK_WORD || t->kind == SQL_TOK_QUOTED;
}

#endif
