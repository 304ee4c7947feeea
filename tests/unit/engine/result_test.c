#include "engine/engine.h"

#include "base/alloc.h"
#include "pgtype/oid.h"
#include "pgtype/value.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct engine *engine;
static struct engine_conn *conn;
static struct err err;

static struct engine_stmt *prepared(const char *sql)
{
    struct engine_stmt *st = NULL;
    err_init(&err);
    if (engine_prepare(conn, str_of(sql), &st, &err) != ST_OK)
        fail_msg("%s: %s", sql, err.message);
    return st;
}

static struct engine_result *run(struct engine_stmt *st, enum engine_mode mode)
{
    struct engine_result *r = NULL;
    err_init(&err);
    if (engine_run(st, mode, NULL, &r, &err) != ST_OK)
        fail_msg("%s", err.message);
    return r;
}

static struct engine_result *query(const char *sql)
{
    struct engine_stmt *st = prepared(sql);
    struct engine_result *r = run(st, ENGINE_STREAM);
    engine_stmt_free(st); /* a result outlives its statement */
    return r;
}

static const struct chunk_view *chunk(struct engine_result *r)
{
    const struct chunk_view *c = NULL;
    err_init(&err);
    if (engine_result_next(r, &c, &err) != ST_OK)
        fail_msg("no chunk: %s", err.message);
    return c;
}

static int64_t int_at(const struct column_view *v, size_t row)
{
    switch (v->type->type) {
    case ENGINE_INT32: return ((const int32_t *)v->data)[row];
    case ENGINE_INT64: return ((const int64_t *)v->data)[row];
    case ENGINE_UINT8: return ((const uint8_t *)v->data)[row];
    default: fail_msg("not an integer: %d", (int)v->type->type); return 0;
    }
}

static void assert_text(const struct column_view *v, size_t row, const char *want)
{
    assert_int_equal(v->type->type, ENGINE_VARCHAR);
    const struct engine_string *s = (const struct engine_string *)v->data + row;
    assert_int_equal(s->len, strlen(want));
    assert_memory_equal(engine_string_data(s), want, s->len);
}

static void test_describes_without_running(void **state)
{
    (void)state;
    struct engine_stmt *st = prepared("insert into t values ($1, $2) returning a + 1 as z, b");
    const struct engine_stmt_info *info = engine_stmt_info(st);
    assert_int_equal(info->kind, ENGINE_STMT_INSERT);
    assert_false(info->unresolved);
    assert_int_equal(info->nparams, 2);
    assert_int_equal(info->params[0]->type, ENGINE_INT32);
    assert_int_equal(info->params[1]->type, ENGINE_VARCHAR);
    assert_int_equal(info->ncolumns, 2);
    assert_string_equal(info->names[0], "z");
    assert_int_equal(info->types[1]->type, ENGINE_VARCHAR);
    engine_stmt_free(st);
    st = prepared("select $1");
    assert_true(engine_stmt_info(st)->unresolved);
    assert_null(engine_stmt_info(st)->params[0]);
    engine_stmt_free(st);
    struct engine_result *r = query("select count(*) from t");
    assert_int_equal(int_at(&chunk(r)->columns[0], 0), 0);
    engine_result_free(r);
}

