/* Decoded values into vectors of the engine: every type and form, at its own pace. */
#include "engine/appender_value.h"

#include "engine/appender_priv.h"

#include "base/alloc.h"
#include "engine/appender_carrier.h"
#include "engine/appender_field.h"
#include "pgtype/oid.h"
#include "pgtype/value.h"

#include <assert.h>
#include <string.h>

enum { DIGITS_MAX = 38, SHOWN_MAX = 200 };

/* One place in one vector. */
struct place {
    struct engine_appender *ap;
    struct append_column *column;
    const struct engine_column_type *type;
    duckdb_vector vector;
    void *data;
    size_t row;
    struct err *e;
};

static int mismatch(const struct place *p)
{
    return err_set(p->e, SQLSTATE_DATATYPE_MISMATCH, "the engine's column does not take values of this type");
}

/* ---- numbers ---- */

bool append_int_fits(const struct engine_column_type *t, int64_t v)
{
    switch (t->type) {
    case ENGINE_INT8: return v == (int8_t)v;
    case ENGINE_INT16: return v == (int16_t)v;
    case ENGINE_INT32: return v == (int32_t)v;
    case ENGINE_UINT8: return v == (uint8_t)v;
    case ENGINE_UINT16: return v == (uint16_t)v;
    case ENGINE_UINT32: return v == (uint32_t)v;
    case ENGINE_UINT64: return v >= 0;
    default: return true;
    }
}

static int put_int(const struct place *p, int64_t v)
{
    static const char *const names[] = {
        [ENGINE_INT8] = "tinyint",   [ENGINE_INT16] = "smallint",   [ENGINE_INT32] = "integer",
        [ENGINE_UINT8] = "utinyint", [ENGINE_UINT16] = "usmallint", [ENGINE_UINT32] = "uinteger",
        [ENGINE_UINT64] = "ubigint",
    };
    if (!append_int_fits(p->type, v))
        return err_set(p->e, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE,
                       "value \"%lld\" is out of range for type %s", (long long)v, names[p->type->type]);
    engine_put_int(p->type, p->data, p->row, v);
    return ST_OK;
}

bool append_scale(unsigned __int128 *v, int by)
{
    for (; by > 0 && *v; by--)
        if (__builtin_mul_overflow(*v, 10, v))
            return false;
    if (by >= 0)
        return true;
    for (; by < -1 && *v; by++)
        *v /= 10; /* what is cut off here cannot change how the last digit rounds */
    *v = *v / 10 + (*v % 10 >= 5);
    return true;
}

bool append_put_decimal(const struct engine_column_type *t, void *data, size_t row, __int128 v)
{
    unsigned __int128 limit = 1;
    (void)append_scale(&limit, t->width);
    if ((v < 0 ? -(unsigned __int128)v : (unsigned __int128)v) >= limit)
        return false;
    engine_put_decimal(t, data, row, v);
    return true;
}

/* [-]digits[.digits] as its digits × 10^-fraction. false: it has more digits than fit. */
static bool read_numeric(struct str s, bool *negative, unsigned __int128 *v, int *fraction)
{
    bool point = false;
    *negative = s.n && s.p[0] == '-';
    *v = 0;
    *fraction = 0;
    for (size_t i = *negative; i < s.n; i++) {
        if (s.p[i] == '.') {
            point = true;
            continue;
        }
        unsigned digit = (unsigned)(s.p[i] - '0');
        unsigned __int128 next;
        if (digit > 9)
            return false;
        if (__builtin_mul_overflow(*v, 10, &next) || __builtin_add_overflow(next, digit, &next)) {
            if (!point)
                return false;
            break; /* digits far behind the point */
        }
        *v = next;
        *fraction += point;
    }
    return true;
}

static int overflow(const struct place *p, struct str s)
{
    const struct engine_column_type *t = p->type;
    if (t->type != ENGINE_DECIMAL)
        return err_set(p->e, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE,
                       "value \"%.*s\" is out of range for the engine's integer",
                       s.n > SHOWN_MAX ? SHOWN_MAX : (int)s.n, s.p);
    (void)err_set(p->e, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE, "numeric field overflow");
    err_detail(p->e, "A field with precision %u, scale %u must round to an absolute value less than %s%.0d.",
               t->width, t->scale, t->width == t->scale ? "1" : "10^", t->width - t->scale);
    return ST_ERR;
}

/* Within the integers of more than 64 bits, and UINT64, whose values come as numeric. */
static bool fits_int128(const struct place *p, bool negative, unsigned __int128 v)
{
    const unsigned __int128 top = (unsigned __int128)1 << 127;
    switch (p->type->type) {
    case ENGINE_UINT64: return v <= UINT64_MAX && !(negative && v);
    case ENGINE_UINT128: return !(negative && v);
    default: return negative ? v <= top : v < top;
    }
}

