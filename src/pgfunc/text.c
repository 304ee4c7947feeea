#include "pgfunc/text.h"

#include "pgfunc/chars.h"

#include <assert.h>
#include <string.h>

static int result_text(struct pg_call *call, struct str s)
{
    call->result.text = s.p ? s : STR("");
    return ST_OK;
}

static int bad(struct pg_call *call, enum sqlstate code, const char *why)
{
    return err_set(call->e, code, "%s", why);
}

/* initcap(text): each word's first letter upper, the rest lower. A word is a run of letters and digits. */
static int initcap(struct pg_call *call)
{
    const struct str in = call->args[0].text;
    bool within = false;
    for (size_t at = 0; at < in.n;) {
        uint32_t c = char_next(in, &at);
        char_put(call->out, within ? char_lower(c) : char_upper(c));
        within = char_is_alnum(c);
    }
    return ST_OK;
}

/* ---- parts of a text ---- */

/* [from, from + n) of 1, 2, … as [*start, *end) from 0. */
static int range_of(struct pg_call *call, int64_t from, bool has_n, int64_t n, size_t *start, size_t *end)
{
    if (has_n && n < 0)
        return bad(call, SQLSTATE_SUBSTRING_ERROR, "negative substring length not allowed");
    int64_t to = has_n ? from + n : INT64_MAX;
    *start = from > 1 ? (size_t)(from - 1) : 0;
    *end = to > 1 ? (size_t)(to - 1) : 0;
    if (*end < *start)
        *end = *start;
    return ST_OK;
}

/* substring(text, from [, n]) */
static int substring(struct pg_call *call)
{
    const struct str in = call->args[0].text;
    bool has_n = call->nargs > 2;
    size_t start = 0, end = 0;
    TRY(range_of(call, call->args[1].integer, has_n, has_n ? call->args[2].integer : 0, &start, &end));
    size_t at = char_offset(in, start);
    struct str rest = {in.p + at, in.n - at};
    if (has_n)
        rest.n = char_offset(rest, end - start);
    return result_text(call, rest);
}

/* substring(bytea, from [, n]) */
static int substring_bytes(struct pg_call *call)
{
    const struct str in = call->args[0].text;
    bool has_n = call->nargs > 2;
    size_t start = 0, end = 0;
    TRY(range_of(call, call->args[1].integer, has_n, has_n ? call->args[2].integer : 0, &start, &end));
    start = start < in.n ? start : in.n;
    end = end < in.n ? end : in.n;
    return result_text(call, (struct str){in.p + start, end - start});
}

/* overlay(a, b, from [, n]), whose places are bytes or characters. */
static int overlay_of(struct pg_call *call, bool bytes)
{
    assert(call->nargs == 3 || call->nargs == 4);
    const struct str a = call->args[0].text, b = call->args[1].text;
    int64_t from = call->args[2].integer;
    int64_t n = call->nargs > 3 ? call->args[3].integer : (int64_t)(bytes ? b.n : str_chars(b));
    if (from <= 0)
        return bad(call, SQLSTATE_SUBSTRING_ERROR, "negative substring length not allowed");
    int64_t to = from + n;
    if (to > INT32_MAX)
        return bad(call, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE, "integer out of range");
    size_t head = (size_t)from - 1, tail = to > 1 ? (size_t)to - 1 : 0;
    if (bytes) {
        head = head < a.n ? head : a.n;
        tail = tail < a.n ? tail : a.n;
    } else {
        head = char_offset(a, head);
        tail = char_offset(a, tail);
    }
    buf_put(call->out, a.p, head);
    buf_put(call->out, b.p, b.n);
    buf_put(call->out, a.p + tail, a.n - tail);
    return ST_OK;
}

static int overlay(struct pg_call *call)
{
    return overlay_of(call, false);
}

static int overlay_bytes(struct pg_call *call)
{
    return overlay_of(call, true);
}

/* Where `what` is in `in` from a byte on; false: nowhere. */
static bool find(struct str in, struct str what, size_t from, size_t *at)
{
    const char *found = from <= in.n && in.n ? memmem(in.p + from, in.n - from, what.p, what.n) : NULL;
    if (found)
        *at = (size_t)(found - in.p);
    return found != NULL;
}

