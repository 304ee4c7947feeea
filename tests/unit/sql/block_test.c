#include "sql/block.h"

#include "sql/statement.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

static int parse(const char *sql, struct plpgsql_block **out)
{
    struct sql_statement s = {.kind = SQL_DO, .text = str_of(sql), .word = "DO"};
    err_init(&err);
    return sql_parse_block(&arena, &s, out, &err);
}

/* The body's first statement. */
static const struct plpgsql_statement *first(const char *body)
{
    struct plpgsql_block *b;
    char *sql = arena_alloc(&arena, strlen(body) + 64);
    assert_non_null(sql);
    (void)snprintf(sql, strlen(body) + 64, "do $_x_$ %s $_x_$", body);
    assert_int_equal(parse(sql, &b), ST_OK);
    assert_non_null(b->body);
    return b->body;
}

static void test_statements(void **state)
{
    (void)state;
    struct plpgsql_block *b;
    assert_int_equal(parse("do 'begin create type \"e\" as enum (''a'', '';''); perform f(1) , 2; null; end' "
                           "language plpgsql",
                           &b),
                     ST_OK);
    assert_null(b->handlers);
    assert_int_equal(b->body->kind, PLPGSQL_SQL);
    assert_true(str_eq(b->body->text, STR("create type \"e\" as enum ('a', ';')")));
    assert_int_equal(b->body->next->kind, PLPGSQL_PERFORM);
    assert_true(str_eq(b->body->next->text, STR("f(1) , 2")));
    assert_null(b->body->next->next);
}

static void test_into(void **state)
{
    (void)state;
    const struct plpgsql_statement *s = first("begin select a into strict x, l.y from t; end");
    assert_int_equal(s->kind, PLPGSQL_SQL);
    assert_true(s->strict);
    assert_int_equal(s->ntargets, 2);
    assert_string_equal(s->targets[1], "l.y");
    assert_true(str_eq(s->text, STR("select a from t")));
    s = first("begin insert into t (a) values (1) returning a into x; end");
    assert_int_equal(s->ntargets, 1);
    assert_true(str_eq(s->text, STR("insert into t (a) values (1) returning a ")));
    s = first("begin insert into t select b from u; end");
    assert_int_equal(s->ntargets, 0);
    assert_true(str_eq(s->text, STR("insert into t select b from u")));
}

static void test_loops(void **state)
{
    (void)state;
    const struct plpgsql_statement *s =
        first("begin <<l>> for i in reverse f(9)..1 by 2 loop exit l when i = 3; end loop l; end");
    assert_int_equal(s->kind, PLPGSQL_FOR_NUMBERS);
    assert_string_equal(s->label, "l");
    assert_string_equal(s->targets[0], "i");
    assert_true(s->reverse);
    assert_true(str_eq(s->text, STR("f(9)")));
    assert_true(str_eq(s->last, STR("1")));
    assert_true(str_eq(s->step, STR("2")));
    assert_int_equal(s->body->kind, PLPGSQL_EXIT);
    assert_string_equal(s->body->label, "l");
    assert_true(str_eq(s->body->text, STR("i = 3")));
    s = first("begin for a, b in select '..' from t loop null; end loop; end");
    assert_int_equal(s->kind, PLPGSQL_FOR_ROWS);
    assert_int_equal(s->ntargets, 2);
    assert_true(str_eq(s->text, STR("select '..' from t")));
    s = first("begin for r in execute 'x' using 1, f(2, 3) loop continue; end loop; end");
    assert_true(s->dynamic);
    assert_int_equal(s->nvalues, 2);
    assert_true(str_eq(s->values[1], STR("f(2, 3)")));
    assert_int_equal(s->body->kind, PLPGSQL_CONTINUE);
    s = first("begin foreach x in array a || 1 loop null; end loop; end");
    assert_true(str_eq(s->text, STR("SELECT unnest(a || 1)")));
    s = first("begin while a < 1 loop null; end loop; end");
    assert_int_equal(s->kind, PLPGSQL_LOOP);
    assert_true(str_eq(s->text, STR("a < 1")));
}

