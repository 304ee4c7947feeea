/* Structs, maps and unions, which PostgreSQL has no anonymous types for, as JSON. Source: RFC 8259. */
#include "encode/json.h"

#include "encode/cell.h"
#include "encode/describe.h"

#include <assert.h>
#include <math.h>

enum { JSON_DEPTH_MAX = 128 };

struct json {
    struct buf *out;
    const struct encode_settings *settings;
    const struct cell *whole; /* of the value that all this is about */
    struct err *e;
    int depth;
};

static int value_of(struct json *j, const struct engine_column_type *t, const struct column_view *v,
                    size_t row);

/* What was appended from mark on becomes a JSON string, escaped in place from its end. */
static size_t escaped_size(uint8_t c)
{
    switch (c) {
    case '"':
    case '\\':
    case '\b':
    case '\f':
    case '\n':
    case '\r':
    case '\t': return 2;
    default: return c < 0x20 ? 6 : 1;
    }
}

static uint8_t *put_escaped_backwards(uint8_t *to, uint8_t c)
{
    static const char digits[] = "0123456789abcdef";
    static const char letters[] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
    switch (escaped_size(c)) {
    case 1: *--to = c; return to;
    case 2:
        *--to = c == '"' || c == '\\' ? c : (uint8_t)letters[c];
        *--to = '\\';
        return to;
    default:
        *--to = (uint8_t)digits[c & 15];
        *--to = (uint8_t)digits[c >> 4];
        return memcpy(to - 4, "\\u00", 4);
    }
}

static int quote_from(struct json *j, size_t mark)
{
    struct buf *out = j->out;
    assert(mark <= out->len);
    size_t grown = 2; /* the quotes */
    for (size_t i = mark; i < out->len; i++)
        grown += escaped_size(out->data[i]) - 1;
    if (!buf_reserve(out, grown))
        return err_oom(j->e);
    uint8_t *from = out->data + out->len, *to = from + grown;
    *--to = '"';
    while (from > out->data + mark)
        to = put_escaped_backwards(to, *--from);
    *--to = '"';
    assert(to == out->data + mark); /* escaped_size and put_escaped_backwards agree */
    buf_commit(out, grown);
    return ST_OK;
}

static int put_string(struct json *j, const char *p, size_t n)
{
    size_t mark = j->out->len;
    buf_put(j->out, p, n);
    return buf_ok(j->out) ? quote_from(j, mark) : err_oom(j->e);
}

/* Whether the value's text is JSON as it stands: numbers, and what is JSON already. */
static bool is_bare(const struct engine_column_type *t, const struct column_view *v, size_t row)
{
    switch (t->type) {
    case ENGINE_INT8:
    case ENGINE_INT16:
    case ENGINE_INT32:
    case ENGINE_INT64:
    case ENGINE_UINT8:
    case ENGINE_UINT16:
    case ENGINE_UINT32:
    case ENGINE_UINT64:
    case ENGINE_INT128:
    case ENGINE_UINT128:
    case ENGINE_BIGNUM:
    case ENGINE_DECIMAL: return true;
    case ENGINE_FLOAT: return isfinite(((const float *)v->data)[row]);
    case ENGINE_DOUBLE: return isfinite(((const double *)v->data)[row]);
    case ENGINE_VARCHAR:
        return t->alias && (strcmp(t->alias, "JSON") == 0 || strcmp(t->alias, "pg_jsonb") == 0);
    default: return false;
    }
}

/* A moment's text from mark on as ISO 8601 writes it: 2020-01-02T03:04:05+00:00. */
static void put_iso(struct json *j, const struct engine_column_type *t, size_t mark)
{
    struct buf *out = j->out;
    uint8_t *blank = buf_ok(j->out) ? memchr(out->data + mark, ' ', out->len - mark) : NULL;
    if (!blank) /* an infinity */
        return;
    *blank = 'T';
    const bool bc = out->data[out->len - 1] == 'C';
    const size_t end = out->len - (bc ? 3 : 0);
    if (t->type == ENGINE_TIMESTAMP_TZ && end - mark > 3 &&
        (out->data[end - 3] == '+' || out->data[end - 3] == '-')) {
        out->len = end;
        buf_put(out, ":00", 3);
        buf_put(out, " BC", bc ? 3 : 0);
    }
}

static bool is_moment(const struct engine_column_type *t)
{
    return t->type == ENGINE_TIMESTAMP || t->type == ENGINE_TIMESTAMP_S || t->type == ENGINE_TIMESTAMP_MS ||
           t->type == ENGINE_TIMESTAMP_NS || t->type == ENGINE_TIMESTAMP_TZ;
}