static void test_nested_types(void **state)
{
    (void)state;
    struct engine_result *r =
        query("select [[1, null], [], null]::int[][] as l, {'x': 1, 'y': 'long enough for the heap'} as s, "
              "map {'k': 7} as m, union_value(num := 5)::union(num int, str varchar) as u, "
              "[1, 2, 3]::int[3] as a, 'b'::enum('a', 'b') as e, 1.50::decimal(9, 2) as d, '{}'::json as j");
    const struct chunk_view *c = chunk(r);
    assert_int_equal(c->ncolumns, 8);
    assert_int_equal(c->nrows, 1);

    const struct column_view *l = &c->columns[0], *inner = &l->children[0], *items = &inner->children[0];
    assert_int_equal(l->type->type, ENGINE_LIST);
    assert_int_equal(((const struct engine_list_entry *)l->data)[0].length, 3);
    assert_true(column_view_valid(inner, 1));
    assert_false(column_view_valid(inner, 2));
    assert_int_equal(((const struct engine_list_entry *)inner->data)[0].length, 2);
    assert_int_equal(((const struct engine_list_entry *)inner->data)[1].length, 0);
    assert_int_equal(int_at(items, 0), 1);
    assert_false(column_view_valid(items, 1));

    const struct column_view *s = &c->columns[1];
    assert_int_equal(s->type->nnames, 2);
    assert_true(str_eq(s->type->names[1], STR("y")));
    assert_int_equal(int_at(&s->children[0], 0), 1);
    assert_text(&s->children[1], 0, "long enough for the heap");

    const struct column_view *m = &c->columns[2];
    assert_int_equal(m->type->nchildren, 2);
    assert_int_equal(m->nchildren, 1);
    assert_int_equal(m->children[0].nchildren, 2);
    assert_text(&m->children[0].children[0], 0, "k");
    assert_int_equal(int_at(&m->children[0].children[1], 0), 7);

    const struct column_view *u = &c->columns[3];
    assert_int_equal(u->nchildren, 3);
    assert_int_equal(int_at(&u->children[0], 0), 0);
    assert_int_equal(int_at(&u->children[1], 0), 5);
    assert_true(str_eq(u->type->names[1], STR("str")));

    const struct column_view *a = &c->columns[4];
    assert_int_equal(a->type->array_size, 3);
    assert_int_equal(int_at(&a->children[0], 2), 3);

    const struct column_view *en = &c->columns[5];
    assert_int_equal(en->type->enum_bytes, 1);
    assert_true(str_eq(en->type->names[((const uint8_t *)en->data)[0]], STR("b")));

    assert_int_equal(c->columns[6].type->width, 9);
    assert_int_equal(c->columns[6].type->scale, 2);
    assert_int_equal(((const int32_t *)c->columns[6].data)[0], 150);
    assert_string_equal(c->columns[7].type->alias, "JSON");
    const struct chunk_view *none;
    assert_int_equal(engine_result_next(r, &none, &err), ST_EOF);
    assert_int_equal(engine_result_next(r, &none, &err), ST_EOF);
    engine_result_free(r);
}

static void test_answers(void **state)
{
    (void)state;
    struct engine_stmt *st = prepared("insert into t select i, 'x' from range(5000) r(i)");
    struct engine_result *r = run(st, ENGINE_MATERIALIZE);
    assert_int_equal(engine_result_info(r)->answer, ENGINE_CHANGED);
    assert_int_equal(engine_result_info(r)->changed, 5000);
    engine_result_free(r);
    engine_stmt_free(st);
    st = prepared("delete from t returning a");
    r = run(st, ENGINE_MATERIALIZE);
    engine_stmt_free(st);
    err_init(&err);
    assert_int_equal(engine_exec(conn, "select 1", &err),
                     ST_OK); /* a materialized result needs no connection */
    size_t rows = 0;
    const struct chunk_view *c;
    while (engine_result_next(r, &c, &err) == ST_OK)
        rows += c->nrows;
    assert_int_equal(rows, 5000);
    engine_result_free(r);
    r = query("create table gone (a int)");
    assert_int_equal(engine_result_info(r)->answer, ENGINE_NOTHING);
    engine_result_free(r);
    r = query("drop table gone");
    engine_result_free(r);
}

/* A statement whose table changed is planned again by the engine. */
static void test_stale_plan(void **state)
{
    (void)state;
    struct engine_stmt *st = prepared("select * from t");
    err_init(&err);
    assert_int_equal(engine_exec(conn, "alter table t add column c int", &err), ST_OK);
    struct engine_result *r = run(st, ENGINE_STREAM);
    assert_int_equal(engine_stmt_info(st)->ncolumns, 2);
    assert_int_equal(engine_result_info(r)->ncolumns, 3);
    engine_result_free(r);
    assert_int_equal(engine_exec(conn, "alter table t drop column c", &err), ST_OK);
    engine_stmt_free(st);
}

/* ---- parameters ---- */

#define TEXT(s)                                                                                              \
    {                                                                                                        \
        .kind = PG_TEXT, .oid = PGTYPE_TEXT, .v.text = {(s), sizeof(s) - 1 }                                 \
    }
