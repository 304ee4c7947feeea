/* Literals of a type in PostgreSQL's forms, which pgtype/ reads, spelled for the engine. Of dialect/
 * alone. */
#ifndef TAVANA_DIALECT_LITERAL_H
#define TAVANA_DIALECT_LITERAL_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

struct rewriter;
struct sql_token;
struct sql_type;

/* What the engine shall read in place of the string t, which is meant as a value of the type with that OID
 * and these modifiers: an expression of one primary. *out with p NULL: the string as it is, which means the
 * same there. Errors stand at the string: 22P02, 22003, 22007, 22008, in PostgreSQL's words. */
int walk_spell_literal(struct rewriter *r, const struct sql_token *t, uint32_t oid,
                       const struct sql_type *type, struct str *out);
/* At a string with Unicode escapes (string_value.h), which the engine does not read: as a
 * plain string. Goes on behind it. */
int walk_unicode_literal(struct rewriter *r);
/* '\x0001ff', which is text or a bytea: the engine finds out which, and reads it as PostgreSQL does then. */
bool walk_is_bytes(struct rewriter *r, const struct sql_token *t);
/* '2024-01-02 03:04:05 +00:00', which is text or a moment: the engine takes no blank before an offset. */
bool walk_is_moment(struct rewriter *r, const struct sql_token *t);
/* At a string of one of these two kinds. Goes on behind it. */
int walk_bytes(struct rewriter *r);
/* At the ZONE of AT TIME ZONE: 'UTC+3' and its kin, which the engine reads with the other sign, become an
 * interval. Goes on behind it. */
int walk_zone(struct rewriter *r);
/* The precision and scale that hold all digits of a number: "-12.50", "1e3". ST_AGAIN: it is no number, or
 * NaN or infinite. 22003: more digits than the engine has */
int walk_number_shape(struct rewriter *r, struct str text, unsigned *width, unsigned *scale);

#endif