static int scalar(struct json *j, const struct engine_column_type *t, const struct column_view *v, size_t row,
                  bool key)
{
    if (t->type == ENGINE_BOOL) { /* a word, not the text form's letter, as a key too */
        const char *word = ((const uint8_t *)v->data)[row] ? "true" : "false";
        if (key)
            return put_string(j, word, strlen(word));
        buf_put(j->out, word, strlen(word));
        return ST_OK;
    }
    if (t->type == ENGINE_VARCHAR && (key || !is_bare(t, v, row))) { /* also with a NUL, which JSON can say */
        const struct engine_string *s = string_at(v, row);
        return put_string(j, engine_string_data(s), s->len);
    }
    struct cell c;
    size_t mark = j->out->len;
    if (t == j->whole->type)
        c = *j->whole;
    else
        TRY(cell_init(&c, t, 0, j->settings, NULL, j->e));
    if (t->type != ENGINE_INTERVAL)
        cell_plain(&c); /* dates are ISO 8601 in JSON, whatever DateStyle says */
    TRY(cell_render(j->out, &c, v, row, j->e));
    if (is_moment(t))
        put_iso(j, t, mark);
    return is_bare(t, v, row) && !key ? ST_OK : quote_from(j, mark);
}

static int list(struct json *j, const struct engine_column_type *t, const struct column_view *v, size_t row)
{
    uint64_t n = t->array_size, from = row * n;
    if (t->type == ENGINE_LIST) {
        const struct engine_list_entry *l = (const struct engine_list_entry *)v->data + row;
        from = l->offset;
        n = l->length;
    }
    buf_put_u8(j->out, '[');
    for (uint64_t i = 0; i < n; i++) {
        if (i)
            buf_put_u8(j->out, ',');
        TRY(value_of(j, t->children, v->children, from + i));
    }
    buf_put_u8(j->out, ']');
    return ST_OK;
}

/* A member without a name, of row(1, 2): f1, f2 as in PostgreSQL's row_to_json. */
static int put_name(struct json *j, const struct engine_column_type *t, size_t i)
{
    if (t->names[i].n)
        return put_string(j, t->names[i].p, t->names[i].n);
    buf_printf(j->out, "\"f%zu\"", i + 1);
    return ST_OK;
}

static int structure(struct json *j, const struct engine_column_type *t, const struct column_view *v,
                     size_t row)
{
    buf_put_u8(j->out, '{');
    for (size_t i = 0; i < t->nchildren; i++) {
        if (i)
            buf_put_u8(j->out, ',');
        TRY(put_name(j, t, i));
        buf_put_u8(j->out, ':');
        TRY(value_of(j, &t->children[i], &v->children[i], row));
    }
    buf_put_u8(j->out, '}');
    return ST_OK;
}

static int map_key(struct json *j, const struct engine_column_type *t, const struct column_view *v,
                   size_t row)
{
    if (t->nchildren == 0)
        return scalar(j, t, v, row, true);
    size_t mark = j->out->len; /* a key that is no scalar: its JSON as a string */
    TRY(value_of(j, t, v, row));
    return quote_from(j, mark);
}

static int map(struct json *j, const struct engine_column_type *t, const struct column_view *v, size_t row)
{
    const struct engine_list_entry *l = (const struct engine_list_entry *)v->data + row;
    const struct column_view *entries = v->children;
    buf_put_u8(j->out, '{');
    for (uint64_t i = l->offset; i < l->offset + l->length; i++) {
        if (i > l->offset)
            buf_put_u8(j->out, ',');
        TRY(map_key(j, &t->children[0], &entries->children[0], i));
        buf_put_u8(j->out, ':');
        TRY(value_of(j, &t->children[1], &entries->children[1], i));
    }
    buf_put_u8(j->out, '}');
    return ST_OK;
}

static int union_member(struct json *j, const struct engine_column_type *t, const struct column_view *v,
                        size_t row)
{
    uint8_t tag = ((const uint8_t *)v->children[0].data)[row];
    if (tag >= t->nchildren)
        return err_set(j->e, SQLSTATE_DATA_CORRUPTED, "a union value has no member %u", tag);
    return value_of(j, &t->children[tag], &v->children[1 + tag], row);
}

static int value_of(struct json *j, const struct engine_column_type *t, const struct column_view *v,
                    size_t row)
{
    if (!column_view_valid(v, row) || t->type == ENGINE_NULL) {
        buf_put(j->out, "null", 4);
        return ST_OK;
    }
    if (++j->depth > JSON_DEPTH_MAX)
        return err_set(j->e, SQLSTATE_STATEMENT_TOO_COMPLEX, "a value is nested deeper than %d levels",
                       JSON_DEPTH_MAX);
    int rc;
    switch (t->type) {
    case ENGINE_LIST:
    case ENGINE_ARRAY: rc = list(j, t, v, row); break;
    case ENGINE_STRUCT: rc = structure(j, t, v, row); break;
    case ENGINE_MAP: rc = map(j, t, v, row); break;
    case ENGINE_UNION: rc = union_member(j, t, v, row); break;
    default: rc = scalar(j, t, v, row, false);
    }
    j->depth--;
    return rc;
}

int json_value(struct buf *out, const struct cell *c, const struct column_view *v, size_t row, struct err *e)
{
    struct json j = {.out = out, .settings = c->settings, .whole = c, .e = e};
    TRY(value_of(&j, c->type, v, row));
    return buf_ok(out) ? ST_OK : err_oom(e);
}
