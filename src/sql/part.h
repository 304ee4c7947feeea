/* A part of a text, read token by token up to its end: what stands in a bracket, as if it stood alone. Of
 * sql/ and dialect/. Pure. Any thread. */
#ifndef TAVANA_SQL_PART_H
#define TAVANA_SQL_PART_H

#include "sql/token.h"

#include <stdbool.h>
#include <stddef.h>

struct part {
    struct sql_lexer lexer; /* behind token */
    struct sql_token token; /* the current one; kind END at the part's end */
    size_t end;             /* of the part, in bytes of the text */
};

/* At the first token of the whole text. */
void part_init(struct part *c, struct sql_tokens sql);
/* On to the next token. */
void part_next(struct part *c);
/* The part ends here: there is no current token any more. */
void part_stop(struct part *c);
/* Whether the current token is that word; goes on behind it then. */
bool part_take(struct part *c, const char *word);
/* Behind the last token, or at one that has no end. */
bool part_is_end(const struct part *c);
/* Over a bracket and what lies in it. Where the closing one stands; the part's end, when there is none. */
size_t part_skip_bracket(struct part *c);

/* A bracket of any kind. */
bool part_opens(const struct sql_token *t);
/* The other one. */
bool part_closes(const struct sql_token *t);
/* A star, which may stand for columns. */
bool part_is_star(const struct sql_token *t);
/* The token is one of these words. */
bool part_is_any(const struct sql_token *t, const char *const *words, size_t n);
#define PART_IS_ANY(t, words) part_is_any(t, words, sizeof(words) / sizeof *(words))

#endif
