/* Decoded parameters → values of the engine. A value of another type than the plan expects makes the engine
 * plan anew, without a word: so integers are bound in the width that the plan has, and NULLs with a type. */
#include "engine/bind.h"

#include "engine/engine_priv.h"

#include "base/alloc.h"
#include "pgtype/oid.h"
#include "pgtype/packed.h"
#include "pgtype/range.h"
#include "pgtype/value.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

enum { DECIMAL_DIGITS_MAX = 38 };

/* ---- numeric ---- */

/* Digits of a canonical decimal: [-]digits[.digits] */
struct decimal {
    bool negative;
    size_t digits, scale; /* all digits; those after the point */
    unsigned __int128 value;
};

/* False: it has more digits than the engine's widest DECIMAL, or is no plain number. Noughts in front do
 * not count as digits; those behind the point do, since they are the value's scale. */
static bool decimal_read(struct str s, struct decimal *d)
{
    *d = (struct decimal){0};
    size_t i = 0;
    bool point = false;
    if (s.n && (s.p[0] == '-' || s.p[0] == '+'))
        d->negative = s.p[i++] == '-';
    for (; i < s.n; i++) {
        if (s.p[i] == '.' && !point) {
            point = true;
            continue;
        }
        if (!isdigit((unsigned char)s.p[i]))
            return false;
        d->scale += point;
        if (d->digits == 0 && s.p[i] == '0' && !point)
            continue; /* leading */
        if (++d->digits > DECIMAL_DIGITS_MAX)
            return false;
        d->value = d->value * 10 + (unsigned)(s.p[i] - '0');
    }
    if (d->digits <= d->scale) /* with the nought before the point, where there is room for it */
        d->digits = d->scale + (d->scale < DECIMAL_DIGITS_MAX);
    return d->scale <= DECIMAL_DIGITS_MAX;
}

static duckdb_value decimal_value(const struct decimal *d, size_t width, size_t scale)
{
    unsigned __int128 v = d->value;
    assert(scale >= d->scale && width <= DECIMAL_DIGITS_MAX); /* then it has no digit too many */
    for (size_t i = d->scale; i < scale; i++)
        v *= 10;
    __int128 signed_value = d->negative ? -(__int128)v : (__int128)v;
    return duckdb_create_decimal((duckdb_decimal){
        .width = (uint8_t)width,
        .scale = (uint8_t)scale,
        .value = {.lower = (uint64_t)signed_value, .upper = (int64_t)(signed_value >> 64)},
    });
}

static int numeric_value(struct str s, duckdb_value *out, struct err *e)
{
    struct decimal d;
    if (str_eq(s, STR("NaN")))
        *out = duckdb_create_double(__builtin_nan(""));
    else if (str_eq(s, STR("Infinity")))
        *out = duckdb_create_double(__builtin_inf());
    else if (str_eq(s, STR("-Infinity")))
        *out = duckdb_create_double(-__builtin_inf());
    else if (decimal_read(s, &d))
        *out = decimal_value(&d, d.digits, d.scale);
    else
        return err_set(e, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE,
                       "a numeric parameter has more than %d digits, which the engine cannot hold",
                       DECIMAL_DIGITS_MAX);
    return ST_OK;
}

/* ---- scalars ---- */

static duckdb_type int_type(uint32_t oid)
{
    switch (oid) {
    case PGTYPE_INT2: return DUCKDB_TYPE_SMALLINT;
    case PGTYPE_INT4: return DUCKDB_TYPE_INTEGER;
    default: return DUCKDB_TYPE_BIGINT;
    }
}

/* In the width that the plan expects when the value fits, so that it need not be planned again. */
static duckdb_value int_value(int64_t i, enum engine_type want, uint32_t oid)
{
    if (want == ENGINE_INT8 && i >= INT8_MIN && i <= INT8_MAX)
        return duckdb_create_int8((int8_t)i);
    if (want == ENGINE_INT16 && i >= INT16_MIN && i <= INT16_MAX)
        return duckdb_create_int16((int16_t)i);
    if (want == ENGINE_INT32 && i >= INT32_MIN && i <= INT32_MAX)
        return duckdb_create_int32((int32_t)i);
    if (want == ENGINE_UINT8 && i >= 0 && i <= UINT8_MAX)
        return duckdb_create_uint8((uint8_t)i);
    if (want == ENGINE_UINT16 && i >= 0 && i <= UINT16_MAX)
        return duckdb_create_uint16((uint16_t)i);
    if (want == ENGINE_UINT32 && i >= 0 && i <= UINT32_MAX)
        return duckdb_create_uint32((uint32_t)i);
    if (want == ENGINE_UINT64 && i >= 0)
        return duckdb_create_uint64((uint64_t)i);
    if (want != ENGINE_INT64 && int_type(oid) == DUCKDB_TYPE_SMALLINT)
        return duckdb_create_int16((int16_t)i);
    if (want != ENGINE_INT64 && int_type(oid) == DUCKDB_TYPE_INTEGER)
        return duckdb_create_int32((int32_t)i);
    return duckdb_create_int64(i);
}