static void test_others(void **state)
{
    (void)state;
    const struct plpgsql_statement *s = first("begin execute f('a') into strict x using y, 2; end");
    assert_int_equal(s->kind, PLPGSQL_EXECUTE);
    assert_true(str_eq(s->text, STR("f('a')")));
    assert_int_equal(s->ntargets, 1);
    assert_int_equal(s->nvalues, 2);
    s = first("begin get diagnostics n = row_count; end");
    assert_int_equal(s->kind, PLPGSQL_GET);
    assert_string_equal(s->items[0], "ROW_COUNT");
    s = first("begin get stacked diagnostics a := message_text, b = returned_sqlstate; end");
    assert_true(s->stacked);
    assert_string_equal(s->items[1], "RETURNED_SQLSTATE");
    s = first("begin assert a = 1, 'm'; end");
    assert_int_equal(s->kind, PLPGSQL_ASSERT);
    assert_int_equal(s->nvalues, 1);
}

static void test_raise(void **state)
{
    (void)state;
    const struct plpgsql_statement *s =
        first("begin raise warning 'it''s % and %', f(a, b), 2; raise exception using message = 'm', errcode "
              "= '42P05', hint := 'h'; raise unique_violation; raise sqlstate '22012'; raise; end");
    const struct sql_raise *r = s->raise;
    assert_int_equal(r->level, SQL_RAISE_WARNING);
    assert_string_equal(r->format, "it's % and %");
    assert_int_equal(r->n, 2);
    assert_true(str_eq(r->arguments[0], STR("f(a, b)")));
    assert_true(str_eq(r->arguments[1], STR("2")));
    s = s->next;
    assert_int_equal(s->raise->level, SQL_RAISE_ERROR);
    assert_string_equal(s->raise->format, "m");
    assert_string_equal(s->raise->code, "42P05");
    assert_string_equal(s->raise->hint, "h");
    s = s->next;
    assert_string_equal(s->raise->code, "unique_violation");
    s = s->next;
    assert_string_equal(s->raise->code, "22012");
    assert_true(s->next->raise->again);
}

