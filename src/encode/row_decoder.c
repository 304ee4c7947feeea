/* DataRows back to vectors, for rows that the pipeline encoded and that are then wanted in another form
 * or have to be put down. By way of pgtype's values, one at a time: seldom, and of half a megabyte at most.
 * Only of types whose text and binary form say all that the engine has. */
#include "encode/row_decoder.h"

#include "base/alloc.h"
#include "base/arena.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "encode/encoder.h"
#include "pgtype/tz.h"
#include "pgtype/value.h"
#include "pgwire/message.h"

#include <assert.h>
#include <string.h>

enum {
    DECODED_MEMORY = 1 << 30, /* values of one call */
    VALUE_BYTES = 16,         /* the widest */
};

struct decoded_column {
    const struct engine_column_type *type;
    uint32_t oid;
    int16_t format;
    uint8_t *data;
    uint64_t *validity;
};

struct row_decoder {
    const struct tz *zone;
    size_t ncolumns;
    struct arena arena; /* of what one call gives */
    struct arena shape; /* of columns and views */
    struct decoded_column *columns;
    struct column_view *views;
    struct chunk_view chunk;
};

DEFINE_CLEANUP(struct row_decoder, row_decoder_free)

static bool takes(const struct engine_column_type *t)
{
    switch (t->type) {
    case ENGINE_BOOL:
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
    case ENGINE_FLOAT:
    case ENGINE_DOUBLE:
    case ENGINE_DECIMAL:
    case ENGINE_VARCHAR:
    case ENGINE_BLOB:
    case ENGINE_DATE:
    case ENGINE_TIME:
    case ENGINE_TIMESTAMP:
    case ENGINE_TIMESTAMP_S:
    case ENGINE_TIMESTAMP_MS:
    case ENGINE_TIMESTAMP_TZ:
    case ENGINE_UUID: return true;
    default: return false;
    }
}

bool row_decoder_takes(const struct engine_column_type *const *types, size_t ncolumns)
{
    for (size_t i = 0; i < ncolumns; i++)
        if (!takes(types[i]))
            return false;
    return true;
}

int row_decoder_new(struct row_decoder **out, const struct engine_column_type *const *types, size_t ncolumns,
                    const int16_t *formats, const struct tz *zone, struct err *e)
{
    CLEANUP(row_decoder_freep) struct row_decoder *d = mem_calloc(1, sizeof *d);
    if (!d)
        return err_oom(e);
    arena_init(&d->arena, DECODED_MEMORY);
    arena_init(&d->shape, DECODED_MEMORY);
    d->zone = tz_ref(zone);
    d->ncolumns = ncolumns;
    d->columns = arena_calloc(&d->shape, ncolumns + 1, sizeof *d->columns);
    d->views = arena_calloc(&d->shape, ncolumns + 1, sizeof *d->views);
    if (!d->columns || !d->views)
        return err_oom(e);
    for (size_t i = 0; i < ncolumns; i++) {
        struct column_desc desc = {0};
        encode_describe(types[i], &desc);
        d->columns[i] = (struct decoded_column){
            .type = types[i], .oid = desc.type_oid, .format = formats ? formats[i] : (int16_t)0};
        d->views[i].type = types[i];
    }
    *out = TAKE_PTR(d);
    return ST_OK;
}

void row_decoder_free(struct row_decoder *d)
{
    if (!d)
        return;
    tz_unref(d->zone);
    arena_release(&d->arena);
    arena_release(&d->shape);
    mem_free(d);
}

static int not_ours(struct err *e)
{
    return err_set(e, SQLSTATE_INTERNAL_ERROR, "an encoded row cannot be read back");
}

/* ---- values ---- */

/* [-]digits[.digits] as an integer with `scale` digits behind the point, which is all that it has. */
static bool scaled(struct str s, unsigned scale, __int128 *out)
{
    unsigned __int128 v = 0;
    bool negative = s.n && s.p[0] == '-', point = false;
    for (size_t i = negative; i < s.n; i++) {
        unsigned digit = (unsigned)(unsigned char)s.p[i] - '0';
        if (s.p[i] == '.' && !point) {
            point = true;
            continue;
        }
        if (digit > 9 || (point && scale == 0) || __builtin_mul_overflow(v, 10, &v) ||
            __builtin_add_overflow(v, digit, &v))
            return false;
        scale -= point;
    }
    for (; scale; scale--)
        if (__builtin_mul_overflow(v, 10, &v))
            return false;
    *out = (__int128)(negative ? -v : v);
    return true;
}

static bool put_numeric(const struct engine_column_type *t, uint8_t *data, size_t row, struct str s)
{
    __int128 v;
    if (!scaled(s, t->type == ENGINE_DECIMAL ? t->scale : 0, &v))
        return false;
    if (t->type == ENGINE_DECIMAL)
        engine_put_decimal(t, data, row, v);
    else if (t->type == ENGINE_UINT64)
        engine_put_int(t, data, row, (int64_t)v);
    else
        engine_put_int128(data, row, v);
    return true;
}

