/* Encodings that a client may ask for, under PostgreSQL's names, to and from UTF-8, by the C library's iconv.
 * ASCII is the same in all of them, so that only what lies between runs of it is converted. Pure but for the
 * tables that the C library loads. Source: PostgreSQL manual, 24.3 (character sets), and its answers. */
#ifndef TAVANA_BASE_ENCODING_H
#define TAVANA_BASE_ENCODING_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct encoding;
struct recoder;

/* By any name that PostgreSQL knows it by, letters and digits alone compared; NULL: there is none. */
const struct encoding *encoding_find(const char *name);
/* PostgreSQL's name of it: "LATIN1". */
const char *encoding_name(const struct encoding *enc);
/* Whether its bytes go through as they are: UTF8, and SQL_ASCII, which asks for no conversion. */
bool encoding_is_plain(const struct encoding *enc);
/* Whether it can be converted here. */
bool encoding_is_known(const struct encoding *enc);

/* One that is not plain. One thread at a time. 0A000 when it is not known here, 53200. */
int recoder_new(struct recoder **out, const struct encoding *enc, struct err *e);
/* NULL is fine. */
void recoder_free(struct recoder *r);
/* What it converts from and to. */
const struct encoding *recoder_encoding(const struct recoder *r);

/* Most bytes that n of UTF-8 become, in however many pieces they are converted. */
size_t recoder_bound_out(const struct recoder *r, size_t n);
/* Most bytes of UTF-8 that n become; the same. */
static inline size_t recoder_bound_in(size_t n)
{
    return 3 * n;
}
/* UTF-8 to the client's bytes at `to`, up to `limit`; returns the end. NULL: 22P05, a character that the
 * encoding does not have. e NULL: such a character becomes a question mark, and nothing fails. */
uint8_t *recoder_out(struct recoder *r, struct str from, uint8_t *to, const uint8_t *limit, struct err *e);
/* The client's bytes to UTF-8 at `to`, up to `limit`; returns the end. NULL: 22021 for bytes that are no
 * character of the encoding, and for NUL, 22P05 for a character that has no equivalent. */
uint8_t *recoder_in(struct recoder *r, struct str from, uint8_t *to, const uint8_t *limit, struct err *e);
/* How many of n bytes of the client's are whole characters; what is left begins one. */
size_t recoder_whole(const struct recoder *r, const uint8_t *p, size_t n);

#endif
