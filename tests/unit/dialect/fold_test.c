/* Which words are names, and are folded to lower case. */
#include "translated.h"

static void test_names(void **state)
{
    (void)state;
    check("select Aa as Total, Tt.B from Tt", "select aa as total, tt.b from tt");
    check("SELECT a AS Int, b AS Select, c Value FROM t", "SELECT a AS int, b AS select, c AS value FROM t");
    check("select * from (select a as X) Y, f(1) Z(One, Year)",
          "select * from (select a as x) y, f(1) z(one, year)");
    check("WITH C (Name, KEY) AS (SELECT a, b FROM t) SELECT * FROM C",
          "WITH c (name, key) AS (SELECT a, b FROM t) SELECT * FROM c");
    check("insert into T (Name) values (1) returning A as B",
          "insert into t (name) values (1) returning a as b");
}

static void test_definitions(void **state)
{
    (void)state;
    check("CREATE TABLE Tt (Id INTEGER PRIMARY KEY, Name TEXT, KEY INT, \"Q\" INT)",
          "CREATE TABLE tt (id INTEGER PRIMARY KEY, name text, key INT, \"Q\" INT)");
    check("CREATE INDEX Ii ON Tt (Name DESC)", "CREATE INDEX ii ON tt (name DESC)");
    check("ALTER TABLE t RENAME COLUMN Value TO Key", "ALTER TABLE t RENAME COLUMN value TO key");
    check("CREATE VIEW V AS SELECT a AS X FROM t", "CREATE VIEW v AS SELECT a AS x FROM t");
}

static void test_what_stays(void **state)
{
    (void)state;
    stays("SELECT a, b FROM t WHERE a = 'X' AND b IS NOT NULL GROUP BY a, b ORDER BY a DESC NULLS LAST LIMIT "
          "5");
    stays("INSERT INTO t (a, b) VALUES (1, 'Some Text') ON CONFLICT DO NOTHING");
    stays("UPDATE t SET a = 1 WHERE b = 2");
    stays("select \"Aa\" from \"Tt\"");
    stays("WITH x AS MATERIALIZED (SELECT a FROM t) SELECT a FROM x");
    check("SELECT CAST(a AS BIGINT), SUM(b) AS s FROM t",
          "SELECT CAST(a AS BIGINT) AS \"a\", tavana_catalog.pg.sum_of(b) AS s FROM t");
    stays("FROM Tt SELECT Aa");
    stays("SUMMARIZE Tt");
}

static void test_others_edits(void **state)
{
    (void)state;
    check("select TO_CHAR(Aa, 'X') as Q from PUBLIC.Tt", "select TO_CHAR(aa, 'X') as q from main.tt");
    check("select x from Generate_Series(1, 2) As Xx",
          "select x from tavana_catalog.pg.int_series(1, 2) As xx(xx)");
}

int main(void)
{
    translated_by.names = true;
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_names), cmocka_unit_test(test_definitions),
                                       cmocka_unit_test(test_what_stays),
                                       cmocka_unit_test(test_others_edits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
