/* The usual forms of the usual types, without an intermediate value. Whatever is not in its plainest form,
 * out of range or wrong is left to append_value, which knows all forms and words the errors. */
#include "engine/appender_field.h"

#include "engine/appender_priv.h"

#include "base/bytes.h"
#include "base/str.h"
#include "engine/appender_value.h"
#include "pgtype/calendar.h"

enum {
    QUICK_DIGITS = 18,
    EPOCH_2000_DAYS = 10957,
    NUMERIC_HEADER = 8,
    NUMERIC_GROUPS = 9,
    GROUP_BASE = 10000
};
#define MICROS_A_SECOND INT64_C(1000000)
#define MICROS_A_DAY    (86400 * MICROS_A_SECOND)

static const int64_t powers[] = {1,
                                 10,
                                 100,
                                 1000,
                                 10000,
                                 100000,
                                 1000000,
                                 10000000,
                                 100000000,
                                 1000000000,
                                 10000000000,
                                 100000000000,
                                 1000000000000,
                                 10000000000000,
                                 100000000000000,
                                 1000000000000000,
                                 10000000000000000,
                                 100000000000000000,
                                 1000000000000000000};

/* Digits from *i on into *v; how many there were. The caller has seen to it that they fit. */
static size_t take_digits(struct str s, size_t *i, uint64_t *v)
{
    size_t from = *i;
    for (; *i < s.n; ++*i) {
        unsigned d = (unsigned)(unsigned char)s.p[*i] - '0';
        if (d > 9)
            break;
        *v = *v * 10 + d;
    }
    return *i - from;
}

/* Each quick_… function takes a text in the form in which programs usually write its type, and with few
 * enough digits that nothing can overflow on the way. It answers false for all else; append_fields then calls
 * append_value, which reads every form and says what is wrong with a bad one. */
static bool quick_int(struct append_column *c, size_t row, struct str s)
{
    bool negative = s.n && s.p[0] == '-';
    size_t i = negative;
    uint64_t v = 0;
    if (s.n - i > QUICK_DIGITS || take_digits(s, &i, &v) == 0 || i != s.n)
        return false;
    int64_t value = negative ? -(int64_t)v : (int64_t)v;
    if (!append_int_fits(c->type, value))
        return false;
    engine_put_int(c->type, c->data, row, value);
    return true;
}

/* The engine keeps a decimal in 2, 4, 8 or 16 bytes, by its width. Those of 8 bytes (10 to 18 digits) are
 * stored here, without 128-bit arithmetic. False: the value has more digits than the column. */
static bool put_decimal(struct append_column *c, size_t row, int64_t v)
{
    unsigned width = c->type->width;
    if (width > QUICK_DIGITS || width <= 9)
        return append_put_decimal(c->type, c->data, row, v);
    ((int64_t *)(void *)c->data)[row] = v;
    return v > -powers[width] && v < powers[width];
}

static bool quick_decimal(struct append_column *c, size_t row, struct str s)
{
    bool negative = s.n && s.p[0] == '-';
    size_t i = negative, fraction = 0;
    uint64_t v = 0;
    if (s.n - i > QUICK_DIGITS + 1)
        return false;
    size_t whole = take_digits(s, &i, &v);
    if (i < s.n && s.p[i] == '.') {
        i++;
        fraction = take_digits(s, &i, &v);
    }
    unsigned scale = c->type->scale;
    if (i != s.n || whole + fraction == 0 || fraction > scale || whole + scale > QUICK_DIGITS)
        return false;
    int64_t value = (int64_t)v * powers[scale - fraction];
    return put_decimal(c, row, negative ? -value : value);
}

/* Up to 15 digits and their power of ten are exact as doubles, and so is one division of the two, rounded.
 * Source: W. D. Clinger, "How to read floating point numbers accurately" (1990). */
static bool quick_double(struct append_column *c, size_t row, struct str s)
{
    enum { EXACT_DIGITS = 15 };
    bool negative = s.n && s.p[0] == '-';
    size_t i = negative, fraction = 0;
    uint64_t v = 0;
    if (s.n - i > EXACT_DIGITS + 1)
        return false;
    size_t whole = take_digits(s, &i, &v);
    if (i < s.n && s.p[i] == '.') {
        i++;
        fraction = take_digits(s, &i, &v);
    }
    if (i != s.n || whole + fraction == 0 || whole + fraction > EXACT_DIGITS)
        return false;
    double d = (double)v / (double)powers[fraction];
    ((double *)(void *)c->data)[row] = negative ? -d : d;
    return true;
}

