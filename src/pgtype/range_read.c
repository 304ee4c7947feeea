/* A bound's text is unescaped first and then read as its type reads it. */
#include "pgtype/range_read.h"

#include "base/buf.h"
#include "base/bytes.h"
#include "pgtype/oid.h"
#include "pgtype/range.h"
#include "pgtype/range_key.h"
#include "pgtype/value_priv.h"

#include <assert.h>

enum { KEY_MAX = 256 * 1024, VALUE_MAX = 256 * 1024 * 1024 };

enum range_flags {
    FLAG_EMPTY = 0x01,
    FLAG_LOWER_INCLUSIVE = 0x02,
    FLAG_UPPER_INCLUSIVE = 0x04,
    FLAG_LOWER_INFINITE = 0x08,
    FLAG_UPPER_INFINITE = 0x10,
};

/* ---- bounds ---- */

/* What a decoder of the bounds' type made, as a bound's bytes. */
static int put_key(const struct decode *d, const struct range_type *t, const struct pg_value *v,
                   struct str *key)
{
    struct buf b;
    buf_init(&b, KEY_MAX);
    if (t->subtype == PGTYPE_NUMERIC)
        range_key_put_numeric(&b, v->v.text);
    else
        range_key_put_int(&b, t->subtype, v->v.i);
    const char *p = buf_ok(&b) ? arena_strndup(d->arena, (const char *)b.data, b.len) : NULL;
    *key = (struct str){p, b.len};
    buf_release(&b);
    return p ? ST_OK : err_oom(d->e);
}

static int read_bound(const struct decode *d, const struct range_type *t, struct str in, bool binary,
                      struct range_bound *out)
{
    struct pg_value v = {.kind = PG_NULL, .oid = t->subtype};
    struct decode one = {d->arena, d->zone, t->subtype, in, &v, d->e, .is_item = true};
    TRY(binary ? decode_binary(&one) : decode_text(&one));
    assert(v.kind == PG_NUMERIC || v.kind == PG_INT64 || v.kind == PG_DATE || v.kind == PG_TIMESTAMP ||
           v.kind == PG_TIMESTAMPTZ);
    return put_key(d, t, &v, &out->value);
}

/* ---- text ---- */

struct reader {
    const struct decode *d;
    const struct range_type *type;
    struct str whole; /* the literal, for messages */
    const char *kind; /* "range" or "multirange" */
    struct str s;
    size_t at;
};

