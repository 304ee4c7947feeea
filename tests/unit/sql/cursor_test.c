#include "sql/cursor.h"
#include "sql/statement.h"

#include "base/alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct arena arena;
static struct err err;

static int reset(void **state)
{
    (void)state;
    arena_release(&arena);
    arena_init(&arena, 1 << 20);
    err_init(&err);
    return 0;
}

static int done(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static struct sql_statement statement(const char *sql)
{
    struct sql_statement s;
    assert_int_equal(sql_classify(&arena, sql_tokens_of(str_of(sql)), &s, &err), ST_OK);
    return s;
}

static int declare(const char *sql, struct sql_declare *d)
{
    struct sql_statement s = statement(sql);
    assert_int_equal(s.kind, SQL_DECLARE);
    err_init(&err);
    return sql_parse_declare(&arena, &s, d, &err);
}

static int fetch(const char *sql, struct sql_fetch *f)
{
    struct sql_statement s = statement(sql);
    assert_int_equal(s.kind, SQL_FETCH);
    err_init(&err);
    return sql_parse_fetch(&arena, &s, f, &err);
}

static void test_declare(void **state)
{
    (void)state;
    struct sql_declare d;
    assert_int_equal(declare("declare C cursor for select 1", &d), ST_OK);
    assert_string_equal(d.name, "c");
    assert_false(d.binary || d.scroll || d.no_scroll || d.hold);
    assert_true(str_eq(d.query, STR("select 1")));

    assert_int_equal(declare("DECLARE \"C\"\"d\" no scroll insensitive BINARY scroll_ cursor for x", &d),
                     ST_ERR);
    assert_int_equal(
        declare("DECLARE \"C\"\"d\" /* a */ no scroll insensitive BINARY cursor with hold for from t; ", &d),
        ST_OK);
    assert_string_equal(d.name, "C\"d");
    assert_true(d.binary && d.no_scroll && d.hold && !d.scroll);
    assert_true(str_eq(d.query, STR("from t")));

    assert_int_equal(declare("declare c asensitive scroll cursor without hold for values (1)", &d), ST_OK);
    assert_true(d.scroll && !d.hold);
}

static void test_declare_errors(void **state)
{
    (void)state;
    static const struct {
        const char *sql;
        enum sqlstate code;
        int position;
    } cases[] = {
        {"declare", SQLSTATE_SYNTAX_ERROR, 8},
        {"declare \"\" cursor for x", SQLSTATE_SYNTAX_ERROR, 9},
        {"declare c for x", SQLSTATE_SYNTAX_ERROR, 11},
        {"declare c cursor x", SQLSTATE_SYNTAX_ERROR, 18},
        {"declare c cursor for", SQLSTATE_SYNTAX_ERROR, 21},
        {"declare c cursor with x", SQLSTATE_SYNTAX_ERROR, 23},
        {"declare c no cursor for x", SQLSTATE_SYNTAX_ERROR, 14},
        {"declare c scroll no scroll cursor for x", SQLSTATE_INVALID_CURSOR_DEFINITION, 0},
        {"declare c insensitive asensitive cursor for x", SQLSTATE_INVALID_CURSOR_DEFINITION, 0},
    };
    struct sql_declare d;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(declare(cases[i].sql, &d), ST_ERR);
        assert_int_equal(err.code, cases[i].code);
        assert_int_equal(err.position, cases[i].position);
    }
}

static void test_fetch(void **state)
{
    (void)state;
    static const struct {
        const char *sql;
        enum sql_fetch_direction direction;
        int64_t count;
    } cases[] = {
        {"fetch c", SQL_FETCH_FORWARD, 1},
        {"fetch next from c", SQL_FETCH_FORWARD, 1},
        {"fetch prior in c", SQL_FETCH_BACKWARD, 1},
        {"fetch first c", SQL_FETCH_ABSOLUTE, 1},
        {"fetch last c", SQL_FETCH_ABSOLUTE, -1},
        {"fetch absolute -7 c", SQL_FETCH_ABSOLUTE, -7},
        {"fetch relative 0 c", SQL_FETCH_RELATIVE, 0},
        {"fetch 10 c", SQL_FETCH_FORWARD, 10},
        {"fetch -10 c", SQL_FETCH_FORWARD, -10},
        {"fetch all c", SQL_FETCH_FORWARD, SQL_FETCH_ALL},
        {"fetch forward c", SQL_FETCH_FORWARD, 1},
        {"fetch forward all from c", SQL_FETCH_FORWARD, SQL_FETCH_ALL},
        {"fetch backward 3 c", SQL_FETCH_BACKWARD, 3},
        {"fetch backward all c", SQL_FETCH_BACKWARD, SQL_FETCH_ALL},
    };
    struct sql_fetch f;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(fetch(cases[i].sql, &f), ST_OK);
        assert_int_equal(f.direction, cases[i].direction);
        assert_true(f.count == cases[i].count);
        assert_string_equal(f.name, "c");
        assert_false(f.move);
    }
    assert_int_equal(fetch("move backward 2 in \"C\"", &f), ST_OK);
    assert_true(f.move && f.count == 2 && f.direction == SQL_FETCH_BACKWARD);
    assert_string_equal(f.name, "C");
    assert_int_equal(fetch("fetch 99999999999 c", &f), ST_ERR);
    assert_int_equal(err.code, SQLSTATE_SYNTAX_ERROR);
    assert_int_equal(fetch("fetch", &f), ST_ERR);
}

static void test_where_current_of(void **state)
{
    (void)state;
    assert_true(sql_is_where_current_of(sql_tokens_of(STR("update t set a = 1 where current of c"))));
    assert_true(sql_is_where_current_of(sql_tokens_of(STR("DELETE FROM t WHERE CURRENT OF \"C\""))));
    assert_false(sql_is_where_current_of(sql_tokens_of(STR("delete from t where current of"))));
    assert_false(sql_is_where_current_of(sql_tokens_of(STR("of c"))));
    assert_false(sql_is_where_current_of(sql_tokens_of(STR(""))));
}

/* Every allocation fails once: 53200, nothing else. */
static void test_without_memory(void **state)
{
    (void)state;
    bool more = true;
    for (unsigned nth = 1; more; nth++) {
        struct sql_declare d;
        struct sql_fetch f;
        struct arena small;
        struct sql_statement declares = statement("declare \"a name\" cursor for select 1");
        struct sql_statement fetches = statement("fetch absolute 5 from c");
        arena_init(&small, 1 << 20);
        err_init(&err);
        alloc_fail_nth(nth);
        int st = sql_parse_declare(&small, &declares, &d, &err);
        if (st == ST_OK)
            st = sql_parse_fetch(&small, &fetches, &f, &err);
        more = alloc_failed();
        alloc_fail_nth(0);
        assert_true(more ? err.code == SQLSTATE_OUT_OF_MEMORY : st == ST_OK);
        arena_release(&small);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_declare, reset),
        cmocka_unit_test_setup(test_declare_errors, reset),
        cmocka_unit_test_setup(test_fetch, reset),
        cmocka_unit_test_setup(test_where_current_of, reset),
        cmocka_unit_test_setup_teardown(test_without_memory, reset, done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