static unsigned digit(char c)
{
    return (unsigned)(unsigned char)c - '0';
}

static bool two(const char *p, unsigned *v)
{
    *v = digit(p[0]) * 10 + digit(p[1]);
    return digit(p[0]) <= 9 && digit(p[1]) <= 9;
}

/* YYYY-MM-DD */
static bool quick_days(const char *p, int64_t *days)
{
    static const uint8_t lengths[] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    unsigned century, year, month, day;
    if (!two(p, &century) || !two(p + 2, &year) || p[4] != '-' || !two(p + 5, &month) || p[7] != '-' ||
        !two(p + 8, &day))
        return false;
    year += century * 100;
    if (year == 0 || month < 1 || month > 12 || day < 1 || day > lengths[month])
        return false; /* also 29 February */
    *days = days_from_civil(year, month, day);
    return true;
}

static bool quick_date(struct append_column *c, size_t row, struct str s)
{
    int64_t days;
    if (s.n != sizeof "YYYY-MM-DD" - 1 || !quick_days(s.p, &days))
        return false;
    ((int32_t *)(void *)c->data)[row] = (int32_t)days;
    return true;
}

/* YYYY-MM-DD HH:MM:SS, and up to six digits of a fraction */
static bool quick_timestamp(struct append_column *c, size_t row, struct str s)
{
    enum { WHOLE = sizeof "YYYY-MM-DD HH:MM:SS" - 1, FRACTION_MAX = 6 };
    int64_t days;
    unsigned h, m, sec;
    uint64_t fraction = 0;
    if (s.n < WHOLE || !quick_days(s.p, &days) || s.p[10] != ' ' || !two(s.p + 11, &h) || s.p[13] != ':' ||
        !two(s.p + 14, &m) || s.p[16] != ':' || !two(s.p + 17, &sec) || h > 23 || m > 59 || sec > 59)
        return false;
    if (s.n > WHOLE) {
        size_t i = WHOLE + 1;
        if (s.p[WHOLE] != '.' || s.n > WHOLE + 1 + FRACTION_MAX || take_digits(s, &i, &fraction) == 0 ||
            i != s.n)
            return false;
        fraction *= (uint64_t)powers[FRACTION_MAX - (s.n - WHOLE - 1)];
    }
    ((int64_t *)(void *)c->data)[row] =
        days * MICROS_A_DAY + ((h * 60 + m) * 60 + sec) * MICROS_A_SECOND + (int64_t)fraction;
    return true;
}

static bool quick_bool(struct append_column *c, size_t row, struct str s)
{
    if (s.n != 1 || (s.p[0] != 't' && s.p[0] != 'f'))
        return false;
    c->data[row] = s.p[0] == 't';
    return true;
}

/* ---- binary ---- */

/* The binary forms are in network order, and all but numeric have a fixed size. A field of another size is
 * left to append_value, which makes the error. */
static bool binary_int16(struct append_column *c, size_t row, struct str s)
{
    if (s.n != sizeof(uint16_t))
        return false;
    ((uint16_t *)(void *)c->data)[row] = get_be16((const uint8_t *)s.p);
    return true;
}

static bool binary_int32(struct append_column *c, size_t row, struct str s)
{
    if (s.n != sizeof(uint32_t))
        return false;
    ((uint32_t *)(void *)c->data)[row] = get_be32((const uint8_t *)s.p);
    return true;
}

static bool binary_int64(struct append_column *c, size_t row, struct str s)
{
    if (s.n != sizeof(uint64_t))
        return false;
    ((uint64_t *)(void *)c->data)[row] = get_be64((const uint8_t *)s.p);
    return true;
}

static bool binary_double(struct append_column *c, size_t row, struct str s)
{
    if (s.n != sizeof(uint64_t))
        return false;
    ((uint64_t *)(void *)c->data)[row] = get_be64((const uint8_t *)s.p);
    return true;
}