#define NUMERIC(s)                                                                                           \
    {                                                                                                        \
        .kind = PG_NUMERIC, .oid = PGTYPE_NUMERIC, .v.text = {(s), sizeof(s) - 1 }                           \
    }
#define INT(t, n)                                                                                            \
    {                                                                                                        \
        .kind = PG_INT64, .oid = PGTYPE_##t, .v.i = (n)                                                      \
    }

static const struct pg_value ints[] = {
    INT(INT4, 1), {.kind = PG_NULL, .oid = PGTYPE_INT4}, INT(INT4, 3), INT(INT4, 4)};
static const struct pg_value numerics[] = {NUMERIC("1.5"), NUMERIC("-200"), NUMERIC("0.001")};
static const struct pg_value wild[] = {NUMERIC("NaN"), NUMERIC("1.5")};

static const struct {
    struct pg_value value;
    const char *sql, *want; /* of $1, as the engine's own text */
} values[] = {
    {{.kind = PG_NULL}, "select ($1 is null)::varchar", "true"},
    {{.kind = PG_BOOL, .oid = PGTYPE_BOOL, .v.b = true}, "select $1::varchar || typeof($1)", "trueBOOLEAN"},
    {INT(INT2, -5), "select typeof($1) || ($1)::varchar", "SMALLINT-5"},
    {INT(INT4, 70000), "select typeof($1) || ($1)::varchar", "INTEGER70000"},
    {INT(INT8, INT64_MIN), "select typeof($1) || ($1)::varchar", "BIGINT-9223372036854775808"},
    {INT(INT8, 5), "select typeof(cast($1 as integer)) || ($1)::varchar", "INTEGER5"},
    {{.kind = PG_FLOAT, .oid = PGTYPE_FLOAT4, .v.f = 1.5F}, "select typeof($1) || ($1)::varchar", "FLOAT1.5"},
    {{.kind = PG_DOUBLE, .oid = PGTYPE_FLOAT8, .v.d = -0.25},
     "select typeof($1) || ($1)::varchar",
     "DOUBLE-0.25"},
    {NUMERIC("12.340"), "select typeof($1) || ' ' || ($1)::varchar", "DECIMAL(5,3) 12.340"},
    {NUMERIC("-0.05"), "select typeof($1) || ' ' || ($1)::varchar", "DECIMAL(3,2) -0.05"},
    {NUMERIC("0"), "select typeof($1) || ' ' || ($1)::varchar", "DECIMAL(1,0) 0"},
    {NUMERIC("99999999999999999999999999999999999999"), "select ($1)::varchar",
     "99999999999999999999999999999999999999"},
    {NUMERIC("-12345678901234567890.123456789012345678"), "select ($1)::varchar",
     "-12345678901234567890.123456789012345678"},
    {NUMERIC("NaN"), "select typeof($1) || ($1)::varchar", "DOUBLEnan"},
    {NUMERIC("-Infinity"), "select ($1)::varchar", "-inf"},
    {TEXT("it's \xc3\xa4"), "select $1::varchar", "it's \xc3\xa4"},
    {TEXT(""), "select '[' || $1 || ']'", "[]"},
    {{.kind = PG_BYTES, .oid = PGTYPE_BYTEA, .v.text = {"\0\xff", 2}},
     "select typeof($1) || hex($1)",
     "BLOB00FF"},
    {{.kind = PG_DATE, .oid = PGTYPE_DATE, .v.i = 19000},
     "select typeof($1) || ($1)::varchar",
     "DATE2022-01-08"},
    {{.kind = PG_DATE, .oid = PGTYPE_DATE, .v.i = INT32_MAX}, "select ($1)::varchar", "infinity"},
    {{.kind = PG_TIME, .oid = PGTYPE_TIME, .v.time = {3723000001, 0}},
     "select ($1)::varchar",
     "01:02:03.000001"},
    {{.kind = PG_TIMETZ, .oid = PGTYPE_TIMETZ, .v.time = {3600000000, 7200}},
     "select ($1)::varchar",
     "01:00:00+02"},
    {{.kind = PG_TIMESTAMP, .oid = PGTYPE_TIMESTAMP, .v.i = 1000001},
     "select typeof($1) || ($1)::varchar",
     "TIMESTAMP1970-01-01 00:00:01.000001"},
    {{.kind = PG_TIMESTAMPTZ, .oid = PGTYPE_TIMESTAMPTZ, .v.i = 0},
     "select ($1)::varchar",
     "1970-01-01 00:00:00+00"},
    {{.kind = PG_TIMESTAMP, .oid = PGTYPE_TIMESTAMP, .v.i = -INT64_MAX}, "select ($1)::varchar", "-infinity"},
    {{.kind = PG_INTERVAL, .oid = PGTYPE_INTERVAL, .v.interval = {14, -3, 1500000}},
     "select ($1)::varchar",
     "1 year 2 months -3 days 00:00:01.5"},
    {{.kind = PG_UUID,
      .oid = PGTYPE_UUID,
      .v.uuid = {0xa0, 0xee, 0xbc, 0x99, 0x9c, 0x0b, 0x4e, 0xf8, 0xbb, 0x6d, 0x6b, 0xb9, 0xbd, 0x38, 0x0a,
                 0x11}},
     "select typeof($1) || ($1)::varchar",
     "UUIDa0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
    {{.kind = PG_BIT, .oid = PGTYPE_VARBIT, .v.text = {"1011001110", 10}},
     "select ($1)::varchar",
     "1011001110"},
    {{.kind = PG_BIT, .oid = PGTYPE_VARBIT, .v.text = {"01010101", 8}}, "select ($1)::varchar", "01010101"},
    {{.kind = PG_ARRAY, .oid = PGTYPE_INT4, .v.array = {4, ints, 1, {4}}},
     "select typeof($1) || ($1)::varchar",
     "INTEGER[][1, NULL, 3, 4]"},
    {{.kind = PG_ARRAY, .oid = PGTYPE_INT4, .v.array = {4, ints, 2, {2, 2}}},
     "select typeof($1) || ($1)::varchar",
     "INTEGER[][][[1, NULL], [3, 4]]"},
    {{.kind = PG_ARRAY, .oid = PGTYPE_TEXT, .v.array = {0, NULL, 0, {0}}},
     "select typeof($1) || ($1)::varchar",
     "VARCHAR[][]"},
    {{.kind = PG_ARRAY, .oid = PGTYPE_NUMERIC, .v.array = {3, numerics, 1, {3}}},
     "select typeof($1) || ($1)::varchar",
     "DECIMAL(6,3)[][1.500, -200.000, 0.001]"},
    {{.kind = PG_ARRAY, .oid = PGTYPE_NUMERIC, .v.array = {2, wild, 1, {2}}},
     "select typeof($1) || ($1)::varchar",
     "DOUBLE[][nan, 1.5]"},
};

static void test_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct engine_stmt *st = prepared(values[i].sql);
        err_init(&err);
        if (engine_bind(st, 1, &values[i].value, &err) != ST_OK)
            fail_msg("%zu %s: %s", i, values[i].sql, err.message);
        struct engine_result *r = run(st, ENGINE_STREAM);
        assert_text(&chunk(r)->columns[0], 0, values[i].want);
        engine_result_free(r);
        engine_stmt_free(st);
    }
}

