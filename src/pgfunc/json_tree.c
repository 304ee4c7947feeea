/* A parser by recursive descent, whose depth is bounded. What a node holds lies in the arena, but for texts
 * without escapes, which are lent. */
#include "pgfunc/json_tree.h"

#include "base/cleanup.h"
#include "base/status.h"
#include "pgfunc/chars.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    FIRST = 8,               /* elements that are made room for */
    NUMERIC_DIGITS = 131072, /* before a numeric's point */
    NUMERIC_SCALE = 16383,
};

struct parser {
    struct arena *arena;
    const char *p, *end;
    size_t depth;
    struct err *err;
};

static int bad(struct parser *s)
{
    return err_set(s->err, SQLSTATE_INVALID_TEXT_REPRESENTATION, "invalid input syntax for type json");
}

static void skip_blanks(struct parser *s)
{
    while (s->p < s->end && (*s->p == ' ' || *s->p == '\n' || *s->p == '\t' || *s->p == '\r'))
        s->p++;
}

/* ---- strings ---- */

static int hex4(struct parser *s, uint32_t *out)
{
    *out = 0;
    if (s->end - s->p < 4)
        return bad(s);
    for (int i = 0; i < 4; i++) {
        char c = *s->p++;
        int v = c >= '0' && c <= '9'                     ? c - '0'
                : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
                                                         : -1;
        if (v < 0)
            return bad(s);
        *out = *out << 4 | (uint32_t)v;
    }
    return ST_OK;
}

/* Behind \u: a character, or the first half of one beyond U+FFFF, whose second half follows in the same way.
 * A text cannot hold NUL, so that \u0000 is refused. */
static int unicode(struct parser *s, struct buf *out)
{
    enum { HIGH = 0xD800, LOW = 0xDC00, END = 0xE000, PLANE = 0x10000 };
    uint32_t code, low;
    TRY(hex4(s, &code));
    if (code == 0)
        return err_set(s->err, SQLSTATE_UNTRANSLATABLE_CHARACTER, "unsupported Unicode escape sequence");
    if (code >= HIGH && code < LOW) {
        if (s->end - s->p < 2 || s->p[0] != '\\' || s->p[1] != 'u')
            return bad(s);
        s->p += 2;
        TRY(hex4(s, &low));
        if (low < LOW || low >= END)
            return bad(s);
        code = PLANE + ((code - HIGH) << 10) + (low - LOW);
    } else if (code >= LOW && code < END) {
        return bad(s);
    }
    char_put(out, code);
    return ST_OK;
}

/* A string with escapes, from its first character on. */
static int escaped(struct parser *s, struct str *out)
{
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, (size_t)(s->end - s->p) + 1);
    while (s->p < s->end && *s->p != '"') {
        char c = *s->p++;
        if ((unsigned char)c < ' ')
            return bad(s);
        if (c != '\\') {
            buf_put_u8(&b, (uint8_t)c);
            continue;
        }
        if (s->p >= s->end)
            return bad(s);
        c = *s->p++;
        const char *known = c ? strchr("\"\\/bfnrt", c) : NULL;
        if (known)
            buf_put_u8(&b, (uint8_t) "\"\\/\b\f\n\r\t"[known - "\"\\/bfnrt"]);
        else if (c == 'u')
            TRY(unicode(s, &b));
        else
            return bad(s);
    }
    char *text = buf_ok(&b) ? arena_strndup(s->arena, b.len ? (const char *)b.data : "", b.len) : NULL;
    if (!text)
        return err_oom(s->err);
    *out = (struct str){text, b.len};
    return ST_OK;
}

/* At the quote. */
static int string(struct parser *s, struct str *out)
{
    assert(s->p < s->end && *s->p == '"');
    const char *from = ++s->p;
    while (s->p < s->end && *s->p != '"' && *s->p != '\\' && (unsigned char)*s->p >= ' ')
        s->p++;
    if (s->p < s->end && *s->p == '"') {
        *out = (struct str){from, (size_t)(s->p - from)};
    } else {
        s->p = from;
        TRY(escaped(s, out));
        if (s->p >= s->end)
            return bad(s);
    }
    s->p++;
    return ST_OK;
}