static int malformed(const struct reader *r, const char *detail)
{
    (void)err_set(r->d->e, SQLSTATE_INVALID_TEXT_REPRESENTATION, "malformed %s literal: \"%.*s\"", r->kind,
                  shown(r->whole), r->whole.p);
    err_detail(r->d->e, "%s", detail);
    return ST_ERR;
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static void skip_blanks(struct reader *r)
{
    while (r->at < r->s.n && is_blank(r->s.p[r->at]))
        r->at++;
}

static bool here(const struct reader *r, char c)
{
    return r->at < r->s.n && r->s.p[r->at] == c;
}

static bool at_word(const struct reader *r, struct str word)
{
    return r->s.n - r->at >= word.n && str_ieq((struct str){r->s.p + r->at, word.n}, word);
}

/* Up to a comma or bracket outside of quotes. A doubled quote within quotes is one. */
static int bound_text(struct reader *r, struct str *out)
{
    char *text = arena_alloc(r->d->arena, r->s.n - r->at + 1);
    size_t n = 0;
    bool quoted = false;
    if (!text)
        return err_oom(r->d->e);
    while (quoted || !(here(r, ',') || here(r, ')') || here(r, ']'))) {
        if (r->at >= r->s.n)
            return malformed(r, "Unexpected end of input.");
        char c = r->s.p[r->at++];
        if (c == '\\') {
            if (r->at >= r->s.n)
                return malformed(r, "Unexpected end of input.");
            text[n++] = r->s.p[r->at++];
        } else if (c != '"') {
            text[n++] = c;
        } else if (quoted && here(r, '"')) {
            text[n++] = c;
            r->at++;
        } else {
            quoted = !quoted;
        }
    }
    *out = (struct str){text, n};
    return ST_OK;
}

/* A bound of nothing at all is infinite; "" is an empty text. */
static int bound(struct reader *r, struct range_bound *b, struct str *text)
{
    b->infinite = here(r, ',') || here(r, ')') || here(r, ']');
    return b->infinite ? ST_OK : bound_text(r, text);
}

static int one_range(struct reader *r, struct range *out)
{
    struct str lower = {0}, upper = {0};
    *out = (struct range){0};
    skip_blanks(r);
    if (at_word(r, STR("empty"))) {
        r->at += sizeof "empty" - 1;
        skip_blanks(r);
        out->empty = true;
        return r->at == r->s.n ? ST_OK : malformed(r, "Junk after \"empty\" key word.");
    }
    if (!here(r, '[') && !here(r, '('))
        return malformed(r, "Missing left parenthesis or bracket.");
    out->lower.inclusive = here(r, '[');
    r->at++;
    TRY(bound(r, &out->lower, &lower));
    if (!here(r, ','))
        return malformed(r, "Missing comma after lower bound.");
    r->at++;
    TRY(bound(r, &out->upper, &upper));
    if (!here(r, ']') && !here(r, ')'))
        return malformed(r, "Too many commas.");
    out->upper.inclusive = here(r, ']');
    r->at++;
    skip_blanks(r);
    if (r->at != r->s.n)
        return malformed(r, "Junk after right parenthesis or bracket.");
    if (!out->lower.infinite)
        TRY(read_bound(r->d, r->type, lower, false, &out->lower));
    if (!out->upper.infinite)
        TRY(read_bound(r->d, r->type, upper, false, &out->upper));
    return range_canonical(r->d->arena, r->type, out, r->d->e);
}

struct ranges {
    struct range *items;
    size_t n, cap;
};

static int new_range(const struct decode *d, struct ranges *all, struct range **out)
{
    if (all->n == all->cap) {
        size_t cap = all->cap ? 2 * all->cap : 8;
        struct range *items = arena_calloc(d->arena, cap, sizeof *items);
        if (!items)
            return err_oom(d->e);
        if (all->n)
            memcpy(items, all->items, all->n * sizeof *items);
        all->items = items;
        all->cap = cap;
    }
    *out = &all->items[all->n++];
    return ST_OK;
}

/* Where the range at r->at ends: behind its bracket, which may stand in quotes or behind a backslash. */
static int range_end(const struct reader *r, size_t *end)
{
    bool quoted = false;
    for (size_t i = r->at; i < r->s.n; i++) {
        char c = r->s.p[i];
        if (c == '\\')
            i++;
        else if (c == '"')
            quoted = !quoted;
        else if (!quoted && (c == ']' || c == ')')) {
            *end = i + 1;
            return ST_OK;
        }
    }
    return malformed(r, "Unexpected end of input.");
}

/* One range of a multirange, at its first letter. */
static int member(struct reader *r, struct ranges *all)
{
    struct range *out = NULL;
    size_t end = r->at + sizeof "empty" - 1;
    if (!at_word(r, STR("empty"))) {
        if (!here(r, '[') && !here(r, '('))
            return malformed(r, r->at < r->s.n ? "Expected range start." : "Unexpected end of input.");
        TRY(range_end(r, &end));
    }
    struct reader one = {r->d, r->type, {r->s.p + r->at, end - r->at}, "range", {r->s.p + r->at, end - r->at},
                         0};
    r->at = end;
    TRY(new_range(r->d, all, &out));
    return one_range(&one, out);
}

static int several(struct reader *r, struct ranges *all)
{
    skip_blanks(r);
    if (!here(r, '{'))
        return malformed(r, "Missing left brace.");
    r->at++;
    skip_blanks(r);
    if (!here(r, '}'))
        for (;;) {
            TRY(member(r, all));
            skip_blanks(r);
            if (here(r, '}'))
                break;
            if (!here(r, ','))
                return malformed(r, r->at < r->s.n ? "Expected comma or end of multirange."
                                                   : "Unexpected end of input.");
            r->at++;
            skip_blanks(r);
        }
    r->at++;
    skip_blanks(r);
    return r->at == r->s.n ? ST_OK : malformed(r, "Junk after closing right brace.");
}

/* ---- results ---- */

static int finish(const struct decode *d, const struct range *one, const struct range_set *set)
{
    struct buf b;
    buf_init(&b, VALUE_MAX);
    if (one)
        range_put(&b, one);
    else
        range_set_put(&b, set);
    const char *p = buf_ok(&b) ? arena_strndup(d->arena, (const char *)b.data, b.len) : NULL;
    d->out->kind = PG_BYTES;
    d->out->v.text = (struct str){p, b.len};
    buf_release(&b);
    return p ? ST_OK : err_oom(d->e);
}

int range_from_text(const struct decode *d, const struct range_type *t, bool multi)
{
    struct reader r = {d, t, d->in, multi ? "multirange" : "range", d->in, 0};
    struct ranges all = {0};
    struct range one;
    if (!multi) {
        TRY(one_range(&r, &one));
        return finish(d, &one, NULL);
    }
    TRY(several(&r, &all));
    struct range_set set = range_set_of(all.items, all.n);
    return finish(d, NULL, &set);
}

/* ---- binary ---- */

static int take_bound(const struct decode *d, const struct range_type *t, struct str *in,
                      struct range_bound *b)
{
    if (in->n < 4)
        return cut_short(d);
    uint32_t n = get_be32((const uint8_t *)in->p);
    *in = (struct str){in->p + 4, in->n - 4};
    if (n > in->n)
        return cut_short(d);
    struct str value = {in->p, n};
    *in = (struct str){in->p + n, in->n - n};
    return read_bound(d, t, value, true, b);
}

static int binary_range(const struct decode *d, const struct range_type *t, struct str in, struct range *out)
{
    *out = (struct range){0};
    if (in.n < 1)
        return err_set(d->e, SQLSTATE_PROTOCOL_VIOLATION, "no data left in message");
    uint8_t flags = (uint8_t)in.p[0];
    in = (struct str){in.p + 1, in.n - 1};
    out->empty = flags & FLAG_EMPTY;
    out->lower = (struct range_bound){.infinite = flags & FLAG_LOWER_INFINITE,
                                      .inclusive = flags & FLAG_LOWER_INCLUSIVE};
    out->upper = (struct range_bound){.infinite = flags & FLAG_UPPER_INFINITE,
                                      .inclusive = flags & FLAG_UPPER_INCLUSIVE};
    if (!out->empty && !out->lower.infinite)
        TRY(take_bound(d, t, &in, &out->lower));
    if (!out->empty && !out->upper.infinite)
        TRY(take_bound(d, t, &in, &out->upper));
    if (in.n)
        return bad_binary(d);
    return range_canonical(d->arena, t, out, d->e);
}

int range_from_binary(const struct decode *d, const struct range_type *t, bool multi)
{
    struct ranges all = {0};
    struct range one;
    if (!multi) {
        TRY(binary_range(d, t, d->in, &one));
        return finish(d, &one, NULL);
    }
    struct str in = d->in;
    if (in.n < 4)
        return cut_short(d);
    uint32_t n = get_be32((const uint8_t *)in.p);
    in = (struct str){in.p + 4, in.n - 4};
    for (uint32_t i = 0; i < n; i++) {
        struct range *out = NULL;
        if (in.n < 4)
            return cut_short(d);
        uint32_t len = get_be32((const uint8_t *)in.p);
        in = (struct str){in.p + 4, in.n - 4};
        if (len > in.n)
            return cut_short(d);
        TRY(new_range(d, &all, &out));
        TRY(binary_range(d, t, (struct str){in.p, len}, out));
        in = (struct str){in.p + len, in.n - len};
    }
    if (in.n)
        return bad_binary(d);
    struct range_set set = range_set_of(all.items, all.n);
    return finish(d, NULL, &set);
}
