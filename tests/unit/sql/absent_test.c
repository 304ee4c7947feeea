/* Commands about what nobody can make here. */
#include "sql/absent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* "tag noun name flags"; "": another command */
static void check(const char *sql, const char *wanted)
{
    char got[256] = "";
    struct reader r;
    struct sql_absent x;
    reader_init(&r, NULL, sql_tokens_of(str_of(sql)), NULL);
    if (sql_absent_read(&r, &x))
        (void)snprintf(got, sizeof got, "%s %s %.*s%s", x.tag, x.noun,
                       x.name.kind == SQL_TOK_END ? 0 : (int)x.name.text.n, x.name.text.p,
                       x.if_exists ? " exists" : "");
    assert_string_equal(got, wanted);
}

static void test_commands(void **state)
{
    (void)state;
    check("create constraint trigger t after insert on x", "CREATE TRIGGER trigger ");
    check("create event trigger t", "CREATE EVENT TRIGGER event trigger ");
    check("create operator class c", "CREATE OPERATOR CLASS operator class ");
    check("drop operator class if exists s.d cascade", "DROP OPERATOR CLASS operator class d exists");
    check("drop trigger t on x", "DROP TRIGGER trigger t");
    check("drop function if exists s.f(int, text)", "");
    check("drop cast if exists (int as text)", "DROP CAST cast  exists");
    check("create function f(a) as a + 1", "");
    check("drop function f", "");
    check("alter function f(int) owner to me", "ALTER FUNCTION function ");
    check("create database d owner me", "CREATE DATABASE database ");
    check("drop database if exists d", "DROP DATABASE database ");
    check("alter database d set timezone = 'UTC'", "ALTER DATABASE database ");
    check("alter database d owner to me", "");
    check("alter database d set alias to e", "");
    check("alter system set a = 1", "ALTER SYSTEM system ");
    check("create text search configuration c (copy = simple)",
          "CREATE TEXT SEARCH CONFIGURATION text search configuration ");
    check("create table trigger (a int)", "");
    check("select domain", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_commands)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