/* ---- numbers ---- */

/* Digits and a point that goes elsewhere: 1.5e3 is 1500, 25e-1 is 2.5. */
static int shift(struct parser *s, struct str whole, struct str fraction, long exponent, bool minus,
                 struct str *out)
{
    CLEANUP(buf_release) struct buf b = {0};
    long n = (long)(whole.n + fraction.n), point = (long)whole.n + exponent,
         scale = (long)fraction.n - exponent;
    bool zero = true;
    if (labs(exponent) > NUMERIC_DIGITS || scale > NUMERIC_SCALE)
        return err_set(s->err, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE, "value overflows numeric format");
    buf_init(&b, (size_t)(n + labs(exponent)) + FIRST);
    for (long i = point < 0 ? point : 0; i < (point > n ? point : n); i++) {
        char c = i < 0 || i >= n ? '0' : i < (long)whole.n ? whole.p[i] : fraction.p[i - (long)whole.n];
        bool leads = b.len == 0 && c == '0' && i + 1 < point;
        if (i == (point < 0 ? point : 0) && point <= 0)
            buf_put_u8(&b, '0');
        if (i == point)
            buf_put_u8(&b, '.');
        zero = zero && c == '0';
        if (!leads)
            buf_put_u8(&b, (uint8_t)c);
    }
    char *text = arena_alloc(s->arena, b.len + 2);
    if (!text || !buf_ok(&b))
        return err_oom(s->err);
    size_t sign = minus && !zero;
    text[0] = '-';
    memcpy(text + sign, b.data, b.len);
    text[b.len + sign] = '\0';
    *out = (struct str){text, b.len + sign};
    return ST_OK;
}

static struct str digits(struct parser *s)
{
    const char *from = s->p;
    while (s->p < s->end && *s->p >= '0' && *s->p <= '9')
        s->p++;
    return (struct str){from, (size_t)(s->p - from)};
}

/* Numbers are kept as PostgreSQL's numeric shows them, which is what a jsonb holds: without an exponent, with
 * the zeros that end a fraction, and -0 as 0. */
static int number(struct parser *s, struct str *out)
{
    const char *from = s->p;
    bool minus = *s->p == '-';
    s->p += minus;
    struct str whole = digits(s), fraction = {.p = NULL}, power = {.p = NULL};
    bool down = false;
    if (whole.n == 0 || (whole.n > 1 && whole.p[0] == '0'))
        return bad(s);
    if (s->p < s->end && *s->p == '.') {
        s->p++;
        fraction = digits(s);
        if (fraction.n == 0)
            return bad(s);
    }
    if (s->p < s->end && (*s->p | 0x20) == 'e') {
        s->p++;
        down = s->p < s->end && *s->p == '-';
        s->p += s->p < s->end && (*s->p == '-' || *s->p == '+');
        power = digits(s);
        if (power.n == 0)
            return bad(s);
    }
    *out = (struct str){from, (size_t)(s->p - from)};
    if (power.n == 0 && !minus)
        return ST_OK;
    int64_t exponent = 0;
    if (power.n && !str_to_i64(power, 0, NUMERIC_DIGITS, &exponent))
        exponent = NUMERIC_DIGITS + 1;
    return shift(s, whole, fraction, down ? -(long)exponent : (long)exponent, minus, out);
}

/* ---- values ---- */

static int value(struct parser *s, struct json *out);

/* Room for one more; what was outgrown stays in the arena. */
static int grow(struct parser *s, struct json *j, size_t *cap)
{
    if (j->n < *cap)
        return ST_OK;
    size_t more = *cap ? *cap * 2 : FIRST;
    struct json *items = arena_alloc(s->arena, more * sizeof *items);
    struct str *keys = j->kind == JSON_OBJECT ? arena_alloc(s->arena, more * sizeof *keys) : NULL;
    if (!items || (j->kind == JSON_OBJECT && !keys))
        return err_oom(s->err);
    if (j->n) {
        memcpy(items, j->items, j->n * sizeof *items);
        if (keys)
            memcpy(keys, j->keys, j->n * sizeof *keys);
    }
    j->items = items;
    j->keys = keys;
    *cap = more;
    return ST_OK;
}