/* n groups of four digits, QUICK_DIGITS at most, with the last one on the scale's side of the point cut to
 * the scale. -1: not a plain number of at most 18 digits. */
static int64_t few_groups(const uint8_t *p, unsigned n, int by)
{
    int64_t v = 0;
    for (unsigned i = 0; i < n; i++) {
        unsigned group = get_be16(p + 2 * i);
        if (group >= GROUP_BASE)
            return -1;
        if (i + 1 == n && by < 0) {
            unsigned cut = (unsigned)powers[-by];
            return group % cut ? -1 : v * (GROUP_BASE / cut) + group / cut;
        }
        v = v * GROUP_BASE + group;
    }
    return by < 0 ? -1 : v * powers[by];
}

/* [groups u16][weight i16][sign u16][scale u16], groups of four digits; weight: the place of the first. */
static bool binary_decimal(struct append_column *c, size_t row, struct str s)
{
    enum { SIGN_NEGATIVE = 0x4000 };
    const uint8_t *p = (const uint8_t *)s.p;
    if (s.n < NUMERIC_HEADER)
        return false;
    unsigned n = get_be16(p), sign = get_be16(p + 4);
    int weight = (int16_t)get_be16(p + 2);
    if (s.n != NUMERIC_HEADER + 2 * (size_t)n || n > NUMERIC_GROUPS || (sign != 0 && sign != SIGN_NEGATIVE))
        return false;
    int by = c->type->scale + 4 * (weight + 1 - (int)n);
    if ((n <= 3 && by >= -4 && by <= 6) || (n <= 4 && by >= -4 && by <= 2)) { /* 18 digits at most */
        int64_t quick = few_groups(p + NUMERIC_HEADER, n, by);
        if (quick >= 0)
            return put_decimal(c, row, sign ? -quick : quick);
    }
    unsigned __int128 v = 0;
    for (unsigned i = 0; i < n; i++) {
        unsigned group = get_be16(p + NUMERIC_HEADER + 2 * i);
        if (group >= GROUP_BASE)
            return false;
        v = v * GROUP_BASE + group;
    }
    if (!append_scale(&v, by))
        return false;
    return append_put_decimal(c->type, c->data, row, sign ? -(__int128)v : (__int128)v);
}

static bool binary_date(struct append_column *c, size_t row, struct str s)
{
    if (s.n != sizeof(int32_t))
        return false;
    int32_t v = (int32_t)get_be32((const uint8_t *)s.p);
    if (v == INT32_MIN || v > INT32_MAX - EPOCH_2000_DAYS - 1)
        return false; /* infinite, or too late */
    ((int32_t *)(void *)c->data)[row] = v + EPOCH_2000_DAYS;
    return true;
}

static bool binary_timestamp(struct append_column *c, size_t row, struct str s)
{
    int64_t v;
    if (s.n != sizeof v)
        return false;
    v = (int64_t)get_be64((const uint8_t *)s.p);
    if (v == INT64_MAX || v == INT64_MIN || __builtin_add_overflow(v, EPOCH_2000_DAYS * MICROS_A_DAY, &v))
        return false;
    ((int64_t *)(void *)c->data)[row] = v;
    return true;
}

/* ---- strings ---- */

/* Room for a string in the heap that is being filled. Short strings share a block, which costs one
 * call of the arena for many of them; a long one gets memory of its own, so that no large rest of a block
 * is wasted. */
static char *heap_bytes(struct engine_appender *ap, size_t n)
{
    if (n > APPEND_HEAP_BLOCK / 4)
        return arena_alloc(&ap->heaps[ap->filling].strings, n);
    if (n > ap->string_left) {
        ap->string_at = arena_alloc(&ap->heaps[ap->filling].strings, APPEND_HEAP_BLOCK);
        ap->string_left = ap->string_at ? APPEND_HEAP_BLOCK : 0;
        if (!ap->string_at)
            return NULL;
    }
    char *p = ap->string_at;
    ap->string_at += n;
    ap->string_left -= n;
    return p;
}

