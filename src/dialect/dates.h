/* date - date is an integer, and to the engine a bigint: where an operand of the minus shows that it is a
 * date, the operator becomes a call that sees to it. Of dialect/ alone. Source: PostgreSQL 15 manual, 9.9. */
#ifndef TAVANA_DIALECT_DATES_H
#define TAVANA_DIALECT_DATES_H

#include "base/str.h"
#include "sql/token.h"

#include <stdbool.h>

/* Whether "date" and a minus stand somewhere in a text, a string or a comment included. */
bool dates_hint(struct str sql);

/* Whether a minus stands beside date '…', x::date or current_date, in a statement without subqueries. behind:
 * of the operator; prev and before: the last tokens of the left operand. */
bool dates_beside(struct sql_lexer behind, const struct sql_token *prev, const struct sql_token *before);

#endif