/* Big-endian in the protocol, two words in the engine. */
static duckdb_value uuid_value(const uint8_t *bytes)
{
    duckdb_uhugeint u = {0};
    for (int i = 0; i < 8; i++) {
        u.upper = u.upper << 8 | bytes[i];
        u.lower = u.lower << 8 | bytes[i + 8];
    }
    return duckdb_create_uuid(u);
}

/* First byte: how many bits of the second are padding; those are set. */
static int bit_value(struct str bits, duckdb_value *out, struct err *e)
{
    size_t bytes = (bits.n + 7) / 8, padding = bytes * 8 - bits.n;
    uint8_t *data = mem_calloc(bytes + 1, 1);
    if (!data)
        return err_oom(e);
    data[0] = (uint8_t)padding;
    for (size_t i = 0; i < padding; i++)
        data[1] |= (uint8_t)(0x80 >> i);
    for (size_t i = 0; i < bits.n; i++)
        if (bits.p[i] == '1')
            data[1 + (i + padding) / 8] |= (uint8_t)(0x80 >> (i + padding) % 8);
    *out = duckdb_create_bit((duckdb_bit){data, bytes + 1});
    mem_free(data);
    return ST_OK;
}

static int record_value(const struct pg_value *v, duckdb_value *out, struct err *e);

static int scalar_value(const struct pg_value *v, enum engine_type want, duckdb_value *out, struct err *e)
{
    switch (v->kind) {
    case PG_NULL: *out = duckdb_create_null_value(); break;
    case PG_BOOL: *out = duckdb_create_bool(v->v.b); break;
    case PG_INT64: *out = int_value(v->v.i, want, v->oid); break;
    case PG_FLOAT: *out = duckdb_create_float(v->v.f); break;
    case PG_DOUBLE: *out = duckdb_create_double(v->v.d); break;
    case PG_NUMERIC: return numeric_value(v->v.text, out, e);
    case PG_TEXT: *out = duckdb_create_varchar_length(v->v.text.p ? v->v.text.p : "", v->v.text.n); break;
    case PG_BYTES:
        *out = duckdb_create_blob((const uint8_t *)(v->v.text.p ? v->v.text.p : ""), v->v.text.n);
        break;
    case PG_DATE: *out = duckdb_create_date((duckdb_date){(int32_t)v->v.i}); break;
    case PG_TIME: *out = duckdb_create_time((duckdb_time){v->v.time.micros}); break;
    case PG_TIMETZ:
        *out = duckdb_create_time_tz_value(duckdb_create_time_tz(v->v.time.micros, v->v.time.offset_s));
        break;
    case PG_TIMESTAMP: *out = duckdb_create_timestamp((duckdb_timestamp){v->v.i}); break;
    case PG_TIMESTAMPTZ: *out = duckdb_create_timestamp_tz((duckdb_timestamp){v->v.i}); break;
    case PG_INTERVAL:
        *out = duckdb_create_interval(
            (duckdb_interval){v->v.interval.months, v->v.interval.days, v->v.interval.micros});
        break;
    case PG_UUID: *out = uuid_value(v->v.uuid); break;
    case PG_BIT: return bit_value(v->v.text, out, e);
    case PG_RECORD: return record_value(v, out, e);
    case PG_ARRAY: return err_set(e, SQLSTATE_INTERNAL_ERROR, "an array lies within an array's items");
    }
    return ST_OK;
}

/* ---- arrays ---- */

struct array_bind {
    const struct pg_value *items;
    const int32_t *dims;
    int ndims;
    size_t width, scale; /* of numeric items: one that holds all */
    bool as_double;      /* a numeric item is NaN or infinite */
    duckdb_logical_type leaf;
};

