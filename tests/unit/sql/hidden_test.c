/* What stands in place of a column that the engine has refused. */
#include "sql/hidden.h"

#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* The engine refuses the column where `at` begins in the text; NULL: it says no place. */
static bool put(const char *sql, const char *at, const char *name, struct arena *a, struct str *out)
{
    struct edits edits;
    struct sql_rewritten r;
    struct err e;
    err_init(&e);
    (void)err_set(&e, SQLSTATE_UNDEFINED_COLUMN, "column \"%s\" does not exist", name);
    size_t place = at ? (size_t)(strstr(sql, at) - sql) : SIZE_MAX;
    edits_init(&edits, a, str_of(sql));
    if (!sql_hidden_put(sql_tokens_of(str_of(sql)), &place, &e, &edits))
        return false;
    assert_false(sql_hidden_put(sql_tokens_of(str_of(sql)), &place, &e, &edits)); /* once */
    err_init(&e);
    assert_int_equal(edits_apply(&edits, &r, &e), ST_OK);
    *out = r.text;
    return true;
}

static void test_references(void **state)
{
    static const struct {
        const char *sql, *at, *name, *expected;
    } all[] = {
        {"select ctid from p", "ctid", "ctid", "select pg_catalog.ctid(rowid) from p"},
        {"select ctid from p", NULL, "ctid", "select pg_catalog.ctid(rowid) from p"},
        {"select \"ctid\" from p", "\"ctid", "ctid", "select pg_catalog.ctid(rowid) from p"},
        {"select CTID, x.ctid from p x where ctid = '(0,1)'", "CTID", "ctid",
         "select pg_catalog.ctid(rowid), x.ctid from p x where pg_catalog.ctid(rowid) = '(0,1)'"},
        {"select x.xmax from p x", "x.xmax", "xmax", "select pg_catalog.xmax(x.rowid) from p x"},
        {"select tableoid from only s.\"P'p\"", "tableoid", "tableoid",
         "select pg_catalog.tableoid(rowid, 's.\"P''p\"') from only s.\"P'p\""},
        {"select b.tableoid from p a join q b using (id)", "b.tableoid", "tableoid",
         "select pg_catalog.tableoid(b.rowid, 'q') from p a join q b using (id)"},
        {"update p set a = 1 where xmin = 5", "xmin", "xmin",
         "update p set a = 1 where pg_catalog.xmin(p) = 5"},
        {"select xmin from p where id in (select xmin from p)", "xmin", "xmin",
         "select pg_catalog.xmin(p) from p where id in (select pg_catalog.xmin(p) from p)"},
        {"select xmin from p, q", "xmin", "xmin", NULL}, /* whose? */
        {"select tableoid from f(1)", "tableoid", "tableoid", NULL},
        {"select ctid(1) from p", "ctid", "ctid", NULL},
        {"select a from p", "a", "a", NULL},
        {"select 'ctid' from p", NULL, "ctid", NULL},
        {"select ctid.a from p", "ctid", "a", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct arena a;
        struct str out = {NULL, 0};
        arena_init(&a, 1 << 16);
        assert_int_equal(put(all[i].sql, all[i].at, all[i].name, &a, &out), all[i].expected != NULL);
        if (all[i].expected)
            assert_string_equal(out.p, all[i].expected);
        arena_release(&a);
    }
}

static void explain(const char *sql, const char *at, enum sqlstate code, const char *message, struct err *e)
{
    err_init(e);
    (void)err_set(e, code, "%s", message);
    sql_hidden_explain(sql_tokens_of(str_of(sql)), (size_t)(strstr(sql, at) - sql), e);
}

static void test_errors(void **state)
{
    struct err e;
    (void)state;
    explain("select v.ctid from v", "v.ctid", SQLSTATE_UNDEFINED_COLUMN, "column v.rowid does not exist", &e);
    assert_string_equal(e.message, "column v.ctid does not exist");
    explain("select ctid from a, b", "ctid", SQLSTATE_AMBIGUOUS_COLUMN, "reference \"rowid\" is ambiguous",
            &e);
    assert_string_equal(e.message, "column reference \"ctid\" is ambiguous");
    explain("update p set a = 1 where ctid = '(0,1)' returning ctid", "ctid", SQLSTATE_UNDEFINED_COLUMN,
            "column \"rowid\" does not exist", &e);
    assert_int_equal(e.code, SQLSTATE_FEATURE_NOT_SUPPORTED);
    explain("select ctid, b from p", "ctid", SQLSTATE_UNDEFINED_COLUMN, "column \"b\" does not exist", &e);
    assert_string_equal(e.message, "column \"b\" does not exist");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_references), cmocka_unit_test(test_errors)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
