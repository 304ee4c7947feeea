/* real with a whole number or a numeric makes a double, and to the engine a real: where a cast to real
 * shows that an operand is one, operators become calls that see to it. Of dialect/ alone. Source:
 * PostgreSQL 15 manual, 10.2. */
#ifndef TAVANA_DIALECT_REALS_H
#define TAVANA_DIALECT_REALS_H

#include "base/str.h"
#include "sql/token.h"

#include <stdbool.h>

/* Whether x::real stands somewhere in a text, a string or a comment included. */
bool reals_hint(struct str sql);

/* Whether an operator's left operand, perhaps in brackets, or its right one ends with a cast to real.
 * behind: of the operator; prev and before: the last tokens of the left operand. Looks at REALS_TOKENS_MAX
 * tokens at most. */
bool reals_beside(struct sql_lexer behind, const struct sql_token *prev, const struct sql_token *before);

enum { REALS_TOKENS_MAX = 64 };

#endif
