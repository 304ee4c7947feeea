/* How PostgreSQL's operators are spelled for the engine: what stands before, between and behind their
 * operands. Of dialect/ alone. */
#ifndef TAVANA_DIALECT_SPELLINGS_H
#define TAVANA_DIALECT_SPELLINGS_H

#include "base/str.h"

#include <stdbool.h>

struct sql_token;

struct spelling {
    const char *open, *comma, *close;
};

extern const struct spelling spelling_similar, spelling_similar_not;
extern const struct spelling spelling_between, spelling_between_not; /* SYMMETRIC: of three operands */
extern const struct spelling spelling_difference;                    /* of what may be two dates */
extern const struct spelling spelling_escaped;                       /* of LIKE: nothing is opened */

/* Between two operands; NULL: as it is. postgres: it means what PostgreSQL means by it, the operators of
 * regular expressions do so anyway. */
const struct spelling *spelling_find(struct str op, bool postgres);
/* Of || between these tokens; behind is what follows the right one. NULL: as it is. */
const struct spelling *spelling_of_concat(const struct sql_token *left, const struct sql_token *right,
                                          const struct sql_token *behind);
/* The same between bytes, as a cast shows, and a string that is meant as such. NULL: it is not so. */
const struct spelling *spelling_of_bytes(const struct sql_token *left, bool left_bytes,
                                         const struct sql_token *right, bool right_bytes);
/* A name of the catalog's that is looked for by itself, as psql does: relname ~ '^(t5)$' is an equality,
 * which the engine can do first. behind is what follows the pattern. NULL: it is any other. */
const struct spelling *spelling_of_exact_name(struct str op, const struct sql_token *left,
                                              const struct sql_token *pattern,
                                              const struct sql_token *behind);
/* Before its one operand. NULL: as it is. */
const struct spelling *spelling_of_prefix(struct str op);
/* Whether + - or * stands beside the quote at that place of a text: '42' + 7. */
bool spelling_beside_quote(struct str sql, size_t quote);
/* Of + - * beside an operand that is cast to real; NULL: another operator. */
const struct spelling *spelling_of_real(struct str op);
/* In place of what an operator opens, where its result is what the client is sent (outputs.h); NULL: the
 * same. */
const char *spelling_sent(const struct spelling *as);
/* The same where nothing but that is done with it (outputs_are_sent). */
const char *spelling_digits(const struct spelling *as);
/* Before ANY, or ALL, of an array. NULL: it is none that is translated. */
const struct spelling *spelling_of_each(const char *op, bool all);

#endif
