/* What a string of PostgreSQL's SQL says. Of dialect/ alone. Source: PostgreSQL 15 manual, 4.1.2
 * Constants. */
#ifndef TAVANA_DIALECT_STRING_VALUE_H
#define TAVANA_DIALECT_STRING_VALUE_H

#include "base/str.h"

#include <stdbool.h>

struct rewriter;
struct sql_token;

/* What a string token says, of the arena: without quotes and escapes. ST_AGAIN: one that is not read here
 * (B'…', X'…'). 42601 for an escape of U&'…' that says no character. */
int walk_string_value(struct rewriter *r, const struct sql_token *t, struct str *out);
/* The same, where that character is the escape of U&'…'. */
int walk_string_escaped(struct rewriter *r, const struct sql_token *t, char escape, struct str *out);
/* U&'…' */
bool walk_is_unicode(const struct sql_token *t);
/* U&'…', or E'…' with \u in it. */
bool walk_has_unicode(const struct sql_token *t);
/* The error that has been set stands at t. ST_ERR */
int walk_fail_at(struct rewriter *r, const struct sql_token *t);

static inline bool walk_is_hex(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

#endif
