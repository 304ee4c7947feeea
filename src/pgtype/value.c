/* Parameters, and fields of COPY, as the client sends them, in text or binary, to values. Errors are
 * PostgreSQL's, code and words, since drivers and people know those. Binary lengths are checked before a
 * byte is read. */
#include "pgtype/value_priv.h"

#include "base/bytes.h"
#include "pgtype/composite_type.h"
#include "pgtype/enum_type.h"
#include "pgtype/geometry.h"
#include "pgtype/money.h"
#include "pgtype/network.h"
#include "pgtype/oid.h"
#include "pgtype/packed.h"
#include "pgtype/range.h"
#include "pgtype/range_read.h"
#include "pgtype/value_array.h"
#include "pgtype/value_interval.h"
#include "pgtype/value_number.h"
#include "pgtype/value_record.h"
#include "pgtype/value_time.h"
#include "pgtype/value_time_binary.h"
#include "pgtype/xml.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { QUOTED_IN_ERROR_MAX = 200 };

static const char *type_name(uint32_t oid)
{
    const struct pgtype_info *info = pgtype_find(oid);
    return info ? info->sql_name : "unknown";
}

int shown(struct str s)
{
    return (int)str_cut(s, QUOTED_IN_ERROR_MAX);
}

/* How many bytes the character at `at` has. */
static int character_size(struct str s, size_t at)
{
    size_t n = 1;
    while (at + n < s.n && utf8_continues(s.p[at + n]))
        n++;
    return (int)n;
}

int bad_text(const struct decode *d)
{
    return err_set(d->e, SQLSTATE_INVALID_TEXT_REPRESENTATION, "invalid input syntax for type %s: \"%.*s\"",
                   type_name(d->oid), shown(d->in), d->in.p);
}

int bad_binary(const struct decode *d)
{
    return err_set(d->e, SQLSTATE_INVALID_BINARY_REPRESENTATION, "incorrect binary data format for type %s",
                   type_name(d->oid));
}

int cut_short(const struct decode *d)
{
    return err_set(d->e, SQLSTATE_PROTOCOL_VIOLATION, "insufficient data left in message");
}

int bad_size(const struct decode *d, size_t size)
{
    return d->in.n < size ? cut_short(d) : bad_binary(d);
}

int no_byte(const struct decode *d)
{
    return err_set(d->e, SQLSTATE_PROTOCOL_VIOLATION, "no data left in message");
}

int bad_datetime(const struct decode *d)
{
    const char *name = d->oid == PGTYPE_TIME        ? "time" /* as PostgreSQL's reader of dates calls them */
                       : d->oid == PGTYPE_TIMESTAMP ? "timestamp"
                                                    : type_name(d->oid);
    return err_set(d->e, SQLSTATE_INVALID_DATETIME_FORMAT, "invalid input syntax for type %s: \"%.*s\"", name,
                   shown(d->in), d->in.p);
}

int out_of_range(const struct decode *d)
{
    bool is_float = d->oid == PGTYPE_FLOAT4 || d->oid == PGTYPE_FLOAT8;
    return err_set(d->e, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE, "%s\"%.*s\" is out of range for type %s",
                   is_float ? "" : "value ", shown(d->in), d->in.p, type_name(d->oid));
}

/* --- Text ------------------------------------------------------------------------------------------------
 */

static int int_from_text(const struct decode *d, int64_t min, int64_t max)
{
    struct str s = trimmed(d->in);
    size_t i = s.n && (s.p[0] == '-' || s.p[0] == '+');
    if (i == s.n)
        return bad_text(d);
    for (; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return bad_text(d);
    d->out->kind = PG_INT64;
    return str_to_i64(s, min, max, &d->out->v.i) ? ST_OK : out_of_range(d);
}

/* Negative ones are taken as the 32 bits that they have. */
static int oid_from_text(const struct decode *d)
{
    TRY(int_from_text(d, INT32_MIN, UINT32_MAX));
    d->out->v.i = (uint32_t)d->out->v.i;
    return ST_OK;
}

/* Unique prefixes of true, false, yes, no, on, off, and 1, 0. */
static int bool_from_text(const struct decode *d)
{
    static const struct {
        const char *word;
        size_t least;
        bool value;
    } words[] = {{"true", 1, true}, {"false", 1, false}, {"yes", 1, true}, {"no", 1, false},
                 {"on", 2, true},   {"off", 2, false},   {"1", 1, true},   {"0", 1, false}};
    struct str s = trimmed(d->in);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        struct str word = str_of(words[i].word);
        if (s.n >= words[i].least && s.n <= word.n && str_ieq(s, (struct str){word.p, s.n})) {
            d->out->kind = PG_BOOL;
            d->out->v.b = words[i].value;
            return ST_OK;
        }
    }
    return bad_text(d);
}

