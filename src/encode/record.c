/* A member is rendered as a column of its type is, and then put in quotes where it needs them. */
#include "encode/record.h"

#include "encode/cell.h"

#include <assert.h>

/* Nothing at all is a NULL, so that an empty text needs them, too. */
static bool needs_quotes(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strchr("\"\\(), \t\n\v\f\r", p[i]) && p[i])
            return true;
    return n == 0;
}

/* The text from mark on, in place, from its end; quotes and backslashes are doubled. */
static int quote(struct buf *out, size_t mark, struct err *e)
{
    size_t doubled = 0, n = out->len - mark;
    for (size_t i = mark; i < out->len; i++)
        doubled += out->data[i] == '"' || out->data[i] == '\\';
    if (!buf_reserve(out, doubled + 2))
        return err_oom(e);
    uint8_t *from = out->data + mark + n, *to = from + doubled + 2;
    *--to = '"';
    while (from > out->data + mark) {
        uint8_t c = *--from;
        *--to = c;
        if (c == '"' || c == '\\')
            *--to = c;
    }
    *--to = '"';
    assert(to == out->data + mark);
    buf_commit(out, doubled + 2);
    return ST_OK;
}

int record_text(struct buf *out, const struct cell *c, const struct column_view *v, size_t row, struct err *e)
{
    assert(c->element && c->type->nchildren == v->nchildren);
    buf_put_u8(out, '(');
    for (size_t i = 0; i < c->type->nchildren; i++) {
        const struct column_view *member = &v->children[i];
        if (i)
            buf_put_u8(out, ',');
        if (!column_view_valid(member, row) || c->element[i].op == CELL_NULL)
            continue;
        size_t mark = out->len;
        TRY(cell_render(out, &c->element[i], member, row, e));
        if (buf_ok(out) && needs_quotes(out->data + mark, out->len - mark))
            TRY(quote(out, mark, e));
    }
    buf_put_u8(out, ')');
    return buf_ok(out) ? ST_OK : err_oom(e);
}

int record_binary(struct buf *out, const struct cell *c, const struct column_view *v, size_t row,
                  struct err *e)
{
    assert(c->element && c->members && c->type->nchildren == v->nchildren);
    buf_put_be32(out, (uint32_t)c->type->nchildren);
    for (size_t i = 0; i < c->type->nchildren; i++) {
        const struct column_view *member = &v->children[i];
        bool null = !column_view_valid(member, row) || c->element[i].op == CELL_NULL;
        buf_put_be32(out, c->members[i]);
        size_t mark = out->len;
        buf_put_be32(out, null ? UINT32_MAX : 0);
        if (null)
            continue;
        TRY(cell_render(out, &c->element[i], member, row, e));
        if (buf_ok(out))
            (void)put_be32(out->data + mark, (uint32_t)(out->len - mark - 4));
    }
    return buf_ok(out) ? ST_OK : err_oom(e);
}
