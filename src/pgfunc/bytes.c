#include "pgfunc/bytes.h"

#include "pgfunc/chars.h"

#include <assert.h>
#include <openssl/evp.h>
#include <string.h>

enum { LINE = 76 }; /* characters of base64 between line feeds */

static const char hex_digits[] = "0123456789abcdef";
static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int bad(struct pg_call *call, const char *what, struct str text)
{
    return err_set(call->e, SQLSTATE_INVALID_PARAMETER_VALUE, "%s: \"%.*s\"", what,
                   (int)(text.n < 64 ? text.n : 64), text.p);
}

/* ---- encode ---- */

/* A line feed after each 76 characters, as MIME has it and PostgreSQL writes it, but none at the end. */
static void encode_base64(struct buf *out, struct str in)
{
    size_t line = 0;
    for (size_t i = 0; i < in.n; i += 3) {
        uint32_t v = 0;
        for (size_t k = 0; k < 3; k++)
            v = v << 8 | (i + k < in.n ? (unsigned char)in.p[i + k] : 0);
        for (size_t k = 0; k < 4; k++)
            buf_put_u8(out, i + k > in.n ? (uint8_t)'=' : (uint8_t)letters[v >> (18 - 6 * k) & 0x3F]);
        line += 4;
        if (line >= LINE && i + 3 < in.n) {
            buf_put_u8(out, '\n');
            line = 0;
        }
    }
}

/* NUL and bytes beyond ASCII in octal, a backslash doubled, and all else as it is, line feeds as well. */
static void encode_escape(struct buf *out, struct str in)
{
    for (size_t i = 0; i < in.n; i++) {
        unsigned char c = (unsigned char)in.p[i];
        if (c == 0 || c >= 0x80)
            buf_printf(out, "\\%03o", c);
        else if (c == '\\')
            buf_put(out, "\\\\", 2);
        else
            buf_put_u8(out, c);
    }
}

static int encode(struct pg_call *call)
{
    assert(call->nargs == 2);
    const struct str in = call->args[0].text, format = call->args[1].text;
    if (str_ieq(format, STR("base64"))) {
        encode_base64(call->out, in);
    } else if (str_ieq(format, STR("escape"))) {
        encode_escape(call->out, in);
    } else if (str_ieq(format, STR("hex"))) {
        for (size_t i = 0; i < in.n; i++) {
            buf_put_u8(call->out, (uint8_t)hex_digits[(unsigned char)in.p[i] >> 4]);
            buf_put_u8(call->out, (uint8_t)hex_digits[in.p[i] & 0xF]);
        }
    } else {
        return bad(call, "unrecognized encoding", format);
    }
    return ST_OK;
}

/* ---- decode ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static struct str char_at(struct str in, size_t at)
{
    size_t end = at;
    (void)char_next(in, &end);
    return (struct str){in.p + at, end - at};
}

/* Blanks may stand between bytes, but not between the two digits of one. */
static int decode_hex(struct pg_call *call, struct str in)
{
    int high = -1;
    for (size_t i = 0; i < in.n; i++) {
        char c = in.p[i];
        if (is_blank(c) && high < 0)
            continue;
        char lower = (char)(c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c);
        const char *digit = lower ? strchr(hex_digits, lower) : NULL;
        if (!digit)
            return bad(call, "invalid hexadecimal digit", char_at(in, i));
        int v = (int)(digit - hex_digits);
        if (high >= 0)
            buf_put_u8(call->out, (uint8_t)(high << 4 | v));
        high = high < 0 ? v : -1;
    }
    return high < 0 ? ST_OK
                    : err_set(call->e, SQLSTATE_INVALID_PARAMETER_VALUE,
                              "invalid hexadecimal data: odd number of digits");
}