/* What strtod takes, since PostgreSQL takes that: 0x1p3, nan(1) and every spelling of infinity too. */
static int float_from_text(const struct decode *d)
{
    struct str s = trimmed(d->in);
    char *text = arena_strndup(d->arena, s.p, s.n), *end;
    if (!text)
        return err_oom(d->e);
    errno = 0;
    double v = d->oid == PGTYPE_FLOAT4 ? (double)strtof(text, &end) : strtod(text, &end);
    if (s.n == 0 || end != text + s.n)
        return bad_text(d);
    if (errno == ERANGE && (v == 0 || __builtin_isinf(v)))
        return out_of_range(d);
    if (__builtin_isnan(v))
        v = __builtin_nan(""); /* one NaN, whatever sign and digits it was written with */
    if (d->oid == PGTYPE_FLOAT4) {
        d->out->kind = PG_FLOAT;
        d->out->v.f = (float)v;
    } else {
        d->out->kind = PG_DOUBLE;
        d->out->v.d = v;
    }
    return ST_OK;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static int bad_hex(const struct decode *d, size_t at)
{
    return err_set(d->e, SQLSTATE_INVALID_PARAMETER_VALUE, "invalid hexadecimal digit: \"%.*s\"",
                   character_size(d->in, at), d->in.p + at);
}

static int bytea_from_hex(const struct decode *d, char *out, size_t *n)
{
    for (size_t i = 2; i < d->in.n;) {
        if (d->in.p[i] == ' ' || (d->in.p[i] >= '\t' && d->in.p[i] <= '\r')) {
            i++;
            continue;
        }
        int high = hex_digit(d->in.p[i]), low = i + 1 < d->in.n ? hex_digit(d->in.p[i + 1]) : -1;
        if (high < 0)
            return bad_hex(d, i);
        if (i + 1 >= d->in.n)
            return err_set(d->e, SQLSTATE_INVALID_PARAMETER_VALUE,
                           "invalid hexadecimal data: odd number of digits");
        if (low < 0)
            return bad_hex(d, i + 1);
        out[(*n)++] = (char)(high << 4 | low);
        i += 2;
    }
    return ST_OK;
}

static bool is_octal(struct str s, size_t at)
{
    return at + 3 < s.n && s.p[at + 1] >= '0' && s.p[at + 1] <= '3' && s.p[at + 2] >= '0' &&
           s.p[at + 2] <= '7' && s.p[at + 3] >= '0' && s.p[at + 3] <= '7';
}

/* The old form: \\ for a backslash, \ and three octal digits for any byte. */
static int bytea_from_escape(const struct decode *d, char *out, size_t *n)
{
    for (size_t i = 0; i < d->in.n;) {
        if (d->in.p[i] != '\\') {
            out[(*n)++] = d->in.p[i++];
        } else if (i + 1 < d->in.n && d->in.p[i + 1] == '\\') {
            out[(*n)++] = '\\';
            i += 2;
        } else if (is_octal(d->in, i)) {
            const char *o = d->in.p + i + 1;
            out[(*n)++] = (char)((o[0] - '0') << 6 | (o[1] - '0') << 3 | (o[2] - '0'));
            i += 4;
        } else {
            return err_set(d->e, SQLSTATE_INVALID_TEXT_REPRESENTATION, "invalid input syntax for type bytea");
        }
    }
    return ST_OK;
}

static int bytea_from_text(const struct decode *d)
{
    char *out = arena_alloc(d->arena, d->in.n + 1);
    size_t n = 0;
    if (!out)
        return err_oom(d->e);
    bool hex = d->in.n >= 2 && d->in.p[0] == '\\' && d->in.p[1] == 'x';
    TRY(hex ? bytea_from_hex(d, out, &n) : bytea_from_escape(d, out, &n));
    d->out->kind = PG_BYTES;
    d->out->v.text = (struct str){out, n};
    return ST_OK;
}

/* 32 digits, hyphens after every fourth where there are any, braces around. */
static int uuid_from_text(const struct decode *d)
{
    struct str s = d->in;
    if (s.n >= 2 && s.p[0] == '{' && s.p[s.n - 1] == '}')
        s = (struct str){s.p + 1, s.n - 2};
    size_t digits = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '-' && digits % 4 == 0 && digits > 0 && digits < 32 && s.p[i - 1] != '-')
            continue;
        int v = hex_digit(s.p[i]);
        if (v < 0 || digits == 32)
            return bad_text(d);
        uint8_t *byte = &d->out->v.uuid[digits / 2];
        *byte = (uint8_t)(digits % 2 ? *byte << 4 | v : v);
        digits++;
    }
    d->out->kind = PG_UUID;
    return digits == 32 ? ST_OK : bad_text(d);
}

