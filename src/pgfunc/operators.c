#include "pgfunc/operators.h"

#include <math.h>
#include <string.h>

/* ---- a ^ b ---- */

static int power(struct pg_call *call)
{
    const double a = call->args[0].real, b = call->args[1].real;
    if (a == 0 && b < 0)
        return err_set(call->e, SQLSTATE_INVALID_ARGUMENT_FOR_POWER_FUNCTION,
                       "zero raised to a negative power is undefined");
    if (a < 0 && isfinite(a) && isfinite(b) && floor(b) != b)
        return err_set(call->e, SQLSTATE_INVALID_ARGUMENT_FOR_POWER_FUNCTION,
                       "a negative number raised to a non-integer power yields a complex result");
    call->result.real = pow(a, b);
    if (!isfinite(a) || !isfinite(b))
        return ST_OK;
    if (isinf(call->result.real))
        return err_set(call->e, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE, "value out of range: overflow");
    if (call->result.real == 0 && a != 0)
        return err_set(call->e, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE, "value out of range: underflow");
    return ST_OK;
}

/* ---- a SIMILAR TO b ---- */

static int bad_escape(struct pg_call *call)
{
    return err_set(call->e, SQLSTATE_INVALID_ESCAPE_SEQUENCE, "invalid escape string");
}

/* The length of the character at p, of n bytes at most. */
static size_t character(const char *p, size_t n)
{
    size_t len = 1;
    while (len < n && ((unsigned char)p[len] & 0xc0) == 0x80)
        len++;
    return len;
}

static bool is_special(char c)
{
    return c != '\0' && strchr("\\.^$[]()|*+?{}", c) != NULL;
}

/* The pattern as a regular expression that matches all of a text: % is .*, _ is ., and | * + ? { } ( ) [ ]
 * mean what they mean there. */
static void similar(struct buf *out, struct str pattern, struct str escape)
{
    bool in_set = false;
    for (size_t i = 0, n; i < pattern.n; i += n) {
        const char *p = pattern.p + i;
        n = character(p, pattern.n - i);
        if (escape.n == n && memcmp(p, escape.p, n) == 0 && i + n < pattern.n) {
            i += n;
            n = character(pattern.p + i, pattern.n - i);
            if (is_special(pattern.p[i]))
                buf_put_u8(out, '\\');
            buf_put(out, pattern.p + i, n);
        } else if (in_set) {
            in_set = *p != ']';
            if (*p == '\\')
                buf_put_u8(out, '\\');
            buf_put(out, p, n);
        } else if (*p == '%') {
            buf_put(out, ".*", 2);
        } else if (*p == '_') {
            buf_put_u8(out, '.');
        } else if (*p == '(') {
            buf_put(out, "(?:", 3);
        } else {
            if (*p == '\\' || *p == '.' || *p == '^' || *p == '$')
                buf_put_u8(out, '\\');
            in_set = *p == '[';
            buf_put(out, p, n);
        }
    }
}

static int similar_pattern(struct pg_call *call)
{
    struct str escape = call->nargs > 1 ? call->args[1].text : STR("\\");
    if (escape.n > 0 && character(escape.p, escape.n) != escape.n) {
        (void)bad_escape(call);
        err_hint(call->e, "Escape string must be empty or one character.");
        return ST_ERR;
    }
    similar(call->out, call->args[0].text, escape);
    return ST_OK;
}

/* ---- j #> path ---- */

static void pointer_step(struct buf *out, const char *p, size_t n)
{
    buf_put_u8(out, '/');
    for (size_t i = 0; i < n; i++) {
        if (p[i] == '~' || p[i] == '/')
            buf_put(out, p[i] == '~' ? "~0" : "~1", 2);
        else
            buf_put_u8(out, (uint8_t)p[i]);
    }
}

/* A member of an array's text, from p on; what follows it. Quoted ones may hold anything. */
static size_t member(struct buf *out, const char *p, size_t n)
{
    char quote = *p == '"' || *p == '\'' ? *p : '\0';
    size_t i = quote != '\0';
    struct buf text;
    buf_init(&text, PG_RESULT_MAX);
    while (i < n && (quote ? p[i] != quote : p[i] != ',')) {
        if (p[i] == '\\' && i + 1 < n)
            i++;
        buf_put_u8(&text, (uint8_t)p[i++]);
    }
    while (!quote && text.len > 0 && text.data[text.len - 1] == ' ')
        text.len--;
    pointer_step(out, text.len ? (const char *)text.data : "", text.len);
    if (!buf_ok(&text))
        out->failed = true;
    buf_release(&text);
    return i + (quote && i < n);
}

/* A path, {a,0,b} as PostgreSQL writes arrays or [a, 0, b] as the engine does, as a JSON pointer (RFC 6901).
 */
static int json_pointer(struct pg_call *call)
{
    struct str path = call->args[0].text;
    if (path.n < 2 || !(path.p[0] == '{' || path.p[0] == '['))
        return err_set(call->e, SQLSTATE_INVALID_TEXT_REPRESENTATION, "malformed array literal: \"%.*s\"",
                       (int)path.n, path.p);
    for (size_t i = 1; i + 1 < path.n;) {
        if (path.p[i] == ' ' || path.p[i] == ',')
            i++;
        else
            i += member(call->out, path.p + i, path.n - 1 - i);
    }
    return ST_OK;
}

/* ---- shifts ---- */

/* Bits go out at either end, and the count counts modulo the width. */
static int shift_left_4(struct pg_call *call)
{
    call->result.integer = (int32_t)((uint32_t)call->args[0].integer << (call->args[1].integer & 31));
    return ST_OK;
}

static int shift_right_4(struct pg_call *call)
{
    call->result.integer = (int32_t)call->args[0].integer >> (call->args[1].integer & 31);
    return ST_OK;
}

static int shift_left_8(struct pg_call *call)
{
    call->result.integer = (int64_t)((uint64_t)call->args[0].integer << (call->args[1].integer & 63));
    return ST_OK;
}

static int shift_right_8(struct pg_call *call)
{
    call->result.integer = call->args[0].integer >> (call->args[1].integer & 63);
    return ST_OK;
}

/* NULL, which the engine does not know before it asks. */
static int null(struct pg_call *call)
{
    call->result.is_null = true;
    return ST_OK;
}

const struct pg_function pg_operator_functions[] = {
    {.name = "pg_null", .args = {PG_END}, .result = PG_TEXT, .call = null, .is_volatile = true},
    {.name = "pg_power", .args = {PG_FLOAT8, PG_FLOAT8}, .result = PG_FLOAT8, .call = power},
    {.name = "<<", .args = {PG_INT4, PG_INT4}, .result = PG_INT4, .call = shift_left_4},
    {.name = "<<", .args = {PG_INT8, PG_INT8}, .result = PG_INT8, .call = shift_left_8},
    {.name = ">>", .args = {PG_INT4, PG_INT4}, .result = PG_INT4, .call = shift_right_4},
    {.name = ">>", .args = {PG_INT8, PG_INT8}, .result = PG_INT8, .call = shift_right_8},
    {.name = "pg_similar_pattern", .args = {PG_TEXT}, .result = PG_TEXT, .call = similar_pattern},
    {.name = "pg_similar_pattern", .args = {PG_TEXT, PG_TEXT}, .result = PG_TEXT, .call = similar_pattern},
    {.name = "pg_json_pointer", .args = {PG_TEXT}, .result = PG_TEXT, .call = json_pointer},
    {.name = NULL},
};
