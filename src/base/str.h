/* A piece of text that somebody else owns: pointer and length, not terminated, NULs possible. */
#ifndef TAVANA_BASE_STR_H
#define TAVANA_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
    const char *p;
    size_t n;
};

#define STR(literal) ((struct str){(literal), sizeof(literal) - 1})

static inline struct str str_of(const char *s)
{
    return (struct str){s, s ? strlen(s) : 0};
}

static inline bool str_eq(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* ASCII letters alike, as PostgreSQL compares keywords and setting names. */
bool str_ieq(struct str a, struct str b);
/* Letters alike in either case (ASCII). */
bool cstr_ieq(const char *a, const char *b);

/* The whole text as a number in [min, max], blanks at both ends apart; false when it is not one. */
bool str_to_i64(struct str s, int64_t min, int64_t max, int64_t *out);

/* A byte of UTF-8 that belongs to the character before it. */
static inline bool utf8_continues(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

/* Characters of UTF-8; bytes that are none count as the ones before them. */
static inline size_t str_chars(struct str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += !utf8_continues(s.p[i]);
    return n;
}

/* A byte offset as PostgreSQL counts positions: in characters, from 1; at most one behind the last. */
static inline int32_t str_position(struct str s, size_t at)
{
    return 1 + (int32_t)str_chars((struct str){s.p, at < s.n ? at : s.n});
}

/* The other way: the byte where the character at that position begins; s.n for one behind the last. */
static inline size_t str_offset(struct str s, int32_t position)
{
    size_t at = 0;
    for (int32_t left = position; at < s.n; at++)
        if (!utf8_continues(s.p[at]) && --left == 0)
            break;
    return at;
}

/* How many bytes are left when s is cut to at most so many, between two characters. */
static inline size_t str_cut(struct str s, size_t most)
{
    if (s.n <= most)
        return s.n;
    while (most > 0 && utf8_continues(s.p[most]))
        most--;
    return most;
}

/* Copies s, or as much of it as there is room for with the NUL behind it (room is at least 1); how many bytes
 * of it. For what is copied once a statement: snprintf costs ten times as much. */
static inline size_t str_copy(struct str s, char *to, size_t room)
{
    size_t n = s.n < room ? s.n : room - 1;
    if (n > 0)
        memcpy(to, s.p, n);
    to[n] = '\0';
    return n;
}

enum { U64_DIGITS_MAX = 20 };

/* n in decimal digits and a NUL, into U64_DIGITS_MAX + 1 bytes; how many digits. */
size_t u64_digits(uint64_t n, char *to);

/* Whether n bytes are valid UTF-8 without NUL; if not *at is the offset of the first bad byte. */
bool utf8_valid(const char *p, size_t n, size_t *at);
/* Puts a question mark in place of each byte that keeps n bytes from being that. */
void utf8_mend(char *p, size_t n);

#endif
