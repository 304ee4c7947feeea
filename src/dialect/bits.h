/* B'…' and X'…': the engine takes the letter for a part of a text. Of dialect/ alone. Source: PostgreSQL
 * documentation, "Bit-String Constants". */
#ifndef TAVANA_DIALECT_BITS_H
#define TAVANA_DIALECT_BITS_H

#include "base/str.h"

#include <stdbool.h>

struct rewriter;
struct sql_token;
struct sql_type;

bool walk_is_bits(const struct sql_token *t);
/* Its bits as '0' and '1', of the arena. 22P02 at the literal: it has another digit. 0A000: it has none, and
 * the engine keeps no bits without one. */
int walk_bits_of(struct rewriter *r, const struct sql_token *t, struct str *out);
/* The engine's expression for the bits: CAST('0101' AS BIT). */
int walk_bits_spelled(struct rewriter *r, struct str bits, struct str *out);
/* bit(n) has n bits exactly, bit one; varbit(n) at most n: cut, or filled up with zeros. */
int walk_bits_fit(struct rewriter *r, struct str *bits, bool varying, const struct sql_type *type);
/* At such a literal: as the engine's. Goes on behind it. */
int walk_bits(struct rewriter *r);

#endif