/* split_part(text, separator, n): fields count from 1, or from the end when n < 0. */
static int split_part(struct pg_call *call)
{
    assert(call->nargs == 3);
    const struct str in = call->args[0].text, by = call->args[1].text;
    int64_t n = call->args[2].integer;
    size_t start = 0, at = 0, count = 1;
    if (n == 0)
        return bad(call, SQLSTATE_INVALID_PARAMETER_VALUE, "field position must not be zero");
    if (by.n == 0 || in.n == 0)
        return result_text(call, n == 1 || n == -1 ? in : STR(""));
    if (n < 0) {
        for (size_t from = 0; find(in, by, from, &at); from = at + by.n)
            count++;
        n += (int64_t)count + 1;
        if (n <= 0)
            return result_text(call, STR(""));
    }
    for (; find(in, by, start, &at); start = at + by.n)
        if (--n == 0)
            return result_text(call, (struct str){in.p + start, at - start});
    return result_text(call, n == 1 ? (struct str){in.p + start, in.n - start} : STR(""));
}

/* ---- padding and trimming ---- */

static void put_padding(struct buf *out, struct str fill, size_t chars)
{
    assert(fill.n > 0 || chars == 0);
    for (size_t at = 0; chars > 0 && buf_ok(out); chars--) {
        size_t from = at;
        (void)char_next(fill, &at);
        buf_put(out, fill.p + from, at - from);
        if (at >= fill.n)
            at = 0;
    }
}

/* lpad and rpad, whose length counts characters. Both cut a longer text at its end, and with nothing to fill
 * with they add nothing. */
static int pad(struct pg_call *call, bool left)
{
    assert(call->nargs == 2 || call->nargs == 3);
    const struct str in = call->args[0].text, fill = call->nargs > 2 ? call->args[2].text : STR(" ");
    size_t wanted = call->args[1].integer > 0 ? (size_t)call->args[1].integer : 0, has = str_chars(in);
    if (wanted <= has || fill.n == 0)
        return result_text(call, (struct str){in.p, wanted < has ? char_offset(in, wanted) : in.n});
    if (wanted - has > PG_RESULT_MAX)
        return bad(call, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "requested length too large");
    if (left)
        put_padding(call->out, fill, wanted - has);
    buf_put(call->out, in.p, in.n);
    if (!left)
        put_padding(call->out, fill, wanted - has);
    return ST_OK;
}

static int lpad(struct pg_call *call)
{
    return pad(call, true);
}

static int rpad(struct pg_call *call)
{
    return pad(call, false);
}

static bool has_char(struct str set, struct str c)
{
    for (size_t at = 0; at < set.n;) {
        size_t from = at;
        (void)char_next(set, &at);
        if (str_eq((struct str){set.p + from, at - from}, c))
            return true;
    }
    return false;
}

/* btrim(text [, characters]) */
static int btrim(struct pg_call *call)
{
    assert(call->nargs == 1 || call->nargs == 2);
    struct str in = call->args[0].text;
    const struct str set = call->nargs > 1 ? call->args[1].text : STR(" ");
    while (in.n) {
        size_t n = 0;
        (void)char_next(in, &n);
        if (!has_char(set, (struct str){in.p, n}))
            break;
        in.p += n;
        in.n -= n;
    }
    while (in.n) {
        size_t from = in.n - 1;
        while (from > 0 && utf8_continues(in.p[from]))
            from--;
        if (!has_char(set, (struct str){in.p + from, in.n - from}))
            break;
        in.n = from;
    }
    return result_text(call, in);
}

/* btrim(bytea, bytea) */
static int btrim_bytes(struct pg_call *call)
{
    assert(call->nargs == 2);
    struct str in = call->args[0].text;
    const struct str set = call->args[1].text;
    while (in.n && set.n && memchr(set.p, in.p[0], set.n)) {
        in.p++;
        in.n--;
    }
    while (in.n && set.n && memchr(set.p, in.p[in.n - 1], set.n))
        in.n--;
    return result_text(call, in);
}

/* ---- characters ---- */

/* chr(n): the character of this number in Unicode. NUL has no place in a text, and half of a surrogate pair
 * is no character. */
