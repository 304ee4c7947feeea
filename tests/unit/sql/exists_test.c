/* What IF EXISTS and IF NOT EXISTS are about. */
#include "sql/exists.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* "kind drops database/schema/name …" of a statement; "": it is another. */
static void check(const char *sql, const char *wanted)
{
    struct sql_exists x;
    struct sql_exists_name n;
    char got[512] = "";
    if (sql_exists_read(sql_tokens_of(str_of(sql)), &x)) {
        (void)snprintf(got, sizeof got, "%d %d", (int)x.kind, x.drops);
        while (sql_exists_next(&x, &n)) {
            size_t at = strlen(got);
            (void)snprintf(got + at, sizeof got - at, " %.*s/%.*s/%.*s", (int)n.database.text.n,
                           n.database.text.p, (int)n.schema.text.n, n.schema.text.p, (int)n.relation.text.n,
                           n.relation.text.p);
        }
    }
    assert_string_equal(got, wanted);
}

static void test_statements(void **state)
{
    (void)state;
    check("create table if not exists a.b (c int)", "0 0 /a/b");
    check("CREATE TEMP TABLE IF NOT EXISTS x AS SELECT 1", "0 0 //x");
    check("create unlogged table if not exists d.\"S\".t()", "0 0 d/\"S\"/t");
    check("create view if not exists v as select 1", "1 0 //v");
    check("create sequence if not exists s start 3", "2 0 //s");
    check("create schema if not exists z", "4 0 //z");
    check("drop table if exists a, b.c, d.e.f cascade", "0 1 //a /b/c d/e/f");
    check("drop index concurrently if exists i", "3 1 //i");
    check("drop type if exists t", "5 1 //t");
    check("drop table if exists", "0 1");
    check("drop table if exists a.", "0 1");
    check("drop table if exists 1", "0 1");
    check("create table a (b int)", "");
    check("create index if not exists i on t (a)", "");
    check("drop table a", "");
    check("select 1", "");
    check("", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_statements)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
