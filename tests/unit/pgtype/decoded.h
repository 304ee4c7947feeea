/* For tests of pgtype/: a parameter's value, or the error in its place, as one line. Values are written as
 * psql writes them (timestamptz in UTC), so that a table holds on its right what PostgreSQL 15 answers:
 *   interval        14 mons -3 days 14706700000 us: the three numbers, in which it is stored
 *   "engine: …"     a date or time in a form that goes to the engine as text
 *   "22P02 …"       an error: SQLSTATE, message and, after a bar, the detail
 * Each input lies in memory of just its length, without an end, so that reading over it is seen. */
#ifndef TAVANA_TESTS_PGTYPE_DECODED_H
#define TAVANA_TESTS_PGTYPE_DECODED_H

#include "base/alloc.h"
#include "base/buf.h"
#include "pgtype/calendar.h"
#include "pgtype/oid.h"
#include "pgtype/tz.h"
#include "pgtype/value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { DECODED_ARENA_MAX = 1 << 20, DECODED_LINE_MAX = 4096, DECODED_TEXT = 0, DECODED_BINARY = 1 };

/* What is written so far; more than fits is a mistake of the test. */
struct line {
    size_t n;
    char text[DECODED_LINE_MAX];
};

__attribute__((format(printf, 2, 3))) static void put(struct line *to, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(to->text + to->n, sizeof to->text - to->n, fmt, ap);
    va_end(ap);
    assert_true(n >= 0 && (size_t)n < sizeof to->text - to->n);
    to->n += (size_t)n;
}

/* The fewest digits that read back; with an exponent from 1e15 on (of a float 1e6) and below 1e-4. */
static void put_float(struct line *to, double v, bool single)
{
    char digits[32];
    int precision = -1;
    if (__builtin_isnan(v) || __builtin_isinf(v)) {
        put(to, "%s", __builtin_isnan(v) ? "NaN" : v > 0 ? "Infinity" : "-Infinity");
        return;
    }
    do
        (void)snprintf(digits, sizeof digits, "%.*e", ++precision, v);
    while (single ? strtof(digits, NULL) != (float)v : strtod(digits, NULL) != v);
    int exponent = (int)strtol(strchr(digits, 'e') + 1, NULL, 10);
    if (exponent < -4 || exponent >= (single ? 6 : 15))
        put(to, "%s", digits);
    else
        put(to, "%.*f", precision > exponent ? precision - exponent : 0, v);
}

static void put_fraction(struct line *to, int64_t micros)
{
    if (micros == 0)
        return;
    put(to, ".%06d", (int)micros);
    while (to->text[to->n - 1] == '0')
        to->text[--to->n] = '\0';
}

static void put_clock(struct line *to, int64_t micros)
{
    int64_t seconds = micros / CALENDAR_MICROS_A_SECOND;
    put(to, "%02d:%02d:%02d", (int)(seconds / 3600), (int)(seconds / 60 % 60), (int)(seconds % 60));
    put_fraction(to, micros % CALENDAR_MICROS_A_SECOND);
}

static void put_offset(struct line *to, int32_t east)
{
    int32_t v = east < 0 ? -east : east;
    put(to, "%c%02d", east < 0 ? '-' : '+', v / 3600);
    if (v % 3600)
        put(to, ":%02d", v / 60 % 60);
    if (v % 60)
        put(to, ":%02d", v % 60);
}

/* Returns what belongs behind all of it: " BC" or nothing. */
static const char *put_day(struct line *to, int64_t days)
{
    int64_t year;
    unsigned month, day;
    civil_from_days(days, &year, &month, &day);
    put(to, "%04lld-%02u-%02u", (long long)(year > 0 ? year : 1 - year), month, day);
    return year > 0 ? "" : " BC";
}

static void put_date(struct line *to, int64_t days)
{
    if (days == INT32_MAX || days == -INT32_MAX)
        put(to, "%sinfinity", days > 0 ? "" : "-");
    else
        put(to, "%s", put_day(to, days));
}

static void put_timestamp(struct line *to, int64_t micros, const char *zone)
{
    if (micros == INT64_MAX || micros == -INT64_MAX) {
        put(to, "%sinfinity", micros > 0 ? "" : "-");
        return;
    }
    int64_t of_day = micros % CALENDAR_MICROS_A_DAY;
    of_day += of_day < 0 ? CALENDAR_MICROS_A_DAY : 0;
    const char *era = put_day(to, (micros - of_day) / CALENDAR_MICROS_A_DAY);
    put(to, " ");
    put_clock(to, of_day);
    put(to, "%s%s", zone, era);
}

static void put_hex(struct line *to, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        put(to, "%02x", p[i]);
}

