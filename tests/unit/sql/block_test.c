#include "sql/block.h"

#include "sql/statement.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

static int parse(const char *sql, struct sql_block *out)
{
    struct sql_statement *s = the_statement(sql);
    assert_int_equal(s->kind, SQL_DO);
    return sql_parse_block(&arena, s, out, &err);
}

static void test_steps(void **state)
{
    (void)state;
    struct sql_block b;
    assert_int_equal(parse("do 'begin create type \"e\" as enum (''a'', '';''); perform f(1) , 2; null; end' "
                           "language plpgsql",
                           &b),
                     ST_OK);
    assert_int_equal(b.steps.n, 2);
    assert_int_equal(b.nhandlers, 0);
    assert_true(str_eq(b.steps.items[0].text, STR("create type \"e\" as enum ('a', ';')")));
    assert_int_equal(b.steps.items[1].kind, SQL_BLOCK_PERFORM);
    assert_true(str_eq(b.steps.items[1].text, STR("f(1) , 2")));
}

static void test_raise(void **state)
{
    (void)state;
    struct sql_block b;
    assert_int_equal(
        parse("do $x$ begin raise warning 'it''s % and %', f(a, b), 2; raise exception using message = 'm', "
              "errcode "
              "= '42P05', hint := 'h'; raise unique_violation; raise sqlstate '22012'; raise; end $x$",
              &b),
        ST_OK);
    assert_int_equal(b.steps.n, 5);
    const struct sql_raise *r = &b.steps.items[0].raise;
    assert_int_equal(r->level, SQL_RAISE_WARNING);
    assert_string_equal(r->format, "it's % and %");
    assert_int_equal(r->n, 2);
    assert_true(str_eq(r->arguments[0], STR("f(a, b)")));
    assert_true(str_eq(r->arguments[1], STR("2")));
    r = &b.steps.items[1].raise;
    assert_int_equal(r->level, SQL_RAISE_ERROR);
    assert_string_equal(r->format, "m");
    assert_string_equal(r->code, "42P05");
    assert_string_equal(r->hint, "h");
    assert_string_equal(b.steps.items[2].raise.code, "unique_violation");
    assert_string_equal(b.steps.items[3].raise.code, "22012");
    assert_true(b.steps.items[4].raise.again);
}

static void test_handlers(void **state)
{
    (void)state;
    struct sql_block b;
    assert_int_equal(parse("do $$ begin null; exception when unique_violation or sqlstate '22000' then null; "
                           "when others then raise; end; $$",
                           &b),
                     ST_OK);
    assert_int_equal(b.nhandlers, 2);
    assert_true(sql_block_catches(&b.handlers[0], "23505", "unique_violation"));
    assert_true(sql_block_catches(&b.handlers[0], "22012", "division_by_zero"));
    assert_false(sql_block_catches(&b.handlers[0], "42P07", "duplicate_table"));
    assert_true(sql_block_catches(&b.handlers[1], "42P07", "duplicate_table"));
    assert_false(sql_block_catches(&b.handlers[1], "57014", "query_canceled"));
    assert_int_equal(b.handlers[1].steps.n, 1);
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *sql;
        enum sqlstate code;
    } cases[] = {
        {"do", SQLSTATE_SYNTAX_ERROR},
        {"do 1", SQLSTATE_SYNTAX_ERROR},
        {"do $$ $$", SQLSTATE_SYNTAX_ERROR},
        {"do $$ begin null end $$", SQLSTATE_SYNTAX_ERROR},
        {"do $$ begin null; $$", SQLSTATE_SYNTAX_ERROR},
        {"do $$ begin null; end; more $$", SQLSTATE_SYNTAX_ERROR},
        {"do $$ begin null; exception end $$", SQLSTATE_SYNTAX_ERROR},
        {"do $$ begin raise notice ; 'x", SQLSTATE_SYNTAX_ERROR},
        {"do $$ begin null; end $$ language sql", SQLSTATE_UNDEFINED_OBJECT},
        {"do $$ declare x int; begin null; end $$", SQLSTATE_FEATURE_NOT_SUPPORTED},
        {"do $$ begin if true then null; end if; end $$", SQLSTATE_FEATURE_NOT_SUPPORTED},
        {"do $$ begin x := 1; end $$", SQLSTATE_FEATURE_NOT_SUPPORTED},
        {"do $$ begin raise exception 'a' using errcode = x; end $$", SQLSTATE_FEATURE_NOT_SUPPORTED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sql_block b;
        struct sql_statement s = {.kind = SQL_DO, .text = str_of(cases[i].sql), .word = "DO"};
        err_init(&err);
        assert_int_equal(sql_parse_block(&arena, &s, &b, &err), ST_ERR);
        assert_int_equal(err.code, cases[i].code);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_steps, setup, teardown),
        cmocka_unit_test_setup_teardown(test_raise, setup, teardown),
        cmocka_unit_test_setup_teardown(test_handlers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
