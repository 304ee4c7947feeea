/* CSV: a field may stand in quotes, wholly or in parts; an unquoted one that is the null string is NULL. */
#include "copy/csv.h"

#include "copy/reader_priv.h"

#include <string.h>

/* What stands in quotes, from behind the opening one on. NULL: they are not closed. */
static const char *quoted_part(struct copy_reader *r, const char *p, const char *end)
{
    char quote = r->options.quote, escape = r->options.escape;
    size_t at = r->scratch.len;
    uint8_t *out = r->scratch.data;
    while (p < end) {
        char c = *p++;
        if (c == escape && p < end && (*p == escape || *p == quote)) {
            c = *p++;
        } else if (c == quote) {
            r->scratch.len = at;
            return p;
        }
        out[at++] = (uint8_t)c;
    }
    return NULL;
}

/* A field from p on, which has a quote in it. Returns where it ends; NULL: never. */
static const char *quoted_field(struct copy_reader *r, const char *p, const char *end, struct str *field)
{
    size_t start = r->scratch.len;
    while (p < end && *p != r->options.delimiter) {
        char c = *p++;
        if (c == r->options.quote) {
            p = quoted_part(r, p, end);
            if (!p)
                return NULL;
        } else {
            r->scratch.data[r->scratch.len++] = (uint8_t)c;
        }
    }
    *field = (struct str){(const char *)r->scratch.data + start, r->scratch.len - start};
    return p;
}

/* Where an unquoted field ends; a quote in it: there. */
static const char *plain_end(const struct copy_reader *r, const char *p, const char *end)
{
    if (r->plain) {
        const char *stop = memchr(p, r->options.delimiter, (size_t)(end - p));
        return stop ? stop : end;
    }
    while (p < end && *p != r->options.delimiter && *p != r->options.quote)
        p++;
    return p;
}

static void read_null(const struct copy_reader *r, struct str *f, size_t i, bool quoted)
{
    const bool *keep = r->header_due ? NULL : r->force_not_null;
    const bool *force = r->header_due ? NULL : r->force_null;
    if (str_eq(*f, r->options.null) && (quoted ? force && force[i] : !(keep && keep[i])))
        *f = (struct str){NULL, 0};
}

int copy_split_csv(struct copy_reader *r, struct str *fields, size_t *n, struct err *e)
{
    const char *p = r->line.p, *end = p + r->line.n;
    struct str ignored;
    if (!r->plain && !buf_reserve(&r->scratch, r->line.n + 1))
        return err_oom(e);
    for (size_t i = 0;; i++) {
        struct str *f = i < r->ncolumns ? &fields[i] : &ignored;
        const char *stop = plain_end(r, p, end);
        bool quoted = stop < end && *stop != r->options.delimiter;
        *f = (struct str){p, (size_t)(stop - p)};
        if (quoted && !(stop = quoted_field(r, p, end, f)))
            return copy_bad_form(r, e, "unterminated CSV quoted field");
        if (i < r->ncolumns)
            read_null(r, f, i, quoted);
        *n = i + 1;
        if (stop == end)
            return ST_OK;
        p = stop + 1;
    }
}