/* At the bracket. */
static int container(struct parser *s, struct json *j)
{
    assert(s->p < s->end && (*s->p == '[' || *s->p == '{'));
    char close = *s->p++ == '[' ? ']' : '}';
    size_t cap = 0;
    j->kind = close == ']' ? JSON_ARRAY : JSON_OBJECT;
    if (++s->depth > JSON_DEPTH_MAX)
        return err_set(s->err, SQLSTATE_STATEMENT_TOO_COMPLEX, "JSON is nested too deeply");
    skip_blanks(s);
    bool more = s->p >= s->end || *s->p != close;
    while (more) {
        TRY(grow(s, j, &cap));
        if (j->kind == JSON_OBJECT) {
            skip_blanks(s);
            if (s->p >= s->end || *s->p != '"')
                return bad(s);
            TRY(string(s, &j->keys[j->n]));
            skip_blanks(s);
            if (s->p >= s->end || *s->p++ != ':')
                return bad(s);
        }
        TRY(value(s, &j->items[j->n]));
        j->n++;
        skip_blanks(s);
        if (s->p >= s->end || (*s->p != ',' && *s->p != close))
            return bad(s);
        more = *s->p == ',';
        s->p += more;
    }
    s->p++;
    s->depth--;
    return j->kind == JSON_OBJECT ? json_sort(s->arena, j, s->err) : ST_OK;
}

static bool is_word(struct parser *s, const char *word)
{
    size_t n = strlen(word);
    if ((size_t)(s->end - s->p) < n || memcmp(s->p, word, n) != 0)
        return false;
    s->p += n;
    return true;
}

static int value(struct parser *s, struct json *out)
{
    *out = (struct json){.kind = JSON_NULL};
    skip_blanks(s);
    if (s->p >= s->end)
        return bad(s);
    switch (*s->p) {
    case '{':
    case '[': return container(s, out);
    case '"': out->kind = JSON_STRING; return string(s, &out->text);
    case 't':
    case 'f':
        out->kind = JSON_BOOL;
        out->boolean = *s->p == 't';
        return is_word(s, out->boolean ? "true" : "false") ? ST_OK : bad(s);
    case 'n': return is_word(s, "null") ? ST_OK : bad(s);
    default: out->kind = JSON_NUMBER; return number(s, &out->text);
    }
}

int json_parse(struct arena *a, struct str text, struct json *out, struct err *e)
{
    struct parser s = {.arena = a, .p = text.p, .end = text.p + text.n, .err = e};
    TRY(value(&s, out));
    skip_blanks(&s);
    return s.p == s.end ? ST_OK : bad(&s);
}

/* ---- objects ---- */

struct pair {
    struct str key;
    size_t at;
};

/* The order in which a jsonb keeps its keys: shorter ones first, those of the same length by their bytes. */
static int compare_keys(struct str a, struct str b)
{
    if (a.n != b.n)
        return a.n < b.n ? -1 : 1;
    return a.n ? memcmp(a.p, b.p, a.n) : 0;
}

static int compare_pairs(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    int order = compare_keys(x->key, y->key);
    return order ? order : x->at < y->at ? -1 : 1;
}

static bool is_sorted(const struct json *j)
{
    for (size_t i = 1; i < j->n; i++)
        if (compare_keys(j->keys[i - 1], j->keys[i]) >= 0)
            return false;
    return true;
}