static int bad_bit(const struct decode *d, size_t at, const char *kind)
{
    return err_set(d->e, SQLSTATE_INVALID_TEXT_REPRESENTATION, "\"%.*s\" is not a valid %s digit",
                   character_size(d->in, at), d->in.p + at, kind);
}

static int bit_from_hex(const struct decode *d)
{
    enum { BITS_A_DIGIT = 4 };
    char *out = arena_alloc(d->arena, BITS_A_DIGIT * d->in.n), *p = out;
    if (!out)
        return err_oom(d->e);
    for (size_t i = 1; i < d->in.n; i++) {
        int v = hex_digit(d->in.p[i]);
        if (v < 0)
            return bad_bit(d, i, "hexadecimal");
        for (int bit = BITS_A_DIGIT - 1; bit >= 0; bit--)
            *p++ = v >> bit & 1 ? '1' : '0';
    }
    d->out->v.text = (struct str){out, (size_t)(p - out)};
    return ST_OK;
}

/* 0101, b0101, x5 */
static int bit_from_text(const struct decode *d)
{
    char first = d->in.n ? d->in.p[0] : '\0';
    d->out->kind = PG_BIT;
    if (first == 'x' || first == 'X')
        return bit_from_hex(d);
    size_t from = first == 'b' || first == 'B';
    for (size_t i = from; i < d->in.n; i++)
        if (d->in.p[i] != '0' && d->in.p[i] != '1')
            return bad_bit(d, i, "binary");
    d->out->v.text = (struct str){d->in.p + from, d->in.n - from};
    return ST_OK;
}

static int as_text(const struct decode *d)
{
    d->out->kind = PG_TEXT;
    d->out->v.text = d->in;
    return ST_OK;
}

/* A date or time in a form that only the engine may know goes to it as text; within an array it takes none.
 */
static int or_text(const struct decode *d, int status)
{
    if (status == ST_AGAIN)
        return d->is_item ? bad_datetime(d) : as_text(d);
    return status;
}

static int other_from_text(const struct decode *d)
{
    bool multi;
    const struct range_type *range = range_type_find(d->oid, &multi);
    if (range)
        return range_from_text(d, range, multi);
    const struct packed_type *packed = packed_type_find(d->oid);
    if (!packed)
        return as_text(d);
    switch (packed->kind) {
    case PACKED_INET:
    case PACKED_CIDR:
    case PACKED_MACADDR: return network_from_text(d, packed);
    case PACKED_MONEY: return money_from_text(d, packed);
    case PACKED_XML: return xml_from_text(d, packed);
    default: return geometry_from_text(d, packed);
    }
}

int decode_text(const struct decode *d)
{
    switch (d->oid) {
    case PGTYPE_BOOL: return bool_from_text(d);
    case PGTYPE_INT2: return int_from_text(d, INT16_MIN, INT16_MAX);
    case PGTYPE_INT4: return int_from_text(d, INT32_MIN, INT32_MAX);
    case PGTYPE_INT8: return int_from_text(d, INT64_MIN, INT64_MAX);
    case PGTYPE_OID: return oid_from_text(d);
    case PGTYPE_FLOAT4:
    case PGTYPE_FLOAT8: return float_from_text(d);
    case PGTYPE_NUMERIC: return numeric_from_text(d);
    case PGTYPE_BYTEA: return bytea_from_text(d);
    case PGTYPE_UUID: return uuid_from_text(d);
    case PGTYPE_BIT:
    case PGTYPE_VARBIT: return bit_from_text(d);
    case PGTYPE_DATE: return or_text(d, date_from_text(d));
    case PGTYPE_TIME:
    case PGTYPE_TIMETZ: return or_text(d, time_from_text(d));
    case PGTYPE_TIMESTAMP:
    case PGTYPE_TIMESTAMPTZ: return or_text(d, timestamp_from_text(d));
    case PGTYPE_INTERVAL: return or_text(d, interval_from_text(d));
    default: return other_from_text(d);
    }
}

