/* Characters of UTF-8 text: reading, writing, counting, and what kind each is, by the C library's C.UTF-8.
 * Pure. Any thread. */
#ifndef TAVANA_PGFUNC_CHARS_H
#define TAVANA_PGFUNC_CHARS_H

#include "base/buf.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CHAR_MAX_CODE = 0x10FFFF };

/* The character at *at, which moves behind it; a byte that begins none counts as itself. */
uint32_t char_next(struct str s, size_t *at);
/* Where the nth character begins, from 0; s.n when there are not so many. */
size_t char_offset(struct str s, size_t n);
/* Appends it as UTF-8. */
void char_put(struct buf *out, uint32_t c);

bool char_is_alpha(uint32_t c);
bool char_is_alnum(uint32_t c);
bool char_is_space(uint32_t c);
/* Of a POSIX class, "alpha" … "xdigit" and "word"; false for another name, too. */
bool char_is_of(uint32_t c, const char *name);
uint32_t char_upper(uint32_t c);
uint32_t char_lower(uint32_t c);

#endif