/* In a column of that width the value is bound as it, so that the plan stays. */
static void test_ints_follow_the_plan(void **state)
{
    (void)state;
    static const char *const types[] = {"tinyint",  "smallint",  "integer",  "bigint",
                                        "utinyint", "usmallint", "uinteger", "ubigint"};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        char sql[128];
        (void)snprintf(sql, sizeof sql, "select count(*) from (select 5::%s x) where x = $1", types[i]);
        struct engine_stmt *st = prepared(sql);
        const struct pg_value v = INT(INT8, 5);
        err_init(&err);
        assert_int_equal(engine_bind(st, 1, &v, &err), ST_OK);
        struct engine_result *r = run(st, ENGINE_STREAM);
        assert_int_equal(int_at(&chunk(r)->columns[0], 0), 1);
        engine_result_free(r);
        engine_stmt_free(st);
    }
}

static void test_numeric_bounds(void **state)
{
    (void)state;
    static const struct pg_value large = NUMERIC("100000000000000000000000000000000000000"),
                                 fine = NUMERIC("0.00");
    unsigned width, scale;
    assert_int_equal(engine_numeric_shape(&large, &width, &scale), ENGINE_OTHER);
    assert_int_equal(engine_numeric_shape(&fine, &width, &scale), ENGINE_DECIMAL);
    assert_int_equal(width, 3);
    assert_int_equal(scale, 2);
    struct engine_stmt *st = prepared("select $1");
    err_init(&err);
    assert_int_equal(engine_bind(st, 1, &large, &err), ST_ERR);
    assert_int_equal(err.code, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE);
    engine_stmt_free(st);
}