/* --- Binary ----------------------------------------------------------------------------------------------
 */

static int int_from_binary(const struct decode *d, size_t size)
{
    const uint8_t *p = (const uint8_t *)d->in.p;
    if (d->in.n != size)
        return bad_size(d, size);
    d->out->kind = PG_INT64;
    d->out->v.i = size == 2 ? (int16_t)get_be16(p) : size == 4 ? (int32_t)get_be32(p) : (int64_t)get_be64(p);
    if (d->oid == PGTYPE_OID)
        d->out->v.i = get_be32(p);
    return ST_OK;
}

static int float_from_binary(const struct decode *d)
{
    const uint8_t *p = (const uint8_t *)d->in.p;
    if (d->in.n != (d->oid == PGTYPE_FLOAT4 ? 4 : 8))
        return bad_size(d, d->oid == PGTYPE_FLOAT4 ? 4 : 8);
    if (d->oid == PGTYPE_FLOAT4) {
        uint32_t bits = get_be32(p);
        d->out->kind = PG_FLOAT;
        memcpy(&d->out->v.f, &bits, sizeof bits);
    } else {
        uint64_t bits = get_be64(p);
        d->out->kind = PG_DOUBLE;
        memcpy(&d->out->v.d, &bits, sizeof bits);
    }
    return ST_OK;
}

/* The number of bits, then bytes with the first bit highest. */
static int bit_from_binary(const struct decode *d)
{
    enum { BITS_A_BYTE = 8 };
    const uint8_t *p = (const uint8_t *)d->in.p;
    if (d->in.n < 4)
        return bad_size(d, 4);
    uint32_t n = get_be32(p);
    if (n > INT32_MAX - (BITS_A_BYTE - 1))
        return err_set(d->e, SQLSTATE_INVALID_BINARY_REPRESENTATION, "invalid length in external bit string");
    size_t size = 4 + (n + BITS_A_BYTE - 1UL) / BITS_A_BYTE;
    if (d->in.n != size)
        return bad_size(d, size);
    char *out = arena_alloc(d->arena, n + 1UL);
    if (!out)
        return err_oom(d->e);
    for (uint32_t i = 0; i < n; i++)
        out[i] = p[4 + i / 8] >> (7 - i % 8) & 1 ? '1' : '0';
    d->out->kind = PG_BIT;
    d->out->v.text = (struct str){out, n};
    return ST_OK;
}

/* Shows as many bytes as the first of them announces, if they are there. */
static int bad_utf8(const struct decode *d, size_t at)
{
    const uint8_t *p = (const uint8_t *)d->in.p + at;
    size_t n = *p >= 0xf8 ? 1 : *p >= 0xf0 ? 4 : *p >= 0xe0 ? 3 : *p >= 0xc0 ? 2 : 1, len = 0;
    char bytes[4 * sizeof " 0xff"];
    for (size_t i = 0; i < n && i < d->in.n - at; i++)
        len += (size_t)snprintf(bytes + len, sizeof bytes - len, "%s0x%02x", i ? " " : "", p[i]);
    return err_set(d->e, SQLSTATE_CHARACTER_NOT_IN_REPERTOIRE,
                   "invalid byte sequence for encoding \"UTF8\": %s", bytes);
}

static int text_from_binary(const struct decode *d)
{
    size_t at;
    return utf8_valid(d->in.p, d->in.n, &at) ? as_text(d) : bad_utf8(d, at);
}

/* A version in front of the text. */
static int jsonb_from_binary(const struct decode *d)
{
    enum { JSONB_VERSION = 1 };
    struct decode rest = *d;
    if (d->in.n < 1)
        return bad_size(d, 1);
    if (d->in.p[0] != JSONB_VERSION)
        return bad_binary(d);
    rest.in = (struct str){d->in.p + 1, d->in.n - 1};
    return text_from_binary(&rest);
}