int json_sort(struct arena *a, struct json *j, struct err *e)
{
    assert(j->kind == JSON_OBJECT);
    if (is_sorted(j))
        return ST_OK;
    struct pair *pairs = arena_alloc(a, j->n * sizeof *pairs);
    struct json *items = arena_alloc(a, j->n * sizeof *items);
    size_t n = 0;
    if (!pairs || !items)
        return err_oom(e);
    for (size_t i = 0; i < j->n; i++)
        pairs[i] = (struct pair){j->keys[i], i};
    qsort(pairs, j->n, sizeof *pairs, compare_pairs);
    for (size_t i = 0; i < j->n; i++)
        if (i + 1 == j->n || compare_keys(pairs[i].key, pairs[i + 1].key) != 0) {
            items[n] = j->items[pairs[i].at];
            j->keys[n++] = pairs[i].key;
        }
    j->items = items;
    j->n = n;
    return ST_OK;
}

struct json *json_member(const struct json *object, struct str key)
{
    if (object->kind != JSON_OBJECT)
        return NULL;
    size_t low = 0, high = object->n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = compare_keys(object->keys[middle], key);
        if (order == 0)
            return &object->items[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* A number without the zeros that end its fraction. */
static struct str significant(struct str s)
{
    if (s.n && memchr(s.p, '.', s.n)) {
        while (s.p[s.n - 1] == '0')
            s.n--;
        s.n -= s.p[s.n - 1] == '.';
    }
    return s;
}

bool json_is_equal(const struct json *a, const struct json *b)
{
    if (a->kind != b->kind || a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++)
        if ((a->kind == JSON_OBJECT && compare_keys(a->keys[i], b->keys[i]) != 0) ||
            !json_is_equal(&a->items[i], &b->items[i]))
            return false;
    switch (a->kind) {
    case JSON_BOOL: return a->boolean == b->boolean;
    case JSON_STRING: return str_eq(a->text, b->text);
    case JSON_NUMBER: return str_eq(significant(a->text), significant(b->text));
    default: return true;
    }
}

/* ---- text ---- */

void json_put_string(struct buf *out, struct str text)
{
    static const char hex[] = "0123456789abcdef";
    buf_put_u8(out, '"');
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        const char *known = c ? strchr("\"\\\b\f\n\r\t", c) : NULL;
        if (known) {
            buf_put_u8(out, '\\');
            buf_put_u8(out, (uint8_t) "\"\\bfnrt"[known - "\"\\\b\f\n\r\t"]);
        } else if (c < ' ') {
            buf_put(out, "\\u00", 4);
            buf_put_u8(out, (uint8_t)hex[c >> 4]);
            buf_put_u8(out, (uint8_t)hex[c & 15]);
        } else {
            buf_put_u8(out, c);
        }
    }
    buf_put_u8(out, '"');
}

/* The text of a jsonb, which has a blank behind each comma and each colon. */
void json_put(struct buf *out, const struct json *j)
{
    switch (j->kind) {
    case JSON_NULL: buf_put(out, "null", 4); return;
    case JSON_BOOL: buf_put(out, j->boolean ? "true" : "false", j->boolean ? 4 : 5); return;
    case JSON_NUMBER: buf_put(out, j->text.p, j->text.n); return;
    case JSON_STRING: json_put_string(out, j->text); return;
    case JSON_ARRAY:
    case JSON_OBJECT: break;
    }
    buf_put_u8(out, j->kind == JSON_ARRAY ? '[' : '{');
    for (size_t i = 0; i < j->n; i++) {
        if (i)
            buf_put(out, ", ", 2);
        if (j->kind == JSON_OBJECT) {
            json_put_string(out, j->keys[i]);
            buf_put(out, ": ", 2);
        }
        json_put(out, &j->items[i]);
    }
    buf_put_u8(out, j->kind == JSON_ARRAY ? ']' : '}');
}

const char *json_kind_name(enum json_kind kind)
{
    static const char *const names[] = {
        [JSON_NULL] = "null",    [JSON_STRING] = "string", [JSON_NUMBER] = "number",
        [JSON_BOOL] = "boolean", [JSON_ARRAY] = "array",   [JSON_OBJECT] = "object"};
    return names[kind];
}
