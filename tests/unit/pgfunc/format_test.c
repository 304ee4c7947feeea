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

#define TEXT(s)        {.text = {(s), sizeof(s) - 1}}, PG_TEXT

static const struct sample samples[] = {
#include "format_samples.inc"
};

/* Whole numbers of what a type counts in, texts, or an SQLSTATE. */
static void show(const struct pg_call *call, enum pg_kind kind, char *answer, size_t room)
{
    if (kind == PG_TEXT)
        (void)str_copy((struct str){(const char *)call->out->data, call->out->len}, answer, room);
    else if (kind == PG_NUMERIC)
        (void)snprintf(answer, room, "%lld", (long long)call->result.wide);
    else
        (void)snprintf(answer, room, "%lld", (long long)call->result.integer);
}

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
        show(&call, f->result, answer, room);
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