/* The engine's type for an array's items, or for a NULL, by the parameter's oid. Items of types that are
 * not listed go as text, which the engine casts. */
static duckdb_type leaf_type(const struct pg_value *v)
{
    bool multi;
    if (range_type_find(v->oid, &multi) || packed_type_find(v->oid))
        return DUCKDB_TYPE_BLOB; /* which the parameter's cast makes such a value of */
    switch (v->oid) {
    case PGTYPE_BOOL: return DUCKDB_TYPE_BOOLEAN;
    case PGTYPE_INT2:
    case PGTYPE_INT4:
    case PGTYPE_INT8:
    case PGTYPE_OID: return int_type(v->oid);
    case PGTYPE_FLOAT4: return DUCKDB_TYPE_FLOAT;
    case PGTYPE_FLOAT8: return DUCKDB_TYPE_DOUBLE;
    case PGTYPE_BYTEA: return DUCKDB_TYPE_BLOB;
    case PGTYPE_DATE: return DUCKDB_TYPE_DATE;
    case PGTYPE_TIME: return DUCKDB_TYPE_TIME;
    case PGTYPE_TIMETZ: return DUCKDB_TYPE_TIME_TZ;
    case PGTYPE_TIMESTAMP: return DUCKDB_TYPE_TIMESTAMP;
    case PGTYPE_TIMESTAMPTZ: return DUCKDB_TYPE_TIMESTAMP_TZ;
    case PGTYPE_INTERVAL: return DUCKDB_TYPE_INTERVAL;
    case PGTYPE_UUID: return DUCKDB_TYPE_UUID;
    case PGTYPE_BIT:
    case PGTYPE_VARBIT: return DUCKDB_TYPE_BIT;
    default: return DUCKDB_TYPE_VARCHAR;
    }
}

enum engine_type engine_numeric_shape(const struct pg_value *v, unsigned *width, unsigned *scale)
{
    const struct pg_value *items = v->kind == PG_ARRAY ? v->v.array.items : v;
    size_t n = v->kind == PG_ARRAY ? v->v.array.n : 1, whole = 0, fraction = 0;
    enum engine_type shape = ENGINE_NULL;
    for (size_t i = 0; i < n; i++) {
        struct decimal d;
        if (items[i].kind != PG_NUMERIC)
            continue;
        if (!items[i].v.text.n || strchr("NI", items[i].v.text.p[items[i].v.text.p[0] == '-']))
            return ENGINE_DOUBLE;
        if (!decimal_read(items[i].v.text, &d))
            return ENGINE_OTHER;
        whole = d.digits - d.scale > whole ? d.digits - d.scale : whole;
        fraction = d.scale > fraction ? d.scale : fraction;
        shape = ENGINE_DECIMAL;
    }
    if (whole + fraction > DECIMAL_DIGITS_MAX)
        return ENGINE_OTHER;
    *width = (unsigned)(whole + fraction ? whole + fraction : 1);
    *scale = (unsigned)fraction;
    return shape;
}

/* Numeric items come with a width each; a list has one. */
static int numeric_leaf(struct array_bind *ab, const struct pg_value *v, struct err *e)
{
    unsigned width = 1, scale = 0;
    switch (engine_numeric_shape(v, &width, &scale)) {
    case ENGINE_DOUBLE: ab->as_double = true; break;
    case ENGINE_OTHER:
        return err_set(
            e, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE,
            "the numeric items of an array together need more than %d digits, which the engine cannot hold",
            DECIMAL_DIGITS_MAX);
    default: break;
    }
    ab->width = width;
    ab->scale = scale;
    ab->leaf = ab->as_double ? duckdb_create_logical_type(DUCKDB_TYPE_DOUBLE)
                             : duckdb_create_decimal_type((uint8_t)width, (uint8_t)scale);
    return ST_OK;
}

static int item_value(const struct array_bind *ab, const struct pg_value *v, duckdb_value *out, struct err *e)
{
    struct decimal d;
    if (v->kind == PG_NUMERIC && !ab->as_double && decimal_read(v->v.text, &d)) { /* else the list casts it */
        *out = decimal_value(&d, ab->width, ab->scale);
        return ST_OK;
    }
    return scalar_value(v, ENGINE_OTHER, out, e);
}

