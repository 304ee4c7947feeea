/* One value of one column, in text or binary: what is too long or too rare for cell.h, whose stores are
 * inlined into the row path. Source: PostgreSQL's output and send functions (src/backend/utils/adt). */
#include "encode/cell.h"

#include "encode/catalog_value.h"

#include "encode/json.h"
#include "encode/nested.h"
#include "encode/number.h"
#include "encode/record.h"
#include "encode/styled.h"
#include "encode/time.h"

enum { HEX_PER_BYTE = 2, ESCAPE_PER_BYTE = 4, BIT_LENGTH_WORD = 4 };

uint8_t *put_bytes_hex(uint8_t *p, const uint8_t *bytes, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    *p++ = '\\';
    *p++ = 'x';
    for (size_t i = 0; i < n; i++) {
        *p++ = (uint8_t)digits[bytes[i] >> 4];
        *p++ = (uint8_t)digits[bytes[i] & 15];
    }
    return p;
}

uint8_t *put_bytes_escape(uint8_t *p, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint8_t b = bytes[i];
        if (b == '\\') {
            *p++ = '\\';
            *p++ = '\\';
        } else if (b < 0x20 || b > 0x7e) {
            *p++ = '\\';
            *p++ = (uint8_t)('0' + (b >> 6));
            *p++ = (uint8_t)('0' + (b >> 3 & 7));
            *p++ = (uint8_t)('0' + (b & 7));
        } else {
            *p++ = b;
        }
    }
    return p;
}

/* The engine keeps UUIDs ordered as signed numbers: the top bit is flipped. */
uint8_t *put_uuid_binary(uint8_t *p, const struct engine_int128 *u)
{
    p = put_be64(p, (uint64_t)u->upper ^ UINT64_C(1) << 63);
    return put_be64(p, u->lower);
}

uint8_t *put_uuid_text(uint8_t *p, const struct engine_int128 *u)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t bytes[16];
    (void)put_uuid_binary(bytes, u);
    for (unsigned i = 0; i < sizeof bytes; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *p++ = '-';
        *p++ = (uint8_t)digits[bytes[i] >> 4];
        *p++ = (uint8_t)digits[bytes[i] & 15];
    }
    return p;
}

/* The engine's bits are right-aligned behind `padding` set bits of the first byte; PostgreSQL's are
 * left-aligned. */
static size_t bit_count(const struct engine_string *s)
{
    const uint8_t *bytes = (const uint8_t *)engine_string_data(s);
    return s->len < 2 || bytes[0] > 7 ? 0 : (s->len - 1) * 8 - bytes[0];
}

static bool bit_at(const struct engine_string *s, size_t i)
{
    const uint8_t *bytes = (const uint8_t *)engine_string_data(s);
    size_t at = bytes[0] + i;
    return bytes[1 + at / 8] >> (7 - at % 8) & 1;
}

uint8_t *put_bits_binary(uint8_t *p, const struct engine_string *s)
{
    size_t n = bit_count(s);
    p = put_be32(p, (uint32_t)n);
    for (size_t i = 0; i < n; i += 8) {
        unsigned byte = 0;
        for (size_t j = i; j < i + 8; j++)
            byte = byte << 1 | (j < n && bit_at(s, j));
        *p++ = (uint8_t)byte;
    }
    return p;
}

static int bits_text(struct buf *out, const struct engine_string *s, struct err *e)
{
    size_t n = bit_count(s);
    for (size_t i = 0; i < n; i++)
        buf_put_u8(out, bit_at(s, i) ? '1' : '0');
    return buf_ok(out) ? ST_OK : err_oom(e);
}

static bool to_micros(const struct cell *c, int64_t v, int64_t *micros, struct err *e)
{
    if (timestamp_to_micros(v, c->to_micros_mul, c->to_micros_div, micros))
        return true;
    (void)err_set(e, SQLSTATE_DATETIME_FIELD_OVERFLOW, "timestamp out of range");
    return false;
}

uint8_t *timestamp_text_of(uint8_t *p, const struct cell *c, int64_t v, struct err *e)
{
    int64_t micros;
    return to_micros(c, v, &micros, e) ? text_timestamp(p, micros, e) : NULL;
}

