/* Arrays. Source: PostgreSQL manual, 8.15.2 and 8.15.6 (array input and output); array_recv's layout as
 * measured. */
#include "pgtype/value_array.h"

#include "base/bytes.h"
#include "pgtype/oid.h"
#include "pgtype/value_priv.h"

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

static int too_deep(const struct decode *d, int ndims)
{
    return err_set(d->e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED,
                   "number of array dimensions (%d) exceeds the maximum allowed (%d)", ndims, DIMENSIONS_MAX);
}

/* A lower bound whose upper bound would be beyond 32 bits. */
static int bound_too_large(const struct decode *d, int64_t lower)
{
    return err_set(d->e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "array lower bound is too large: %lld",
                   (long long)lower);
}

enum { HEADER = 12, DIMENSION = 8 };

static const char *sql_name(uint32_t oid)
{
    const struct pgtype_info *type = pgtype_find(oid);
    return type ? type->sql_name : "???";
}

/* Number of dimensions, whether there are NULLs, type of the elements. */
static int check_header(const struct decode *d, uint32_t element)
{
    const uint8_t *p = (const uint8_t *)d->in.p;
    if (d->in.n < HEADER)
        return bad_size(d, HEADER);
    int32_t ndims = (int32_t)get_be32(p);
    uint32_t oid = get_be32(p + 8);
    if (ndims < 0)
        return err_set(d->e, SQLSTATE_INVALID_BINARY_REPRESENTATION, "invalid number of dimensions: %d",
                       ndims);
    if (ndims > DIMENSIONS_MAX)
        return too_deep(d, ndims);
    if (get_be32(p + 4) > 1)
        return err_set(d->e, SQLSTATE_INVALID_BINARY_REPRESENTATION, "invalid array flags");
    if (oid != element)
        return err_set(d->e, SQLSTATE_DATATYPE_MISMATCH,
                       "binary data has array element type %u (%s) instead of expected %u (%s)", oid,
                       sql_name(oid), element, sql_name(element));
    return d->in.n - HEADER < (size_t)ndims * DIMENSION ? cut_short(d) : ST_OK;
}

/* How many elements there are, no more than can be; lower bounds are looked at and left. */
static int read_dims(const struct decode *d, uint32_t ndims, int32_t *dims, uint64_t *n)
{
    const uint8_t *p = (const uint8_t *)d->in.p + HEADER;
    *n = ndims ? 1 : 0;
    for (uint32_t i = 0; i < ndims; i++) {
        dims[i] = (int32_t)get_be32(p + (size_t)i * DIMENSION);
        if (dims[i] >= 0)
            *n *= (uint32_t)dims[i]; /* both factors are below 32 bits */
        if (dims[i] < 0 || *n > ARRAY_ITEMS_MAX)
            return err_set(d->e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED,
                           "array size exceeds the maximum allowed (%d)", ARRAY_ITEMS_MAX);
    }
    for (uint32_t i = 0; i < ndims; i++) {
        int32_t lower = (int32_t)get_be32(p + (size_t)i * DIMENSION + 4);
        if ((int64_t)lower + dims[i] > INT32_MAX)
            return bound_too_large(d, lower);
    }
    return ST_OK;
}

/* An element says that it is longer than what is left, or has a negative length. */
static int bad_item_size(const struct decode *d)
{
    return err_set(d->e, SQLSTATE_INVALID_BINARY_REPRESENTATION, "insufficient data left in message");
}