static int put_numeric(const struct place *p, struct str s)
{
    bool negative;
    unsigned __int128 v;
    int fraction;
    if (s.n && strchr("NI", s.p[s.p[0] == '-']))
        return err_set(p->e, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE, "the engine's numeric cannot hold \"%.*s\"",
                       (int)s.n, s.p);
    if (!read_numeric(s, &negative, &v, &fraction) || !append_scale(&v, p->type->scale - fraction))
        return overflow(p, s);
    __int128 value = negative ? -(__int128)v : (__int128)v;
    if (p->type->type == ENGINE_DECIMAL)
        return v >> 127 == 0 && append_put_decimal(p->type, p->data, p->row, value) ? ST_OK : overflow(p, s);
    if (!fits_int128(p, negative, v))
        return overflow(p, s);
    if (p->type->type == ENGINE_UINT64)
        ((uint64_t *)p->data)[p->row] = (uint64_t)v;
    else
        engine_put_int128(p->data, p->row, value);
    return ST_OK;
}

/* ---- strings ---- */

static int put_string(const struct place *p, struct str s)
{
    return append_string(p->ap, (struct engine_string *)p->data + p->row, s.p, s.n, p->e);
}

/* First byte: how many bits of the second are padding; those are set. */
static int put_bits(const struct place *p, struct str bits)
{
    size_t bytes = (bits.n + 7) / 8, padding = bytes * 8 - bits.n;
    uint8_t *data = arena_calloc(&p->ap->scratch, bytes + 1, 1);
    if (!data)
        return err_oom(p->e);
    if (bits.n == 0)
        return err_set(p->e, SQLSTATE_INVALID_TEXT_REPRESENTATION, "the engine has no empty bit strings");
    data[0] = (uint8_t)padding;
    for (size_t i = 0; i < padding; i++)
        data[1] |= (uint8_t)(0x80 >> i);
    for (size_t i = 0; i < bits.n; i++)
        if (bits.p[i] == '1')
            data[1 + (i + padding) / 8] |= (uint8_t)(0x80 >> (i + padding) % 8);
    return put_string(p, (struct str){(const char *)data, bytes + 1});
}

static int put_enum(const struct place *p, struct str s)
{
    const struct engine_column_type *t = p->type;
    for (size_t i = 0; i < t->nnames; i++) {
        if (!str_eq(t->names[i], s))
            continue;
        if (t->enum_bytes == 1)
            ((uint8_t *)p->data)[p->row] = (uint8_t)i;
        else if (t->enum_bytes == 2)
            ((uint16_t *)p->data)[p->row] = (uint16_t)i;
        else
            ((uint32_t *)p->data)[p->row] = (uint32_t)i;
        return ST_OK;
    }
    return err_set(p->e, SQLSTATE_INVALID_TEXT_REPRESENTATION, "invalid input value for enum: \"%.*s\"",
                   s.n > SHOWN_MAX ? SHOWN_MAX : (int)s.n, s.p);
}

/* ---- all ---- */

static bool is_temporal(enum engine_type t)
{
    return t == ENGINE_DATE || t == ENGINE_TIME || t == ENGINE_TIME_TZ || t == ENGINE_TIMESTAMP ||
           t == ENGINE_TIMESTAMP_TZ || t == ENGINE_INTERVAL;
}

static int put_time_tz(const struct place *p, const struct pg_value *v)
{
    enum { OFFSET_BITS = 24, OFFSET_BASE = 16 * 3600 - 1 };
    ((uint64_t *)p->data)[p->row] =
        (uint64_t)v->v.time.micros << OFFSET_BITS | (uint32_t)(OFFSET_BASE - v->v.time.offset_s);
    return ST_OK;
}

static int put_text(const struct place *p, struct str s)
{
    enum engine_type carrier = append_carrier(p->type);
    if (carrier == ENGINE_VARCHAR)
        return put_string(p, s);
    if (carrier == ENGINE_ENUM)
        return put_enum(p, s);
    if (is_temporal(carrier) && p->vector == p->column->vector)
        return append_engine_cast(p->ap, p->column, p->row, s, p->e);
    if (is_temporal(carrier))
        return err_set(p->e, SQLSTATE_INVALID_DATETIME_FORMAT,
                       "invalid input syntax for a date or time: \"%.*s\"",
                       s.n > SHOWN_MAX ? SHOWN_MAX : (int)s.n, s.p);
    return mismatch(p);
}

/* Whether a column's vector can hold a value that was decoded as this kind: both follow from the column's
 * type, so a difference is our own table's. */
static bool takes(enum engine_type carrier, const struct pg_value *v)
{
    switch (v->kind) {
    case PG_BOOL: return carrier == ENGINE_BOOL;
    case PG_INT64: return carrier >= ENGINE_INT8 && carrier <= ENGINE_UINT64;
    case PG_FLOAT: return carrier == ENGINE_FLOAT;
    case PG_DOUBLE: return carrier == ENGINE_DOUBLE;
    case PG_NUMERIC:
        return carrier == ENGINE_DECIMAL || carrier == ENGINE_UINT64 || carrier == ENGINE_INT128 ||
               carrier == ENGINE_UINT128 || carrier == ENGINE_VARCHAR;
    case PG_BYTES: return carrier == ENGINE_BLOB;
    case PG_DATE: return carrier == ENGINE_DATE;
    case PG_TIME: return carrier == ENGINE_TIME;
    case PG_TIMETZ: return carrier == ENGINE_TIME_TZ;
    case PG_TIMESTAMP: return carrier == ENGINE_TIMESTAMP;
    case PG_TIMESTAMPTZ: return carrier == ENGINE_TIMESTAMP_TZ;
    case PG_INTERVAL: return carrier == ENGINE_INTERVAL;
    case PG_UUID: return carrier == ENGINE_UUID;
    case PG_BIT: return carrier == ENGINE_BIT;
    default: return true;
    }
}

