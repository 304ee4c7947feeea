/* A string that is cast to a type is read as PostgreSQL's input function of that type reads it, and handed to
 * the engine in the one form that both know. What looks the same in both is left as it is written. */
#include "dialect/literal.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "dialect/bits.h"
#include "dialect/literal_style.h"
#include "dialect/string_value.h"
#include "dialect/walk.h"
#include "pgtype/calendar.h"
#include "pgtype/oid.h"
#include "pgtype/packed.h"
#include "pgtype/range.h"
#include "pgtype/tz.h"
#include "pgtype/value.h"
#include "sql/type.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

enum {
    SPELLED_MAX = 256 * 1024 * 1024,
    ENGINE_DIGITS_MAX = 38,
    EXPONENT_MAX = 1000,
    MICROS_DIGITS = 6,
};

/* ---- values for the engine ---- */

/* The engine writes years before Christ with (BC) behind them. Year 0 of the count is 1 BC. */
static void put_day(struct buf *b, int64_t days)
{
    int64_t year;
    unsigned month, day;
    civil_from_days(days, &year, &month, &day);
    buf_printf(b, "%04" PRId64 "-%02u-%02u%s", year <= 0 ? 1 - year : year, month, day,
               year <= 0 ? " (BC)" : "");
}

static void put_clock(struct buf *b, int64_t micros)
{
    int64_t s = micros / CALENDAR_MICROS_A_SECOND;
    buf_printf(b, "%02" PRId64 ":%02" PRId64 ":%02" PRId64, s / 3600, s / 60 % 60, s % 60);
    if (micros % CALENDAR_MICROS_A_SECOND)
        buf_printf(b, ".%06" PRId64, micros % CALENDAR_MICROS_A_SECOND);
}

static void put_timestamp(struct buf *b, int64_t micros)
{
    int64_t clock = micros % CALENDAR_MICROS_A_DAY;
    clock += clock < 0 ? CALENDAR_MICROS_A_DAY : 0;
    put_day(b, (micros - clock) / CALENDAR_MICROS_A_DAY);
    buf_put_u8(b, ' ');
    put_clock(b, clock);
}

static void put_infinity(struct buf *b, bool negative)
{
    buf_printf(b, "%sinfinity", negative ? "-" : "");
}

static void put_offset(struct buf *b, int32_t seconds)
{
    int32_t s = abs(seconds);
    buf_printf(b, "%c%02d:%02d", seconds < 0 ? '-' : '+', s / 3600, s / 60 % 60);
    if (s % 60)
        buf_printf(b, ":%02d", s % 60);
}

static void put_quoted(struct buf *b, struct str s)
{
    buf_put_u8(b, '\'');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\'')
            buf_put_u8(b, '\'');
        buf_put_u8(b, (uint8_t)s.p[i]);
    }
    buf_put_u8(b, '\'');
}

static void put_bytes(struct buf *b, struct str s)
{
    buf_printf(b, "from_hex('");
    for (size_t i = 0; i < s.n; i++)
        buf_printf(b, "%02x", (unsigned char)s.p[i]);
    buf_printf(b, "')");
}

