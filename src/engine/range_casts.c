/* The bytes of a range are made from text here, and text from them as encode/ shows a range. */
#include "engine/range_casts.h"

#include "base/alloc.h"
#include "base/arena.h"
#include "base/cleanup.h"
#include "engine/bytes_casts.h"
#include "engine/cast.h"
#include "engine/catalog_type_make.h"
#include "engine/column_view.h"
#include "engine/engine_priv.h"
#include "engine/functions.h"
#include "engine/literal_zone.h"
#include "engine/nulls.h"
#include "pgtype/oid.h"
#include "pgtype/range.h"
#include "pgtype/tz.h"
#include "pgtype/value.h"

#include <assert.h>
#include <stdio.h>

enum { SCRATCH_MAX = 512 * 1024 * 1024 };

struct cast {
    const struct range_type *type;
    const struct engine_text_ops *ops;
    bool multi;
};

/* ---- from text ---- */

static bool same_value(const struct pg_value *x, const struct pg_value *y)
{
    if (x->kind != PG_ARRAY)
        return x->kind == y->kind && (x->kind == PG_NULL || str_eq(x->v.text, y->v.text));
    bool same = x->v.array.n == y->v.array.n;
    for (size_t i = 0; same && i < x->v.array.n; i++)
        same = same_value(&x->v.array.items[i], &y->v.array.items[i]);
    return same;
}

/* A cast that runs. */
struct reading {
    const struct cast *cast;
    struct literal_zone place;
};

static struct literal_zone zone_of(const struct cast *c)
{
    return c->type->subtype == PGTYPE_TIMESTAMPTZ ? literal_zone_take() : (struct literal_zone){0};
}

static int read_text(struct arena *scratch, const struct cast *c, bool array, const struct engine_string *s,
                     const struct literal_zone *where, struct pg_value *out, struct err *e)
{
    const struct pgtype_info *type = pgtype_find(c->multi ? c->type->multi_oid : c->type->oid);
    const struct tz *zone = where->zone ? where->zone : tz_utc();
    const uint8_t *p = (const uint8_t *)engine_string_data(s);
    struct pg_value other;
    assert(type);
    uint32_t oid = array ? type->array_oid : type->oid;
    if (s->len > INT32_MAX)
        return err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "a range's text is too long");
    TRY(pg_value_decode(scratch, oid, 0, p, (int32_t)s->len, zone, out, e));
    if (!where->elsewhere)
        return ST_OK;
    TRY(pg_value_decode(scratch, oid, 0, p, (int32_t)s->len, where->elsewhere, &other, e));
    if (same_value(out, &other))
        return ST_OK;
    return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                   "a text that names no time zone is not read as a %s here, unless it is a literal",
                   type->name);
}

static int one_from_text(void *arg, const struct engine_string *from, struct arena *scratch,
                         duckdb_vector out, idx_t row, struct err *e)
{
    const struct reading *r = arg;
    struct pg_value v;
    TRY(read_text(scratch, r->cast, false, from, &r->place, &v, e));
    assert(v.kind == PG_BYTES);
    duckdb_vector_assign_string_element_len(out, row, v.v.text.p, v.v.text.n);
    return ST_OK;
}

static bool all_from_text(duckdb_function_info info, idx_t count, duckdb_vector in, duckdb_vector out,
                          cast_value *value)
{
    const struct cast *c = duckdb_cast_function_get_extra_info(info);
    struct reading r = {c, zone_of(c)};
    bool all = cast_strings(info, count, in, out, value, &r);
    literal_zone_leave(&r.place);
    return all;
}

static bool from_text(duckdb_function_info info, idx_t count, duckdb_vector in, duckdb_vector out)
{
    return all_from_text(info, count, in, out, one_from_text);
}

/* ---- arrays from text ---- */

static int one_array_from_text(void *arg, const struct engine_string *from, struct arena *scratch,
                               duckdb_vector out, idx_t row, struct err *e)
{
    const struct reading *r = arg;
    struct pg_value v;
    TRY(read_text(scratch, r->cast, true, from, &r->place, &v, e));
    return bytes_append_items(out, row, &v, e);
}

static bool array_from_text(duckdb_function_info info, idx_t count, duckdb_vector in, duckdb_vector out)
{
    return all_from_text(info, count, in, out, one_array_from_text);
}

/* ---- to text ---- */