static int decode_base64(struct pg_call *call, struct str in)
{
    uint32_t v = 0;
    size_t have = 0, ends = 0;
    for (size_t i = 0; i < in.n; i++) {
        char c = in.p[i];
        const char *letter = c ? strchr(letters, c) : NULL;
        if (is_blank(c))
            continue;
        if (c == '=') {
            if (have < 2 || ends + have >= 4)
                return bad(call, "unexpected \"=\" while decoding base64 sequence", in);
            ends++;
        } else if (!letter || ends) {
            return err_set(call->e, SQLSTATE_INVALID_PARAMETER_VALUE,
                           "invalid symbol \"%.*s\" found while decoding base64 sequence",
                           (int)char_at(in, i).n, in.p + i);
        } else {
            v = v << 6 | (uint32_t)(letter - letters);
            have++;
        }
        if (have + ends < 4)
            continue;
        v <<= 6 * ends;
        for (size_t k = 0; k < 3 - ends; k++)
            buf_put_u8(call->out, (uint8_t)(v >> (16 - 8 * k)));
        have = v = 0;
        ends = 0;
    }
    if (have + ends == 0)
        return ST_OK;
    (void)err_set(call->e, SQLSTATE_INVALID_PARAMETER_VALUE, "invalid base64 end sequence");
    err_hint(call->e, "Input data is missing padding, is truncated, or is otherwise corrupted.");
    return ST_ERR;
}

static int decode_escape(struct pg_call *call, struct str in)
{
    for (size_t i = 0; i < in.n; i++) {
        if (in.p[i] != '\\') {
            buf_put_u8(call->out, (uint8_t)in.p[i]);
            continue;
        }
        unsigned v = 0;
        bool octal = i + 3 < in.n && in.p[i + 1] >= '0' && in.p[i + 1] <= '3';
        for (size_t k = 1; k <= 3 && octal; k++) {
            octal = in.p[i + k] >= '0' && in.p[i + k] <= '7';
            v = v << 3 | (unsigned)(in.p[i + k] - '0');
        }
        if (octal) {
            buf_put_u8(call->out, (uint8_t)v);
            i += 3;
        } else if (i + 1 < in.n && in.p[i + 1] == '\\') {
            buf_put_u8(call->out, '\\');
            i++;
        } else {
            return err_set(call->e, SQLSTATE_INVALID_TEXT_REPRESENTATION, "invalid input syntax for type %s",
                           "bytea");
        }
    }
    return ST_OK;
}

static int decode(struct pg_call *call)
{
    assert(call->nargs == 2);
    const struct str in = call->args[0].text, format = call->args[1].text;
    if (str_ieq(format, STR("base64")))
        return decode_base64(call, in);
    if (str_ieq(format, STR("escape")))
        return decode_escape(call, in);
    return str_ieq(format, STR("hex")) ? decode_hex(call, in) : bad(call, "unrecognized encoding", format);
}

/* ---- bytes and bits ---- */

/* The place n, of a bytea of so many bytes or bits. */
static int check_place(struct pg_call *call, int64_t n, size_t of)
{
    if (n >= 0 && (uint64_t)n < of)
        return ST_OK;
    return err_set(call->e, SQLSTATE_ARRAY_SUBSCRIPT_ERROR, "index %lld out of valid range, 0..%lld",
                   (long long)n, (long long)of - 1);
}

static int get_byte(struct pg_call *call)
{
    const struct str in = call->args[0].text;
    TRY(check_place(call, call->args[1].integer, in.n));
    call->result.integer = (unsigned char)in.p[call->args[1].integer];
    return ST_OK;
}

/* Bits count from the lowest of each byte: bit 0 is the lowest of the first, and bit 8 of the second. */
static int get_bit(struct pg_call *call)
{
    const struct str in = call->args[0].text;
    int64_t n = call->args[1].integer;
    TRY(check_place(call, n, in.n * 8));
    call->result.integer = in.p[n / 8] >> n % 8 & 1;
    return ST_OK;
}

static int set_byte(struct pg_call *call)
{
    assert(call->nargs == 3);
    const struct str in = call->args[0].text;
    TRY(check_place(call, call->args[1].integer, in.n));
    buf_put(call->out, in.p, in.n);
    if (buf_ok(call->out))
        call->out->data[call->args[1].integer] = (uint8_t)call->args[2].integer;
    return ST_OK;
}

static int set_bit(struct pg_call *call)
{
    assert(call->nargs == 3);
    const struct str in = call->args[0].text;
    int64_t n = call->args[1].integer, bit = call->args[2].integer;
    TRY(check_place(call, n, in.n * 8));
    if (bit != 0 && bit != 1)
        return err_set(call->e, SQLSTATE_INVALID_PARAMETER_VALUE, "new bit must be 0 or 1");
    buf_put(call->out, in.p, in.n);
    if (!buf_ok(call->out))
        return ST_OK;
    uint8_t mask = (uint8_t)(1 << n % 8), *byte = &call->out->data[n / 8];
    *byte = (uint8_t)(bit ? *byte | mask : *byte & ~mask);
    return ST_OK;
}