int array_from_binary(const struct decode *d, uint32_t element)
{
    const uint8_t *p = (const uint8_t *)d->in.p;
    size_t left = d->in.n;
    int32_t dims[DIMENSIONS_MAX] = {0};
    uint64_t n;
    TRY(check_header(d, element));
    uint32_t ndims = get_be32(p);
    TRY(read_dims(d, ndims, dims, &n));
    size_t before = HEADER + (size_t)ndims * DIMENSION;
    p += before;
    left -= before;
    if (n > left / 4)
        return cut_short(d);
    struct pg_value *items = arena_calloc(d->arena, n, sizeof *items);
    if (!items)
        return err_oom(d->e);
    for (uint64_t i = 0; i < n; i++) {
        if (left < 4)
            return cut_short(d);
        int32_t len = (int32_t)get_be32(p);
        p += 4;
        left -= 4;
        items[i] = (struct pg_value){.kind = PG_NULL, .oid = element};
        if (len == -1)
            continue;
        if (len < 0 || (uint32_t)len > left)
            return bad_item_size(d);
        struct decode one = {d->arena,  d->zone, element,         {(const char *)p, (size_t)len},
                             &items[i], d->e,    .is_item = true, .depth = d->depth + 1};
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
    int ndims;                      /* as deep as the first element lies; 0: none met */
    int32_t dims[DIMENSIONS_MAX];   /* -1: not known yet */
    int nbounds;                    /* dimensions that were written in front */
    int64_t bounds[DIMENSIONS_MAX]; /* how many elements they leave room for */
    int64_t lower[DIMENSIONS_MAX];
};

static int malformed(const struct reader *r, const char *detail)
{
    (void)err_set(r->d->e, SQLSTATE_INVALID_TEXT_REPRESENTATION, "malformed array literal: \"%.*s\"",
                  shown(r->d->in), r->d->in.p);
    err_detail(r->d->e, "%s", detail);
    return ST_ERR;
}

/* What stands between two elements; a box has commas itself. */
static char delimiter(const struct reader *r)
{
    return r->element == PGTYPE_BOX ? ';' : ',';
}

static int unexpected(const struct reader *r)
{
    char c = r->at < r->s.n ? r->s.p[r->at] : '\0';
    return c == '{'   ? malformed(r, "Unexpected \"{\" character.")
           : c == '}' ? malformed(r, "Unexpected \"}\" character.")
           : c == delimiter(r)
               ? malformed(r, c == ';' ? "Unexpected \";\" character." : "Unexpected \",\" character.")
           : c ? malformed(r, "Unexpected array element.")
               : malformed(r, "Unexpected end of input.");
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

/* Takes one character, or what a backslash takes the meaning of. */
static int take_character(struct reader *r, size_t *n)
{
    if (here(r, '\\'))
        r->at++;
    if (r->at >= r->s.n)
        return malformed(r, "Unexpected end of input.");
    r->text[(*n)++] = r->s.p[r->at++];
    return ST_OK;
}

static int quoted_text(struct reader *r, struct str *text)
{
    size_t n = 0;
    for (r->at++; !here(r, '"');)
        TRY(take_character(r, &n));
    r->at++;
    *text = (struct str){r->text, n};
    return ST_OK;
}

/* Up to a comma or brace; blanks at its end go, unless escaped. *null for a NULL without any escape. */
static int bare_text(struct reader *r, struct str *text, bool *null)
{
    size_t n = 0, keep = 0;
    bool escapes = false;
    while (!here(r, delimiter(r)) && !here(r, '}')) {
        if (r->at >= r->s.n || here(r, '"'))
            return unexpected(r);
        if (here(r, '{'))
            return unexpected(r);
        bool escaped = here(r, '\\');
        TRY(take_character(r, &n));
        escapes |= escaped;
        if (escaped || !is_blank(r->text[n - 1]))
            keep = n;
    }
    *text = (struct str){r->text, keep};
    *null = !escapes && str_ieq(*text, STR("NULL"));
    return ST_OK;
}

static int element(struct reader *r, int depth)
{
    struct str text = {0};
    bool null = false;
    struct pg_value *item = NULL;
    if (r->ndims == 0)
        r->ndims = depth;
    if (r->ndims != depth)
        return malformed(r, "Unexpected array element.");
    TRY(here(r, '"') ? quoted_text(r, &text) : bare_text(r, &text, &null));
    r->text += text.n;
    TRY(new_item(r, &item));
    if (null)
        return ST_OK;
    struct decode one = {r->d->arena, r->d->zone, r->element, text, item, r->d->e, .is_item = true};
    return decode_text(&one);
}

/* One pair of braces, with at least one element or pair inside. */
static int level(struct reader *r, int depth)
{
    int32_t count = 0;
    if (depth > DIMENSIONS_MAX)
        return too_deep(r->d, depth);
    do {
        r->at++; /* the brace or comma */
        skip_blanks(r);
        if (r->at >= r->s.n || here(r, '}') || here(r, delimiter(r)) || (here(r, '{') && r->ndims == depth))
            return unexpected(r);
        TRY(here(r, '{') ? level(r, depth + 1) : element(r, depth));
        skip_blanks(r);
        count++;
    } while (here(r, delimiter(r)));
    if (!here(r, '}'))
        return unexpected(r);
    r->at++;
    if (r->dims[depth - 1] < 0)
        r->dims[depth - 1] = count;
    return r->dims[depth - 1] == count
               ? ST_OK
               : malformed(r, "Multidimensional arrays must have sub-arrays with matching dimensions.");
}

static bool bound(struct reader *r, int64_t *v)
{
    size_t from = r->at;
    r->at += here(r, '-') || here(r, '+');
    while (r->at < r->s.n && r->s.p[r->at] >= '0' && r->s.p[r->at] <= '9')
        r->at++;
    return str_to_i64((struct str){r->s.p + from, r->at - from}, INT32_MIN, INT32_MAX, v);
}

/* "[1:2][0:1]=" in front: looked at and left, an engine's list has no bounds. */
static int skip_bounds(struct reader *r)
{
    for (skip_blanks(r); here(r, '['); skip_blanks(r)) {
        int64_t lower = 1, upper;
        if (r->nbounds == DIMENSIONS_MAX)
            return too_deep(r->d, DIMENSIONS_MAX + 1);
        r->at++;
        if (!bound(r, &upper))
            return malformed(r, "\"[\" must introduce explicitly-specified array dimensions.");
        if (here(r, ':')) {
            r->at++;
            lower = upper;
            if (!bound(r, &upper))
                return malformed(r, "Missing array dimension value.");
        }
        if (!here(r, ']'))
            return malformed(r, "Missing \"]\" after array dimensions.");
        r->at++;
        if (upper < lower)
            return err_set(r->d->e, SQLSTATE_ARRAY_SUBSCRIPT_ERROR,
                           "upper bound cannot be less than lower bound");
        r->lower[r->nbounds] = lower;
        r->bounds[r->nbounds++] = upper - lower + 1;
    }
    if (r->nbounds == 0)
        return ST_OK;
    if (!here(r, '='))
        return malformed(r, "Missing \"=\" after array dimensions.");
    r->at++;
    skip_blanks(r);
    return ST_OK;
}

/* Whether the braces are followed by nothing but a brace, which alone makes an empty array. */
static bool skip_empty(struct reader *r)
{
    size_t start = r->at++;
    skip_blanks(r);
    bool empty = here(r, '}');
    r->at = empty ? r->at + 1 : start;
    return empty;
}

static int check_bounds(const struct reader *r)
{
    bool same = r->nbounds == 0 || r->nbounds == r->ndims;
    for (int i = 0; same && i < r->nbounds; i++)
        same = r->bounds[i] == r->dims[i];
    if (!same)
        return malformed(r, "Specified array dimensions do not match array contents.");
    for (int i = 0; i < r->nbounds; i++)
        if (r->lower[i] + r->bounds[i] > INT32_MAX)
            return bound_too_large(r->d, r->lower[i]);
    return ST_OK;
}

int array_from_text(const struct decode *d, uint32_t oid)
{
    struct reader r = {.d = d, .s = d->in, .element = oid};
    for (int i = 0; i < DIMENSIONS_MAX; i++)
        r.dims[i] = -1;
    r.text = arena_alloc(d->arena, d->in.n + 1);
    if (!r.text)
        return err_oom(d->e);
    TRY(skip_bounds(&r));
    if (!here(&r, '{'))
        return malformed(&r, r.nbounds ? "Array contents must start with \"{\"."
                                       : "Array value must start with \"{\" or dimension information.");
    if (!skip_empty(&r))
        TRY(level(&r, 1));
    skip_blanks(&r);
    if (r.at != r.s.n)
        return malformed(&r, "Junk after closing right brace.");
    TRY(check_bounds(&r));
    for (int i = r.ndims; i < DIMENSIONS_MAX; i++)
        r.dims[i] = 0;
    return put_items(d, r.items, r.n, r.ndims, r.dims);
}
