/* The tokens of a text, found once and kept for all passes over it. Pure. Any thread. */
#ifndef TAVANA_SQL_TOKENS_H
#define TAVANA_SQL_TOKENS_H

#include "base/arena.h"
#include "base/err.h"
#include "sql/token.h"

#include <stdbool.h>
#include <stddef.h>

struct sql_rewritten;

/* Of one text. What lies behind them is found anew by each pass: an INSERT of 20 MB has millions of tokens,
 * and its passes take less time than the engine's parser does. 128 KB. */
enum { SQL_TOKENS_KEPT_MAX = 16 * 1024 };

/* Gathers marks; of the arena. */
struct sql_keeper {
    struct arena *arena;
    struct sql_mark *items;
    size_t n, cap;
    bool full; /* no more are taken: the rest would leave a gap */
};

/* bytes: of the text that is about to be read, for a first guess of its tokens. */
void sql_keeper_init(struct sql_keeper *k, struct arena *a, size_t bytes);
/* The next token of the text, at is counted from its start; END is none. 53200 */
int sql_keeper_add(struct sql_keeper *k, const struct sql_token *t, struct err *e);

/* The marks of a text as far as they are kept at all. 53200 */
int sql_tokens_keep(struct arena *a, struct str text, struct sql_tokens *out, struct err *e);

/* A part of the text that begins and ends between tokens, and of its marks those that lie in it. */
struct sql_tokens sql_tokens_part(const struct sql_tokens *whole, struct str part);

/* The marks of a text that was made of another by edits: those of the other, moved, and what the edits have
 * put in place; only that, and the tokens that it touches, are read. The marks of `of` end where they end.
 * 53200 */
int sql_tokens_follow(struct arena *a, const struct sql_tokens *of, const struct sql_rewritten *r,
                      struct sql_tokens *out, struct err *e);

#endif
