/* COPY's escaping of text and csv values: eight bytes at a time as long as none of them is special. Room is
 * the caller's business: twice the value, two quotes, and COPY_SLACK, since the last store may go beyond the
 * value's end. Source: PostgreSQL 15 manual, COPY (Text Format, CSV Format); details as measured. */
#ifndef TAVANA_ENCODE_COPY_ESCAPE_H
#define TAVANA_ENCODE_COPY_ESCAPE_H

#include "copy/options.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { COPY_SLACK = 8 };

/* Bytes that need a look: those below one, and two more; each repeated over a word. All are below 0x80. */
struct copy_marks {
    uint64_t below, a, b;
};

struct copy_escaper {
    struct copy_marks marks;  /* text: a byte to escape; csv: one that may ask for quotes */
    struct copy_marks quoted; /* csv: within quotes */
    const struct copy_options *options;
    bool alone; /* csv: the only column of its row, where \. must not stand by itself */
};

void copy_escaper_init(struct copy_escaper *x, const struct copy_options *o, size_t ncolumns);

/* Bytes that the value takes, exactly. */
size_t copy_text_size(const struct copy_escaper *x, const char *s, size_t n);
size_t copy_csv_size(const struct copy_escaper *x, const char *s, size_t n, bool force);
/* Whatever the bytes are. NULL: there is a zero among them. */
uint8_t *copy_text_bytes(uint8_t *p, const struct copy_escaper *x, const char *s, size_t n);
uint8_t *copy_csv_bytes(uint8_t *p, const struct copy_escaper *x, const char *s, size_t n, bool force);

#define COPY_ONES  UINT64_C(0x0101010101010101)
#define COPY_HIGHS UINT64_C(0x8080808080808080)

/* Not zero when a byte of w needs a look. (Which one it does not say: borrows.) */
static inline uint64_t copy_look(uint64_t w, const struct copy_marks *m)
{
    uint64_t a = w ^ m->a, b = w ^ m->b;
    return (((w - m->below) & ~w) | ((a - COPY_ONES) & ~a) | ((b - COPY_ONES) & ~b)) & COPY_HIGHS;
}

static inline uint64_t copy_load(const char *s)
{
    uint64_t w;
    memcpy(&w, s, sizeof w);
    return w;
}

/* The last n bytes, 1 to 7, of a value of `all` bytes, in the low ones of a word; what is above them has its
 * high bits set, so that it needs no look. readable: of a short value too, eight bytes may be read at s. */
static inline uint64_t copy_tail(const char *s, size_t n, size_t all, bool readable)
{
    uint64_t w = 0;
    if (all >= sizeof w)
        w = copy_load(s + n - sizeof w) >> (8 * (sizeof w - n));
    else if (readable)
        w = copy_load(s);
    else
        for (size_t i = 0; i < n; i++)
            w |= (uint64_t)(uint8_t)s[i] << (8 * i);
    return w | COPY_HIGHS << (8 * n);
}

/* Copies up to the first word that needs a look; returns how many bytes. */
static inline size_t copy_run(uint8_t *p, const struct copy_marks *m, const char *s, size_t n, bool readable)
{
    size_t at = 0;
    for (; n - at >= sizeof(uint64_t); at += sizeof(uint64_t)) {
        uint64_t w = copy_load(s + at);
        if (__builtin_expect(copy_look(w, m) != 0, 0))
            return at;
        memcpy(p + at, &w, sizeof w);
    }
    if (at == n)
        return n;
    uint64_t w = copy_tail(s + at, n - at, n, readable);
    if (__builtin_expect(copy_look(w, m) != 0, 0))
        return at;
    memcpy(p + at, &w, sizeof w);
    return n;
}

static inline uint8_t *copy_text(uint8_t *p, const struct copy_escaper *x, const char *s, size_t n,
                                 bool readable)
{
    size_t run = copy_run(p, &x->marks, s, n, readable);
    return __builtin_expect(run == n, 1) ? p + n : copy_text_bytes(p + run, x, s + run, n - run);
}

static inline uint8_t *copy_csv(uint8_t *p, const struct copy_escaper *x, const char *s, size_t n, bool force,
                                bool readable)
{
    size_t null = x->options->null.n;
    bool plain = !force && n != null && !(x->alone && n == 2);
    if (__builtin_expect(plain && copy_run(p, &x->marks, s, n, readable) == n, 1))
        return p + n;
    return copy_csv_bytes(p, x, s, n, force);
}

#endif
