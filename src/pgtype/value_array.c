/* Arrays. Source: PostgreSQL manual, 8.15.2 and 8.15.6 (array input and output); array_recv's layout as
 * measured. */
#include "base/bytes.h"
#include "pgtype/value_priv.h"

#include <stdio.h>

enum { DIMENSIONS_MAX = 6, ARRAY_ITEMS_MAX = 0x7ffffff };

static int put_items(const struct decode *d, struct pg_value *items, size_t n, int ndims, const int32_t *dims)
{
    d->out->kind = PG_ARRAY;
    d->out->v.array.items = items;
    d->out->v.array.n = n;
    d->out->v.array.ndims = n ? ndims : 0;
    memcpy(d->out->v.array.dims, dims, sizeof d->out->v.array.dims);
    return ST_OK;
}

int array_from_binary(const struct decode *d, uint32_t element)
{
    enum { HEADER = 12, DIMENSION = 8 };
    const uint8_t *p = (const uint8_t *)d->in.p;
    size_t left = d->in.n;
    int32_t dims[DIMENSIONS_MAX] = {0};
    if (left < HEADER)
        return bad_binary(d);
    uint32_t ndims = get_be32(p), oid = get_be32(p + 8);
    if (ndims > DIMENSIONS_MAX || get_be32(p + 4) > 1 || left - HEADER < (size_t)ndims * DIMENSION)
        return bad_binary(d);
    if (oid != element)
        return err_set(d->e, SQLSTATE_DATATYPE_MISMATCH,
                       "binary data has array element type %u instead of expected %u", oid, element);
    p += HEADER;
    left -= HEADER;
    uint64_t n = ndims ? 1 : 0;
    for (uint32_t i = 0; i < ndims; i++, p += DIMENSION, left -= DIMENSION) {
        dims[i] = (int32_t)get_be32(p);
        if (dims[i] < 0)
            return bad_binary(d);
        n *= (uint32_t)dims[i];
        if (n > left / 4 + 1 && n > ARRAY_ITEMS_MAX)
            return bad_binary(d);
    }
    if (n > left / 4)
        return bad_binary(d);
    struct pg_value *items = arena_calloc(d->arena, n, sizeof *items);
    if (!items)
        return err_oom(d->e);
    for (uint64_t i = 0; i < n; i++) {
        if (left < 4)
            return bad_binary(d);
        int32_t len = (int32_t)get_be32(p);
        p += 4;
        left -= 4;
        items[i] = (struct pg_value){.kind = PG_NULL, .oid = element};
        if (len == -1)
            continue;
        if (len < 0 || (uint32_t)len > left)
            return bad_binary(d);
        struct decode one = {d->arena, d->zone, element, {(const char *)p, (size_t)len}, &items[i], d->e};
        TRY(decode_binary(&one));
        p += len;
        left -= (size_t)len;
    }
    return left ? bad_binary(d) : put_items(d, items, n, (int)ndims, dims);
}

/* Reading '{1,"two",NULL,{…}}'. */
struct reader {
    const struct decode *d;
    struct str s;
    size_t at;
    char *text; /* where the next element's is put; all together are no longer than s */
    uint32_t element;
    struct pg_value *items;
    size_t n, cap;
    int ndims;                    /* of the first element; -1: none met */
    int32_t dims[DIMENSIONS_MAX]; /* -1: not known yet */
};

static int malformed(const struct reader *r, const char *detail)
{
    (void)err_set(r->d->e, SQLSTATE_INVALID_TEXT_REPRESENTATION, "malformed array literal: \"%.*s\"",
                  r->d->in.n > 200 ? 200 : (int)r->d->in.n, r->d->in.p);
    err_detail(r->d->e, "%s", detail);
    return ST_ERR;
}

static void skip_blanks(struct reader *r)
{
    while (r->at < r->s.n && (r->s.p[r->at] == ' ' || (r->s.p[r->at] >= '\t' && r->s.p[r->at] <= '\r')))
        r->at++;
}

static bool here(const struct reader *r, char c)
{
    return r->at < r->s.n && r->s.p[r->at] == c;
}

static int new_item(struct reader *r, struct pg_value **out)
{
    if (r->n == r->cap) {
        size_t cap = r->cap ? 2 * r->cap : 16;
        struct pg_value *items = arena_calloc(r->d->arena, cap, sizeof *items);
        if (!items)
            return err_oom(r->d->e);
        if (r->n)
            memcpy(items, r->items, r->n * sizeof *items);
        r->items = items;
        r->cap = cap;
    }
    *out = &r->items[r->n++];
    **out = (struct pg_value){.kind = PG_NULL, .oid = r->element};
    return ST_OK;
}

