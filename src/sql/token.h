/* SQL text as tokens: where strings, comments, names, parameters and operators begin and end, by the lexical
 * rules that PostgreSQL and DuckDB share. libpg_query's scanner answers the same (the fuzz target holds the
 * two against each other), but it lists every token of a message at once: 5 s and 1 GB for an INSERT of 20
 * MB, and it refuses DuckDB's lexemes. This one allocates nothing. Where a text's tokens have been kept
 * (tokens.h) it hands those out and does not look at the bytes again. Pure. Any thread.
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

/* A token that is kept: where it lies, and what it is. */
struct sql_mark {
    uint32_t at;
    uint32_t n : 28;
    uint32_t kind : 4; /* enum sql_token_kind, never END */
};

enum { SQL_MARK_BYTES_MAX = (1 << 28) - 1 }; /* of one token */

/* The first tokens of a text, in order and without a gap; none: all are found in the bytes. Lent. */
struct sql_marks {
    const struct sql_mark *items;
    size_t n;
    size_t base; /* what their places count from lies so many bytes before the text */
};

/* A text and what is kept of its tokens: what every pass over a statement takes. */
struct sql_tokens {
    struct str text; /* lent */
    struct sql_marks marks;
};

/* Of a text that nothing is kept of. */
static inline struct sql_tokens sql_tokens_of(struct str text)
{
    return (struct sql_tokens){.text = text};
}

struct sql_lexer {
    struct str sql;
    size_t at;                         /* the next byte */
    const struct sql_mark *kept, *end; /* the tokens that come next; behind them the bytes are read */
    size_t base;
};

static inline void sql_lexer_init(struct sql_lexer *l, struct sql_tokens tokens)
{
    const struct sql_marks *m = &tokens.marks;
    *l = (struct sql_lexer){
        .sql = tokens.text, .kept = m->items, .end = m->n ? m->items + m->n : m->items, .base = m->base};
}

/* Finds the next token in the bytes; sql_lexer_next calls it where none is kept. */
enum sql_token_kind sql_lexer_scan(struct sql_lexer *l, struct sql_token *t);

/* Skips blanks and comments, hands out the next token; its kind. After END and BAD always END. */
static inline enum sql_token_kind sql_lexer_next(struct sql_lexer *l, struct sql_token *t)
{
    if (l->kept == l->end)
        return sql_lexer_scan(l, t);
    const struct sql_mark *m = l->kept++;
    t->kind = (enum sql_token_kind)m->kind;
    t->at = m->at - l->base;
    t->text = (struct str){l->sql.p + t->at, m->n};
    l->at = t->at + m->n;
    return t->kind;
}

/* Goes on at this byte: forward alone, to where a token or what lies before it begins, or to the end. */
void sql_lexer_seek(struct sql_lexer *l, size_t at);

/* How many tokens this thread has found in bytes, ever: unit tests count by it what a statement costs. */
uint64_t sql_tokens_scanned(void);

/* A plain word, letters alike in either case; quoted names are never one. */
static inline bool sql_token_is_word(const struct sql_token *t, const char *word)
{
    enum { LOWER = 0x20 }; /* most words differ in their first letter from what they are compared with */
    return t->kind == SQL_TOK_WORD && t->text.n > 0 && (t->text.p[0] | LOWER) == (word[0] | LOWER) &&
           str_ieq(t->text, str_of(word));
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
