/* Text format: fields between delimiters, backslashes before what means something else. */
#include "copy/text.h"

#include "copy/reader_priv.h"

#include "base/str.h"

#include <stdio.h>
#include <string.h>

#define HIGH_BITS UINT64_C(0x8080808080808080)
#define LOW_BITS  UINT64_C(0x0101010101010101)

/* Bytes from 1 to 127 alone, eight at a time. */
static bool is_plain_ascii(struct str s)
{
    uint64_t odd = 0, word;
    size_t i = 0;
    for (; i + sizeof word <= s.n; i += sizeof word) {
        memcpy(&word, s.p + i, sizeof word);
        odd |= word | (word - LOW_BITS); /* a borrow into a NUL byte sets its high bit */
    }
    for (; i < s.n; i++)
        if ((unsigned char)s.p[i] - 1U >= 0x7f)
            return false;
    return !(odd & HIGH_BITS);
}

int copy_check_utf8(const struct copy_reader *r, struct str s, struct err *e)
{
    size_t at;
    if (is_plain_ascii(s) || utf8_valid(s.p, s.n, &at))
        return ST_OK;
    const unsigned char *bad = (const unsigned char *)s.p + at;
    size_t left = s.n - at,
           len = (*bad & 0xE0) == 0xC0   ? 2
                 : (*bad & 0xF0) == 0xE0 ? 3
                 : (*bad & 0xF8) == 0xF0 ? 4
                                         : 1,
           n = 0;
    char bytes[sizeof " 0x00" * 4] = "";
    for (size_t i = 0; i < len && i < left; i++)
        n += (size_t)snprintf(bytes + n, sizeof bytes - n, "%s0x%02x", i ? " " : "", bad[i]);
    (void)err_set(e, SQLSTATE_CHARACTER_NOT_IN_REPERTOIRE, "invalid byte sequence for encoding \"UTF8\": %s",
                  bytes);
    copy_reader_context(r, COPY_LINE_NUMBER, e);
    return ST_ERR;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static bool is_octal(char c)
{
    return c >= '0' && c <= '7';
}

/* The character that the escape behind a backslash at p stands for; moves *p behind it. */
static char unescape(const char **p, const char *end, bool *by_number)
{
    char c = *(*p)++;
    if (is_octal(c)) {
        unsigned v = (unsigned)(c - '0');
        for (int i = 0; i < 2 && *p < end && is_octal(**p); i++)
            v = v << 3 | (unsigned)(*(*p)++ - '0');
        *by_number = true;
        return (char)(v & 0xff);
    }
    switch (c) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'v': return '\v';
    case 'x': break;
    default: return c;
    }
    if (*p == end || hex_digit(**p) < 0)
        return c;
    int v = hex_digit(*(*p)++);
    if (*p < end && hex_digit(**p) >= 0)
        v = v << 4 | hex_digit(*(*p)++);
    *by_number = true;
    return (char)v;
}

/* One field from p on, its escapes undone in scratch, which has room. Returns where its raw bytes end; a
 * backslash that ends the data is none of them. */
static const char *escaped_field(struct copy_reader *r, const char *p, const char *end, struct str *field,
                                 struct str *raw, bool *by_number)
{
    const char *start = (const char *)r->scratch.data + r->scratch.len;
    size_t n = 0, lone = 0;
    raw->p = p;
    while (p < end && *p != r->options.delimiter) {
        char c = *p++;
        if (c == '\\') {
            if (p == end) {
                lone = 1;
                break;
            }
            c = unescape(&p, end, by_number);
        }
        r->scratch.data[r->scratch.len + n++] = (uint8_t)c;
    }
    raw->n = (size_t)(p - raw->p) - lone;
    buf_commit(&r->scratch, n);
    *field = (struct str){start, n};
    return p;
}

static int split_plain(const struct copy_reader *r, struct str *fields, size_t *n)
{
    const char *p = r->line.p, *end = p + r->line.n;
    struct str null = r->options.null;
    for (size_t i = 0;; i++) {
        const char *stop = memchr(p, r->options.delimiter, (size_t)(end - p));
        struct str f = {p, (size_t)((stop ? stop : end) - p)};
        if (i < r->ncolumns)
            fields[i] = f.n == null.n && str_eq(f, null) ? (struct str){NULL, 0} : f;
        *n = i + 1;
        if (!stop)
            return ST_OK;
        p = stop + 1;
    }
}

static int split_escaped(struct copy_reader *r, struct str *fields, size_t *n, struct err *e)
{
    const char *p = r->line.p, *end = p + r->line.n;
    if (!buf_reserve(&r->scratch, r->line.n + 1))
        return err_oom(e);
    for (size_t i = 0;; i++) {
        bool by_number = false;
        struct str raw, ignored, *f = i < r->ncolumns ? &fields[i] : &ignored;
        const char *stop = escaped_field(r, p, end, f, &raw, &by_number);
        if (str_eq(raw, r->options.null))
            *f = (struct str){NULL, 0};
        else if (by_number) /* a character was written byte by byte */
            TRY(copy_check_utf8(r, *f, e));
        *n = i + 1;
        if (stop == end)
            return ST_OK;
        p = stop + 1;
    }
}

int copy_split_text(struct copy_reader *r, struct str *fields, size_t *n, struct err *e)
{
    return r->plain ? split_plain(r, fields, n) : split_escaped(r, fields, n, e);
}
