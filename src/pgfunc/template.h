/* What the templates of to_char and its kin share: the text between their patterns. A template is read a node
 * at a time and needs no memory. Pure. Source: PostgreSQL 15 manual, 9.8. */
#ifndef TAVANA_PGFUNC_TEMPLATE_H
#define TAVANA_PGFUNC_TEMPLATE_H

#include "base/str.h"

#include <assert.h>
#include <stdbool.h>

struct template_cursor {
    struct str rest;
    bool quoted; /* within double quotes, where there are no patterns */
};

enum template_kind {
    TEMPLATE_END,
    TEMPLATE_PATTERN,
    TEMPLATE_SPACE,
    TEMPLATE_SEPARATOR, /* a printable character of ASCII that is neither letter nor digit */
    TEMPLATE_CHARACTER, /* any other, and all within quotes */
};

static inline bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline bool is_separator(char c)
{
    return c > ' ' && c < 0x7F && !is_digit(c) && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z');
}

/* The length of the character of UTF-8 that s begins with; s is not empty. */
static inline size_t character_length(struct str s)
{
    assert(s.n > 0);
    size_t n = 1;
    while (n < s.n && utf8_continues(s.p[n]))
        n++;
    return n;
}

static inline void str_skip(struct str *s, size_t n)
{
    assert(n <= s->n);
    s->p += n;
    s->n -= n;
}

static inline bool str_starts(struct str s, struct str with)
{
    return s.n >= with.n && memcmp(s.p, with.p, with.n) == 0;
}

/* Goes over quotes that open or close here; false at the end of the template. */
bool template_more(struct template_cursor *c);
/* The character here, which is part of no pattern; template_more said that there is one. */
enum template_kind template_text(struct template_cursor *c, struct str *text);

#endif
