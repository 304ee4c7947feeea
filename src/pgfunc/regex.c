/* What is not named here means the same to both, and goes through as it is. */
#include "pgfunc/regex.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

enum { REPEAT_MAX = 255 };

#define LETTERS "\\p{L}\\p{M}"
#define WORD    LETTERS "\\p{N}_"

struct regex {
    const char *p, *end;
    struct buf *out;
    struct err *e;
};

static int unsupported(struct regex *x, const char *what)
{
    return err_set(x->e, SQLSTATE_FEATURE_NOT_SUPPORTED, "invalid regular expression: %s not supported here",
                   what);
}

static int invalid(struct regex *x, const char *what)
{
    return err_set(x->e, SQLSTATE_INVALID_REGULAR_EXPRESSION, "invalid regular expression: %s", what);
}

static void put(struct regex *x, const char *text)
{
    buf_put(x->out, text, strlen(text));
}

/* Up to max hexadecimal digits as a character of RE2's. */
static int hexadecimal(struct regex *x, size_t least, size_t max)
{
    size_t n = 0;
    assert(least <= max);
    while (x->p + n < x->end && n < max && isxdigit((unsigned char)x->p[n]))
        n++;
    if (n < least || n == 0)
        return invalid(x, "invalid escape \\ sequence");
    buf_printf(x->out, "\\x{%.*s}", (int)n, x->p);
    x->p += n;
    return ST_OK;
}

/* Behind a backslash, at what it escapes. */
static int escape(struct regex *x, bool in_class)
{
    if (x->p == x->end)
        return invalid(x, "invalid escape \\ sequence");
    const char c = *x->p++;
    switch (c) {
    case 'w': put(x, in_class ? WORD : "[" WORD "]"); return ST_OK;
    case 'W':
        if (in_class)
            return invalid(x, "invalid escape \\ sequence");
        put(x, "[^" WORD "]");
        return ST_OK;
    case 'd':
    case 'D':
    case 's':
    case 'S':
    case 'A':
    case 'a':
    case 'f':
    case 'n':
    case 'r':
    case 't':
    case 'v': buf_printf(x->out, "\\%c", c); return ST_OK;
    case 'Z': put(x, "\\z"); return ST_OK;
    case 'b': put(x, "\\x08"); return ST_OK;
    case 'B': put(x, "\\\\"); return ST_OK;
    case 'e': put(x, "\\x1b"); return ST_OK;
    case 'u': return hexadecimal(x, 4, 4);
    case 'U': return hexadecimal(x, 8, 8);
    case 'x': return hexadecimal(x, 1, 8);
    case 'm':
    case 'M':
    case 'y':
    case 'Y': return unsupported(x, "the escapes \\m, \\M, \\y and \\Y of the edges of words are");
    default: break;
    }
    if (c >= '1' && c <= '9' && !in_class)
        return unsupported(x, "back references are");
    if (c == '0') {
        put(x, "\\x00");
        return ST_OK;
    }
    if (isalnum((unsigned char)c))
        return invalid(x, "invalid escape \\ sequence");
    if ((unsigned char)c < 0x80)
        buf_put_u8(x->out, '\\');
    buf_put_u8(x->out, (uint8_t)c);
    return ST_OK;
}

/* [:alpha:] within brackets, at its bracket. */
static int named_class(struct regex *x)
{
    static const struct {
        const char *name, *as;
    } classes[] = {{"[:alpha:]", LETTERS},
                   {"[:alnum:]", LETTERS "\\p{N}"},
                   {"[:upper:]", "\\p{Lu}"},
                   {"[:lower:]", "\\p{Ll}"},
                   {"[:word:]", WORD},
                   {"[:digit:]", "0-9"},
                   {"[:space:]", "\\s\\x0b"},
                   {"[:blank:]", " \\t"},
                   {"[:punct:]", "[:punct:]"},
                   {"[:xdigit:]", "[:xdigit:]"},
                   {"[:cntrl:]", "[:cntrl:]"},
                   {"[:graph:]", "\\p{L}\\p{M}\\p{N}\\p{P}\\p{S}"},
                   {"[:print:]", "\\p{L}\\p{M}\\p{N}\\p{P}\\p{S}\\p{Zs}"},
                   {"[:ascii:]", "[:ascii:]"}};
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        size_t n = strlen(classes[i].name);
        if ((size_t)(x->end - x->p) >= n && memcmp(x->p, classes[i].name, n) == 0) {
            put(x, classes[i].as);
            x->p += n;
            return ST_OK;
        }
    }
    if (x->end - x->p >= 3 && (x->p[2] == '<' || x->p[2] == '>'))
        return unsupported(x, "[[:<:]] and [[:>:]] are");
    return invalid(x, "invalid character class");
}

/* [ … ], at the bracket. */
static int brackets(struct regex *x)
{
    assert(x->p < x->end && *x->p == '[');
    buf_put_u8(x->out, (uint8_t)*x->p++);
    if (x->p < x->end && *x->p == '^')
        buf_put_u8(x->out, (uint8_t)*x->p++);
    if (x->p < x->end && *x->p == ']') {
        put(x, "\\]");
        x->p++;
    }
    while (x->p < x->end && *x->p != ']') {
        if (*x->p == '\\') {
            x->p++;
            TRY(escape(x, true));
        } else if (*x->p == '[' && x->p + 1 < x->end && x->p[1] == ':') {
            TRY(named_class(x));
        } else if (*x->p == '[' && x->p + 1 < x->end && (x->p[1] == '.' || x->p[1] == '=')) {
            return unsupported(x, "collating elements are");
        } else {
            if (*x->p == '[')
                buf_put_u8(x->out, '\\');
            buf_put_u8(x->out, (uint8_t)*x->p++);
        }
    }
    if (x->p == x->end)
        return invalid(x, "brackets [] not balanced");
    buf_put_u8(x->out, (uint8_t)*x->p++);
    return ST_OK;
}

