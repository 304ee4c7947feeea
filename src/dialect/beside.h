/* Strings without a type beside an operator, which take the type of what stands on its other side. Of
 * dialect/ alone. Source: PostgreSQL 15 manual, 10.2. */
#ifndef TAVANA_DIALECT_BESIDE_H
#define TAVANA_DIALECT_BESIDE_H

#include "dialect/walk.h"

/* A number without fraction and exponent. */
bool beside_is_whole(const struct sql_token *t);
/* A string beside a number is what the number is. */
int beside_number(struct rewriter *r, const struct sql_token *string, const struct sql_token *number);
/* A string that follows is a date. */
int beside_date(struct rewriter *r, struct sql_lexer ahead);

#endif
