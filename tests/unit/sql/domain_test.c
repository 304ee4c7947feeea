/* What a command about domains says. */
#include "sql/domain.h"

#include "sql/statement.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void add(char *got, size_t size, const char *before, struct str text)
{
    size_t at = strlen(got);
    if (text.n)
        (void)snprintf(got + at, size - at, "%s%.*s", before, (int)text.n, text.p);
}

static struct str of(const struct sql_token *t)
{
    return t->kind == SQL_TOK_END ? (struct str){0} : t->text;
}

/* "what schema.name… type =default !null name:check from >to flags"; "": another command; "!": refused */
static void check(const char *sql, const char *wanted)
{
    char got[512] = "";
    struct arena a;
    struct err e;
    struct sql_domain d;
    struct sql_statement s = {.kind = SQL_DOMAIN, .text = str_of(sql)};
    err_init(&e);
    arena_init(&a, 1 << 20);
    bool is = sql_is_domain(sql_tokens_of(s.text));
    if (is && sql_parse_domain(&a, &s, &d, &e) < 0) {
        assert_int_equal(e.code, SQLSTATE_SYNTAX_ERROR);
        (void)snprintf(got, sizeof got, "!");
    } else if (is) {
        (void)snprintf(got, sizeof got, "%d", (int)d.what);
        for (size_t i = 0; i < d.n; i++) {
            add(got, sizeof got, " ", of(&d.names[i].schema));
            add(got, sizeof got, d.names[i].schema.kind == SQL_TOK_END ? " " : ".", of(&d.names[i].type));
        }
        add(got, sizeof got, " ", d.type);
        add(got, sizeof got, " =", d.initial);
        add(got, sizeof got, " ", d.not_null ? STR("!null") : (struct str){0});
        for (size_t i = 0; i < d.nchecks; i++) {
            add(got, sizeof got, " ", of(&d.checks[i].name));
            add(got, sizeof got, ":", d.checks[i].condition);
        }
        add(got, sizeof got, " ", of(&d.from));
        add(got, sizeof got, " >", of(&d.to));
        add(got, sizeof got, " ", d.exists_is_fine ? STR("exists") : (struct str){0});
        add(got, sizeof got, " ", d.cascade ? STR("cascade") : (struct str){0});
        add(got, sizeof got, " ", d.not_valid ? STR("later") : (struct str){0});
    }
    arena_release(&a);
    assert_string_equal(got, wanted);
}

static void test_create(void **state)
{
    (void)state;
    check("create domain d as int", "0 d int");
    check("CREATE DOMAIN s.\"D\" varchar(5)", "0 s.\"D\" varchar(5)");
    check("create domain d numeric(5, 2)[] default '{}' not null", "0 d numeric(5, 2)[] ='{}' !null");
    check("create domain d int default 1 + f(2, 3) check (value > (1)) constraint c check (value in (1, 2))",
          "0 d int =1 + f(2, 3):value > (1) c:value in (1, 2)");
    check("create domain d text collate \"C\" constraint x not null default null", "0 d text =null !null");
    check("create domain d", "!");
    check("create domain d int check", "!");
    check("create domain d int check (value > 0", "!");
    check("create domain d int null not null", "!");
    check("create domain d int unique", "!");
    check("create domain d int default 1 default 2", "!");
    check("create type d as enum ()", "");
}

static void test_alter(void **state)
{
    (void)state;
    check("alter domain d add check (value > 0) not valid", "1 d:value > 0 later");
    check("alter domain d add constraint c check (value > 0)", "1 d c:value > 0");
    check("alter domain s.d drop constraint if exists c cascade", "2 s.d c exists cascade");
    check("alter domain d rename constraint a to b", "3 d a >b");
    check("alter domain d validate constraint a", "4 d a");
    check("alter domain d set default 5", "5 d =5");
    check("alter domain d drop default", "5 d");
    check("alter domain d set not null", "6 d !null");
    check("alter domain d drop not null", "6 d");
    check("alter domain d rename to e", "7 d >e");
    check("alter domain d set schema s", "8 d >s");
    check("alter domain d owner to current_user", "9 d >current_user");
    check("drop domain if exists a, s.b cascade", "10 a s.b exists cascade");
    check("alter domain d", "!");
    check("alter domain d add unique (value)", "!");
    check("drop domain a,", "!");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_create), cmocka_unit_test(test_alter)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