static void put_string(uint8_t *data, size_t row, struct str s)
{
    struct engine_string *to = (struct engine_string *)(void *)data + row;
    to->len = (uint32_t)s.n;
    if (s.n <= sizeof to->value.inlined) {
        memset(to->value.inlined, 0, sizeof to->value.inlined);
        memcpy(to->value.inlined, s.p, s.n);
        return;
    }
    memcpy(to->value.pointer.prefix, s.p, sizeof to->value.pointer.prefix);
    to->value.pointer.ptr = s.p;
}

/* Infinities are the same in every unit. */
static int64_t in_unit(const struct engine_column_type *t, int64_t micros)
{
    if (micros == INT64_MAX || micros == -INT64_MAX)
        return micros;
    return t->type == ENGINE_TIMESTAMP_S    ? micros / 1000000
           : t->type == ENGINE_TIMESTAMP_MS ? micros / 1000
                                            : micros;
}

static bool put_value(const struct decoded_column *c, size_t row, const struct pg_value *v)
{
    switch (v->kind) {
    case PG_BOOL: c->data[row] = v->v.b; return true;
    case PG_INT64: engine_put_int(c->type, c->data, row, v->v.i); return true;
    case PG_FLOAT: ((float *)(void *)c->data)[row] = v->v.f; return true;
    case PG_DOUBLE: ((double *)(void *)c->data)[row] = v->v.d; return true;
    case PG_NUMERIC: return put_numeric(c->type, c->data, row, v->v.text);
    case PG_TEXT:
    case PG_BYTES: put_string(c->data, row, v->v.text); return true;
    case PG_DATE: ((int32_t *)(void *)c->data)[row] = (int32_t)v->v.i; return true;
    case PG_TIME: ((int64_t *)(void *)c->data)[row] = v->v.time.micros; return true;
    case PG_TIMESTAMP:
    case PG_TIMESTAMPTZ: ((int64_t *)(void *)c->data)[row] = in_unit(c->type, v->v.i); return true;
    case PG_UUID: engine_put_uuid(c->data, row, v->v.uuid); return true;
    default: return false;
    }
}

/* ---- rows ---- */

static int make_room(struct row_decoder *d, size_t nrows, struct err *e)
{
    arena_release(&d->arena);
    for (size_t i = 0; i < d->ncolumns; i++) {
        struct decoded_column *c = &d->columns[i];
        c->data = arena_calloc(&d->arena, nrows + 1, VALUE_BYTES);
        c->validity = arena_alloc(&d->arena, (nrows / 64 + 1) * sizeof *c->validity);
        if (!c->data || !c->validity)
            return err_oom(e);
        memset(c->validity, 0xff, (nrows / 64 + 1) * sizeof *c->validity);
        d->views[i].data = c->data;
        d->views[i].validity = c->validity;
    }
    return ST_OK;
}

static int decode_cell(struct row_decoder *d, const struct decoded_column *c, size_t row, const uint8_t *p,
                       int32_t len, struct err *e)
{
    struct pg_value v;
    if (len < 0) {
        c->validity[row / 64] &= ~(UINT64_C(1) << row % 64);
        return ST_OK;
    }
    TRY(pg_value_decode(&d->arena, c->oid, c->format, p, len, d->zone, &v, e));
    return put_value(c, row, &v) ? ST_OK : not_ours(e);
}

/* A DataRow of n bytes, as pgwire/message.h has it. */
static int decode_row(struct row_decoder *d, size_t row, const uint8_t *p, size_t n, struct err *e)
{
    if (n < DATA_ROW_HEAD || data_row_columns(p) != d->ncolumns)
        return not_ours(e);
    size_t at = DATA_ROW_HEAD;
    for (size_t i = 0; i < d->ncolumns; i++) {
        if (n - at < DATA_ROW_LENGTH)
            return not_ours(e);
        int32_t len = (int32_t)get_be32(p + at);
        at += DATA_ROW_LENGTH;
        if (len > 0 && (size_t)len > n - at)
            return not_ours(e);
        TRY(decode_cell(d, &d->columns[i], row, p + at, len, e));
        at += len > 0 ? (size_t)len : 0;
    }
    return at == n ? ST_OK : not_ours(e);
}

int row_decode(struct row_decoder *d, const uint8_t *rows, size_t nbytes, size_t nrows,
               const struct chunk_view **out, struct err *e)
{
    size_t at = 0;
    assert(nrows > 0);
    TRY(make_room(d, nrows, e));
    for (size_t row = 0; row < nrows; row++) {
        if (nbytes - at < MESSAGE_HEAD)
            return not_ours(e);
        size_t n = message_size(rows + at);
        if (n > nbytes - at)
            return not_ours(e);
        TRY(decode_row(d, row, rows + at, n, e));
        at += n;
    }
    d->chunk = (struct chunk_view){nrows, d->ncolumns, d->views};
    *out = &d->chunk;
    return ST_OK;
}