static void test_handlers(void **state)
{
    (void)state;
    struct plpgsql_block *b;
    assert_int_equal(parse("do $$ begin null; exception when unique_violation or sqlstate '22000' then null; "
                           "when others then raise; end; $$",
                           &b),
                     ST_OK);
    const struct plpgsql_handler *one = b->handlers, *others = one->next;
    assert_null(others->next);
    assert_true(plpgsql_catches(one, "23505", "unique_violation"));
    assert_true(plpgsql_catches(one, "22012", "division_by_zero"));
    assert_false(plpgsql_catches(one, "42P07", "duplicate_table"));
    assert_true(plpgsql_catches(others, "42P07", "duplicate_table"));
    assert_false(plpgsql_catches(others, "57014", "query_canceled"));
    assert_non_null(others->body);
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
        {"do $$ begin null; end more $$", SQLSTATE_SYNTAX_ERROR},
        {"do $$ begin null; exception end $$", SQLSTATE_SYNTAX_ERROR},
        {"do $$ begin raise notice ; 'x", SQLSTATE_SYNTAX_ERROR},
        {"do $$ begin loop null; end; end $$", SQLSTATE_SYNTAX_ERROR},
        {"do $$ begin <<a>> loop null; end loop b; end $$", SQLSTATE_SYNTAX_ERROR},
        {"do $$ begin <<a>> null; end $$", SQLSTATE_SYNTAX_ERROR},
        {"do $$ begin for i in .. 3 loop null; end loop; end $$", SQLSTATE_SYNTAX_ERROR},
        {"do $$ begin for i in 1 loop end $$", SQLSTATE_SYNTAX_ERROR},
        {"do $$ begin execute; end $$", SQLSTATE_SYNTAX_ERROR},
        {"do $$ begin execute 'a' into x into y; end $$", SQLSTATE_SYNTAX_ERROR},
        {"do $$ begin get diagnostics x; end $$", SQLSTATE_SYNTAX_ERROR},
        {"do $$ begin get diagnostics x = pg_context; end $$", SQLSTATE_FEATURE_NOT_SUPPORTED},
        {"do $$ begin fetch c; end $$", SQLSTATE_SYNTAX_ERROR},
        {"do $$ begin fetch next c into x; end $$", SQLSTATE_SYNTAX_ERROR},
        {"do $$ begin move; end $$", SQLSTATE_SYNTAX_ERROR},
        {"do $$ begin close; end $$", SQLSTATE_SYNTAX_ERROR},
        {"do $$ begin open c for; end $$", SQLSTATE_SYNTAX_ERROR},
        {"do $$ begin open c(1; end $$", SQLSTATE_SYNTAX_ERROR},
        {"do $$ begin open c(); end $$", SQLSTATE_SYNTAX_ERROR},
        {"do $$ begin open c scroll; end $$", SQLSTATE_SYNTAX_ERROR},
        {"do $$ declare c no scroll int; begin null; end $$", SQLSTATE_SYNTAX_ERROR},
        {"do $$ declare c cursor (a) for select 1; begin null; end $$", SQLSTATE_SYNTAX_ERROR},
        {"do $$ declare c cursor select 1; begin null; end $$", SQLSTATE_SYNTAX_ERROR},
        {"do $$ declare c cursor for; begin null; end $$", SQLSTATE_SYNTAX_ERROR},
        {"do $$ begin for r in c(1 loop null; end loop; end $$", SQLSTATE_SYNTAX_ERROR},
        {"do $$ begin null; end $$ language sql", SQLSTATE_UNDEFINED_OBJECT},
        {"do $$ begin raise exception 'a' using errcode = x; end $$", SQLSTATE_FEATURE_NOT_SUPPORTED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct plpgsql_block *b;
        assert_int_equal(parse(cases[i].sql, &b), ST_ERR);
        assert_int_equal(err.code, cases[i].code);
    }
}

static void test_bounds(void **state)
{
    (void)state;
    struct plpgsql_block *b;
    size_t room = 64 * 1024, n = 0;
    char *sql = arena_alloc(&arena, room);
    assert_non_null(sql);
    n = (size_t)snprintf(sql, room, "do $$ begin execute 'a' using 1");
    for (int i = 0; i < PLPGSQL_VALUES_MAX; i++)
        n += (size_t)snprintf(sql + n, room - n, ", 1");
    (void)snprintf(sql + n, room - n, "; end $$");
    assert_int_equal(parse(sql, &b), ST_ERR);
    assert_int_equal(err.code, SQLSTATE_PROGRAM_LIMIT_EXCEEDED);
    n = (size_t)snprintf(sql, room, "do $$ begin get diagnostics a = row_count");
    for (int i = 0; i < PLPGSQL_TARGETS_MAX; i++)
        n += (size_t)snprintf(sql + n, room - n, ", a = row_count");
    (void)snprintf(sql + n, room - n, "; end $$");
    assert_int_equal(parse(sql, &b), ST_ERR);
    assert_int_equal(err.code, SQLSTATE_PROGRAM_LIMIT_EXCEEDED);
    n = (size_t)snprintf(sql, room, "do $$ ");
    for (int i = 0; i <= PLPGSQL_DEPTH_MAX; i++)
        n += (size_t)snprintf(sql + n, room - n, "begin loop ");
    (void)snprintf(sql + n, room - n, "$$");
    assert_int_equal(parse(sql, &b), ST_ERR);
    assert_int_equal(err.code, SQLSTATE_STATEMENT_TOO_COMPLEX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_statements, setup, teardown),
        cmocka_unit_test_setup_teardown(test_into, setup, teardown),
        cmocka_unit_test_setup_teardown(test_loops, setup, teardown),
        cmocka_unit_test_setup_teardown(test_others, setup, teardown),
        cmocka_unit_test_setup_teardown(test_raise, setup, teardown),
        cmocka_unit_test_setup_teardown(test_handlers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bounds, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