static void put_uuid(struct line *to, const uint8_t uuid[static 16])
{
    static const size_t groups[] = {4, 2, 2, 2, 6};
    for (size_t i = 0, at = 0; i < 5; at += groups[i++]) {
        put(to, "%s", i ? "-" : "");
        put_hex(to, uuid + at, groups[i]);
    }
}

static bool is_moment(uint32_t oid)
{
    return oid == PGTYPE_DATE || oid == PGTYPE_TIME || oid == PGTYPE_TIMETZ || oid == PGTYPE_TIMESTAMP ||
           oid == PGTYPE_TIMESTAMPTZ || oid == PGTYPE_INTERVAL;
}

static void put_value(struct line *to, const struct pg_value *v);

static void put_text(struct line *to, struct str s)
{
    put(to, "%.*s", (int)s.n, s.p);
}

/* Quoted where an array's text has to quote. */
static void put_item(struct line *to, const struct pg_value *v)
{
    struct line item = {0};
    put_value(&item, v);
    bool word = v->kind == PG_NULL || (item.n && !strpbrk(item.text, "{}\",\\ \t\n\v\f\r") &&
                                       !str_ieq((struct str){item.text, item.n}, STR("NULL")));
    put(to, "%s", word ? "" : "\"");
    for (const char *p = item.text; *p; p++)
        put(to, "%s%c", *p == '"' || *p == '\\' ? "\\" : "", *p);
    put(to, "%s", word ? "" : "\"");
}

static const struct pg_value *put_items(struct line *to, const struct pg_value *v, const int32_t *dims, int n)
{
    put(to, "{");
    for (int32_t i = 0; i < *dims; i++) {
        put(to, "%s", i ? "," : "");
        if (n > 1)
            v = put_items(to, v, dims + 1, n - 1);
        else
            put_item(to, v++);
    }
    put(to, "}");
    return v;
}

static void put_array(struct line *to, const struct pg_value *v)
{
    if (v->v.array.ndims == 0) {
        assert_int_equal(v->v.array.n, 0);
        put(to, "{}");
        return;
    }
    const struct pg_value *end = put_items(to, v->v.array.items, v->v.array.dims, v->v.array.ndims);
    assert_int_equal(end - v->v.array.items, v->v.array.n);
}

static void put_value(struct line *to, const struct pg_value *v)
{
    switch (v->kind) {
    case PG_NULL: put(to, "NULL"); break;
    case PG_BOOL: put(to, "%c", v->v.b ? 't' : 'f'); break;
    case PG_INT64: put(to, "%lld", (long long)v->v.i); break;
    case PG_FLOAT: put_float(to, (double)v->v.f, true); break;
    case PG_DOUBLE: put_float(to, v->v.d, false); break;
    case PG_TEXT: put(to, "%s", is_moment(v->oid) ? "engine: " : ""); [[fallthrough]];
    case PG_NUMERIC:
    case PG_BIT: put_text(to, v->v.text); break;
    case PG_BYTES:
        put(to, "\\x");
        put_hex(to, (const uint8_t *)v->v.text.p, v->v.text.n);
        break;
    case PG_DATE: put_date(to, v->v.i); break;
    case PG_TIME: put_clock(to, v->v.time.micros); break;
    case PG_TIMETZ:
        put_clock(to, v->v.time.micros);
        put_offset(to, v->v.time.offset_s);
        break;
    case PG_TIMESTAMP: put_timestamp(to, v->v.i, ""); break;
    case PG_TIMESTAMPTZ: put_timestamp(to, v->v.i, "+00"); break;
    case PG_INTERVAL:
        put(to, "%d mons %d days %lld us", v->v.interval.months, v->v.interval.days,
            (long long)v->v.interval.micros);
        break;
    case PG_UUID: put_uuid(to, v->v.uuid); break;
    case PG_ARRAY: put_array(to, v); break;
    case PG_RECORD:
        for (size_t i = 0; i < v->v.array.n; i++) {
            put(to, "%c", i ? ',' : '(');
            put_item(to, v->v.array.items + i);
        }
        put(to, "%s", v->v.array.n ? ")" : "()");
        break;
    }
}

/* nth: which allocation fails, 0 none. Returns what pg_value_decode did. */
static int decode_failing(struct line *to, uint32_t oid, int16_t format, const void *in, size_t n,
                          const struct tz *zone, unsigned nth, bool *failed)
{
    struct arena a;
    struct pg_value v;
    struct err e;
    uint8_t *exact = malloc(n ? n : 1); /* so that the sanitizer sees a read beyond it */
    assert_non_null(exact);
    memcpy(exact, in, n);
    *to = (struct line){0};
    err_init(&e);
    arena_init(&a, DECODED_ARENA_MAX);
    alloc_fail_nth(nth);
    int st = pg_value_decode(&a, oid, format, n ? exact : exact + 1, (int32_t)n, zone, &v, &e);
    *failed = alloc_failed();
    if (st == ST_OK)
        put_value(to, &v);
    else
        put(to, "%s %s%s%s", sqlstate_code(e.code), e.message, e.detail[0] ? " | " : "", e.detail);
    arena_release(&a);
    free(exact);
    return st;
}

