/* Engine types as PostgreSQL's. The table in docs/types.md says the same. */
#include "encode/describe.h"

#include "base/arena.h"
#include "encode/catalog_value.h"
#include "encode/encode_priv.h"
#include "pgtype/composite_type.h"
#include "pgtype/enum_type.h"
#include "pgtype/tz.h"

#include <assert.h>
#include <string.h>

enum { NUMERIC_TYPMOD_OFFSET = 4 };

/* A numeric without precision is a DECIMAL(38,10) here, and products of such have 20 or 30 digits behind the
 * point: they are sent as PostgreSQL sends what has no precision, with the digits that matter. */
static bool is_unbounded(const struct engine_column_type *t)
{
    enum { UNBOUNDED_WIDTH = 38, UNBOUNDED_SCALE = 10 };
    return t->type == ENGINE_DECIMAL && t->width == UNBOUNDED_WIDTH && t->scale > 0 &&
           t->scale % UNBOUNDED_SCALE == 0;
}

/* What has been computed shows the digits that PostgreSQL would have reckoned for it. */
static bool is_computed(const struct engine_column_type *t)
{
    return t->type == ENGINE_DECIMAL && t->width == ENGINE_COMPUTED_WIDTH &&
           t->scale >= ENGINE_WHOLE_QUOTIENT_SCALE && t->scale <= ENGINE_LOGARITHM_SCALE;
}

/* The number of a composite type; 0: it is none. */
static uint32_t composite_oid(const struct engine_column_type *t)
{
    return t->type == ENGINE_STRUCT ? composite_type_oid(t->alias, NULL) : 0;
}

/* ROW(1, 2): a struct none of whose members has a name. Or a value of a composite type. */
static bool is_record(const struct engine_column_type *t)
{
    if (t->type != ENGINE_STRUCT || t->nchildren == 0)
        return false;
    if (composite_oid(t))
        return true;
    for (size_t i = 0; i < t->nnames; i++)
        if (t->names[i].n)
            return false;
    return true;
}

/* What is sent as JSON. */
static bool is_json(const struct engine_column_type *t)
{
    return (t->type == ENGINE_STRUCT && !is_record(t)) || t->type == ENGINE_MAP || t->type == ENGINE_UNION;
}

static const struct catalog_type *catalog_type(const struct engine_column_type *t)
{
    return t->type == ENGINE_LIST ? catalog_type_of_list(t->children[0].alias) : catalog_type_find(t->alias);
}

/* A string that nothing has made bytes of. */
static bool is_unknown(const struct engine_column_type *t)
{
    return t->type == ENGINE_BLOB && t->alias && strcmp(t->alias, ENGINE_UNKNOWN_TYPE) == 0;
}

/* A numeric that is handed over as its digits. */
static bool is_digits(const struct engine_column_type *t)
{
    return t->type == ENGINE_VARCHAR && t->alias && strcmp(t->alias, ENGINE_DIGITS_TYPE) == 0;
}