static int other_from_binary(const struct decode *d)
{
    bool multi;
    const struct range_type *range = range_type_find(d->oid, &multi);
    if (range)
        return range_from_binary(d, range, multi);
    const struct packed_type *packed = packed_type_find(d->oid);
    if (!packed)
        return err_set(d->e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                       "parameters of type %s are not taken in binary format", type_name(d->oid));
    switch (packed->kind) {
    case PACKED_INET:
    case PACKED_CIDR:
    case PACKED_MACADDR: return network_from_binary(d, packed);
    case PACKED_MONEY: return money_from_binary(d, packed);
    case PACKED_XML: return xml_from_text(d, packed);
    default: return geometry_from_binary(d, packed);
    }
}

int decode_binary(const struct decode *d)
{
    switch (d->oid) {
    case PGTYPE_BOOL:
        if (d->in.n != 1)
            return d->in.n ? bad_binary(d) : no_byte(d);
        d->out->kind = PG_BOOL;
        d->out->v.b = d->in.p[0] != 0;
        return ST_OK;
    case PGTYPE_INT2: return int_from_binary(d, 2);
    case PGTYPE_INT4:
    case PGTYPE_OID: return int_from_binary(d, 4);
    case PGTYPE_INT8: return int_from_binary(d, 8);
    case PGTYPE_FLOAT4:
    case PGTYPE_FLOAT8: return float_from_binary(d);
    case PGTYPE_NUMERIC: return numeric_from_binary(d);
    case PGTYPE_BYTEA:
        d->out->kind = PG_BYTES;
        d->out->v.text = d->in;
        return ST_OK;
    case PGTYPE_UUID:
        if (d->in.n != sizeof d->out->v.uuid)
            return bad_size(d, sizeof d->out->v.uuid);
        d->out->kind = PG_UUID;
        memcpy(d->out->v.uuid, d->in.p, d->in.n);
        return ST_OK;
    case PGTYPE_BIT:
    case PGTYPE_VARBIT: return bit_from_binary(d);
    case PGTYPE_DATE:
    case PGTYPE_TIME:
    case PGTYPE_TIMETZ:
    case PGTYPE_TIMESTAMP:
    case PGTYPE_TIMESTAMPTZ:
    case PGTYPE_INTERVAL: return datetime_from_binary(d);
    case PGTYPE_JSONB: return jsonb_from_binary(d);
    case PGTYPE_TEXT:
    case PGTYPE_VARCHAR:
    case PGTYPE_BPCHAR:
    case PGTYPE_NAME:
    case PGTYPE_CHAR:
    case PGTYPE_UNKNOWN:
    case PGTYPE_JSON: return text_from_binary(d);
    case PGTYPE_RECORD: return record_from_binary(d);
    default:
        return enum_type_is(d->oid)        ? text_from_binary(d)
               : composite_type_is(d->oid) ? record_from_binary(d)
                                           : other_from_binary(d);
    }
}

uint32_t value_element(uint32_t oid)
{
    const struct pgtype_info *info = pgtype_element(oid);
    return info                           ? info->oid
           : enum_type_is_array(oid)      ? enum_type_element(oid)
           : composite_type_is_array(oid) ? composite_type_element(oid)
                                          : 0;
}

int pg_value_decode(struct arena *a, uint32_t oid, int16_t format, const uint8_t *p, int32_t len,
                    const struct tz *zone, struct pg_value *out, struct err *e)
{
    *out = (struct pg_value){.kind = PG_NULL, .oid = oid};
    uint32_t element = value_element(oid);
    if (element)
        out->oid = element;
    if (len < 0)
        return ST_OK;
    struct decode d = {a, zone, out->oid, {(const char *)p, (size_t)len}, out, e, .is_item = false};
    bool made = enum_type_is(oid) || composite_type_is(oid);
    if (!element && !pgtype_find(oid) && !made && format == 1)
        return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                       "parameters of type %u are not taken in binary format", oid);
    if (element)
        return format ? array_from_binary(&d, element) : array_from_text(&d, element);
    return format ? decode_binary(&d) : decode_text(&d);
}