/* ---- interrupts ---- */

static void *interrupt_soon(void *arg)
{
    (void)usleep(50000);
    engine_interrupt(arg);
    return NULL;
}

static void test_interrupt(void **state)
{
    (void)state;
    pthread_t t;
    struct engine_stmt *st = prepared("select count(*) from range(100000000000) r(i) where i % 3 = 5");
    struct engine_result *r = NULL;
    assert_int_equal(pthread_create(&t, NULL, interrupt_soon, conn), 0);
    err_init(&err);
    assert_int_equal(engine_run(st, ENGINE_STREAM, NULL, &r, &err), ST_ERR);
    assert_int_equal(err.code, SQLSTATE_QUERY_CANCELED);
    assert_int_equal(pthread_join(t, NULL), 0);
    engine_stmt_free(st);
    engine_interrupt(conn); /* nothing runs: nothing happens */
    r = query("select 7");
    assert_int_equal(int_at(&chunk(r)->columns[0], 0), 7);
    engine_result_free(r);
}

/* An error after an abandoned or interrupted stream has its own text. */
static void test_next_error_is_its_own(void **state)
{
    (void)state;
    for (int interrupted = 0; interrupted < 2; interrupted++) {
        struct engine_result *r = query("from range(10000000)");
        (void)chunk(r);
        if (interrupted)
            engine_interrupt(conn);
        engine_result_free(r);
        struct engine_stmt *st = NULL;
        err_init(&err);
        assert_int_equal(engine_prepare(conn, STR("select nope"), &st, &err), ST_ERR);
        assert_int_equal(err.code, SQLSTATE_UNDEFINED_COLUMN);
        err_init(&err);
        assert_int_equal(engine_exec(conn, "select error('own')", &err), ST_ERR);
        assert_string_equal(err.message, "own");
    }
}

static void test_cancelled_before_it_ran(void **state)
{
    (void)state;
    const bool cancelled = true;
    struct engine_stmt *st = prepared("insert into t values (1, 'x')");
    struct engine_result *r = NULL;
    err_init(&err);
    assert_int_equal(engine_run(st, ENGINE_MATERIALIZE, &cancelled, &r, &err), ST_ERR);
    assert_int_equal(err.code, SQLSTATE_QUERY_CANCELED);
    engine_stmt_free(st);
    r = query("select count(*) from t");
    assert_int_equal(int_at(&chunk(r)->columns[0], 0), 0);
    engine_result_free(r);
}

/* What was begun and left does not run on when the next statement begins: that one would wait for its end. */
static bool is_bad(void *arg)
{
    (void)arg;
    return false;
}

static void test_left_before_its_end(void **state)
{
    (void)state;
    static const char endless[] =
        "select i from range(10000000) a(i), range(10000000) b(j) where i * j < 100000 or i + j = 19999990";
    const bool cancelled = true;
    const struct chunk_view *rows;
    struct engine_result *r = NULL;
    for (enum engine_mode mode = ENGINE_STREAM; mode <= ENGINE_MATERIALIZE; mode++) {
        struct engine_stmt *st = prepared(endless);
        err_init(&err);
        assert_int_equal(engine_run(st, mode, &cancelled, &r, &err), ST_ERR);
        assert_int_equal(err.code, SQLSTATE_QUERY_CANCELED);
        engine_stmt_free(st);
        r = query("select 7");
        engine_result_free(r);
        st = prepared(endless);
        assert_int_equal(engine_run_if(st, mode, NULL, is_bad, NULL, &r, &err), ST_AGAIN);
        engine_stmt_free(st);
        r = query("select 7");
        assert_int_equal(int_at(&chunk(r)->columns[0], 0), 7);
        engine_result_free(r);
    }
    struct engine_stmt *st = prepared(endless);
    err_init(&err);
    assert_int_equal(engine_run(st, ENGINE_STREAM, NULL, &r, &err), ST_OK);
    assert_int_equal(engine_result_next(r, &rows, &err), ST_OK);
    engine_result_free(r);
    engine_stmt_free(st);
    r = query("select 7");
    assert_int_equal(int_at(&chunk(r)->columns[0], 0), 7);
    engine_result_free(r);
}

