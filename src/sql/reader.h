/* Reads a command token by token. Of sql/ alone. */
#ifndef TAVANA_SQL_READER_H
#define TAVANA_SQL_READER_H

#include "base/arena.h"
#include "base/err.h"
#include "sql/token.h"

struct reader {
    struct arena *arena;
    struct str text;
    struct sql_tokens tokens; /* the text's */
    struct sql_lexer lexer;
    struct sql_token token; /* the current one */
    struct err *err;
};

/* At the first token of text, which is lent. Errors go to e. */
void reader_init(struct reader *r, struct arena *a, struct sql_tokens text, struct err *e);
/* On to the next token. */
void reader_next(struct reader *r);
/* Whether the current token is that word; goes on behind it then. */
bool reader_take(struct reader *r, const char *word);
/* Over that word, which has to stand there. 42601 */
int reader_expect(struct reader *r, const char *word);
/* That nothing follows. 42601 */
int reader_end(struct reader *r);
/* 42601 at the current token, in PostgreSQL's words. */
int reader_syntax_error(struct reader *r);
/* A name, folded or unquoted, cut at a character boundary to SQL_NAME_MAX bytes. */
int reader_name(struct reader *r, const char **out);
/* name[.name]…, as it is written. */
int reader_qualified(struct reader *r, struct str *out);
/* IS and a comment: a string in any of its spellings, or the word NULL. 42601 */
int reader_comment(struct reader *r, struct sql_token *out);
/* What is left of the text from the current token on; 42601 when that is nothing. */
int reader_rest(struct reader *r, struct str *out);

/* What a plain string says, '' read as '. 42601 for another kind of string, or none. */
int reader_string(struct reader *r, const char **out);
/* The text between the marks of $tag$…$tag$, or what a plain string says. The same. */
int reader_body(struct reader *r, struct str *out);

/* An item of a list in brackets: up to a comma, or to the bracket that closes the list. 42601 without one. */
int reader_item(struct reader *r, struct str *out);
/* Over a name with the dots in it. */
void reader_skip_name(struct reader *r);
/* Over a bracket and what lies in it; of another token over that alone. */
void reader_skip_brackets(struct reader *r);

#endif
