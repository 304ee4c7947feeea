/* Escapes of COPY's text and csv. Most text has none, which is found out sixteen bytes at a time while
 * they are copied (copy_run, in the header); from a word that has one on it goes byte by byte for that word.
 * A NUL, which the protocol cannot carry, ends it: NULL. */
#include "encode/copy_escape.h"

enum { CONTROLS = 0x20, BELOW_LINES = '\r' + 1 };

/* How text writes the control characters that it escapes. */
static const char letters[CONTROLS] = {
    ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\v'] = 'v', ['\f'] = 'f', ['\r'] = 'r',
};

static copy_vector repeated(int c)
{
    copy_vector v = {0};
    return v + (uint8_t)c;
}

void copy_escaper_init(struct copy_escaper *x, const struct copy_options *o, size_t ncolumns)
{
    bool csv = o->format == COPY_CSV;
    x->options = o; /* lent: it outlives the encoder */
    x->alone = csv && ncolumns == 1;
    x->marks = (struct copy_marks){
        .below = repeated(csv ? BELOW_LINES : CONTROLS),
        .a = repeated(csv ? o->quote : '\\'),
        .b = repeated(o->delimiter),
    };
    x->quoted = (struct copy_marks){
        .below = repeated(1),
        .a = repeated(o->quote),
        .b = repeated(o->escape),
    };
}

/* 0: stands for itself; otherwise what follows the backslash. */
static char text_escape(const struct copy_escaper *x, char c)
{
    if ((uint8_t)c < CONTROLS && letters[(uint8_t)c])
        return letters[(uint8_t)c];
    return c == '\\' || c == x->options->delimiter ? c : '\0';
}

size_t copy_text_size(const struct copy_escaper *x, const char *s, size_t n)
{
    size_t size = n;
    for (size_t i = 0; i < n; i++)
        size += text_escape(x, s[i]) != '\0';
    return size;
}

static uint8_t *text_word(uint8_t *p, const struct copy_escaper *x, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char c = s[i], escape = text_escape(x, c);
        if (c == '\0')
            return NULL;
        if (escape)
            *p++ = '\\';
        *p++ = (uint8_t)(escape ? escape : c);
    }
    return p;
}

uint8_t *copy_text_bytes(uint8_t *p, const struct copy_escaper *x, const char *s, size_t n)
{
    const size_t word = sizeof(copy_vector);
    for (size_t at = 0; at < n;) {
        size_t run = copy_run(p, &x->marks, s + at, n - at);
        at += run;
        p += run;
        size_t next = n - at < word ? n - at : word;
        p = text_word(p, x, s + at, next);
        if (!p)
            return NULL;
        at += next;
    }
    return p;
}

/* A value that reads as NULL, or as the end of the data, has quotes as well. */
static bool needs_quotes(const struct copy_escaper *x, const char *s, size_t n)
{
    const struct copy_options *o = x->options;
    if (n == o->null.n && (n == 0 || memcmp(s, o->null.p, n) == 0))
        return true;
    if (x->alone && n == 2 && s[0] == '\\' && s[1] == '.')
        return true;
    for (size_t i = 0; i < n; i++)
        if (s[i] == o->delimiter || s[i] == o->quote || s[i] == '\n' || s[i] == '\r')
            return true;
    return false;
}

size_t copy_csv_size(const struct copy_escaper *x, const char *s, size_t n, bool force)
{
    size_t size = n;
    if (!force && !needs_quotes(x, s, n))
        return n;
    for (size_t i = 0; i < n; i++)
        size += s[i] == x->options->quote || s[i] == x->options->escape;
    return size + 2;
}

static uint8_t *quoted_word(uint8_t *p, const struct copy_options *o, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (s[i] == '\0')
            return NULL;
        if (s[i] == o->quote || s[i] == o->escape)
            *p++ = (uint8_t)o->escape;
        *p++ = (uint8_t)s[i];
    }
    return p;
}

static uint8_t *put_quoted(uint8_t *p, const struct copy_escaper *x, const char *s, size_t n)
{
    const size_t word = sizeof(copy_vector);
    *p++ = (uint8_t)x->options->quote;
    for (size_t at = 0; at < n;) {
        size_t run = copy_run(p, &x->quoted, s + at, n - at);
        at += run;
        p += run;
        size_t next = n - at < word ? n - at : word;
        p = quoted_word(p, x->options, s + at, next);
        if (!p)
            return NULL;
        at += next;
    }
    *p++ = (uint8_t)x->options->quote;
    return p;
}

uint8_t *copy_csv_bytes(uint8_t *p, const struct copy_escaper *x, const char *s, size_t n, bool force)
{
    if (force || needs_quotes(x, s, n))
        return put_quoted(p, x, s, n);
    if (n > 0 && memchr(s, 0, n))
        return NULL;
    if (n > 0)
        memcpy(p, s, n);
    return p + n;
}