static int put_scalar(const struct place *p, const struct pg_value *v)
{
    if (!takes(append_carrier(p->type), v))
        return mismatch(p);
    switch (v->kind) {
    case PG_BOOL: ((uint8_t *)p->data)[p->row] = v->v.b; return ST_OK;
    case PG_INT64: return put_int(p, v->v.i);
    case PG_FLOAT: ((float *)p->data)[p->row] = v->v.f; return ST_OK;
    case PG_DOUBLE: ((double *)p->data)[p->row] = v->v.d; return ST_OK;
    case PG_NUMERIC:
        return append_carrier(p->type) == ENGINE_VARCHAR ? put_string(p, v->v.text)
                                                         : put_numeric(p, v->v.text);
    case PG_TEXT: return put_text(p, v->v.text);
    case PG_BYTES: return put_string(p, v->v.text);
    case PG_DATE: ((int32_t *)p->data)[p->row] = (int32_t)v->v.i; return ST_OK;
    case PG_TIME: ((int64_t *)p->data)[p->row] = v->v.time.micros; return ST_OK;
    case PG_TIMETZ: return put_time_tz(p, v);
    case PG_TIMESTAMP:
    case PG_TIMESTAMPTZ: ((int64_t *)p->data)[p->row] = v->v.i; return ST_OK;
    case PG_INTERVAL:
        ((struct engine_interval *)p->data)[p->row] =
            (struct engine_interval){v->v.interval.months, v->v.interval.days, v->v.interval.micros};
        return ST_OK;
    case PG_UUID: engine_put_uuid(p->data, p->row, v->v.uuid); return ST_OK;
    case PG_BIT: return put_bits(p, v->v.text);
    default: return mismatch(p);
    }
}

static void put_null(duckdb_vector vector, size_t row)
{
    duckdb_vector_ensure_validity_writable(vector);
    duckdb_validity_set_row_invalid(duckdb_vector_get_validity(vector), row);
}

/* One dimension of an array, its items from *item on. The child's vector moves when it grows, so its data is
 * asked for anew behind each reserve. */
static int put_list(const struct place *p, const struct pg_value *v, int dim, const struct pg_value **item)
{
    size_t n = v->v.array.ndims ? (size_t)v->v.array.dims[dim] : 0;
    const struct engine_column_type *element = p->type->children;
    bool inner = append_carrier(element) == ENGINE_LIST, more = dim + 1 < v->v.array.ndims;
    if (n && inner != more)
        return err_set(p->e, SQLSTATE_ARRAY_SUBSCRIPT_ERROR, "wrong number of array dimensions: %d",
                       v->v.array.ndims);
    size_t offset = duckdb_list_vector_get_size(p->vector);
    ((struct engine_list_entry *)p->data)[p->row] = (struct engine_list_entry){offset, n};
    if (duckdb_list_vector_reserve(p->vector, offset + n) != DuckDBSuccess ||
        duckdb_list_vector_set_size(p->vector, offset + n) != DuckDBSuccess)
        return err_oom(p->e);
    append_count_bytes(p->ap, n * sizeof(struct engine_string));
    struct place child = *p;
    child.type = element;
    child.vector = duckdb_list_vector_get_child(p->vector);
    child.data = duckdb_vector_get_data(child.vector);
    for (size_t i = 0; i < n; i++) {
        child.row = offset + i;
        if (inner) {
            TRY(put_list(&child, v, dim + 1, item));
            continue;
        }
        const struct pg_value *one = (*item)++;
        if (one->kind == PG_NULL)
            put_null(child.vector, child.row);
        else
            TRY(put_scalar(&child, one));
    }
    return ST_OK;
}

int append_value(struct engine_appender *ap, struct append_column *c, size_t row, struct str field,
                 struct err *e)
{
    struct pg_value v;
    struct place p = {
        .ap = ap, .column = c, .type = c->type, .vector = c->vector, .data = c->data, .row = row, .e = e};
    int st = pg_value_decode(&ap->scratch, c->oid, ap->binary, (const uint8_t *)field.p, (int32_t)field.n,
                             ap->zone, &v, e);
    if (st == ST_OK && append_carrier(c->type) == ENGINE_LIST) {
        const struct pg_value *items = v.v.array.items;
        st = v.kind == PG_ARRAY ? put_list(&p, &v, 0, &items) : mismatch(&p);
    } else if (st == ST_OK) {
        st = put_scalar(&p, &v);
    }
    arena_release(&ap->scratch);
    return st;
}