/* Up to twelve bytes and zeros behind them, without a call or a loop: words that may overlap. */
static void put_inlined(char *to, const char *p, size_t n)
{
    uint64_t low = 0;
    uint32_t high = 0, word;
    if (n >= 8) {
        memcpy(&low, p, 8);
        memcpy(&word, p + n - 4, 4);
        high = (uint32_t)((uint64_t)word >> (12 - n) * 8);
    } else if (n >= 4) {
        memcpy(&word, p, 4);
        memcpy(&high, p + n - 4, 4);
        low = word | (uint64_t)high << (n - 4) * 8;
        high = 0;
    } else if (n) {
        low = (uint8_t)p[0] | (uint64_t)(uint8_t)p[n / 2] << n / 2 * 8 |
              (uint64_t)(uint8_t)p[n - 1] << (n - 1) * 8;
    }
    memcpy(to, &low, 8);
    memcpy(to + 8, &high, 4);
}

/* As the engine lays strings out: short ones within the vector, of longer ones the first four bytes and a
 * pointer. The bytes that a pointer leads to stay until the heap has gone in. */
int append_string(struct engine_appender *ap, struct engine_string *to, const char *p, size_t n,
                  struct err *e)
{
    to->len = (uint32_t)n;
    if (n <= sizeof to->value.inlined) {
        put_inlined(to->value.inlined, p, n);
        return ST_OK;
    }
    char *copy = heap_bytes(ap, n);
    if (!copy)
        return err_oom(e);
    memcpy(copy, p, n);
    memcpy(to->value.pointer.prefix, p, sizeof to->value.pointer.prefix);
    to->value.pointer.ptr = copy;
    append_count_bytes(ap, n);
    return ST_OK;
}

/* A vector gets its validity mask with the first NULL, so that a column without NULLs costs
 * nothing for it. */
static void set_null(struct append_column *c, size_t row)
{
    if (!c->validity) {
        duckdb_vector_ensure_validity_writable(c->vector);
        c->validity = duckdb_vector_get_validity(c->vector);
    }
    c->validity[row / 64] &= ~(UINT64_C(1) << row % 64);
}

static bool is_text(struct str s)
{
    size_t at;
    return utf8_valid(s.p, s.n, &at);
}

/* ---- rows ---- */

/* A number or a moment in its plainest form. */
static inline bool quick(struct append_column *c, size_t row, struct str field)
{
    switch (c->op) {
    case APPEND_BOOL: return quick_bool(c, row, field);
    case APPEND_INT: return quick_int(c, row, field);
    case APPEND_DECIMAL: return quick_decimal(c, row, field);
    case APPEND_DOUBLE: return quick_double(c, row, field);
    case APPEND_DATE: return quick_date(c, row, field);
    case APPEND_TIMESTAMP: return quick_timestamp(c, row, field);
    case APPEND_BINARY_INT16: return binary_int16(c, row, field);
    case APPEND_BINARY_INT32: return binary_int32(c, row, field);
    case APPEND_BINARY_INT64: return binary_int64(c, row, field);
    case APPEND_BINARY_DOUBLE: return binary_double(c, row, field);
    case APPEND_BINARY_DECIMAL: return binary_decimal(c, row, field);
    case APPEND_BINARY_DATE: return binary_date(c, row, field);
    case APPEND_BINARY_TIMESTAMP: return binary_timestamp(c, row, field);
    case APPEND_VALUE:
    case APPEND_TEXT:
    case APPEND_BINARY_TEXT: break;
    }
    return false;
}

int append_fields(struct engine_appender *ap, size_t row, const struct str *fields, size_t n, size_t *column,
                  struct err *e)
{
    struct append_column *c = ap->columns;
    for (const struct str *f = fields, *end = fields + n; f < end; f++, c++) {
        int st = ST_OK;
        if (!f->p)
            set_null(c, row);
        else if (c->op == APPEND_TEXT || (c->op == APPEND_BINARY_TEXT && is_text(*f)))
            st = append_string(ap, (struct engine_string *)(void *)c->data + row, f->p, f->n, e);
        else if (!quick(c, row, *f))
            st = append_value(ap, c, row, *f, e);
        if (st < 0) {
            *column = (size_t)(f - fields);
            return st;
        }
    }
    return ST_OK;
}
