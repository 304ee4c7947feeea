#include "translated.h"

static void test_joined_columns_come_first(void **state)
{
    (void)state;
    check("select * from a join b using (x)", "select x, * EXCLUDE (a.x, b.x)  from a join b using (x)");
    check("select * from s.a t left join b as u using (x, y)",
          "select x, y, * EXCLUDE (t.x, u.x, t.y, u.y)  from s.a t left join b as u using (x, y)");
    check("select * from a join b using (x) join c using (x)",
          "select x, * EXCLUDE (a.x, b.x, c.x)  from a join b using (x) join c using (x)");
    check("select * from a join b using (x) join c using (y)",
          "select y, x, * EXCLUDE (y, a.x, b.x)  from a join b using (x) join c using (y)");
    check(
        "select distinct *, 1 from a join \"B b\" using (\"X x\")",
        "select distinct \"X x\", * EXCLUDE (a.\"X x\", \"B b\".\"X x\") , 1 from a join \"B b\" using (\"X "
        "x\")");
    check("select * from (select * from a join b using (x)) t",
          "select * from (select x, * EXCLUDE (a.x, b.x)  from a join b using (x)) t");
}

static void test_tables_joined_otherwise(void **state)
{
    (void)state;
    check("select * from a join b using (x) join c on c.x = left(b.y, 1)",
          "select a.x, * EXCLUDE (a.x, b.x)  from a join b using (x) join c on c.x = left(b.y, 1)");
    check("select * from a right join b using (x), c",
          "select b.x, * EXCLUDE (a.x, b.x)  from a right join b using (x), c");
    check("select * from a full join b using (x) cross join c",
          "select coalesce(a.x, b.x) AS x, * EXCLUDE (a.x, b.x)  from a full join b using (x) cross join c");
}

static void test_stays(void **state)
{
    (void)state;
    static const char *const others[] = {
        "select * from a join b on a.x = b.x",
        "select a.* from a join b using (x)",
        "select count(*) from a join b using (x)",
        "select q * x from a join b using (x)",
        "select * from a natural join b",
        "select * from a, b join c using (x)",
        "select * from (a join b using (x)) join c using (x)",
        "select * from a join b using (x) join c on true join d using (y)",
        "select *",
        "select * from a join b using (x",
        "select * from a join b using",
        "select * from a join b using ()",
        "select * from",
        "select * from a join",
        "select * exclude (y) from a join b using (x)",
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        stays(others[i]);
}

/* What goes beyond a bound is left as it is. */
static void test_bounds(void **state)
{
    (void)state;
    char sql[4096];
    int n = snprintf(sql, sizeof sql, "select * from t");
    for (int i = 0; i < 16; i++)
        n += snprintf(sql + n, sizeof sql - (size_t)n, " join t%d using (x)", i);
    stays(sql);
    n = snprintf(sql, sizeof sql, "select * from a join b using (c");
    for (int i = 0; i < 32; i++)
        n += snprintf(sql + n, sizeof sql - (size_t)n, ", c%d", i);
    (void)snprintf(sql + n, sizeof sql - (size_t)n, ")");
    stays(sql);
}

static void test_allocations(void **state)
{
    (void)state;
    bool failed = true;
    for (unsigned nth = 1; failed; nth++) {
        struct arena a;
        struct sql_rewritten r;
        struct err e;
        arena_init(&a, 1 << 20);
        const struct sql_tokens tokens = sql_tokens_of(STR("select * from a join b using (x)"));
        const struct dialect d = {.postgres = true};
        err_init(&e);
        alloc_fail_nth(nth);
        int st = dialect_translate(&a, tokens, &d, &r, &e);
        failed = alloc_failed();
        assert_int_equal(st, failed ? ST_ERR : ST_OK);
        arena_release(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_joined_columns_come_first), cmocka_unit_test(test_tables_joined_otherwise),
        cmocka_unit_test(test_stays), cmocka_unit_test(test_bounds), cmocka_unit_test(test_allocations)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
