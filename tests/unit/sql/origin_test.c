#include "sql/origin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;
static struct err err;

/* t (a, b), u (a, c) */
static const struct sql_source_column t_columns[] = {{.name = {"a", 1}, .number = 1},
                                                     {.name = {"b", 1}, .number = 2}};
static const struct sql_source_column u_columns[] = {{.name = {"a", 1}, .number = 1},
                                                     {.name = {"c", 1}, .number = 2}};
static const struct sql_source t = {.oid = 10, .name = {"t", 1}, .ncolumns = 2, .columns = t_columns};
static const struct sql_source u = {.oid = 20, .name = {"u", 1}, .ncolumns = 2, .columns = u_columns};

static int find(void *arg, const struct sql_token *parts, size_t n, const struct sql_source **out,
                struct err *e)
{
    (void)arg, (void)e;
    *out = str_ieq(parts[n - 1].text, STR("t")) ? &t : str_ieq(parts[n - 1].text, STR("u")) ? &u : NULL;
    return ST_OK;
}

/* Names of the result, and of each its table's number times ten and its own: "10.1 0 20.2". */
static void is(const char *sql, const char *names, const char *wanted)
{
    char copy[256], got[256] = "";
    const char *list[16];
    struct sql_origin out[16] = {0};
    size_t n = 0;
    (void)snprintf(copy, sizeof copy, "%s", names);
    char *rest = copy;
    while (*rest) {
        list[n++] = rest;
        rest += strcspn(rest, " ");
        if (*rest)
            *rest++ = '\0';
    }
    arena_init(&arena, 1 << 20);
    err_init(&err);
    assert_int_equal(sql_origins(&arena, sql_tokens_of(str_of(sql)), find, NULL, list, n, out, &err), ST_OK);
    for (size_t i = 0; i < n; i++) {
        size_t at = strlen(got);
        if (out[i].table)
            (void)snprintf(got + at, sizeof got - at, "%s%u.%d", i ? " " : "", (unsigned)out[i].table->oid,
                           (int)out[i].column->number);
        else
            (void)snprintf(got + at, sizeof got - at, "%s0", i ? " " : "");
    }
    arena_release(&arena);
    if (strcmp(got, wanted) != 0)
        fail_msg("%s: %s, not %s", sql, got, wanted);
}

static void test_items(void **state)
{
    (void)state;
    is("select a, b as x, a + 1, (b), t.b, s.t.a from t", "a x c b b a", "10.1 10.2 0 10.2 10.2 10.1");
    is("select * from t", "a b", "10.1 10.2");
    is("select 1, t.*, b is distinct from a from t", "1 a b x", "0 10.1 10.2 0");
    is("select a b, b \"c d\" from t as x", "b c", "0 0"); /* the engine would have called them otherwise */
    is("select distinct on (b) a from t order by b", "a", "10.1");
    is("select all a from only t *", "a", "10.1");
    is("select a::text, upper(b), count(*), case when a = 1 then b end from t", "a upper count case",
       "0 0 0 0");
    is("table t", "a b", "10.1 10.2");
    is("(select a from t)", "a", "10.1");
    is("select columns(*) from t", "a b", "0 0");
    is("select * exclude (a) from t", "b", "10.2");
    is("select a, * exclude (t.a, u.a) from t join u using (a)", "a b c", "10.1 10.2 20.2");
    is("select * exclude (u.a) from t, u", "a b c", "10.1 10.2 20.2");
    is("select * exclude (v.a, b) from t", "a", "10.1");
}

static void test_relations(void **state)
{
    (void)state;
    is("select x.b, y.* from t x join u as y on x.a = y.a where x.b = 1", "b a c", "10.2 20.1 20.2");
    is("select * from t, u", "a b a c", "10.1 10.2 20.1 20.2");
    is("select * from t join u using (a)", "a b c", "10.1 10.2 20.2");
    is("select a, c from t natural left join u", "a c", "10.1 20.2");
    is("select a from t right join u using (a)", "a", "20.1");
    is("select a from t full join u using (a)", "a", "0");
    is("select a from t, u", "a", "0"); /* ambiguous: the engine refuses it */
    is("select q, w from t as x(q, w)", "q w", "10.1 10.2");
    is("select f.a, b from f(1) as f(a), t", "a b", "0 10.2");
    is("select * from f(1) as f(a), t", "a a b", "0 0 0");
    is("select b from (t cross join u)", "b", "10.2");
    is("select a from unknown", "a", "0");
}

static void test_queries(void **state)
{
    (void)state;
    is("select * from (select b as x, a + 1 as y from t) q", "x y", "10.2 0");
    is("select q.r from (select b from t) as q(r), lateral (select q.r) z", "r", "10.2");
    is("with z (m, n) as (select * from t), y as (select n from z) select * from y", "n", "10.2");
    is("with recursive z as (select a from t union all select a from z) select a from z", "a", "0");
    is("select a from t union select a from u", "a", "0");
    is("select a from (select a from t union select a from u) q", "a", "0");
    is("values (1)", "x", "0");
    is("insert into t (a) select 1 from u returning a, b + 1, *", "a x a b", "10.1 0 10.1 10.2");
    is("update t as x set a = (select 1 from u) from u returning x.b", "b", "10.2");
    is("delete from t where a = 1 returning *", "a b", "10.1 10.2");
    is("select (select c from u), a from t", "c a", "0 10.1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_items),
        cmocka_unit_test(test_relations),
        cmocka_unit_test(test_queries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