static void put_uuid(struct buf *b, const uint8_t *u)
{
    for (int i = 0; i < 16; i++)
        buf_printf(b, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", u[i]);
}

/* A value in quotes, whose type the cast around it says. other: a timestamptz as it is read in another zone
 * than UTC: the same when its text names an offset. NULL for other types. */
static void put_value(struct buf *b, const struct pg_value *v, const struct pg_value *other)
{
    switch (v->kind) {
    case PG_NULL: buf_printf(b, "NULL"); return;
    case PG_BOOL: buf_printf(b, v->v.b ? "true" : "false"); return;
    case PG_BYTES: put_bytes(b, v->v.text); return;
    case PG_FLOAT: buf_printf(b, "'%.9g'", (double)v->v.f); return;
    case PG_DOUBLE: buf_printf(b, "'%.17g'", v->v.d); return;
    case PG_NUMERIC:
    case PG_TEXT:
    case PG_BIT: put_quoted(b, v->v.text); return;
    default: break;
    }
    buf_put_u8(b, '\'');
    switch (v->kind) {
    case PG_INT64: buf_printf(b, "%" PRId64, v->v.i); break;
    case PG_DATE:
        if (v->v.i == INT32_MAX || v->v.i == -INT32_MAX)
            put_infinity(b, v->v.i < 0);
        else
            put_day(b, v->v.i);
        break;
    case PG_TIME: put_clock(b, v->v.time.micros); break;
    case PG_TIMETZ:
        put_clock(b, v->v.time.micros);
        put_offset(b, v->v.time.offset_s);
        break;
    case PG_TIMESTAMP:
    case PG_TIMESTAMPTZ:
        if (v->v.i == INT64_MAX || v->v.i == -INT64_MAX) {
            put_infinity(b, v->v.i < 0);
        } else {
            put_timestamp(b, v->v.i);
            buf_printf(b, other && other->v.i == v->v.i ? "+00" : "");
        }
        break;
    case PG_INTERVAL:
        buf_printf(b, "%d months %d days %" PRId64 " microseconds", v->v.interval.months, v->v.interval.days,
                   v->v.interval.micros);
        break;
    case PG_UUID: put_uuid(b, v->v.uuid); break;
    default: break;
    }
    buf_put_u8(b, '\'');
}

/* The items of one dimension, from *at on. */
static void put_items(struct buf *b, const struct pg_value *v, const struct pg_value *other, int dim,
                      size_t *at)
{
    size_t n = v->v.array.ndims ? (size_t)v->v.array.dims[dim] : 0;
    buf_put_u8(b, '[');
    for (size_t i = 0; i < n; i++) {
        if (i)
            buf_printf(b, ", ");
        if (dim + 1 < v->v.array.ndims)
            put_items(b, v, other, dim + 1, at);
        else {
            assert(*at < v->v.array.n);
            put_value(b, &v->v.array.items[*at], other ? &other->v.array.items[*at] : NULL);
            ++*at;
        }
    }
    buf_put_u8(b, ']');
}

/* ---- what may be left as it is ---- */

static bool matches(struct str s, const char *pattern)
{
    size_t n = strlen(pattern);
    if (s.n != n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (pattern[i] == '0' ? s.p[i] < '0' || s.p[i] > '9' : s.p[i] != pattern[i])
            return false;
    return true;
}

/* The forms that nearly everybody writes, and that the engine reads alike. */
static bool is_plain(struct str s, const struct pg_value *v)
{
    switch (v->kind) {
    case PG_DATE: return matches(s, "0000-00-00");
    case PG_TIMESTAMP:
    case PG_TIMESTAMPTZ: return matches(s, "0000-00-00") || matches(s, "0000-00-00 00:00:00");
    case PG_TIME: return matches(s, "00:00:00");
    case PG_NUMERIC: return !memchr(s.p, 'e', s.n) && !memchr(s.p, 'E', s.n);
    case PG_BIT: return str_eq(s, v->v.text);
    case PG_FLOAT:
    case PG_DOUBLE: return true;
    case PG_BOOL: return str_eq(s, STR("true")) || str_eq(s, STR("false"));
    default: return false;
    }
}

/* ---- precision ---- */

/* timestamp(3) and its like round to the nearest value, and halves away from zero, as PostgreSQL does. */
static int64_t rounded(int64_t micros, int32_t digits)
{
    int64_t unit = 1;
    for (int32_t i = digits; i < MICROS_DIGITS; i++)
        unit *= 10;
    int64_t half = unit / 2, rest = micros % unit;
    micros -= rest;
    return rest >= half && rest > 0 ? micros + unit : rest <= -half && rest < 0 ? micros - unit : micros;
}

static void round_to(struct pg_value *v, int32_t digits)
{
    switch (v->kind) {
    case PG_TIMESTAMP:
    case PG_TIMESTAMPTZ:
        if (v->v.i != INT64_MAX && v->v.i != -INT64_MAX)
            v->v.i = rounded(v->v.i, digits);
        break;
    case PG_TIME:
    case PG_TIMETZ: v->v.time.micros = rounded(v->v.time.micros, digits); break;
    case PG_INTERVAL: v->v.interval.micros = rounded(v->v.interval.micros, digits); break;
    default: break;
    }
}

/* interval's fields, the largest first, and what one of them is. */
static const struct {
    const char *word;
    int64_t months, micros;
} fields[] = {
    {"YEAR", 12, 0},
    {"MONTH", 1, 0},
    {"DAY", 0, 0},
    {"HOUR", 0, 3600 * CALENDAR_MICROS_A_SECOND},
    {"MINUTE", 0, 60 * CALENDAR_MICROS_A_SECOND},
    {"SECOND", 0, 0},
};

enum { FIELD_DAY = 2, FIELD_SECOND = 5 };

static size_t field_of(struct str word)
{
    size_t i = 0;
    while (i < FIELD_SECOND && !str_ieq(word, str_of(fields[i].word)))
        i++;
    return i;
}

/* What is less than the last field is dropped, as PostgreSQL does. */
static void cut_interval(struct pg_value *v, size_t last)
{
    assert(v->kind == PG_INTERVAL && last <= FIELD_SECOND);
    if (last < FIELD_SECOND && last > FIELD_DAY) {
        v->v.interval.micros -= v->v.interval.micros % fields[last].micros;
    } else if (last <= FIELD_DAY) {
        v->v.interval.micros = 0;
        if (last < FIELD_DAY) {
            v->v.interval.days = 0;
            v->v.interval.months -= v->v.interval.months % (int32_t)fields[last].months;
        }
    }
}

static bool is_bare_number(struct str s)
{
    size_t i = s.n && (s.p[0] == '-' || s.p[0] == '+');
    size_t digits = 0;
    for (; i < s.n; i++)
        if (s.p[i] >= '0' && s.p[i] <= '9')
            digits++;
        else if (s.p[i] != '.')
            return false;
    return digits > 0;
}

/* '5' of an interval day are five days. */
static int with_field(struct rewriter *r, struct str *text, struct str field)
{
    return is_bare_number(*text) ? walk_concat(r, (const struct str[]){*text, STR(" "), field}, 3, text)
                                 : ST_OK;
}

/* ---- all of it ---- */

/* What only the clock knows; p NULL: another text. */
static struct str by_clock(uint32_t oid, struct str text)
{
    static const struct {
        uint32_t oid;
        const char *word, *sql;
    } words[] = {
        {PGTYPE_DATE, "now", "(CAST(now() AS DATE))"},
        {PGTYPE_DATE, "today", "(CAST(now() AS DATE))"},
        {PGTYPE_DATE, "tomorrow", "(CAST(now() AS DATE) + 1)"},
        {PGTYPE_DATE, "yesterday", "(CAST(now() AS DATE) - 1)"},
        {PGTYPE_TIMESTAMP, "now", "(CAST(now() AS TIMESTAMP))"},
        {PGTYPE_TIMESTAMP, "today", "(CAST(now() AS DATE))"},
        {PGTYPE_TIMESTAMP, "tomorrow", "(CAST(now() AS DATE) + 1)"},
        {PGTYPE_TIMESTAMP, "yesterday", "(CAST(now() AS DATE) - 1)"},
        {PGTYPE_TIMESTAMPTZ, "now", "(now())"},
        {PGTYPE_TIMESTAMPTZ, "today", "(CAST(now() AS DATE))"},
        {PGTYPE_TIMESTAMPTZ, "tomorrow", "(CAST(now() AS DATE) + 1)"},
        {PGTYPE_TIMESTAMPTZ, "yesterday", "(CAST(now() AS DATE) - 1)"},
        {PGTYPE_TIME, "now", "(CAST(CAST(now() AS TIMESTAMP) AS TIME))"},
    };
    while (text.n && text.p[0] == ' ')
        text.p++, text.n--;
    while (text.n && text.p[text.n - 1] == ' ')
        text.n--;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (words[i].oid == oid && str_ieq(text, str_of(words[i].word)))
            return str_of(words[i].sql);
    return (struct str){0};
}

static int decode(struct rewriter *r, uint32_t oid, struct str text, const struct tz *zone,
                  struct pg_value *v)
{
    return pg_value_decode(r->arena, oid, 0, (const uint8_t *)text.p, (int32_t)text.n, zone, v, r->err);
}

/* As a session reads it that is in this zone. */
static int decode_in(struct rewriter *r, uint32_t oid, struct str text, const char *where, struct style style,
                     struct pg_value *v)
{
    CLEANUP(tz_unrefp) const struct tz *zone = NULL;
    char name[TZ_NAME_MAX];
    tz_styled_name(where, style, name);
    TRY(tz_find_styled(&zone, name, r->err));
    return decode(r, oid, text, zone, v);
}

static int finish(struct rewriter *r, struct buf *b, struct str *out)
{
    char *text = buf_ok(b) ? arena_strndup(r->arena, (const char *)b->data, b->len) : NULL;
    if (!text)
        return err_oom(r->err);
    *out = (struct str){text, b->len};
    return ST_OK;
}

/* B'…' and X'…' are bits whatever they are cast to, and only types of bits have them fit. */
static int spell_bits(struct rewriter *r, const struct sql_token *t, uint32_t oid,
                      const struct sql_type *type, struct str *out)
{
    TRY(walk_bits_of(r, t, out));
    if (oid == PGTYPE_BIT || oid == PGTYPE_VARBIT)
        TRY(walk_bits_fit(r, out, oid == PGTYPE_VARBIT, type));
    return walk_bits_spelled(r, *out, out);
}

/* What the type's modifiers do to a value: the digits of its seconds, and the last field of an interval. */
static void adjust(struct pg_value *v, const struct sql_type *type)
{
    bool fraction = v->kind >= PG_TIME && v->kind <= PG_INTERVAL;
    if (fraction && type->nmods == 1 && type->mods[0] >= 0 && type->mods[0] < MICROS_DIGITS)
        round_to(v, type->mods[0]);
    if (v->kind == PG_INTERVAL && type->last_field.p)
        cut_interval(v, field_of(type->last_field));
}

/* What a range without a time zone means, the session's says when the statement runs. */
static int by_zone(struct rewriter *r, const struct range_type *range, bool multi, struct str said,
                   struct str *out)
{
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, SPELLED_MAX);
    buf_printf(&b, "(system.main.%s_of(", multi ? range->multi_name : range->name);
    put_quoted(&b, said);
    buf_printf(&b, "))");
    return finish(r, &b, out);
}

static int spell(struct rewriter *r, struct str said, const struct pg_value *v, const struct pg_value *other,
                 struct str *out)
{
    if (is_plain(said, v))
        return ST_OK;
    CLEANUP(buf_release) struct buf b;
    size_t at = 0;
    buf_init(&b, SPELLED_MAX);
    if (v->kind == PG_ARRAY)
        put_items(&b, v, other, 0, &at);
    else
        put_value(&b, v, other);
    return finish(r, &b, out);
}

static int spell_literal(struct rewriter *r, const struct sql_token *t, uint32_t oid,
                         const struct sql_type *type, struct str *out)
{
    struct str said;
    struct pg_value v = {0}, other = {0};
    *out = (struct str){0};
    if (walk_is_bits(t))
        return spell_bits(r, t, oid, type, out);
    int status = walk_string_value(r, t, &said);
    if (status != ST_OK)
        return status == ST_AGAIN ? ST_OK : status;
    *out = by_clock(oid, said);
    if (out->p)
        return ST_OK;
    if (oid == PGTYPE_INTERVAL && type->last_field.p)
        TRY(with_field(r, &said, type->last_field));
    bool multi = false;
    const struct range_type *range = range_type_find(oid, &multi);
    bool zones = oid == PGTYPE_TIMESTAMPTZ || pgtype_element(oid) == pgtype_find(PGTYPE_TIMESTAMPTZ) ||
                 (range && range->subtype == PGTYPE_TIMESTAMPTZ);
    struct style style;
    TRY(literal_style(r, oid, said, &style));
    if (said.n > INT32_MAX || decode_in(r, oid, said, "UTC", style, &v) < 0 ||
        (zones && decode_in(r, oid, said, "<+01>-01", style, &other) < 0))
        return walk_fail_at(r, t);
    if (v.kind == PG_TEXT && !walk_has_unicode(t))
        return ST_OK;
    if (range && zones && !str_eq(v.v.text, other.v.text))
        return by_zone(r, range, multi, said, out);
    if ((range || packed_type_find(oid)) && !walk_has_unicode(t))
        return ST_OK; /* the engine's cast reads it alike */
    if (v.kind == PG_BIT)
        TRY(walk_bits_fit(r, &v.v.text, v.oid == PGTYPE_VARBIT, type));
    adjust(&v, type);
    adjust(&other, type);
    return spell(r, said, &v, zones ? &other : NULL, out);
}

int walk_spell_literal(struct rewriter *r, const struct sql_token *t, uint32_t oid,
                       const struct sql_type *type, struct str *out)
{
    CLEANUP(buf_release) struct buf b = {0};
    struct str said;
    TRY(spell_literal(r, t, oid, type, out));
    if (out->p || !walk_is_unicode(t))
        return ST_OK;
    TRY(walk_string_value(r, t, &said)); /* the engine has no U&'…' */
    buf_init(&b, SPELLED_MAX);
    put_quoted(&b, said);
    return finish(r, &b, out);
}

/* ---- numbers ---- */

int walk_number_shape(struct rewriter *r, struct str text, unsigned *width, unsigned *scale)
{
    size_t i = 0, whole = 0, fraction = 0;
    int64_t exponent = 0;
    bool digits = false, leading = true;
    while (text.n && text.p[text.n - 1] == ' ')
        text.n--;
    while (i < text.n && text.p[i] == ' ')
        i++;
    i += i < text.n && (text.p[i] == '-' || text.p[i] == '+');
    for (; i < text.n && text.p[i] >= '0' && text.p[i] <= '9'; i++) {
        leading &= text.p[i] == '0';
        whole += !leading;
        digits = true;
    }
    if (i < text.n && text.p[i] == '.')
        for (i++; i < text.n && text.p[i] >= '0' && text.p[i] <= '9'; i++, digits = true)
            fraction++;
    if (digits && i < text.n && (text.p[i] | 0x20) == 'e') {
        if (!str_to_i64((struct str){text.p + i + 1, text.n - i - 1}, -EXPONENT_MAX, EXPONENT_MAX, &exponent))
            return ST_AGAIN;
        i = text.n;
    }
    if (!digits || i < text.n)
        return ST_AGAIN;
    int64_t before = (int64_t)whole + exponent, after = (int64_t)fraction - exponent;
    *scale = after > 0 ? (unsigned)after : 0;
    *width = (before > 0 ? (unsigned)before : 0) + *scale;
    *width = *width ? *width : 1;
    return *width <= ENGINE_DIGITS_MAX
               ? ST_OK
               : err_set(r->err, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE,
                         "a numeric of more than %d digits is out of range", ENGINE_DIGITS_MAX);
}

int walk_unicode_literal(struct rewriter *r)
{
    assert(walk_has_unicode(&r->token));
    struct sql_token t = r->token, mark = {.kind = SQL_TOK_END};
    struct str said;
    char escape = '\\';
    struct sql_lexer ahead = r->lexer;
    (void)sql_lexer_next(&ahead, &mark);
    const bool marked = walk_is_unicode(&t) && sql_token_is_word(&mark, "UESCAPE");
    if (marked) {
        (void)sql_lexer_next(&ahead, &mark);
        if (mark.kind != SQL_TOK_STRING || mark.text.n != 3 || walk_is_hex(mark.text.p[1]) ||
            strchr("+'\" \t\n", mark.text.p[1])) {
            (void)err_set(r->err, SQLSTATE_SYNTAX_ERROR, "invalid Unicode escape character");
            return walk_fail_at(r, &mark);
        }
        escape = mark.text.p[1];
    }
    const int status = walk_string_escaped(r, &t, escape, &said);
    if (status != ST_OK)
        return status == ST_AGAIN ? walk_on(r) : status;
    CLEANUP(buf_release) struct buf b;
    struct str text;
    buf_init(&b, SPELLED_MAX);
    put_quoted(&b, said);
    TRY(finish(r, &b, &text));
    TRY(walk_replace(r, t.at, walk_end(marked ? &mark : &t), text));
    for (int i = 0; marked && i < 2; i++)
        TRY(walk_on(r));
    return walk_on(r);
}

bool walk_is_bytes(struct rewriter *r, const struct sql_token *t)
{
    enum { QUOTES = 2, MARK = 2, PLAIN = 2 };
    struct str s = t->text;
    if (t->kind != SQL_TOK_STRING || s.n < QUOTES + MARK)
        return false;
    size_t at = s.p[0] == '\'' ? 1 : 0;
    if (!at && (s.p[0] | 0x20) == 'e' && s.n > QUOTES + MARK + 1 && s.p[1] == '\'' && s.p[2] == '\\')
        at = 3;
    if (!at || s.p[at] != '\\' || s.p[at + 1] != 'x')
        return false;
    size_t digits = s.n - at - MARK - 1;
    for (size_t i = 0; i < digits; i++)
        if (!walk_is_hex(s.p[at + MARK + i]))
            return false;
    struct sql_lexer ahead = r->lexer;
    struct sql_token after;
    do
        (void)sql_lexer_next(&ahead, &after); /* ('\\x6162')::bytea is a cast of the literal */
    while (sql_token_is(&after, ')'));
    return digits % 2 == 0 && digits != PLAIN && !sql_token_is_typecast(&after) && !walk_top(r)->cast.text.n;
}

/* How many of the pattern's characters s begins with: 0 stands for a digit, the others for themselves. */
static size_t pattern_of(struct str s, const char *pattern)
{
    size_t i = 0;
    assert(*pattern);
    while (pattern[i] && i < s.n &&
           (pattern[i] == '0' ? s.p[i] >= '0' && s.p[i] <= '9' : s.p[i] == pattern[i]))
        i++;
    return i;
}

/* Z, +00, +00:00 or -0000, to the end. */
static bool is_offset(struct str s)
{
    static const char hours[] = "00", both[] = "00:00", joined[] = "0000";
    if (str_eq(s, STR("Z")) || str_eq(s, STR("z")))
        return true;
    if (s.n == 0 || (s.p[0] != '+' && s.p[0] != '-'))
        return false;
    s = (struct str){s.p + 1, s.n - 1};
    return ((s.n == sizeof hours - 1 || s.n == sizeof both - 1) && pattern_of(s, both) == s.n) ||
           (s.n == sizeof joined - 1 && pattern_of(s, joined) == s.n);
}

bool walk_is_moment(struct rewriter *r, const struct sql_token *t)
{
    static const char date[] = "0000-00-00", time[] = "00:00", seconds[] = ":00";
    enum { DATE = sizeof date - 1, TIME = DATE + 1 + sizeof time - 1, SECONDS = sizeof seconds - 1 };
    struct str s = t->text;
    if (t->kind != SQL_TOK_STRING || s.n < TIME + sizeof "''Z" - 1 || *s.p != '\'')
        return false;
    s = (struct str){s.p + 1, s.n - 2};
    if (pattern_of(s, date) != DATE || (s.p[DATE] != ' ' && s.p[DATE] != 'T') ||
        pattern_of((struct str){s.p + DATE + 1, s.n - DATE - 1}, time) != TIME - DATE - 1)
        return false;
    s = (struct str){s.p + TIME, s.n - TIME};
    bool odd = pattern_of(s, seconds) != SECONDS; /* the engine reads no offset behind minutes … */
    size_t at = odd ? 0 : SECONDS;
    if (!odd && at < s.n && s.p[at] == '.')
        do
            at++;
        while (at < s.n && s.p[at] >= '0' && s.p[at] <= '9');
    if (at < s.n && s.p[at] == ' ') {
        odd = true; /* … and none behind a blank */
        at++;
    }
    if (!odd || !is_offset((struct str){s.p + at, s.n - at}))
        return false;
    struct sql_token after = walk_peek(r);
    return !sql_token_is_typecast(&after) && !walk_top(r)->cast.text.n;
}

int walk_bytes(struct rewriter *r)
{
    assert(r->postgres && r->token.kind == SQL_TOK_STRING);
    TRY(walk_insert(r, r->token.at, STR("CAST(")));
    TRY(walk_insert(r, walk_end(&r->token), STR(" AS pg_unknown)")));
    return walk_on(r);
}

int walk_zone(struct rewriter *r)
{
    assert(r->postgres && sql_token_is_word(&r->token, "ZONE"));
    struct sql_token t = walk_peek(r);
    struct str said, text;
    bool string = t.kind == SQL_TOK_STRING && walk_string_value(r, &t, &said) == ST_OK;
    if (!string || said.n >= TZ_NAME_MAX || !strpbrk(said.p, "0123456789") || strchr(said.p, '/'))
        return walk_on(r);
    CLEANUP(tz_unrefp) const struct tz *zone = NULL;
    struct err ignored;
    err_init(&ignored);
    if (tz_find(&zone, said.p, &ignored) < 0) {
        (void)err_set(r->err, SQLSTATE_INVALID_PARAMETER_VALUE, "time zone \"%s\" not recognized", said.p);
        return ST_ERR;
    }
    if (!tz_is_fixed(zone))
        return walk_on(r);
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, SPELLED_MAX);
    buf_printf(&b, "to_seconds(%d)", tz_offset_at(zone, 0));
    TRY(finish(r, &b, &text));
    TRY(walk_replace(r, t.at, walk_end(&t), text));
    return walk_on(r);
}
