/* The formatting functions, with answers and SQLSTATEs of PostgreSQL 15. */
#include "pgfunc/format.h"

#include "base/alloc.h"
#include "pgtype/tz.h"

#include <stdio.h>
#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct sample {
    const char *function;
    struct pg_value value;
    enum pg_kind kind;
    const char *template, *answer; /* NULL: NULL */
};

#define WHOLE(k, v)    {.integer = (v)}, (k)
#define REAL(v)        {.real = (v)}, PG_FLOAT8
#define NUMERIC(v)     {.wide = (v)}, PG_NUMERIC
#define SPAN(m, d, us) {.interval = {(m), (d), (us)}}, PG_INTERVAL

static const struct sample samples[] = {
    {"to_char", WHOLE(PG_TIMESTAMP, INT64_C(1714928889123456)), "YYYY-MM-DD HH24:MI:SS.US",
     "2024-05-05 17:08:09.123456"},
    {"to_char", WHOLE(PG_TIMESTAMP, INT64_C(1714928889123456)), "FMDay, DDth Month|TMMonth|RM|rm",
     "Sunday, 05th May      |May|V   |v   "},
    {"to_char", WHOLE(PG_TIMESTAMP, INT64_MAX), "YYYY", NULL},
    {"to_char", WHOLE(PG_TIMESTAMP, 0), "", NULL},
    {"to_char", WHOLE(PG_DATE, -719529), "YYYY BC \"YYYY\" \\YY IYYY-IW-ID", "0002 BC YYYY \\02 0002-52-5"},
    {"to_char", WHOLE(PG_TIMESTAMPTZ, INT64_C(1719835200000000)), "HH24 TZ tz OF TZH:TZM",
     "14 CEST cest +02 +02:00"},
    {"to_char", SPAN(-1, 3, -3600000001), "MM DD HH24:MI:SS.US", "-01 03 -01:00:00.-00001"},
    {"to_char", SPAN(1, 0, 0), "Month", "22007"},
    {"to_char", WHOLE(PG_INT4, 1234), "9,999.99PR", " 1,234.00 "},
    {"to_char", WHOLE(PG_INT4, -5), "FM999MI", "5-"},
    {"to_char", WHOLE(PG_INT4, 485), "RN", "        CDLXXXV"},
    {"to_char", WHOLE(PG_INT4, 12345), "999", " ###"},
    {"to_char", WHOLE(PG_INT4, 1), "9PR9", "42601"},
    {"to_char", WHOLE(PG_INT8, INT64_MAX), "9V9", "22003"},
    {"to_char", REAL(0.0004859), "9.999EEEE", " 4.859e-04"},
    {"to_char", REAL(-0.1), "99.99", "  -.10"},
    {"to_char", NUMERIC(12345000000), "FM9.990", "1.235"},
};

static bool run(const struct sample *s, char *answer, size_t room)
{
    const struct pg_function *f = pg_format_functions;
    while (f->name && (strcmp(f->name, s->function) != 0 || f->args[0] != s->kind))
        f++;
    assert_non_null(f->name);
    struct buf out;
    struct err e;
    const struct tz *zone;
    err_init(&e);
    buf_init(&out, PG_RESULT_MAX);
    assert_int_equal(tz_find(&zone, "Europe/Berlin", &e), ST_OK);
    struct pg_value args[] = {s->value, {.text = str_of(s->template)}};
    struct pg_call call = {.args = args, .nargs = 2, .zone = zone, .out = &out, .e = &e};
    int st = f->call(&call);
    bool null = st == ST_OK && call.result.is_null;
    if (st < 0)
        (void)snprintf(answer, room, "%s", sqlstate_code(e.code));
    else
        (void)str_copy((struct str){(const char *)out.data, out.len}, answer, room);
    buf_release(&out);
    tz_unref(zone);
    return !null;
}

static void test_samples(void **state)
{
    (void)state;
    char answer[1000];
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        const char *got = run(&samples[i], answer, sizeof answer) ? answer : NULL;
        if (!got != !samples[i].answer || (got && strcmp(got, samples[i].answer) != 0))
            fail_msg("%s of \"%s\" is %s, not %s", samples[i].function, samples[i].template,
                     got ? got : "NULL", samples[i].answer ? samples[i].answer : "NULL");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_samples)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