static int chr(struct pg_call *call)
{
    int64_t c = call->args[0].integer;
    if (c < 0)
        return bad(call, SQLSTATE_INVALID_PARAMETER_VALUE, "character number must be positive");
    if (c == 0)
        return bad(call, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "null character not permitted");
    if (c > CHAR_MAX_CODE)
        return err_set(call->e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED,
                       "requested character too large for encoding: %lld", (long long)c);
    if (c >= 0xD800 && c <= 0xDFFF)
        return err_set(call->e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED,
                       "requested character not valid for encoding: %lld", (long long)c);
    char_put(call->out, (uint32_t)c);
    return ST_OK;
}

/* Negative numbers are shown as their type's two's complement: to_hex(-1) is ffffffff for an integer. */
static int to_hex32(struct pg_call *call)
{
    buf_printf(call->out, "%x", (unsigned)(uint32_t)call->args[0].integer);
    return ST_OK;
}

static int to_hex64(struct pg_call *call)
{
    buf_printf(call->out, "%llx", (unsigned long long)call->args[0].integer);
    return ST_OK;
}

/* n hexadecimal digits at `at`; false: they are not there. */
static bool read_hex(struct str s, size_t at, size_t n, uint32_t *out)
{
    *out = 0;
    for (size_t i = at; i < at + n; i++) {
        if (i >= s.n)
            return false;
        char c = s.p[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0)
            return false;
        *out = *out << 4 | (uint32_t)digit;
    }
    return true;
}

/* One escape of unistr, behind its backslash: \XXXX, \+XXXXXX, \uXXXX, \UXXXXXXXX. */
static bool read_unistr(struct str s, size_t *at, uint32_t *c)
{
    size_t skip = *at < s.n && (s.p[*at] == '+' || s.p[*at] == 'u' || s.p[*at] == 'U');
    size_t digits = !skip || s.p[*at] == 'u' ? 4 : s.p[*at] == '+' ? 6 : 8;
    if (!read_hex(s, *at + skip, digits, c))
        return false;
    *at += skip + digits;
    return true;
}

/* unistr(text): its escapes become characters, and a doubled backslash becomes one. A character that is
 * written as two surrogates needs both, the high one first. */
static int unistr(struct pg_call *call)
{
    const struct str s = call->args[0].text;
    uint32_t high = 0; /* the first half of a pair of surrogates */
    for (size_t at = 0; at < s.n;) {
        uint32_t c;
        if (s.p[at] != '\\' || (at + 1 < s.n && s.p[at + 1] == '\\')) {
            if (high)
                return bad(call, SQLSTATE_SYNTAX_ERROR, "invalid Unicode surrogate pair");
            buf_put_u8(call->out, (uint8_t)s.p[at]);
            at += s.p[at] == '\\' ? 2 : 1;
            continue;
        }
        at++;
        if (!read_unistr(s, &at, &c)) {
            (void)bad(call, SQLSTATE_SYNTAX_ERROR, "invalid Unicode escape");
            err_hint(call->e, "Unicode escapes must be \\XXXX, \\+XXXXXX, \\uXXXX, or \\UXXXXXXXX.");
            return ST_ERR;
        }
        bool low = c >= 0xDC00 && c <= 0xDFFF;
        if (low != (high != 0))
            return bad(call, SQLSTATE_SYNTAX_ERROR, "invalid Unicode surrogate pair");
        if (low)
            c = 0x10000 + ((high & 0x3FF) << 10 | (c & 0x3FF));
        high = c >= 0xD800 && c <= 0xDBFF ? c : 0;
        if (c == 0 || c > CHAR_MAX_CODE)
            return bad(call, SQLSTATE_INVALID_PARAMETER_VALUE, "invalid Unicode code point");
        if (!high)
            char_put(call->out, c);
    }
    return high ? bad(call, SQLSTATE_SYNTAX_ERROR, "invalid Unicode surrogate pair") : ST_OK;
}

/* ---- lists of texts ---- */

/* A part that is the same as the third argument becomes NULL. */
static void put_part(struct pg_call *call, struct str part, const struct pg_value *null)
{
    if (null && !null->is_null && str_eq(part, null->text))
        pg_put_null(call);
    else
        pg_put_text(call, part);
}