/* ( and what makes it another bracket than one that catches. */
static int bracket(struct regex *x)
{
    size_t left = (size_t)(x->end - x->p);
    if (left >= 3 && x->p[1] == '?' && (x->p[2] == '=' || x->p[2] == '!' || x->p[2] == '<'))
        return unsupported(x, "looking ahead or behind is");
    if (left >= 3 && x->p[1] == '?' && x->p[2] == '#') {
        while (x->p < x->end && *x->p++ != ')')
            ;
        return ST_OK;
    }
    if (left >= 2 && x->p[1] == '?' && !(left >= 3 && x->p[2] == ':'))
        return invalid(x, "quantifier operand invalid");
    buf_put_u8(x->out, (uint8_t)*x->p++);
    return ST_OK;
}

/* {n,m}: RE2 takes more than PostgreSQL does. */
static int bounds(struct regex *x)
{
    unsigned long n = 0;
    for (const char *p = x->p + 1; p < x->end && *p != '}'; p++) {
        n = isdigit((unsigned char)*p) ? n * 10 + (unsigned long)(*p - '0') : 0;
        if (n > REPEAT_MAX)
            return invalid(x, "invalid repetition count(s)");
    }
    buf_put_u8(x->out, (uint8_t)*x->p++);
    return ST_OK;
}

/* (?i) and kin, at the start of a pattern. */
static int options(struct regex *x)
{
    const char *p = x->p + 2;
    bool any_case = false;
    const char *lines = "";
    while (p < x->end && isalpha((unsigned char)*p)) {
        switch (*p++) {
        case 'c': any_case = false; break;
        case 'i': any_case = true; break;
        case 'm':
        case 'n': lines = "m-s"; break;
        case 'p': lines = "-s"; break;
        case 's': lines = ""; break;
        case 'w': lines = "m"; break;
        case 't': break;
        default: return unsupported(x, "one of the embedded options is");
        }
    }
    if (p == x->end || *p != ')')
        return invalid(x, "invalid embedded option");
    x->p = p + 1;
    if (any_case || *lines)
        buf_printf(x->out, "(?%s%s)", any_case ? "i" : "", lines);
    return ST_OK;
}

static bool starts(const struct regex *x, const char *with)
{
    size_t n = strlen(with);
    return (size_t)(x->end - x->p) >= n && memcmp(x->p, with, n) == 0;
}

/* ***=text is the text, ***:… what would be without it. */
static int prefix(struct regex *x)
{
    if (starts(x, "***=")) {
        for (x->p += 4; x->p < x->end; x->p++) {
            if ((unsigned char)*x->p < 0x80 && !isalnum((unsigned char)*x->p))
                buf_put_u8(x->out, '\\');
            buf_put_u8(x->out, (uint8_t)*x->p);
        }
    }
    if (starts(x, "***:"))
        x->p += 4;
    if (starts(x, "(?") && x->end - x->p > 2 && isalpha((unsigned char)x->p[2]))
        TRY(options(x));
    return ST_OK;
}

/* a|ab between brackets or alone: RE2 takes the first alternative that matches, PostgreSQL the longest.
 * Those that are plain text are put in that order. */
static void alternatives(struct regex *x)
{
    enum { ALTERNATIVES_MAX = 64 };
    struct str a[ALTERNATIVES_MAX];
    size_t n = 0;
    const char *from = x->p, *p = from;
    for (;; p++) {
        bool over = p == x->end || *p == ')';
        if (over || *p == '|') {
            if (n == ALTERNATIVES_MAX)
                return;
            a[n++] = (struct str){from, (size_t)(p - from)};
            from = p + 1;
        } else if (strchr("\\[](){}.*+?^$", *p) || *p == '\0') {
            return;
        }
        if (over)
            break;
    }
    if (n < 2)
        return;
    for (size_t i = 1; i < n; i++)
        for (size_t k = i; k > 0 && a[k].n > a[k - 1].n; k--) {
            struct str longer = a[k];
            a[k] = a[k - 1];
            a[k - 1] = longer;
        }
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            buf_put_u8(x->out, '|');
        buf_put(x->out, a[i].p, a[i].n);
    }
    x->p = p;
}

static int regex(struct pg_call *call)
{
    struct str pattern = call->args[0].text;
    struct regex x = {.p = pattern.p, .end = pattern.p + pattern.n, .out = call->out, .e = call->e};
    TRY(prefix(&x));
    alternatives(&x);
    while (x.p < x.end) {
        const char c = *x.p;
        if (c == '\\') {
            x.p++;
            TRY(escape(&x, false));
        } else if (c == '[') {
            TRY(brackets(&x));
        } else if (c == '(') {
            TRY(bracket(&x));
            alternatives(&x);
        } else if (c == '{') {
            TRY(bounds(&x));
        } else {
            buf_put_u8(x.out, (uint8_t)*x.p++);
        }
    }
    return ST_OK;
}

const struct pg_function pg_regex_functions[] = {
    {.name = "pg_regex", .args = {PG_TEXT}, .result = PG_TEXT, .call = regex},
    {.name = NULL},
};