static int bit_count(struct pg_call *call)
{
    const struct str in = call->args[0].text;
    for (size_t i = 0; i < in.n; i++)
        call->result.integer += __builtin_popcount((unsigned char)in.p[i]);
    return ST_OK;
}

/* Without those of the second argument's bytes that stand in front or behind. */
static int trim_sides(struct pg_call *call, bool left, bool right)
{
    struct str s = call->args[0].text, set = call->args[1].text;
    while (left && s.n && set.n && memchr(set.p, s.p[0], set.n))
        s = (struct str){s.p + 1, s.n - 1};
    while (right && s.n && set.n && memchr(set.p, s.p[s.n - 1], set.n))
        s.n--;
    buf_put(call->out, s.n ? s.p : "", s.n);
    return ST_OK;
}

static int trim_both(struct pg_call *call)
{
    return trim_sides(call, true, true);
}

static int trim_left(struct pg_call *call)
{
    return trim_sides(call, true, false);
}

static int trim_right(struct pg_call *call)
{
    return trim_sides(call, false, true);
}

static int byte_length(struct pg_call *call)
{
    call->result.integer = (int64_t)call->args[0].text.n;
    return ST_OK;
}

static int bit_length(struct pg_call *call)
{
    call->result.integer = (int64_t)call->args[0].text.n * 8;
    return ST_OK;
}

static int position(struct pg_call *call)
{
    const struct str in = call->args[0].text, what = call->args[1].text;
    const char *at = what.n == 0 ? in.p : in.n ? memmem(in.p, in.n, what.p, what.n) : NULL;
    call->result.integer = at || what.n == 0 ? (at ? at - in.p : 0) + 1 : 0;
    return ST_OK;
}

/* ---- other encodings ---- */

static bool is_utf8(struct str name)
{
    return str_ieq(name, STR("utf8")) || str_ieq(name, STR("utf-8")) || str_ieq(name, STR("unicode"));
}

static bool is_latin1(struct str name)
{
    return str_ieq(name, STR("latin1")) || str_ieq(name, STR("iso-8859-1")) ||
           str_ieq(name, STR("iso88591")) || str_ieq(name, STR("iso_8859_1"));
}

static int not_an_encoding(struct pg_call *call)
{
    return err_set(call->e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                   "conversion between UTF8 and \"%.*s\" is not supported",
                   (int)(call->args[1].text.n < 64 ? call->args[1].text.n : 64), call->args[1].text.p);
}

/* Texts are UTF-8. LATIN1 is the one other encoding that is known: each of its bytes is the character of that
 * number in Unicode. */
static int convert_to(struct pg_call *call)
{
    assert(call->nargs == 2);
    const struct str in = call->args[0].text;
    if (is_utf8(call->args[1].text)) {
        buf_put(call->out, in.p, in.n);
        return ST_OK;
    }
    if (!is_latin1(call->args[1].text))
        return not_an_encoding(call);
    for (size_t at = 0; at < in.n;) {
        uint32_t c = char_next(in, &at);
        if (c > 0xFF)
            return err_set(call->e, SQLSTATE_UNTRANSLATABLE_CHARACTER,
                           "character U+%04X has no equivalent in encoding \"LATIN1\"", (unsigned)c);
        buf_put_u8(call->out, (uint8_t)c);
    }
    return ST_OK;
}

/* Whether the bytes are UTF-8 as PostgreSQL takes it. */
static bool is_valid(struct str in)
{
    for (size_t at = 0; at < in.n;) {
        size_t from = at;
        unsigned char first = (unsigned char)in.p[at];
        size_t n = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
        uint32_t c = char_next(in, &at);
        static const uint32_t least[] = {0, 1, 0x80, 0x800, 0x10000};
        if (c == 0 || (first >= 0x80 && first < 0xC2) || at - from != n || c < least[n] ||
            c > CHAR_MAX_CODE || (c >= 0xD800 && c <= 0xDFFF))
            return false;
    }
    return true;
}