/* ---- expansion, counting, memory ---- */

static void test_pivot(void **state)
{
    (void)state;
    struct engine_stmt *st = NULL;
    size_t n = 0;
    err_init(&err);
    assert_int_equal(
        engine_exec(conn, "create table p as select i % 3 as k, i as v from range(9) r(i)", &err), ST_OK);
    assert_int_equal(engine_count_statements(conn, STR("pivot p on k using sum(v)"), &n, &err), ST_OK);
    assert_int_equal(n, 2);
    if (engine_prepare_expanded(conn, STR("pivot p on k using sum(v)"), &st, &err) != ST_OK)
        fail_msg("%s", err.message);
    assert_int_equal(engine_stmt_info(st)->ncolumns, 3);
    assert_string_equal(engine_stmt_info(st)->names[2], "2");
    struct engine_result *r = run(st, ENGINE_STREAM);
    assert_int_equal(chunk(r)->nrows, 1);
    engine_result_free(r);
    engine_stmt_free(st);
    err_init(&err);
    assert_int_equal(
        engine_prepare_expanded(conn, STR("create table q as pivot p on k using sum(v)"), &st, &err), ST_ERR);
    assert_int_equal(err.code, SQLSTATE_FEATURE_NOT_SUPPORTED);
    err_init(&err);
    assert_int_equal(engine_exec(conn, "drop table p", &err), ST_OK);
}

static void test_allocations_fail(void **state)
{
    (void)state;
    for (unsigned nth = 1, more = 1; more; nth++) {
        struct engine_stmt *st = NULL;
        struct engine_result *r = NULL;
        const struct chunk_view *c = NULL;
        err_init(&err);
        alloc_fail_nth(nth);
        int status =
            engine_prepare(conn, STR("select [{'a': $1, 'b': map {'x': 1}}] as l, 2 as b"), &st, &err);
        const struct pg_value v = {.kind = PG_BIT, .oid = PGTYPE_VARBIT, .v.text = {"101", 3}};
        if (status == ST_OK)
            status = engine_bind(st, 1, &v, &err);
        if (status == ST_OK)
            status = engine_run(st, ENGINE_STREAM, NULL, &r, &err);
        if (status == ST_OK)
            status = engine_result_next(r, &c, &err);
        more = alloc_failed();
        assert_int_equal(status, more ? ST_ERR : ST_OK);
        if (more)
            assert_int_equal(err.code, SQLSTATE_OUT_OF_MEMORY);
        engine_result_free(r);
        engine_stmt_free(st);
    }
}

static int set_up(void **state)
{
    (void)state;
    static const char *const init[] = {"create table t (a int, b varchar)"};
    struct engine_options o = {.threads = 2, .init = init, .ninit = 1};
    err_init(&err);
    if (engine_open(&engine, &o, &err) != ST_OK || engine_connect(engine, &conn, &err) != ST_OK) {
        print_error("%s\n", err.message);
        return -1;
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    engine_disconnect(conn);
    engine_close(engine);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_describes_without_running),
        cmocka_unit_test(test_nested_types),
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_stale_plan),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_ints_follow_the_plan),
        cmocka_unit_test(test_numeric_bounds),
        cmocka_unit_test(test_interrupt),
        cmocka_unit_test(test_next_error_is_its_own),
        cmocka_unit_test(test_cancelled_before_it_ran),
        cmocka_unit_test(test_left_before_its_end),
        cmocka_unit_test(test_pivot),
        cmocka_unit_test(test_allocations_fail),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
