/* Whether a call's arguments are of PostgreSQL's type integer, where the engine's function would give a
 * bigint: generate_series. Of dialect/ alone. */
#ifndef TAVANA_DIALECT_INTEGER_ARGUMENTS_H
#define TAVANA_DIALECT_INTEGER_ARGUMENTS_H

#include "dialect/chain.h"

#include <stdbool.h>

/* Whether all arguments of the call behind the chain are integers, or sums of them, as far as its text tells:
 * numbers, parameters, casts to integer. */
bool integer_arguments(const struct rewriter *r, const struct chain *c);

#endif
