/* COPY's escaping of text and csv values: sixteen bytes at a time as long as none of them is special. Room is
 * the caller's business: twice the value, two quotes, and COPY_SLACK, since stores may go beyond the value's
 * end. Source: PostgreSQL 15 manual, COPY (Text Format, CSV Format); details as measured. */
#ifndef TAVANA_ENCODE_COPY_ESCAPE_H
#define TAVANA_ENCODE_COPY_ESCAPE_H

#include "copy/options.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { COPY_SLACK = 16 };

typedef uint8_t copy_vector __attribute__((vector_size(16)));
typedef uint8_t copy_unaligned __attribute__((vector_size(16), aligned(1), may_alias));

/* Bytes that need a look: those below one, and two more; each repeated. */
struct copy_marks {
    copy_vector below, a, b;
};

struct copy_escaper {
    struct copy_marks marks;  /* text: a byte to escape; csv: one that may ask for quotes */
    struct copy_marks quoted; /* csv: within quotes */
    const struct copy_options *options;
    bool alone; /* csv: the only column of its row, where \. must not stand by itself */
};

/* What has to be looked at in values of a COPY with these options; lends them. */
void copy_escaper_init(struct copy_escaper *x, const struct copy_options *o, size_t ncolumns);

/* Bytes that the value takes, exactly. */
size_t copy_text_size(const struct copy_escaper *x, const char *s, size_t n);
/* The same for csv. force: in quotes in any case. */
size_t copy_csv_size(const struct copy_escaper *x, const char *s, size_t n, bool force);
/* Whatever the bytes are. NULL: there is a zero among them. */
uint8_t *copy_text_bytes(uint8_t *p, const struct copy_escaper *x, const char *s, size_t n);
/* The same for csv. */
uint8_t *copy_csv_bytes(uint8_t *p, const struct copy_escaper *x, const char *s, size_t n, bool force);

/* Whether a byte of v needs a look. */
static inline bool copy_look(copy_vector v, const struct copy_marks *m)
{
    uint64_t halves[2];
    copy_vector any = (copy_vector)(v < m->below) | (copy_vector)(v == m->a) | (copy_vector)(v == m->b);
    memcpy(halves, &any, sizeof halves);
    return (halves[0] | halves[1]) != 0;
}

static inline bool copy_step(uint8_t *p, const struct copy_marks *m, const char *s)
{
    copy_vector v = *(const copy_unaligned *)(const void *)s;
    *(copy_unaligned *)(void *)p = v;
    return !copy_look(v, m);
}

/* Fewer bytes than a vector has: what is beyond them is set to what needs no look. */
static inline bool copy_short(uint8_t *p, const struct copy_marks *m, copy_vector v, size_t n)
{
    static const copy_vector at = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    *(copy_unaligned *)(void *)p = v;
    return !copy_look(v | ((copy_vector)(at >= (uint8_t)n) & 0x80), m);
}

/* Copies up to the first step that holds something special; returns how many bytes. More may be stored. */
static inline size_t copy_run(uint8_t *p, const struct copy_marks *m, const char *s, size_t n)
{
    const size_t step = sizeof(copy_vector);
    copy_vector v = {0};
    size_t at = 0;
    if (n < step) {
        memcpy(&v, s, n);
        return copy_short(p, m, v, n) ? n : 0;
    }
    for (; n - at >= step; at += step)
        if (__builtin_expect(!copy_step(p + at, m, s + at), 0))
            return at;
    return at == n || copy_step(p + n - step, m, s + n - step) ? n : at;
}

static inline uint8_t *copy_text(uint8_t *p, const struct copy_escaper *x, const char *s, size_t n)
{
    size_t run = copy_run(p, &x->marks, s, n);
    return __builtin_expect(run == n, 1) ? p + n : copy_text_bytes(p + run, x, s + run, n - run);
}

/* Whether the value may be one that has quotes without a special byte. */
static inline bool copy_csv_odd(const struct copy_escaper *x, size_t n, bool force)
{
    return force || n == x->options->null.n || (x->alone && n == 2);
}

static inline uint8_t *copy_csv(uint8_t *p, const struct copy_escaper *x, const char *s, size_t n, bool force)
{
    if (__builtin_expect(!copy_csv_odd(x, n, force) && copy_run(p, &x->marks, s, n) == n, 1))
        return p + n;
    return copy_csv_bytes(p, x, s, n, force);
}

#endif