static void destroy_values(duckdb_value *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (values[i])
            duckdb_destroy_value(&values[i]);
    mem_free(values);
}

/* The list of one dimension, from *at on. */
static int list_value(const struct array_bind *ab, int dim, size_t *at, duckdb_logical_type element,
                      duckdb_value *out, struct err *e)
{
    size_t n = ab->ndims ? (size_t)ab->dims[dim] : 0;
    duckdb_value *values = mem_calloc(n, sizeof(void *));
    if (!values)
        return err_oom(e);
    int st = ST_OK;
    for (size_t i = 0; i < n && st == ST_OK; i++) {
        if (dim + 1 < ab->ndims) {
            duckdb_logical_type inner = duckdb_list_type_child_type(element);
            st = list_value(ab, dim + 1, at, inner, &values[i], e);
            duckdb_destroy_logical_type(&inner);
        } else {
            assert(dim + 1 == ab->ndims);
            st = item_value(ab, &ab->items[(*at)++], &values[i], e);
        }
    }
    if (st == ST_OK && !(*out = duckdb_create_list_value(element, values, n)))
        st = err_set(e, SQLSTATE_DATATYPE_MISMATCH, "the engine does not take this array");
    destroy_values(values, n);
    return st;
}

static const struct pg_value *first_record(const struct pg_value *v)
{
    for (size_t i = 0; i < v->v.array.n; i++)
        if (v->v.array.items[i].kind == PG_RECORD)
            return &v->v.array.items[i];
    return NULL;
}

/* The type of all records of an array is that of the first. */
static int record_leaf(struct array_bind *ab, const struct pg_value *first, struct err *e)
{
    duckdb_value value = NULL;
    TRY(record_value(first, &value, e));
    duckdb_logical_type list = duckdb_create_list_type(duckdb_get_value_type(value)); /* lends it */
    ab->leaf = duckdb_list_type_child_type(list);
    duckdb_destroy_logical_type(&list);
    duckdb_destroy_value(&value);
    return ST_OK;
}

/* The protocol has an array's items in one row and its dimensions apart; the engine has lists within
 * lists. So the type is wrapped once for each dimension, and the items are taken in their order. */
static int array_value(const struct pg_value *v, duckdb_value *out, struct err *e)
{
    struct array_bind ab = {.items = v->v.array.items, .dims = v->v.array.dims, .ndims = v->v.array.ndims};
    if (v->oid == PGTYPE_NUMERIC)
        TRY(numeric_leaf(&ab, v, e));
    else if (first_record(v))
        TRY(record_leaf(&ab, first_record(v), e));
    else
        ab.leaf = duckdb_create_logical_type(leaf_type(v));
    duckdb_logical_type element = ab.leaf;
    for (int i = 1; i < ab.ndims; i++) {
        duckdb_logical_type outer = duckdb_create_list_type(element);
        duckdb_destroy_logical_type(&element);
        element = outer;
    }
    size_t at = 0;
    int st = list_value(&ab, 0, &at, element, out, e);
    duckdb_destroy_logical_type(&element);
    return st;
}

/* ---- records ---- */

static int value_of(const struct pg_value *v, duckdb_value *out, struct err *e);

/* The type that a field has in all records of its type: one by its value, as a numeric's, would not do for
 * the next record of an array. The caller's. */
static duckdb_logical_type field_type(const struct pg_value *v, duckdb_value value)
{
    if (v->kind == PG_ARRAY || v->kind == PG_RECORD) {
        duckdb_logical_type list = duckdb_create_list_type(duckdb_get_value_type(value)); /* lends it */
        duckdb_logical_type own = duckdb_list_type_child_type(list);
        duckdb_destroy_logical_type(&list);
        return own;
    }
    return duckdb_create_logical_type(leaf_type(v));
}

/* A numeric goes as its text, which has no width; the cast to the record's type reads it. */
static int field_value(const struct pg_value *v, duckdb_value *out, struct err *e)
{
    if (v->kind != PG_NUMERIC)
        return value_of(v, out, e);
    *out = duckdb_create_varchar_length(v->v.text.p, v->v.text.n);
    return ST_OK;
}

