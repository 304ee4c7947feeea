/* One pass; names of open elements are on a stack. */
#include "pgtype/xml.h"

#include "base/buf.h"
#include "pgtype/packed.h"
#include "pgtype/value_priv.h"

#include <assert.h>
#include <stdlib.h>

enum { DEPTH_MAX = 256, ATTRIBUTES_MAX = 1024, DECLARATION_MAX = 64 };

struct scan {
    const struct decode *d;
    const char *p, *end;
    unsigned depth;
    struct str open[DEPTH_MAX];
    struct str attributes[ATTRIBUTES_MAX]; /* of the element that is read */
};

static int malformed(const struct decode *d)
{
    return err_set(d->e, SQLSTATE_INVALID_XML_CONTENT, "invalid XML content");
}

static int too_much(const struct decode *d, const char *what)
{
    return err_set(d->e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "xml has too many %s", what);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The character at p, which is valid UTF-8, and its bytes. */
static uint32_t character(const char *p, const char *end, size_t *bytes)
{
    enum { FOUR = 0xF0, THREE = 0xE0, TWO = 0xC0, SIX_BITS = 0x3F };
    const uint8_t *u = (const uint8_t *)p;
    size_t n = u[0] >= FOUR ? 4 : u[0] >= THREE ? 3 : u[0] >= TWO ? 2 : 1;
    if (n > (size_t)(end - p))
        n = 1; /* of a client_encoding that is not converted */
    uint32_t v = n == 1 ? u[0] : (uint32_t)(u[0] & (SIX_BITS >> (n - 1)));
    for (size_t i = 1; i < n; i++)
        v = (v << 6) | (u[i] & SIX_BITS);
    *bytes = n;
    return v;
}

struct span {
    uint32_t from, to;
};

static bool within(const struct span *spans, size_t n, uint32_t v)
{
    for (size_t i = 0; i < n; i++)
        if (v >= spans[i].from && v <= spans[i].to)
            return true;
    return false;
}

/* Source: XML 1.0, fifth edition, productions 4 and 4a. */
static bool starts_name(uint32_t v)
{
    static const struct span spans[] = {
        {':', ':'},       {'A', 'Z'},       {'_', '_'},       {'a', 'z'},
        {0xC0, 0xD6},     {0xD8, 0xF6},     {0xF8, 0x2FF},    {0x370, 0x37D},
        {0x37F, 0x1FFF},  {0x200C, 0x200D}, {0x2070, 0x218F}, {0x2C00, 0x2FEF},
        {0x3001, 0xD7FF}, {0xF900, 0xFDCF}, {0xFDF0, 0xFFFD}, {0x10000, 0xEFFFF},
    };
    return within(spans, sizeof spans / sizeof *spans, v);
}

static bool in_name(uint32_t v)
{
    static const struct span spans[] = {
        {'-', '.'}, {'0', '9'}, {0xB7, 0xB7}, {0x300, 0x36F}, {0x203F, 0x2040},
    };
    return starts_name(v) || within(spans, sizeof spans / sizeof *spans, v);
}

static bool is_code_point(uint32_t v)
{
    return v == '\t' || v == '\n' || v == '\r' || (v >= 0x20 && v <= 0xD7FF) ||
           (v >= 0xE000 && v <= 0xFFFD) || (v >= 0x10000 && v <= 0x10FFFF);
}

static bool blanks(struct scan *s)
{
    const char *from = s->p;
    while (s->p < s->end && is_blank(*s->p))
        s->p++;
    return s->p > from;
}

static bool take(struct scan *s, const char *what)
{
    size_t n = strlen(what);
    if ((size_t)(s->end - s->p) < n || memcmp(s->p, what, n) != 0)
        return false;
    s->p += n;
    return true;
}

static bool name(struct scan *s, struct str *out)
{
    const char *from = s->p;
    size_t n;
    if (s->p == s->end || !starts_name(character(s->p, s->end, &n)))
        return false;
    do
        s->p += n;
    while (s->p < s->end && in_name(character(s->p, s->end, &n)));
    *out = (struct str){from, (size_t)(s->p - from)};
    return true;
}

/* false: it is none of XML's. */
static bool take_character(struct scan *s)
{
    size_t n;
    if (!is_code_point(character(s->p, s->end, &n)))
        return false;
    s->p += n;
    return true;
}

/* Up to what ends it; false: nothing does, or a character is none of XML's. */
static bool skip_to(struct scan *s, const char *end)
{
    while (s->p < s->end)
        if (take(s, end))
            return true;
        else if (!take_character(s))
            return false;
    return false;
}

static int digit(char c, unsigned base)
{
    char low = (char)(c | 0x20);
    int v = c >= '0' && c <= '9' ? c - '0' : low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
    return v < (int)base ? v : -1;
}

/* &lt; or &#60;, at its first sign. */
static bool reference(struct scan *s)
{
    static const char *const known[] = {"&lt;", "&gt;", "&amp;", "&quot;", "&apos;"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (take(s, known[i]))
            return true;
    if (!take(s, "&#"))
        return false;
    unsigned base = take(s, "x") ? 16 : 10;
    uint32_t v = 0;
    const char *from = s->p;
    for (; s->p < s->end && digit(*s->p, base) >= 0; s->p++) {
        v = v * base + (unsigned)digit(*s->p, base);
        if (v > 0x10FFFF)
            return false;
    }
    return s->p > from && take(s, ";") && is_code_point(v);
}

/* ---- elements ---- */

static bool attribute_value(struct scan *s)
{
    char quote = s->p < s->end ? *s->p : '\0';
    if (quote != '"' && quote != '\'')
        return false;
    for (s->p++; s->p < s->end && *s->p != quote;)
        if (*s->p == '&' ? !reference(s) : *s->p == '<' || !take_character(s))
            return false;
    return s->p++ < s->end;
}

static int by_name(const void *x, const void *y)
{
    const struct str *a = x, *b = y;
    int order = memcmp(a->p, b->p, a->n < b->n ? a->n : b->n);
    return order ? order : a->n < b->n ? -1 : a->n > b->n;
}

/* Behind an element's name, up to > or />. */
static int attributes(struct scan *s)
{
    size_t n = 0;
    struct str word;
    while (blanks(s) && name(s, &word)) {
        if (n == ATTRIBUTES_MAX)
            return too_much(s->d, "attributes");
        s->attributes[n++] = word;
        (void)blanks(s);
        if (!take(s, "="))
            return malformed(s->d);
        (void)blanks(s);
        if (!attribute_value(s))
            return malformed(s->d);
    }
    qsort(s->attributes, n, sizeof *s->attributes, by_name);
    for (size_t i = 1; i < n; i++)
        if (str_eq(s->attributes[i - 1], s->attributes[i]))
            return malformed(s->d);
    return ST_OK;
}

/* Behind the <. */
static int begin_element(struct scan *s)
{
    struct str tag;
    assert(s->depth <= DEPTH_MAX);
    if (!name(s, &tag))
        return malformed(s->d);
    TRY(attributes(s));
    if (take(s, "/>"))
        return ST_OK;
    if (!take(s, ">"))
        return malformed(s->d);
    if (s->depth == DEPTH_MAX)
        return too_much(s->d, "levels");
    s->open[s->depth++] = tag;
    return ST_OK;
}

/* Behind the </. */
static int end_element(struct scan *s)
{
    struct str tag;
    if (!name(s, &tag) || s->depth == 0 || !str_eq(s->open[--s->depth], tag))
        return malformed(s->d);
    (void)blanks(s);
    return take(s, ">") ? ST_OK : malformed(s->d);
}

static int comment(struct scan *s)
{
    return skip_to(s, "--") && take(s, ">") ? ST_OK : malformed(s->d);
}

static int instruction(struct scan *s)
{
    struct str target;
    if (!name(s, &target) || str_ieq(target, STR("xml")))
        return malformed(s->d);
    if (take(s, "?>"))
        return ST_OK;
    return blanks(s) && skip_to(s, "?>") ? ST_OK : malformed(s->d);
}

static int markup(struct scan *s)
{
    assert(s->p < s->end && *s->p == '<');
    if (take(s, "<!--"))
        return comment(s);
    if (take(s, "<![CDATA["))
        return skip_to(s, "]]>") ? ST_OK : malformed(s->d);
    if (take(s, "<!DOCTYPE"))
        return err_set(s->d->e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                       "a document type declaration in xml is not supported");
    if (take(s, "<?"))
        return instruction(s);
    if (take(s, "</"))
        return end_element(s);
    s->p++;
    return begin_element(s);
}

static int content(struct scan *s)
{
    while (s->p < s->end) {
        if (*s->p == '<')
            TRY(markup(s));
        else if (*s->p == '&' ? !reference(s) : take(s, "]]>") || !take_character(s))
            return malformed(s->d);
    }
    return s->depth == 0 ? ST_OK : malformed(s->d);
}

/* ---- the declaration ---- */

struct declaration {
    struct str version, encoding, standalone; /* n 0: it does not say */
};

/* name = "value", behind a blank; where another name stands, nothing is read. false: it is malformed. */
static bool said(struct scan *s, const char *what, struct str *out)
{
    const char *from = s->p;
    if (!blanks(s) || !take(s, what)) {
        s->p = from;
        return true;
    }
    (void)blanks(s);
    if (!take(s, "="))
        return false;
    (void)blanks(s);
    char quote[2] = {s->p < s->end ? *s->p : '\0', '\0'};
    if (quote[0] != '"' && quote[0] != '\'')
        return false;
    from = ++s->p;
    if (!skip_to(s, quote))
        return false;
    *out = (struct str){from, (size_t)(s->p - 1 - from)};
    return out->n > 0 && out->n < DECLARATION_MAX;
}

static int declaration(struct scan *s, struct declaration *out)
{
    *out = (struct declaration){0};
    if (!take(s, "<?xml"))
        return ST_OK;
    if (s->p == s->end || !is_blank(*s->p)) { /* an instruction of another name */
        s->p -= strlen("<?xml");
        return ST_OK;
    }
    if (!said(s, "version", &out->version) || out->version.n == 0 || !said(s, "encoding", &out->encoding) ||
        !said(s, "standalone", &out->standalone))
        return malformed(s->d);
    (void)blanks(s);
    bool alone =
        out->standalone.n == 0 || str_eq(out->standalone, STR("yes")) || str_eq(out->standalone, STR("no"));
    return alone && take(s, "?>") ? ST_OK : malformed(s->d);
}

int xml_from_text(const struct decode *d, const struct packed_type *t)
{
    struct scan *s = arena_calloc(d->arena, 1, sizeof *s);
    struct declaration front;
    if (!s)
        return err_oom(d->e);
    s->d = d;
    s->p = d->in.p;
    s->end = d->in.p + d->in.n;
    TRY(declaration(s, &front));
    bool kept = (front.version.n && !str_eq(front.version, STR("1.0"))) || front.standalone.n;
    if (front.version.n && !kept)
        (void)take(s, "\n");
    struct str rest = {s->p, (size_t)(s->end - s->p)};
    TRY(content(s));
    if (!kept)
        return packed_put(d, t, rest.p, rest.n);
    struct buf b;
    buf_init(&b, d->in.n + 4 * DECLARATION_MAX);
    buf_printf(&b, "<?xml version=\"%.*s\"", (int)front.version.n, front.version.p);
    if (front.standalone.n)
        buf_printf(&b, " standalone=\"%.*s\"", (int)front.standalone.n, front.standalone.p);
    buf_put(&b, "?>", 2);
    buf_put(&b, rest.p, rest.n);
    int st = buf_ok(&b) ? packed_put(d, t, b.data, b.len) : err_oom(d->e);
    buf_release(&b);
    return st;
}