static uint32_t scalar_oid(const struct engine_column_type *t)
{
    const struct catalog_type *catalog = catalog_type(t);
    if (catalog)
        return catalog->oid;
    switch (t->type) {
    case ENGINE_BOOL: return PGTYPE_BOOL;
    case ENGINE_INT8:
    case ENGINE_UINT8:
    case ENGINE_INT16: return PGTYPE_INT2;
    case ENGINE_UINT16:
    case ENGINE_INT32: return PGTYPE_INT4;
    case ENGINE_UINT32:
    case ENGINE_INT64: return PGTYPE_INT8;
    case ENGINE_UINT64:
    case ENGINE_INT128:
    case ENGINE_UINT128:
    case ENGINE_BIGNUM:
    case ENGINE_DECIMAL: return PGTYPE_NUMERIC;
    case ENGINE_FLOAT: return PGTYPE_FLOAT4;
    case ENGINE_DOUBLE: return PGTYPE_FLOAT8;
    case ENGINE_VARCHAR:
        return is_digits(t)                                ? PGTYPE_NUMERIC
               : t->alias && strcmp(t->alias, "JSON") == 0 ? PGTYPE_JSON
                                                           : PGTYPE_TEXT;
    case ENGINE_BLOB: return is_unknown(t) ? PGTYPE_TEXT : PGTYPE_BYTEA;
    case ENGINE_GEOMETRY: return PGTYPE_BYTEA;
    case ENGINE_BIT: return PGTYPE_VARBIT;
    case ENGINE_DATE: return PGTYPE_DATE;
    case ENGINE_TIME:
    case ENGINE_TIME_NS: return PGTYPE_TIME;
    case ENGINE_TIME_TZ: return PGTYPE_TIMETZ;
    case ENGINE_TIMESTAMP:
    case ENGINE_TIMESTAMP_S:
    case ENGINE_TIMESTAMP_MS:
    case ENGINE_TIMESTAMP_NS: return PGTYPE_TIMESTAMP;
    case ENGINE_TIMESTAMP_TZ: return PGTYPE_TIMESTAMPTZ;
    case ENGINE_INTERVAL: return PGTYPE_INTERVAL;
    case ENGINE_UUID: return PGTYPE_UUID;
    case ENGINE_ENUM: return enum_type_oid(t->names, t->nnames);
    case ENGINE_STRUCT:
        return composite_oid(t) ? composite_oid(t) : is_record(t) ? PGTYPE_RECORD : PGTYPE_JSON;
    case ENGINE_MAP:
    case ENGINE_UNION: return PGTYPE_JSON;
    default: return PGTYPE_TEXT;
    }
}

/* A list that is an array to PostgreSQL; int2vector and oidvector are types of their own. */
static bool is_array(const struct engine_column_type *t)
{
    return (t->type == ENGINE_LIST || t->type == ENGINE_ARRAY) && !catalog_type(t);
}

static const struct engine_column_type *innermost(const struct engine_column_type *t)
{
    while (is_array(t))
        t = t->children;
    return t;
}

/* As PostgreSQL packs precision and scale into one number (its numerictypmodin). */
static int32_t typmod_of(const struct engine_column_type *t)
{
    const struct catalog_type *catalog = catalog_type(t);
    if (catalog)
        return catalog->typmod;
    return t->type == ENGINE_DECIMAL && !is_unbounded(t) && !is_computed(t)
               ? ((int32_t)t->width << 16 | t->scale) + NUMERIC_TYPMOD_OFFSET
               : -1;
}

bool encode_reads(const struct engine_column_type *t)
{
    for (size_t i = 0; i < t->nchildren; i++)
        if (!encode_reads(&t->children[i]))
            return false;
    return t->type != ENGINE_OTHER;
}

void encode_describe(const struct engine_column_type *t, struct column_desc *out)
{
    enum { ENUM_SIZE = 4 };
    const struct engine_column_type *element = innermost(t);
    uint32_t oid = scalar_oid(element);
    bool array = element != t;
    if (enum_type_is(oid)) {
        *out = (struct column_desc){.name = out->name,
                                    .type_oid = array ? enum_type_array(oid) : oid,
                                    .type_size = array ? -1 : ENUM_SIZE,
                                    .typmod = -1};
        return;
    }
    if (composite_type_is(oid)) {
        *out = (struct column_desc){.name = out->name,
                                    .type_oid = array ? composite_type_array(oid) : oid,
                                    .type_size = -1,
                                    .typmod = -1};
        return;
    }
    const struct pgtype_info *info = pgtype_find(oid);
    assert(info); /* scalar_oid names none that pgtype does not know */
    out->type_oid = array ? info->array_oid : info->oid;
    out->type_size = array ? -1 : info->len;
    out->typmod = typmod_of(element);
}

static bool is_bounded(enum cell_op op)
{
    return op != C_STRING && op != C_ENUM && op != T_BYTES_HEX && op != T_BYTES_ESCAPE && op != B_BYTES &&
           op != B_BIT && op < S_BIT;
}