struct decoded_case {
    const char *in, *out;
};

static void same(const char *in, const char *want, const struct line *got, unsigned *wrong)
{
    if (strcmp(got->text, want) == 0)
        return;
    print_error("\"%s\"\n  gives \"%s\"\n  wants \"%s\"\n", in, got->text, want);
    ++*wrong;
}

/* Every text of the table, as that type; a row that is not as it should be is shown, and then it fails. */
__attribute__((unused)) static void decodes_in(const struct tz *zone, uint32_t oid,
                                               const struct decoded_case *cases, size_t n)
{
    struct line got;
    unsigned wrong = 0;
    bool failed;
    for (size_t i = 0; i < n; i++) {
        (void)decode_failing(&got, oid, DECODED_TEXT, cases[i].in, strlen(cases[i].in), zone, 0, &failed);
        same(cases[i].in, cases[i].out, &got, &wrong);
    }
    assert_int_equal(wrong, 0);
}

#define DECODES(oid, cases) decodes_in(tz_utc(), oid, cases, sizeof(cases) / sizeof *(cases))

/* Each of these goes to the engine as text, and within an array, where nobody can ask it, is refused. */
__attribute__((unused)) static void left_to_engine(uint32_t oid, const char *const *texts, size_t n)
{
    struct line got, want, item;
    unsigned wrong = 0;
    bool failed;
    for (size_t i = 0; i < n; i++) {
        (void)decode_failing(&got, oid, DECODED_TEXT, texts[i], strlen(texts[i]), tz_utc(), 0, &failed);
        want = (struct line){0};
        put(&want, "engine: %s", texts[i]);
        same(texts[i], want.text, &got, &wrong);
        item = (struct line){0};
        put(&item, "{\"%s\"}", texts[i]);
        (void)decode_failing(&got, pgtype_find(oid)->array_oid, DECODED_TEXT, item.text, item.n, tz_utc(), 0,
                             &failed);
        if (strncmp(got.text, "22007 invalid input syntax for type ", 36) != 0)
            same(item.text, "22007 invalid input syntax for type …", &got, &wrong);
    }
    assert_int_equal(wrong, 0);
}

#define LEFT_TO_ENGINE(oid, texts) left_to_engine(oid, texts, sizeof(texts) / sizeof *(texts))

/* The bytes that hexadecimal digits say, blanks between them left out; how many. */
__attribute__((unused)) static size_t bytes_of(const char *hex, uint8_t *out, size_t max)
{
    size_t n = 0;
    for (const char *p = hex; *p;) {
        char two[3] = {p[0], p[1]}, *end;
        if (*p == ' ') {
            p++;
            continue;
        }
        assert_true(n < max);
        out[n++] = (uint8_t)strtoul(two, &end, 16);
        assert_ptr_equal(end, two + 2);
        p += 2;
    }
    return n;
}

struct binary_case {
    uint32_t oid;
    const char *in, *out;
};

/* The same of binary forms, written in hexadecimal digits. */
__attribute__((unused)) static void decodes_binary(const struct binary_case *cases, size_t n)
{
    enum { BINARY_MAX = 1024 };
    uint8_t in[BINARY_MAX];
    struct line got;
    unsigned wrong = 0;
    bool failed;
    for (size_t i = 0; i < n; i++) {
        size_t size = bytes_of(cases[i].in, in, sizeof in);
        (void)decode_failing(&got, cases[i].oid, DECODED_BINARY, in, size, tz_utc(), 0, &failed);
        same(cases[i].in, cases[i].out, &got, &wrong);
    }
    assert_int_equal(wrong, 0);
}

#define DECODES_BINARY(cases) decodes_binary(cases, sizeof(cases) / sizeof *(cases))

/* Each allocation fails once, which is 53200 and nothing else; how many there are. */
__attribute__((unused)) static unsigned allocations(uint32_t oid, int16_t format, const void *in, size_t n)
{
    struct line got;
    bool failed;
    for (unsigned nth = 1;; nth++) {
        int st = decode_failing(&got, oid, format, in, n, tz_utc(), nth, &failed);
        if (!failed) {
            assert_int_equal(st, ST_OK);
            return nth - 1;
        }
        assert_int_equal(st, ST_ERR);
        assert_string_equal(got.text, "53200 out of memory");
    }
}

#endif