/* The text of one element, escapes undone; *null for a bare NULL. */
static int element_text(struct reader *r, struct str *text, bool *null)
{
    char *out = r->text;
    size_t n = 0, keep = 0; /* trailing blanks of an unquoted element go, unless escaped */
    bool quoted = here(r, '"');
    *null = false;
    r->at += quoted;
    for (;; r->at++) {
        if (r->at >= r->s.n)
            return malformed(r, "Unexpected end of input.");
        char c = r->s.p[r->at];
        bool escaped = c == '\\';
        if (escaped && ++r->at >= r->s.n)
            return malformed(r, "Unexpected end of input.");
        if (!escaped && quoted && c == '"') {
            r->at++;
            break;
        }
        if (!escaped && !quoted && (c == ',' || c == '}'))
            break;
        if (!escaped && !quoted && (c == '"' || c == '{'))
            return malformed(r, "Incorrectly quoted array element.");
        c = r->s.p[r->at];
        out[n++] = c;
        if (escaped || quoted || !(c == ' ' || (c >= '\t' && c <= '\r')))
            keep = n;
    }
    *text = (struct str){out, keep};
    r->text += n;
    if (!quoted && keep == 0)
        return malformed(r, "Unexpected array element.");
    *null = !quoted && str_ieq(*text, STR("NULL"));
    return ST_OK;
}

static int element(struct reader *r, int depth)
{
    struct str text;
    bool null = false;
    struct pg_value *item = NULL;
    if (r->ndims < 0)
        r->ndims = depth;
    if (r->ndims != depth)
        return malformed(r, "Multidimensional arrays must have sub-arrays with matching dimensions.");
    TRY(element_text(r, &text, &null));
    TRY(new_item(r, &item));
    if (null)
        return ST_OK;
    struct decode one = {r->d->arena, r->d->zone, r->element, text, item, r->d->e};
    return decode_text(&one);
}

static int level(struct reader *r, int depth)
{
    if (depth >= DIMENSIONS_MAX)
        return err_set(r->d->e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED,
                       "number of array dimensions exceeds the maximum allowed (%d)", DIMENSIONS_MAX);
    int32_t count = 0;
    r->at++; /* the brace */
    skip_blanks(r);
    while (!here(r, '}')) {
        if (count && !here(r, ','))
            return malformed(r, "Unexpected array element.");
        r->at += count > 0;
        skip_blanks(r);
        TRY(here(r, '{') ? level(r, depth + 1) : element(r, depth + 1));
        skip_blanks(r);
        count++;
        if (r->at >= r->s.n)
            return malformed(r, "Unexpected end of input.");
    }
    r->at++;
    if (r->dims[depth] < 0)
        r->dims[depth] = count;
    else if (r->dims[depth] != count)
        return malformed(r, "Multidimensional arrays must have sub-arrays with matching dimensions.");
    return ST_OK;
}

/* "[1:2][0:1]=" in front: the bounds are read over, an engine's list has none. */
static int skip_bounds(struct reader *r)
{
    if (!here(r, '['))
        return ST_OK;
    while (r->at < r->s.n && r->s.p[r->at] != '=' && r->s.p[r->at] != '{')
        r->at++;
    if (!here(r, '='))
        return malformed(r, "Missing \"=\" after array dimensions.");
    r->at++;
    skip_blanks(r);
    return ST_OK;
}

int array_from_text(const struct decode *d, uint32_t oid)
{
    struct reader r = {.d = d, .s = d->in, .element = oid, .ndims = -1};
    for (int i = 0; i < DIMENSIONS_MAX; i++)
        r.dims[i] = -1;
    r.text = arena_alloc(d->arena, d->in.n + 1);
    if (!r.text)
        return err_oom(d->e);
    skip_blanks(&r);
    TRY(skip_bounds(&r));
    if (!here(&r, '{'))
        return malformed(&r, "Array value must start with \"{\" or dimension information.");
    TRY(level(&r, 0));
    skip_blanks(&r);
    if (r.at != r.s.n)
        return malformed(&r, "Junk after closing right brace.");
    size_t places = r.n ? 1 : 0;
    for (int i = 0; i < DIMENSIONS_MAX; i++) {
        if (r.dims[i] < 0 || i >= r.ndims)
            r.dims[i] = 0;
        else
            places *= (size_t)r.dims[i];
    }
    if (places != r.n) /* {1,{}}: an empty one beside elements */
        return malformed(&r, "Multidimensional arrays must have sub-arrays with matching dimensions.");
    return put_items(d, r.items, r.n, r.ndims, r.dims);
}