static const struct {
    enum cell_op text, binary;
    uint16_t text_bytes, binary_bytes; /* longest forms without the length word; 0: no bound */
} forms[] = {
    [ENGINE_NULL] = {CELL_NULL, CELL_NULL, 1, 1},
    [ENGINE_BOOL] = {T_BOOL, B_BOOL, 1, 1},
    [ENGINE_INT8] = {T_INT8, B_INT8, TEXT_INT16, 2},
    [ENGINE_INT16] = {T_INT16, B_INT16, TEXT_INT16, 2},
    [ENGINE_INT32] = {T_INT32, B_INT32, TEXT_INT32, 4},
    [ENGINE_INT64] = {T_INT64, B_INT64, TEXT_INT64, 8},
    [ENGINE_UINT8] = {T_UINT8, B_UINT8, TEXT_INT16, 2},
    [ENGINE_UINT16] = {T_UINT16, B_UINT16, TEXT_INT32, 4},
    [ENGINE_UINT32] = {T_UINT32, B_UINT32, TEXT_INT64, 8},
    [ENGINE_UINT64] = {T_UINT64, B_UINT64, TEXT_INT64, BINARY_NUMERIC},
    [ENGINE_INT128] = {T_INT128, B_INT128, TEXT_INT128, BINARY_NUMERIC},
    [ENGINE_UINT128] = {T_UINT128, B_UINT128, TEXT_INT128, BINARY_NUMERIC},
    [ENGINE_FLOAT] = {T_FLOAT, B_FLOAT, TEXT_FLOAT, 4},
    [ENGINE_DOUBLE] = {T_DOUBLE, B_DOUBLE, TEXT_FLOAT, 8},
    [ENGINE_DECIMAL] = {T_DECIMAL, B_DECIMAL, TEXT_DECIMAL, BINARY_NUMERIC},
    [ENGINE_VARCHAR] = {C_STRING, C_STRING, 0, 0},
    [ENGINE_BLOB] = {T_BYTES_HEX, B_BYTES, 0, 0},
    [ENGINE_BIT] = {S_BIT, B_BIT, 0, 0},
    [ENGINE_BIGNUM] = {S_BIGNUM, S_BIGNUM_BINARY, 0, 0},
    [ENGINE_GEOMETRY] = {T_BYTES_HEX, B_BYTES, 0, 0},
    [ENGINE_DATE] = {T_DATE, B_DATE, TEXT_DATE, 4},
    [ENGINE_TIME] = {T_TIME, B_TIME, TEXT_TIME, 8},
    [ENGINE_TIME_NS] = {T_TIME_NS, B_TIME_NS, TEXT_TIME, 8},
    [ENGINE_TIME_TZ] = {T_TIMETZ, B_TIMETZ, TEXT_TIMETZ, 12},
    [ENGINE_TIMESTAMP_S] = {T_TIMESTAMP, B_TIMESTAMP, TEXT_TIMESTAMP, 8},
    [ENGINE_TIMESTAMP_MS] = {T_TIMESTAMP, B_TIMESTAMP, TEXT_TIMESTAMP, 8},
    [ENGINE_TIMESTAMP] = {T_TIMESTAMP, B_TIMESTAMP, TEXT_TIMESTAMP, 8},
    [ENGINE_TIMESTAMP_NS] = {T_TIMESTAMP, B_TIMESTAMP, TEXT_TIMESTAMP, 8},
    [ENGINE_TIMESTAMP_TZ] = {T_TIMESTAMPTZ, B_TIMESTAMP, TEXT_TIMESTAMP, 8},
    [ENGINE_INTERVAL] = {T_INTERVAL, B_INTERVAL, TEXT_INTERVAL, 16},
    [ENGINE_UUID] = {T_UUID, B_UUID, TEXT_UUID, 16},
    [ENGINE_ENUM] = {C_ENUM, C_ENUM, 0, 0},
    [ENGINE_LIST] = {S_ARRAY, S_ARRAY_BINARY, 0, 0},
    [ENGINE_ARRAY] = {S_ARRAY, S_ARRAY_BINARY, 0, 0},
    [ENGINE_STRUCT] = {S_JSON, S_JSON, 0, 0},
    [ENGINE_MAP] = {S_JSON, S_JSON, 0, 0},
    [ENGINE_UNION] = {S_JSON, S_JSON, 0, 0},
    [ENGINE_OTHER] = {C_STRING, C_STRING, 0, 0},
};