/* A STRUCT without names, whose members the engine casts by their places. */
static int record_value(const struct pg_value *v, duckdb_value *out, struct err *e)
{
    size_t n = v->v.array.n, made = 0;
    duckdb_value *values = mem_calloc(n + 1, sizeof(void *));
    duckdb_logical_type *types = mem_calloc(n + 1, sizeof(void *)), record = NULL;
    const char **names = mem_calloc(n + 1, sizeof *names);
    int st = values && types && names ? ST_OK : err_oom(e);
    for (; st == ST_OK && made < n; made++) {
        st = field_value(&v->v.array.items[made], &values[made], e);
        if (st == ST_OK && !values[made])
            st = err_oom(e);
        if (st < 0)
            break;
        types[made] = field_type(&v->v.array.items[made], values[made]);
        names[made] = "";
    }
    if (st == ST_OK && n > 0 && (record = duckdb_create_struct_type(types, names, n)) != NULL)
        *out = duckdb_create_struct_value(record, values);
    if (st == ST_OK && !*out)
        st = err_set(e, SQLSTATE_DATATYPE_MISMATCH, "the engine does not take this record");
    for (size_t i = 0; types && i < made; i++)
        duckdb_destroy_logical_type(&types[i]);
    duckdb_destroy_logical_type(&record);
    if (values)
        destroy_values(values, n);
    mem_free(types);
    mem_free(names);
    return st;
}

static int value_of(const struct pg_value *v, duckdb_value *out, struct err *e)
{
    return v->kind == PG_ARRAY    ? array_value(v, out, e)
           : v->kind == PG_RECORD ? record_value(v, out, e)
                                  : scalar_value(v, ENGINE_OTHER, out, e);
}

/* What the engine says, else what the client declared; NULL: neither is known. The caller's. */
static duckdb_logical_type null_type(const struct engine_stmt *st, size_t number, const struct pg_value *v)
{
    duckdb_logical_type type = duckdb_param_logical_type(st->prepared, number);
    duckdb_type id = type ? duckdb_get_type_id(type) : DUCKDB_TYPE_INVALID;
    if (id != DUCKDB_TYPE_INVALID && id != DUCKDB_TYPE_SQLNULL && id != DUCKDB_TYPE_ANY)
        return type;
    if (type)
        duckdb_destroy_logical_type(&type);
    duckdb_type declared = leaf_type(v);
    bool text = v->oid == PGTYPE_TEXT || v->oid == PGTYPE_VARCHAR;
    return declared != DUCKDB_TYPE_VARCHAR || text ? duckdb_create_logical_type(declared) : NULL;
}

/* A NULL of the parameter's type: one without a type makes the engine plan anew, and 'a' || NULL has another
 * type than 'a' || $1 has. The C API makes none; the item of a list is one. */
static duckdb_value typed_null(const struct engine_stmt *st, size_t number, const struct pg_value *v)
{
    duckdb_logical_type type = null_type(st, number, v);
    if (!type)
        return NULL;
    duckdb_value null = duckdb_create_null_value();
    duckdb_value list = duckdb_create_list_value(type, &null, 1);
    duckdb_value item = list ? duckdb_get_list_child(list, 0) : NULL;
    duckdb_destroy_value(&null);
    if (list)
        duckdb_destroy_value(&list);
    duckdb_destroy_logical_type(&type);
    return item;
}

static int null_value(const struct engine_stmt *st, size_t number, const struct pg_value *v,
                      duckdb_value *out)
{
    *out = typed_null(st, number, v);
    if (!*out)
        *out = duckdb_create_null_value();
    return ST_OK;
}

int engine_bind(struct engine_stmt *st, size_t number, const struct pg_value *v, struct err *e)
{
    const struct engine_column_type *want = number <= st->info.nparams ? st->info.params[number - 1] : NULL;
    duckdb_value value = NULL;
    int status = v->kind == PG_ARRAY    ? array_value(v, &value, e)
                 : v->kind == PG_RECORD ? record_value(v, &value, e)
                 : v->kind == PG_NULL   ? null_value(st, number, v, &value)
                                        : scalar_value(v, want ? want->type : ENGINE_OTHER, &value, e);
    if (status == ST_OK && !value)
        status = err_oom(e);
    if (status == ST_OK && duckdb_bind_value(st->prepared, number, value) != DuckDBSuccess)
        status = engine_error(e, duckdb_prepare_error(st->prepared), NULL);
    if (value)
        duckdb_destroy_value(&value);
    return status;
}