static int convert_from(struct pg_call *call)
{
    assert(call->nargs == 2);
    const struct str in = call->args[0].text;
    if (is_latin1(call->args[1].text)) {
        for (size_t i = 0; i < in.n; i++)
            char_put(call->out, (unsigned char)in.p[i]);
        return ST_OK;
    }
    if (!is_utf8(call->args[1].text))
        return not_an_encoding(call);
    if (!is_valid(in))
        return err_set(call->e, SQLSTATE_CHARACTER_NOT_IN_REPERTOIRE,
                       "invalid byte sequence for encoding \"UTF8\"");
    buf_put(call->out, in.p, in.n);
    return ST_OK;
}

/* The engine's encode(text) and decode(blob), which go on meaning UTF-8. */
static int same_bytes(struct pg_call *call)
{
    const struct str in = call->args[0].text;
    buf_put(call->out, in.p, in.n);
    return ST_OK;
}

static int utf8_text(struct pg_call *call)
{
    if (!is_valid(call->args[0].text))
        return err_set(call->e, SQLSTATE_CHARACTER_NOT_IN_REPERTOIRE,
                       "invalid byte sequence for encoding \"UTF8\"");
    return same_bytes(call);
}

/* ---- hashes ---- */

static int digest(struct pg_call *call, const EVP_MD *by)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    const struct str in = call->args[0].text;
    if (EVP_Digest(in.p, in.n, hash, &n, by, NULL) != 1)
        return err_oom(call->e);
    assert(n <= sizeof hash);
    buf_put(call->out, hash, n);
    return ST_OK;
}

static int sha224(struct pg_call *call)
{
    return digest(call, EVP_sha224());
}

static int sha384(struct pg_call *call)
{
    return digest(call, EVP_sha384());
}

static int sha512(struct pg_call *call)
{
    return digest(call, EVP_sha512());
}

const struct pg_function pg_bytes_functions[] = {
    {.name = "pg_sha224", .args = {PG_BYTEA}, .result = PG_BYTEA, .call = sha224},
    {.name = "pg_sha384", .args = {PG_BYTEA}, .result = PG_BYTEA, .call = sha384},
    {.name = "pg_sha512", .args = {PG_BYTEA}, .result = PG_BYTEA, .call = sha512},
    {.name = "pg_encode", .args = {PG_TEXT}, .result = PG_BYTEA, .call = same_bytes},
    {.name = "pg_encode", .args = {PG_BYTEA, PG_TEXT}, .result = PG_TEXT, .call = encode},
    {.name = "pg_decode", .args = {PG_BYTEA}, .result = PG_TEXT, .call = utf8_text},
    {.name = "pg_decode", .args = {PG_TEXT, PG_TEXT}, .result = PG_BYTEA, .call = decode},
    {.name = "get_byte", .args = {PG_BYTEA, PG_INT4}, .result = PG_INT4, .call = get_byte},
    {.name = "set_byte", .args = {PG_BYTEA, PG_INT4, PG_INT4}, .result = PG_BYTEA, .call = set_byte},
    {.name = "get_bit", .args = {PG_BYTEA, PG_INT8}, .result = PG_INT4, .call = get_bit},
    {.name = "set_bit", .args = {PG_BYTEA, PG_INT8, PG_INT4}, .result = PG_BYTEA, .call = set_bit},
    {.name = "bit_count", .args = {PG_BYTEA}, .result = PG_INT8, .call = bit_count},
    {.name = "length", .args = {PG_BYTEA}, .result = PG_INT8, .call = byte_length},
    {.name = "octet_length", .args = {PG_TEXT}, .result = PG_INT8, .call = byte_length},
    {.name = "bit_length", .args = {PG_BYTEA}, .result = PG_INT8, .call = bit_length},
    {.name = "strpos", .args = {PG_BYTEA, PG_BYTEA}, .result = PG_INT8, .call = position},
    {.name = "trim", .args = {PG_BYTEA, PG_BYTEA}, .result = PG_BYTEA, .call = trim_both},
    {.name = "btrim", .args = {PG_BYTEA, PG_BYTEA}, .result = PG_BYTEA, .call = trim_both},
    {.name = "ltrim", .args = {PG_BYTEA, PG_BYTEA}, .result = PG_BYTEA, .call = trim_left},
    {.name = "rtrim", .args = {PG_BYTEA, PG_BYTEA}, .result = PG_BYTEA, .call = trim_right},
    {.name = "convert_to", .args = {PG_TEXT, PG_TEXT}, .result = PG_BYTEA, .call = convert_to},
    {.name = "convert_from", .args = {PG_BYTEA, PG_TEXT}, .result = PG_TEXT, .call = convert_from},
    {.name = NULL},
};