static void timestamp_unit(struct cell *c)
{
    c->to_micros_mul = c->type->type == ENGINE_TIMESTAMP_S    ? 1000000
                       : c->type->type == ENGINE_TIMESTAMP_MS ? 1000
                                                              : 1;
    c->to_micros_div = c->type->type == ENGINE_TIMESTAMP_NS ? 1000 : 1;
}

static int record_init(struct cell *c, const struct engine_column_type *t, int16_t format,
                       const struct encode_settings *s, struct arena *a, struct err *e)
{
    struct cell *cells = arena_calloc(a, t->nchildren, sizeof *cells);
    uint32_t *members = arena_calloc(a, t->nchildren, sizeof *members);
    if (!cells || !members)
        return err_oom(e);
    for (size_t i = 0; i < t->nchildren; i++) {
        struct column_desc d = {0};
        encode_describe(&t->children[i], &d);
        members[i] = d.type_oid;
        TRY(cell_init(&cells[i], &t->children[i], format, s, a, e));
    }
    c->op = format ? S_RECORD_BINARY : S_RECORD;
    c->element = cells;
    c->members = members;
    return ST_OK;
}

static bool is_styled(enum engine_type type, struct style s)
{
    switch (type) {
    case ENGINE_DATE:
    case ENGINE_TIMESTAMP_S:
    case ENGINE_TIMESTAMP_MS:
    case ENGINE_TIMESTAMP:
    case ENGINE_TIMESTAMP_NS:
    case ENGINE_TIMESTAMP_TZ: return s.dates != DATES_ISO;
    case ENGINE_INTERVAL: return s.intervals != INTERVALS_POSTGRES;
    default: return false;
    }
}

void cell_plain(struct cell *c)
{
    if (c->op == T_STYLED)
        c->op = forms[c->type->type].text;
}

int cell_init(struct cell *c, const struct engine_column_type *t, int16_t format,
              const struct encode_settings *s, struct arena *a, struct err *e)
{
    assert((size_t)t->type < sizeof forms / sizeof *forms);
    *c = (struct cell){.type = t, .settings = s, .scale = t->scale};
    c->op = format ? forms[t->type].binary : forms[t->type].text;
    if (is_unknown(t))
        c->op = C_STRING;
    if (format && is_digits(t))
        c->op = S_DIGITS_BINARY;
    if (c->op == T_BYTES_HEX && s->bytea_escape)
        c->op = T_BYTES_ESCAPE;
    if (!format && is_styled(t->type, tz_style(s->zone)))
        c->op = T_STYLED;
    unsigned bytes = c->op == T_STYLED ? TEXT_STYLED
                     : format          ? forms[t->type].binary_bytes
                                       : forms[t->type].text_bytes;
    c->bound = is_bounded(c->op) ? 4 + bytes : 0;
    c->oid = scalar_oid(innermost(t));
    timestamp_unit(c);
    const struct catalog_type *catalog = catalog_type(t);
    if (catalog && catalog_value_is_special(catalog->form, format)) {
        c->op = S_CATALOG;
        c->bound = 0;
        c->catalog = (uint8_t)catalog->form;
        c->binary = format != 0;
        return ST_OK;
    }
    if (t->type == ENGINE_DECIMAL)
        c->stored = t->width <= 4 ? 2 : t->width <= 9 ? 4 : t->width <= 18 ? 8 : 16;
    c->trims = is_unbounded(t);
    c->computed = is_computed(t);
    if (is_record(t))
        return record_init(c, t, format, s, a, e);
    if (c->op != S_ARRAY && c->op != S_ARRAY_BINARY)
        return ST_OK;
    for (const struct engine_column_type *level = t; is_array(level); level = level->children)
        c->ndims++;
    struct cell *element = arena_alloc(a, sizeof *element);
    if (!element)
        return err_oom(e);
    c->element = element;
    const struct engine_column_type *inner = innermost(t);
    return is_json(inner) ? cell_init(element, inner, 0, s, a, e)
                          : cell_init(element, inner, format, s, a, e);
}
