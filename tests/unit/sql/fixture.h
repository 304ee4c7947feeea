/* For the tests of this room: an arena and an error for each test. */
#ifndef TAVANA_TESTS_SQL_FIXTURE_H
#define TAVANA_TESTS_SQL_FIXTURE_H

#include "base/alloc.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "sql/statement.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { FIXTURE_ARENA = 1 << 24 };

static struct arena arena;
static struct err err;

static inline int setup(void **state)
{
    (void)state;
    arena_init(&arena, FIXTURE_ARENA);
    err_init(&err);
    return 0;
}

static inline int teardown(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static inline void reads(struct str got, const char *wanted)
{
    if (!str_eq(got, str_of(wanted)))
        fail_msg("'%.*s' is not '%s'", (int)got.n, got.p, wanted);
}

/* The only statement of the text. */
static inline struct sql_statement *the_statement(const char *sql)
{
    struct sql_list list;
    err_init(&err);
    assert_int_equal(sql_split(&arena, str_of(sql), &list, &err), ST_OK);
    assert_int_equal(list.n, 1);
    return &list.items[0];
}

#endif
