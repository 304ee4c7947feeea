/* Lists and arrays as PostgreSQL arrays. A PostgreSQL array is rectangular and has no NULL in place of an
 * inner array. Source: PostgreSQL manual, 8.15.6 (array output); array_send's layout as measured. */
#include "encode/nested.h"

#include "encode/cell.h"

#include <assert.h>
#include <strings.h>

enum { DIMENSIONS_MAX = 6 }; /* PostgreSQL's MAXDIM */

struct shape {
    int ndims;
    int64_t dims[DIMENSIONS_MAX]; /* -1: not met yet */
    uint64_t nelements;
    bool has_null;
};

static void range_of(const struct column_view *v, size_t row, uint64_t *from, uint64_t *n)
{
    if (v->type->type == ENGINE_ARRAY) {
        *n = v->type->array_size;
        *from = row * *n;
    } else {
        const struct engine_list_entry *l = (const struct engine_list_entry *)v->data + row;
        *from = l->offset;
        *n = l->length;
    }
}

static int no_array(const char *why, struct err *e)
{
    (void)err_set(e, SQLSTATE_ARRAY_SUBSCRIPT_ERROR, "%s", why);
    err_hint(e, "Select to_json(…) of the column instead.");
    return ST_ERR;
}

/* All lists of one level have to have the same length: a PostgreSQL array has one for each dimension. */
static int measure(struct shape *s, int level, const struct column_view *v, size_t row, struct err *e)
{
    uint64_t from, n;
    range_of(v, row, &from, &n);
    if (s->dims[level] < 0)
        s->dims[level] = (int64_t)n;
    else if (s->dims[level] != (int64_t)n)
        return no_array("nested lists of different lengths are no PostgreSQL array", e);
    const struct column_view *child = v->children;
    for (uint64_t i = from; i < from + n; i++) {
        bool valid = column_view_valid(child, i);
        if (level + 1 == s->ndims) {
            s->nelements++;
            s->has_null |= !valid;
        } else if (!valid) {
            return no_array("a list with NULL in place of a nested list is no PostgreSQL array", e);
        } else {
            TRY(measure(s, level + 1, child, i, e));
        }
    }
    return ST_OK;
}

static int shape_of(struct shape *s, const struct cell *c, const struct column_view *v, size_t row,
                    struct err *e)
{
    assert(c->ndims > 0 && c->element); /* cell_init made it of a list */
    *s = (struct shape){.ndims = c->ndims};
    if (c->ndims > DIMENSIONS_MAX)
        return err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED,
                       "number of array dimensions (%d) exceeds the maximum allowed (%d)", c->ndims,
                       DIMENSIONS_MAX);
    for (int i = 0; i < DIMENSIONS_MAX; i++)
        s->dims[i] = -1;
    return measure(s, 0, v, row, e);
}

/* What would be read as structure, as NULL or as nothing, and blanks, which a reader skips. */
static bool needs_quotes(const uint8_t *p, size_t n, bool box)
{
    if (n == 0 || (n == 4 && strncasecmp((const char *)p, "NULL", n) == 0))
        return true;
    for (size_t i = 0; i < n; i++)
        switch (p[i]) {
        case '{':
        case '}':
        case '"':
        case '\\':
        case ' ':
        case '\t':
        case '\n':
        case '\r':
        case '\v':
        case '\f': return true;
        case ',':
            if (!box)
                return true;
            break;
        default: break;
        }
    return false;
}

/* The text from mark on gets quotes, in place, from its end. */
static int quote_in_place(struct buf *out, size_t mark, struct err *e)
{
    size_t n = out->len - mark, escapes = 0;
    for (size_t i = mark; i < out->len; i++)
        escapes += out->data[i] == '"' || out->data[i] == '\\';
    if (!buf_reserve(out, escapes + 2))
        return err_oom(e);
    uint8_t *from = out->data + mark + n, *to = from + escapes + 2;
    *--to = '"';
    while (from > out->data + mark) {
        uint8_t c = *--from;
        *--to = c;
        if (c == '"' || c == '\\')
            *--to = '\\';
    }
    *--to = '"';
    assert(to == out->data + mark); /* what was counted is what was put */
    buf_commit(out, escapes + 2);
    return ST_OK;
}

static int element_text(struct buf *out, const struct cell *element, const struct column_view *v, size_t row,
                        struct err *e)
{
    if (!column_view_valid(v, row) || element->op == CELL_NULL) {
        buf_put(out, "NULL", 4);
        return ST_OK;
    }
    size_t mark = out->len;
    TRY(cell_render(out, element, v, row, e));
    return needs_quotes(out->data + mark, out->len - mark, element->oid == PGTYPE_BOX)
               ? quote_in_place(out, mark, e)
               : ST_OK;
}

/* What stands between two elements; a box has commas itself. */
static uint8_t between(const struct cell *c)
{
    return c->element->oid == PGTYPE_BOX ? ';' : ',';
}

/* The shape was measured before: no list is met here that does not fit. */
static int level_text(struct buf *out, const struct cell *c, int level, const struct column_view *v,
                      size_t row, struct err *e)
{
    uint64_t from, n;
    range_of(v, row, &from, &n);
    buf_put_u8(out, '{');
    for (uint64_t i = 0; i < n; i++) {
        if (i)
            buf_put_u8(out, between(c));
        if (level + 1 == c->ndims)
            TRY(element_text(out, c->element, v->children, from + i, e));
        else
            TRY(level_text(out, c, level + 1, v->children, from + i, e));
    }
    buf_put_u8(out, '}');
    return buf_ok(out) ? ST_OK : err_oom(e);
}

int array_text(struct buf *out, const struct cell *c, const struct column_view *v, size_t row, struct err *e)
{
    struct shape s;
    TRY(shape_of(&s, c, v, row, e));
    if (s.nelements == 0) {
        buf_put(out, "{}", 2);
        return buf_ok(out) ? ST_OK : err_oom(e);
    }
    return level_text(out, c, 0, v, row, e);
}

/* Elements alone, row by row: in binary the dimensions stand in front. */
static int level_binary(struct buf *out, const struct cell *c, int level, const struct column_view *v,
                        size_t row, struct err *e)
{
    uint64_t from, n;
    range_of(v, row, &from, &n);
    for (uint64_t i = from; i < from + n; i++) {
        const struct column_view *child = v->children;
        if (level + 1 < c->ndims) {
            TRY(level_binary(out, c, level + 1, child, i, e));
            continue;
        }
        if (!column_view_valid(child, i) || c->element->op == CELL_NULL) {
            buf_put_be32(out, UINT32_MAX);
            continue;
        }
        size_t mark = out->len;
        buf_put_be32(out, 0);
        TRY(cell_render(out, c->element, child, i, e));
        if (buf_ok(out))
            (void)put_be32(out->data + mark, (uint32_t)(out->len - mark - 4));
    }
    return buf_ok(out) ? ST_OK : err_oom(e);
}

int array_binary(struct buf *out, const struct cell *c, const struct column_view *v, size_t row,
                 struct err *e)
{
    struct shape s;
    TRY(shape_of(&s, c, v, row, e));
    if (s.nelements == 0)
        s.ndims = 0;
    buf_put_be32(out, (uint32_t)s.ndims);
    buf_put_be32(out, s.has_null);
    buf_put_be32(out, c->oid);
    for (int i = 0; i < s.ndims; i++) {
        buf_put_be32(out, (uint32_t)s.dims[i]);
        buf_put_be32(out, 1); /* lower bound */
    }
    return s.nelements ? level_binary(out, c, 0, v, row, e) : buf_ok(out) ? ST_OK : err_oom(e);
}