uint8_t *styled_text_of(uint8_t *p, const struct cell *c, const struct column_view *v, size_t row,
                        struct err *e)
{
    int64_t micros;
    const struct tz *zone = c->settings->zone;
    switch (c->type->type) {
    case ENGINE_DATE: return styled_date(p, ((const int32_t *)v->data)[row], zone, e);
    case ENGINE_INTERVAL: return styled_interval(p, (const struct engine_interval *)v->data + row, zone);
    default:
        if (!to_micros(c, ((const int64_t *)v->data)[row], &micros, e))
            return NULL;
        return styled_timestamp(p, micros, zone, c->type->type == ENGINE_TIMESTAMP_TZ, e);
    }
}

uint8_t *timestamp_binary_of(uint8_t *p, const struct cell *c, int64_t v, struct err *e)
{
    int64_t micros;
    return to_micros(c, v, &micros, e) ? binary_timestamp(p, micros, e) : NULL;
}

int64_t time_ns_to_micros(int64_t ns)
{
    return (ns + 500) / 1000;
}

/* PostgreSQL has no such text: \0 ends a string in its protocol's text format and in libpq. */
uint8_t *cell_is_not_stored(struct err *e)
{
    (void)err_set(e, SQLSTATE_INTERNAL_ERROR, "a value of this type is not stored directly");
    return NULL;
}

int nul_in_string(struct err *e)
{
    (void)err_set(e, SQLSTATE_UNTRANSLATABLE_CHARACTER, "a text value contains the character with code zero");
    err_detail(e, "PostgreSQL's protocol cannot carry it.");
    err_hint(e, "Cast the column to blob.");
    return ST_ERR;
}

size_t cell_bound(const struct cell *c, const struct column_view *v, size_t row)
{
    const size_t least = 4 + CELL_SLACK;
    if (c->bound)
        return c->bound + CELL_SLACK;
    switch (c->op) {
    case C_STRING:
    case B_BYTES: return least + (size_t)string_at(v, row)->len;
    case C_ENUM: return least + enum_at(c, v, row).n;
    case T_BYTES_HEX: return least + 2 + HEX_PER_BYTE * (size_t)string_at(v, row)->len;
    case T_BYTES_ESCAPE: return least + ESCAPE_PER_BYTE * (size_t)string_at(v, row)->len;
    case B_BIT: return least + BIT_LENGTH_WORD + (size_t)string_at(v, row)->len;
    default: return least;
    }
}

uint8_t *cell_put(uint8_t *p, const struct cell *c, const struct column_view *v, size_t row, struct err *e)
{
    uint8_t *end = cell_store(p + 4, c, v, row, e);
    if (end)
        (void)put_be32(p, (uint32_t)(end - p - 4));
    return end;
}

int cell_render(struct buf *scratch, const struct cell *c, const struct column_view *v, size_t row,
                struct err *e)
{
    switch (c->op) {
    case S_BIT: return bits_text(scratch, string_at(v, row), e);
    case S_BIGNUM: return bignum_text(scratch, string_at(v, row), e);
    case S_BIGNUM_BINARY: {
        struct buf digits;
        buf_init(&digits, scratch->max);
        int rc = bignum_text(&digits, string_at(v, row), e);
        if (rc == ST_OK)
            rc = binary_numeric_text(scratch, (const char *)digits.data, digits.len, e);
        buf_release(&digits);
        return rc;
    }
    case S_DIGITS_BINARY: return binary_digits(scratch, string_at(v, row), e);
    case S_ARRAY: return array_text(scratch, c, v, row, e);
    case S_ARRAY_BINARY: return array_binary(scratch, c, v, row, e);
    case S_RECORD: return record_text(scratch, c, v, row, e);
    case S_RECORD_BINARY: return record_binary(scratch, c, v, row, e);
    case S_JSON: return json_value(scratch, c, v, row, e);
    case S_CATALOG: return catalog_value(scratch, c, v, row, e);
    default: break;
    }
    uint8_t *p = buf_reserve(scratch, cell_bound(c, v, row));
    if (!p)
        return err_oom(e);
    uint8_t *end = cell_store(p, c, v, row, e);
    if (!end)
        return ST_ERR;
    buf_commit(scratch, (size_t)(end - p));
    return ST_OK;
}
