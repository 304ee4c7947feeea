/* Few and small values: each is rendered to the scratch buffer. */
#include "encode/catalog_value.h"

#include "encode/cell.h"
#include "encode/packed.h"
#include "encode/range.h"
#include "pgtype/tid.h"

#include <assert.h>

bool catalog_value_is_special(enum catalog_form form, int16_t format)
{
    switch (form) {
    case CATALOG_PLAIN: return false;
    case CATALOG_CHAR:
    case CATALOG_JSONB:
    case CATALOG_REGTYPE: return format != 0;
    case CATALOG_REGPROC: return format == 0;
    case CATALOG_TID:
    case CATALOG_NUMBERED:
    case CATALOG_RANGE:
    case CATALOG_MULTIRANGE:
    case CATALOG_PACKED:
    case CATALOG_VECTOR: return true;
    }
    return false;
}

static void regproc_text(struct buf *out, int32_t oid)
{
    const char *name = oid == 0 ? "-" : catalog_proc_name((uint32_t)oid);
    if (name)
        buf_put(out, name, strlen(name));
    else
        buf_printf(out, "%lu", (unsigned long)(uint32_t)oid);
}

static void tid(struct buf *out, bool binary, const struct engine_string *s)
{
    struct tid t = {0};
    assert(out && s);
    char text[TID_TEXT_MAX];
    (void)tid_read((struct str){engine_string_data(s), s->len}, &t);
    if (binary) {
        buf_put_be32(out, t.block);
        buf_put_be16(out, t.offset);
    } else {
        buf_put(out, text, tid_write(t, false, text));
    }
}

/* A text without a number in front, which a client's cast may have made, is shown as it is. */
static void numbered(struct buf *out, bool binary, const struct engine_string *s)
{
    struct str text = {engine_string_data(s), s->len};
    const char *blank = text.n ? memchr(text.p, ' ', text.n) : NULL;
    int64_t number = 0;
    bool is = blank && str_to_i64((struct str){text.p, (size_t)(blank - text.p)}, 0, UINT32_MAX, &number);
    if (binary)
        buf_put_be32(out, (uint32_t)number);
    else if (is)
        buf_put(out, blank + 1, (size_t)(text.p + text.n - blank - 1));
    else
        buf_put(out, text.p, text.n);
}

/* Elements without NULLs, of int2 or oid. */
static void vector(struct buf *out, const struct cell *c, const struct column_view *v, size_t row)
{
    const struct engine_list_entry *list = (const struct engine_list_entry *)v->data + row;
    const struct column_view *child = v->children;
    bool is_short = child->type->type == ENGINE_INT16;
    if (c->binary) {
        buf_put_be32(out, 1);
        buf_put_be32(out, 0); /* no NULLs */
        buf_put_be32(out, is_short ? PGTYPE_INT2 : PGTYPE_OID);
        buf_put_be32(out, (uint32_t)list->length);
        buf_put_be32(out, 0); /* where it counts from */
    }
    for (uint64_t i = list->offset; i < list->offset + list->length; i++) {
        int32_t n = is_short ? ((const int16_t *)child->data)[i] : ((const int32_t *)child->data)[i];
        if (!c->binary) {
            buf_printf(out, i == list->offset ? "%lld" : " %lld",
                       is_short ? (long long)n : (long long)(uint32_t)n);
            continue;
        }
        buf_put_be32(out, is_short ? 2 : 4);
        if (is_short)
            buf_put_be16(out, (uint16_t)n);
        else
            buf_put_be32(out, (uint32_t)n);
    }
}

int catalog_value(struct buf *out, const struct cell *c, const struct column_view *v, size_t row,
                  struct err *e)
{
    assert(c->op == S_CATALOG && c->catalog != CATALOG_PLAIN);
    switch ((enum catalog_form)c->catalog) {
    case CATALOG_PLAIN: break;
    case CATALOG_CHAR: {
        const struct engine_string *s = string_at(v, row);
        buf_put_u8(out, s->len ? (uint8_t)engine_string_data(s)[0] : 0);
        break;
    }
    case CATALOG_JSONB: {
        enum { VERSION = 1 };
        const struct engine_string *s = string_at(v, row);
        buf_put_u8(out, VERSION);
        buf_put(out, engine_string_data(s), s->len);
        break;
    }
    case CATALOG_NUMBERED: numbered(out, c->binary, string_at(v, row)); break;
    case CATALOG_TID: tid(out, c->binary, string_at(v, row)); break;
    case CATALOG_REGTYPE: {
        const struct engine_string *s = string_at(v, row);
        buf_put_be32(out, pgtype_by_name((struct str){engine_string_data(s), s->len}));
        break;
    }
    case CATALOG_REGPROC: regproc_text(out, ((const int32_t *)v->data)[row]); break;
    case CATALOG_RANGE:
    case CATALOG_MULTIRANGE: {
        const struct engine_string *s = string_at(v, row);
        const struct str bytes = {engine_string_data(s), s->len};
        TRY(c->binary ? range_binary(out, c->oid, bytes, e)
                      : range_text(out, c->oid, bytes, c->settings->zone, e));
        break;
    }
    case CATALOG_PACKED: {
        const struct engine_string *s = string_at(v, row);
        const struct str bytes = {engine_string_data(s), s->len};
        TRY(c->binary ? packed_binary(out, c->oid, bytes, e)
                      : packed_text(out, c->oid, bytes, c->settings->extra_float_digits, e));
        break;
    }
    case CATALOG_VECTOR: vector(out, c, v, row); break;
    }
    return buf_ok(out) ? ST_OK : err_oom(e);
}
