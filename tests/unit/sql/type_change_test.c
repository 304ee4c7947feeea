/* What a command about types says. */
#include "sql/type_change.h"

#include "sql/statement.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void put(char *to, size_t size, const struct sql_token *t)
{
    size_t at = strlen(to);
    (void)snprintf(to + at, size - at, "%.*s", (int)t->text.n, t->kind == SQL_TOK_END ? "" : t->text.p);
}

/* "what schema.type… [labels] > to flags"; "": another command; "!": a syntax error */
static void check(const char *sql, const char *wanted)
{
    char got[512] = "";
    struct arena a;
    struct err e;
    struct sql_type_change c;
    struct sql_statement s = {.kind = SQL_TYPE, .text = str_of(sql)};
    err_init(&e);
    arena_init(&a, 1 << 20);
    bool is = sql_is_type_change(sql_tokens_of(s.text));
    if (is && sql_parse_type_change(&a, &s, &c, &e) < 0) {
        assert_int_equal(e.code, SQLSTATE_SYNTAX_ERROR);
        (void)snprintf(got, sizeof got, "!");
    } else if (is) {
        (void)snprintf(got, sizeof got, "%d", (int)c.what);
        for (size_t i = 0; i < c.n; i++) {
            (void)strncat(got, " ", sizeof got - strlen(got) - 1);
            put(got, sizeof got, &c.names[i].schema);
            (void)strncat(got, ".", sizeof got - strlen(got) - 1);
            put(got, sizeof got, &c.names[i].type);
        }
        for (size_t i = 0; i < c.nlabels; i++)
            put(got, sizeof got, &c.labels[i]);
        for (size_t i = 0; i < c.nattributes; i++) {
            const struct sql_type_attribute *x = &c.attributes[i];
            size_t end = strlen(got);
            (void)snprintf(got + end, sizeof got - end, " %d:%.*s:%.*s", (int)x->what, (int)x->name.text.n,
                           x->name.text.p, (int)x->type.n, x->type.n ? x->type.p : "");
            put(got, sizeof got, &x->to);
        }
        put(got, sizeof got, &c.to);
        size_t at = strlen(got);
        (void)snprintf(got + at, sizeof got - at, "%s%s%s", c.exists_is_fine ? " exists" : "",
                       c.after ? " after" : "", c.cascade ? " cascade" : "");
    }
    arena_release(&a);
    assert_string_equal(got, wanted);
}

static void test_commands(void **state)
{
    (void)state;
    check("create type mood as enum ('a', E'b')", "0 .mood'a'E'b'");
    check("CREATE TYPE s.\"M\" AS ENUM ()", "0 s.\"M\"");
    check("alter type mood add value 'x'", "1 .mood'x'");
    check("alter type mood add value if not exists 'x' after 'y'", "1 .mood'x''y' exists after");
    check("alter type mood add value 'x' before 'y'", "1 .mood'x''y'");
    check("alter type mood rename value 'x' to 'y'", "2 .mood'x''y'");
    check("alter type s.mood rename to feeling", "3 s.moodfeeling");
    check("alter type mood set schema s", "4 .moods");
    check("drop type if exists a, b.c cascade", "5 .a b.c exists cascade");
    check("drop type a restrict", "5 .a");
}

static void test_others(void **state)
{
    (void)state;
    check("create type t as range (subtype = int4)", "");
    check("create type t as enum (select 1)", "");
    check("create or replace type t as enum ('a')", "");
    check("alter type t owner to me", "");
    check("drop table t", "");
    check("create type t as enum ('a',)", "!");
    check("create type t as enum ('a') x", "!");
    check("alter type t add value", "!");
    check("alter type t rename value 'a' 'b'", "!");
    check("drop type", "!");
    check("drop type a cascade b", "!");
}

static void test_composites(void **state)
{
    (void)state;
    check("create type pair as (a int, b text)", "6 .pair 0:a:int 0:b:text");
    check("create type s.\"P\" as (\"A b\" varchar(5)[], c timestamp(3) with time zone, d double precision)",
          "6 s.\"P\" 0:\"A b\":varchar(5)[] 0:c:timestamp(3) with time zone 0:d:double precision");
    check("create type pair as (a text collate \"C\", b public.mood)", "6 .pair 0:a:text 0:b:public.mood");
    check("create type pair as ()", "6 .pair");
    check("alter type pair add attribute c int cascade", "7 .pair 0:c:int");
    check("alter type pair add attribute c int, drop attribute if exists a, alter attribute b set data type "
          "text",
          "7 .pair 0:c:int 1:a: 2:b:text");
    check("alter type pair alter attribute b type text restrict", "7 .pair 2:b:text");
    check("alter type pair rename attribute a to b", "7 .pair 3:a:b");
    check("create type pair as (a int,)", "!");
    check("create type pair as (a)", "!");
    check("create type pair as (a int", "!");
    check("create type pair as (a int) x", "!");
    check("alter type pair rename attribute a", "!");
    check("alter type pair drop attribute", "!");
    check("alter type pair add attribute c", "!");
    check("create type r as range (subtype = int)", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_composites), cmocka_unit_test(test_commands),
                                       cmocka_unit_test(test_others)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
