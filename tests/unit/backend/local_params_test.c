#include "local_fixture.h"

static void test_parameter_types(void **state)
{
    (void)state;
    static const struct {
        const char *sql;
        uint32_t declared[3];
        size_t ndeclared;
        uint32_t params[3]; /* 0: no more */
        uint32_t column;    /* 0: none */
    } cases[] = {
        {"select $1", {0}, 0, {25}, 25},
        {"select $1", {23}, 1, {23}, 23},
        {"select $1", {21}, 1, {21}, 21},
        {"select $1", {1007}, 1, {1007}, 1007},
        {"select $1, $2", {0, 20}, 2, {25, 20}, 25},
        {"select $1 + 1", {0}, 0, {23}, 23},
        {"select $1 * cast(2 as double)", {0}, 0, {701}, 701},
        {"select 1.5 + $1", {0}, 0, {1700}, 1700},
        {"select $1::date", {0}, 0, {1082}, 1082},
        {"select a from pt where a = $1 and b = $2", {0}, 0, {23, 25}, 23},
        {"select a from pt where a = $1 limit $2", {0}, 0, {23, 20}, 23},
        {"insert into pt values ($1, $2)", {0}, 0, {23, 25}, 0},
        {"insert into pt values ($1, $2) returning b", {0}, 0, {23, 25}, 25},
        {"update pt set b = $2 where a = $1", {0}, 0, {23, 25}, 0},
        {"select * from range($1)", {0}, 0, {23}, 20},
        {"select * from range($1)", {20}, 1, {20}, 20},
        {"select * from generate_series($1, $2)", {0}, 0, {23, 23}, 20},
        {"select 3 = any($1)", {0}, 0, {1007}, 16},
        {"select $1 || b from pt", {0}, 0, {25}, 25},
        {"select $2::int, $1::text", {0}, 0, {25, 23}, 23},
        {"select $1", {25, 23}, 2, {25, 23}, 25},
    };
    struct backend_session *s = session();
    query(s, "create table pt (a int, b varchar)");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct backend_stmt *st = prepared_as(s, cases[i].sql, cases[i].declared, cases[i].ndeclared);
        for (size_t k = 0; k < st->info.nparams; k++)
            if (st->info.param_oids[k] != cases[i].params[k])
                fail_msg("%s: $%zu is %u", cases[i].sql, k + 1, st->info.param_oids[k]);
        assert_true(st->info.nparams == 3 || !cases[i].params[st->info.nparams]);
        assert_int_equal(st->info.returns_rows, cases[i].column != 0);
        if (cases[i].column && st->info.desc->columns[0].type_oid != cases[i].column)
            fail_msg("%s: column is %u", cases[i].sql, st->info.desc->columns[0].type_oid);
        s->ops->stmt_free(st);
    }
    query(s, "drop table pt");
    assert_fails(s, "select nope($1)", "42883");
    assert_fails(s, "select $2", "42P18");
    assert_fails(s, "select * from read_csv($1)", "42P18");
    s->ops->session_close(s);
}

static void check_values(struct backend_session *s, const char *sql, const uint32_t *oids, size_t n,
                         const char *const *values, const char *want)
{
    struct backend_stmt *st = prepared_as(s, sql, oids, n);
    for (int again = 0; again < 3; again++) { /* one statement, several portals */
        struct backend_portal *p = started_with(s, st, values);
        assert_string_equal(all(s, p), want);
        s->ops->portal_close(p);
    }
    s->ops->stmt_free(st);
}

static void test_parameter_values(void **state)
{
    (void)state;
    struct backend_session *s = session();
    static const char *const five[] = {"5"}, *const null[] = {NULL}, *const pair[] = {"2", "x"},
                             *const dec[] = {"1.50"};
    check_values(s, "select $1 + 1", NULL, 0, five, "6\n");
    check_values(s, "select $1 + 1", NULL, 0, null, "NULL\n");
    check_values(s, "select * from generate_series(1, $1) limit 2", NULL, 0, five, "1\n2\n");
    check_values(s, "select $2 || $1", NULL, 0, pair, "x2\n");
    check_values(s, "select cast($1 as varchar)", (const uint32_t[]){1700}, 1, dec, "1.50\n");
    check_values(s, "select cast($1 + 1 as varchar)", (const uint32_t[]){1700}, 1, dec, "2.50\n");
    check_values(s, "select $1 is null", (const uint32_t[]){1700}, 1, null, "t\n");
    check_values(s, "select $1 * 1000::integer", (const uint32_t[]){21}, 1, (const char *const[]){"32000"},
                 "32000000\n");
    check_values(s, "select v from (values (1), (2)) t(v) where v = $1", NULL, 0, pair, "2\n");
    struct backend_stmt *st = prepared(s, "select $1 + 1");
    struct backend_portal *p = NULL;
    err_init(&err);
    assert_int_equal(s->ops->open(s, st, NULL, 0, &p, &err), ST_ERR);
    assert_int_equal(err.code, SQLSTATE_PROTOCOL_VIOLATION);
    s->ops->stmt_free(st);
    s->ops->session_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parameter_types),
        cmocka_unit_test(test_parameter_values),
    };
    return cmocka_run_group_tests(tests, open_backend, close_backend);
}