static bool to_text(duckdb_function_info info, idx_t count, duckdb_vector in, duckdb_vector out)
{
    const struct cast *c = duckdb_cast_function_get_extra_info(info);
    const char *alias = c->multi ? c->type->multi_engine_name : c->type->engine_name;
    struct err e;
    err_init(&e);
    return bytes_show(c->ops, alias, count, in, out, &e) == ST_OK || cast_fail(info, &e);
}

/* ---- between types ---- */

/* A range as the multirange that has it alone. */
static bool to_multirange(duckdb_function_info info, idx_t count, duckdb_vector in, duckdb_vector out)
{
    const struct cast *c = duckdb_cast_function_get_extra_info(info);
    const struct engine_string *from = duckdb_vector_get_data(in);
    const uint64_t *validity = duckdb_vector_get_validity(in);
    CLEANUP(buf_release) struct buf bytes;
    buf_init(&bytes, SCRATCH_MAX);
    for (idx_t i = 0; i < count; i++) {
        struct str s;
        struct range r;
        if (is_null(validity, i)) {
            put_null(out, i);
            continue;
        }
        s = (struct str){engine_string_data(&from[i]), from[i].len};
        buf_clear(&bytes);
        bool ok = range_next(c->type, &s, &r) && s.n == 0;
        range_set_put(&bytes, &(struct range_set){&r, ok && !r.empty});
        if (!ok || !buf_ok(&bytes)) {
            duckdb_cast_function_set_error(info, ENGINE_ERROR_MARK "XX000 a range is damaged");
            return false;
        }
        duckdb_vector_assign_string_element_len(out, i, (const char *)bytes.data, bytes.len);
    }
    return true;
}

/* There is no such cast; the engine would take the bytes of one for the other's. */
static bool to_range(duckdb_function_info info, idx_t count, duckdb_vector in, duckdb_vector out)
{
    const struct cast *c = duckdb_cast_function_get_extra_info(info);
    char text[128];
    (void)count;
    (void)in;
    (void)out;
    (void)snprintf(text, sizeof text, ENGINE_ERROR_MARK "42846 cannot cast type %s to %s",
                   c->type->multi_name, c->type->name);
    duckdb_cast_function_set_error(info, text);
    return false;
}

/* ---- making them known ---- */

static bool add(struct engine_conn *c, duckdb_logical_type from, duckdb_logical_type to,
                duckdb_cast_function_t call, const struct cast *what)
{
    struct cast *kept = mem_calloc(1, sizeof *kept);
    if (!kept)
        return false;
    *kept = *what;
    return cast_add(c, &(struct cast_spec){from, to, CAST_EXPLICIT, call, kept, mem_free});
}

int range_casts_register(struct engine_conn *c, const struct engine_text_ops *ops, struct err *e)
{
    duckdb_logical_type text = duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
    duckdb_logical_type bytes = duckdb_create_logical_type(DUCKDB_TYPE_BLOB);
    bool ok = true;
    for (size_t i = 0; i < RANGE_TYPES; i++) {
        const struct range_type *t = &range_types[i];
        const struct cast one = {t, ops, false}, several = {t, ops, true};
        duckdb_logical_type range = catalog_types_make(t->engine_name);
        duckdb_logical_type multi = catalog_types_make(t->multi_engine_name);
        duckdb_logical_type ranges = duckdb_create_list_type(range), multis = duckdb_create_list_type(multi);
        ok = ok && add(c, text, ranges, array_from_text, &one) &&
             add(c, text, multis, array_from_text, &several);
        duckdb_destroy_logical_type(&ranges);
        duckdb_destroy_logical_type(&multis);
        ok = ok && add(c, text, range, from_text, &one) && add(c, text, multi, from_text, &several) &&
             add(c, range, text, to_text, &one) && add(c, multi, text, to_text, &several) &&
             add(c, bytes, range, cast_hand_on, &one) && add(c, bytes, multi, cast_hand_on, &several) &&
             add(c, range, multi, to_multirange, &one) && add(c, multi, range, to_range, &one);
        duckdb_destroy_logical_type(&range);
        duckdb_destroy_logical_type(&multi);
    }
    duckdb_destroy_logical_type(&text);
    duckdb_destroy_logical_type(&bytes);
    return ok ? ST_OK : err_set(e, SQLSTATE_INTERNAL_ERROR, "could not register casts of ranges");
}
