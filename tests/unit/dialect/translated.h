/* For the tests of this room: a statement and what becomes of it. */
#ifndef TAVANA_TESTS_DIALECT_TRANSLATED_H
#define TAVANA_TESTS_DIALECT_TRANSLATED_H

#include "base/alloc.h"
#include "dialect/translate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { TRANSLATED_ARENA = 1 << 22 };

/* A test may change it before its first statement. */
static struct dialect translated_by = {.postgres = true};

/* NULL: it is refused with the code. */
static inline void translated(const struct dialect *d, const char *sql, const char *expected,
                              enum sqlstate code)
{
    struct arena a;
    struct sql_rewritten r;
    struct err e;
    arena_init(&a, TRANSLATED_ARENA);
    err_init(&e);
    int st = dialect_translate(&a, sql_tokens_of(str_of(sql)), d, &r, &e);
    assert_int_equal(st, expected ? ST_OK : ST_ERR);
    if (expected)
        assert_string_equal(r.text.p, expected);
    else
        assert_int_equal(e.code, code);
    arena_release(&a);
}

static inline void check(const char *sql, const char *expected)
{
    translated(&translated_by, sql, expected, SQLSTATE_SUCCESSFUL_COMPLETION);
}

static inline void stays(const char *sql)
{
    check(sql, sql);
}

static inline void refused(const char *sql, enum sqlstate code)
{
    translated(&translated_by, sql, NULL, code);
}

/* Of statements that are the engine's. */
static inline void stays_of_engine(const char *sql)
{
    translated(&(const struct dialect){.postgres = false}, sql, sql, SQLSTATE_SUCCESSFUL_COMPLETION);
}

#endif