/* string_to_array(text, separator [, null]): without a separator each character is a part. */
static int string_to_array(struct pg_call *call)
{
    assert(call->nargs == 2 || call->nargs == 3);
    const struct str in = call->args[0].text, by = call->args[1].text;
    const struct pg_value *null = call->nargs > 2 ? &call->args[2] : NULL;
    size_t start = 0, at = 0;
    call->result.is_null = call->args[0].is_null;
    if (call->result.is_null || in.n == 0)
        return ST_OK;
    if (call->args[1].is_null) {
        while (at < in.n) {
            start = at;
            (void)char_next(in, &at);
            put_part(call, (struct str){in.p + start, at - start}, null);
        }
        return ST_OK;
    }
    for (; by.n && find(in, by, start, &at); start = at + by.n)
        put_part(call, (struct str){in.p + start, at - start}, null);
    put_part(call, (struct str){in.p + start, in.n - start}, null);
    return ST_OK;
}

#define TEXT_TO(n, f)  .name = n, .result = PG_TEXT, .call = f
#define TEXTS_OF(n, f) .name = n, .result = PG_TEXTS, .call = f, .takes_null = true

const struct pg_function pg_text_functions[] = {
    {TEXT_TO("initcap", initcap), .args = {PG_TEXT}},
    {TEXT_TO("pg_substring", substring), .args = {PG_TEXT, PG_INT4}},
    {TEXT_TO("pg_substring", substring), .args = {PG_TEXT, PG_INT4, PG_INT4}},
    {.name = "pg_substring", .args = {PG_BYTEA, PG_INT4}, .result = PG_BYTEA, .call = substring_bytes},
    {.name = "pg_substring",
     .args = {PG_BYTEA, PG_INT4, PG_INT4},
     .result = PG_BYTEA,
     .call = substring_bytes},
    {.name = "substring", .args = {PG_BYTEA, PG_INT8}, .result = PG_BYTEA, .call = substring_bytes},
    {.name = "substring", .args = {PG_BYTEA, PG_INT8, PG_INT8}, .result = PG_BYTEA, .call = substring_bytes},
    {.name = "substr", .args = {PG_BYTEA, PG_INT8}, .result = PG_BYTEA, .call = substring_bytes},
    {.name = "substr", .args = {PG_BYTEA, PG_INT8, PG_INT8}, .result = PG_BYTEA, .call = substring_bytes},
    {TEXT_TO("pg_overlay", overlay), .args = {PG_TEXT, PG_TEXT, PG_INT4}},
    {TEXT_TO("pg_overlay", overlay), .args = {PG_TEXT, PG_TEXT, PG_INT4, PG_INT4}},
    {.name = "pg_overlay", .args = {PG_BYTEA, PG_BYTEA, PG_INT4}, .result = PG_BYTEA, .call = overlay_bytes},
    {.name = "pg_overlay",
     .args = {PG_BYTEA, PG_BYTEA, PG_INT4, PG_INT4},
     .result = PG_BYTEA,
     .call = overlay_bytes},
    {TEXT_TO("pg_split_part", split_part), .args = {PG_TEXT, PG_TEXT, PG_INT4}},
    {TEXT_TO("pg_lpad", lpad), .args = {PG_TEXT, PG_INT4}},
    {TEXT_TO("pg_lpad", lpad), .args = {PG_TEXT, PG_INT4, PG_TEXT}},
    {TEXT_TO("pg_rpad", rpad), .args = {PG_TEXT, PG_INT4}},
    {TEXT_TO("pg_rpad", rpad), .args = {PG_TEXT, PG_INT4, PG_TEXT}},
    {TEXT_TO("btrim", btrim), .args = {PG_TEXT}},
    {TEXT_TO("btrim", btrim), .args = {PG_TEXT, PG_TEXT}},
    {.name = "btrim", .args = {PG_BYTEA, PG_BYTEA}, .result = PG_BYTEA, .call = btrim_bytes},
    {TEXT_TO("pg_chr", chr), .args = {PG_INT4}},
    {TEXT_TO("pg_to_hex", to_hex32), .args = {PG_INT4}},
    {TEXT_TO("pg_to_hex", to_hex64), .args = {PG_INT8}},
    {TEXT_TO("unistr", unistr), .args = {PG_TEXT}},
    {TEXTS_OF("pg_string_to_array", string_to_array), .args = {PG_TEXT, PG_TEXT}},
    {TEXTS_OF("pg_string_to_array", string_to_array), .args = {PG_TEXT, PG_TEXT, PG_TEXT}},
    {.name = NULL},
};
