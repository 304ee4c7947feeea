#include "backend/local.h"

#include "base/bytes.h"
#include "rows/row_batch.h"
#include "rows/row_desc.h"
#include "rows/row_stream.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { TEXT_MAX = 64 * 1024 };

static struct backend *backend;
static struct err err;

static struct backend_session *session(void)
{
    static const struct backend_identity who = {"u", "db", "test"};
    struct backend_session *s = NULL;
    err_init(&err);
    assert_int_equal(backend->ops->session_open(backend, &who, &s, &err), ST_OK);
    return s;
}

static struct backend_stmt *prepared_as(struct backend_session *s, const char *sql, const uint32_t *oids,
                                        size_t n)
{
    struct backend_stmt *st = NULL;
    err_init(&err);
    int status = s->ops->prepare(s, str_of(sql), oids, n, &st, &err);
    if (status != ST_OK)
        print_error("%s: %s %s\n", sql, sqlstate_code(err.code), err.message);
    assert_int_equal(status, ST_OK);
    return st;
}

static struct backend_stmt *prepared(struct backend_session *s, const char *sql)
{
    return prepared_as(s, sql, NULL, 0);
}

static struct backend_portal *bound(struct backend_session *s, struct backend_stmt *st,
                                    const char *const *values)
{
    struct backend_param params[8];
    for (size_t i = 0; i < st->info.nparams; i++)
        params[i] = (struct backend_param){(const uint8_t *)values[i],
                                           values[i] ? (int32_t)strlen(values[i]) : -1, 0};
    struct backend_portal *p = NULL;
    err_init(&err);
    int status = s->ops->open(s, st, params, st->info.nparams, &p, &err);
    if (status != ST_OK)
        print_error("open: %s %s\n", sqlstate_code(err.code), err.message);
    assert_int_equal(status, ST_OK);
    return p;
}

static struct backend_portal *started_with(struct backend_session *s, struct backend_stmt *st,
                                           const char *const *values)
{
    struct backend_portal *p = bound(s, st, values);
    err_init(&err);
    int status = s->ops->start(p, &err);
    if (status != ST_OK)
        print_error("start: %s %s\n", sqlstate_code(err.code), err.message);
    assert_int_equal(status, ST_OK);
    return p;
}

static struct backend_portal *started(struct backend_session *s, const char *sql)
{
    struct backend_stmt *st = prepared(s, sql);
    struct backend_portal *p = started_with(s, st, NULL);
    s->ops->stmt_free(st);
    return p;
}

/* DataRow messages as "a|b\n". */
static void put_rows(char *text, const struct row_batch *b)
{
    size_t n = strlen(text);
    for (const uint8_t *p = b->data; p < b->data + b->len;) {
        assert_int_equal(p[0], 'D');
        const uint8_t *at = p + 7;
        for (unsigned c = 0; c < get_be16(p + 5); c++) {
            int32_t len = (int32_t)get_be32(at);
            at += 4;
            n += (size_t)snprintf(text + n, TEXT_MAX - n, "%s%.*s", c ? "|" : "", len < 0 ? 4 : len,
                                  len < 0 ? "NULL" : (const char *)at);
            at += len < 0 ? 0 : len;
        }
        n += (size_t)snprintf(text + n, TEXT_MAX - n, "\n");
        p += 1 + get_be32(p + 1);
        assert_ptr_equal(at, p);
    }
}

/* Up to max rows as text; their number in *nrows. */
static int fetched(struct backend_session *s, struct backend_portal *p, uint64_t max, char *text,
                   uint64_t *nrows)
{
    const struct backend_fetch how = {.max_rows = max, .batch_bytes = 65536};
    struct row_stream *rs = NULL;
    struct row_batch *b = NULL;
    if (text)
        text[0] = '\0';
    *nrows = 0;
    err_init(&err);
    int st = s->ops->fetch(p, &how, &rs, &err);
    if (st != ST_OK)
        return st;
    while ((st = row_stream_next(rs, &b, &err)) == ST_OK) {
        *nrows += b->nrows;
        if (text)
            put_rows(text, b);
    }
    row_stream_close(rs);
    return st;
}

static const char *all(struct backend_session *s, struct backend_portal *p)
{
    static char text[TEXT_MAX];
    uint64_t n;
    int st = fetched(s, p, 0, text, &n);
    if (st != ST_EOF)
        print_error("fetch: %s %s\n", sqlstate_code(err.code), err.message);
    assert_int_equal(st, ST_EOF);
    assert_true(p->complete);
    return text;
}

static const char *query(struct backend_session *s, const char *sql)
{
    struct backend_portal *p = started(s, sql);
    const char *text = all(s, p);
    s->ops->portal_close(p);
    return text;
}

static void test_select_42(void **state)
{
    (void)state;
    struct backend_session *s = session();
    struct backend_stmt *st = prepared(s, "select 42 as answer, null as nothing, 'x' as t");
    assert_int_equal(st->info.effect, BACKEND_READS);
    assert_true(st->info.returns_rows);
    assert_string_equal(st->info.tag, "SELECT");
    assert_true(st->info.tag_count);
    assert_int_equal(st->info.desc->ncolumns, 3);
    assert_string_equal(st->info.desc->columns[0].name, "answer");
    assert_int_equal(st->info.desc->columns[0].type_oid, 23);
    struct backend_portal *p = started_with(s, st, NULL);
    s->ops->stmt_free(st);
    assert_string_equal(all(s, p), "42|NULL|x\n");
    s->ops->portal_close(p);
    s->ops->session_close(s);
}

static void test_writes(void **state)
{
    (void)state;
    struct backend_session *s = session();
    query(s, "create table w (a int, b varchar)");
    struct backend_portal *p = started(s, "insert into w select i, 'v' || i from range(3) r(i)");
    assert_true(p->complete);
    assert_int_equal(p->rows_affected, 3);
    s->ops->portal_close(p);
    p = started(s, "insert into w values (7, 'r'), (8, 'r') returning a * 2 as twice, b");
    assert_false(p->complete);
    assert_string_equal(p->desc->columns[0].name, "twice");
    assert_string_equal(all(s, p), "14|r\n16|r\n");
    s->ops->portal_close(p);
    p = started(s, "delete from w where a > 6");
    assert_int_equal(p->rows_affected, 2);
    s->ops->portal_close(p);
    assert_string_equal(query(s, "select count(*) from w"), "3\n");
    query(s, "drop table w");
    s->ops->session_close(s);
}

/* ---- paging ---- */

static void test_pages(void **state)
{
    (void)state;
    static char text[TEXT_MAX];
    struct backend_session *s = session();
    struct backend_portal *p = started(s, "from range(5)");
    uint64_t n;
    assert_int_equal(fetched(s, p, 2, text, &n), ST_EOF);
    assert_string_equal(text, "0\n1\n");
    assert_false(p->complete);
    assert_int_equal(fetched(s, p, 3, text, &n), ST_EOF);
    assert_string_equal(text, "2\n3\n4\n");
    assert_false(p->complete); /* nobody has looked further */
    assert_int_equal(fetched(s, p, 1, text, &n), ST_EOF);
    assert_int_equal(n, 0);
    assert_true(p->complete);
    assert_int_equal(fetched(s, p, 1, text, &n), ST_EOF);
    s->ops->portal_close(p);
    s->ops->session_close(s);
}

/* Every row once and in order, over chunk borders, whatever the sizes of the pages. */
static void test_pages_over_chunks(void **state)
{
    (void)state;
    static char text[TEXT_MAX];
    struct backend_session *s = session();
    struct backend_portal *p = started(s, "select i from range(30000) r(i)");
    unsigned long want = 0;
    for (uint64_t page = 1; !p->complete; page = page % 3001 * 2 + 1) {
        uint64_t n;
        assert_int_equal(fetched(s, p, page, text, &n), ST_EOF);
        assert_true(n == page || p->complete);
        for (char *at = text; *at; at = strchr(at, '\n') + 1)
            assert_int_equal(strtoul(at, NULL, 10), want++);
    }
    assert_int_equal(want, 30000);
    s->ops->portal_close(p);
    s->ops->session_close(s);
}

static void test_batches(void **state)
{
    (void)state;
    struct backend_session *s = session();
    struct backend_portal *p = started(s, "select i from range(100000) r(i)");
    const struct backend_fetch how = {.batch_bytes = 1000, .batch_rows = 7};
    struct row_stream *rs;
    struct row_batch *b;
    uint64_t rows = 0;
    int st;
    err_init(&err);
    assert_int_equal(s->ops->fetch(p, &how, &rs, &err), ST_OK);
    while ((st = row_stream_next(rs, &b, &err)) == ST_OK) {
        assert_in_range(b->nrows, 1, 7);
        rows += b->nrows;
    }
    assert_int_equal(st, ST_EOF);
    assert_int_equal(rows, 100000);
    row_stream_close(rs);
    s->ops->portal_close(p);
    p = started(s, "select i from range(100000) r(i)");
    const struct backend_fetch large = {.batch_bytes = ROW_BATCH_MAX};
    assert_int_equal(s->ops->fetch(p, &large, &rs, &err), ST_OK);
    assert_int_equal(row_stream_next(rs, &b, &err), ST_OK);
    assert_int_equal(b->nrows, 2048); /* the first chunk does not wait for a full batch */
    assert_int_equal(row_stream_next(rs, &b, &err), ST_OK);
    assert_true(b->nrows > 4096);
    row_stream_close(rs);
    s->ops->portal_close(p); /* abandoned */
    assert_string_equal(query(s, "select 1"), "1\n");
    s->ops->session_close(s);
}

static void test_error_after_rows(void **state)
{
    (void)state;
    struct backend_session *s = session();
    struct backend_portal *p =
        started(s, "select case when i = 300000 then error('late') else i end from range(1000000) r(i)");
    uint64_t n;
    assert_int_equal(fetched(s, p, 0, NULL, &n), ST_ERR);
    assert_string_equal(err.message, "late");
    assert_true(n > 0 && n <= 300000);
    assert_false(p->complete);
    assert_int_equal(fetched(s, p, 0, NULL, &n), ST_ERR);
    assert_string_equal(err.message, "late");
    s->ops->portal_close(p);
    assert_string_equal(query(s, "select 1"), "1\n");
    s->ops->session_close(s);
}

/* ---- parameters ---- */

static void assert_fails(struct backend_session *s, const char *sql, const char *code)
{
    struct backend_stmt *st = NULL;
    struct backend_portal *p = NULL;
    err_init(&err);
    int status = s->ops->prepare(s, str_of(sql), NULL, 0, &st, &err);
    if (status == ST_OK)
        status = s->ops->open(s, st, NULL, 0, &p, &err);
    if (status == ST_OK)
        status = s->ops->start(p, &err);
    if (status != ST_ERR || strcmp(sqlstate_code(err.code), code) != 0)
        fail_msg("%s: %s %s, not %s", sql, sqlstate_code(err.code), err.message, code);
    if (p)
        s->ops->portal_close(p);
    if (st)
        s->ops->stmt_free(st);
}

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
        {"select $1", {21}, 1, {21}, 23},
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
    check_values(s, "select $1 * 1000", (const uint32_t[]){21}, 1, (const char *const[]){"32000"},
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

/* ---- kinds of statements ---- */

static void test_tags_and_effects(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *tag;
        bool count, rows;
        enum backend_effect effect;
    } cases[] = {
        {"select 1", "SELECT", true, true, BACKEND_READS},
        {"values (1)", "SELECT", true, true, BACKEND_READS},
        {"from kt", "SELECT", true, true, BACKEND_READS},
        {"with x as (select 1) select * from x", "SELECT", true, true, BACKEND_READS},
        {"describe kt", "SELECT", true, true, BACKEND_READS},
        {"summarize kt", "SELECT", true, true, BACKEND_READS},
        {"pragma table_info('kt')", "SET", false, true, BACKEND_READS},
        {"show tables", "SHOW", false, true, BACKEND_READS},
        {"explain select 1", "EXPLAIN", false, true, BACKEND_READS},
        {"explain analyze select 1", "EXPLAIN", false, true, BACKEND_WRITES},
        {"pivot kt on a using count(*)", "SELECT", true, true, BACKEND_READS},
        {"insert into kt values (1)", "INSERT 0", true, false, BACKEND_WRITES},
        {"insert into kt values (1) returning a", "INSERT 0", true, true, BACKEND_WRITES},
        {"insert into kt select 1 returning a::bigint as \"Count\"", "INSERT 0", true, true, BACKEND_WRITES},
        {"update kt set a = 2", "UPDATE", true, false, BACKEND_WRITES},
        {"delete from kt", "DELETE", true, false, BACKEND_WRITES},
        {"truncate kt", "TRUNCATE TABLE", false, false, BACKEND_WRITES},
        {"merge into kt using (select 1 a) s on kt.a = s.a when matched then delete", "MERGE", true, false,
         BACKEND_WRITES},
        {"create table kt2 (a int)", "CREATE TABLE", false, false, BACKEND_WRITES},
        {"create table kt2 as select 1 a", "SELECT", true, false, BACKEND_WRITES},
        {"create or replace temp table kt3 (a int)", "CREATE TABLE", false, false, BACKEND_SESSION},
        {"create view kv as select 1", "CREATE VIEW", false, false, BACKEND_WRITES},
        {"create unique index ki on kt(a)", "CREATE INDEX", false, false, BACKEND_WRITES},
        {"create schema ks", "CREATE SCHEMA", false, false, BACKEND_WRITES},
        {"create sequence kq", "CREATE SEQUENCE", false, false, BACKEND_WRITES},
        {"create type ke as enum ('a')", "CREATE TYPE", false, false, BACKEND_WRITES},
        {"create macro km(x) as x", "CREATE FUNCTION", false, false, BACKEND_WRITES},
        {"drop table if exists kt2", "DROP TABLE", false, false, BACKEND_WRITES},
        {"alter table kt add column b int", "ALTER TABLE", false, false, BACKEND_WRITES},
        {"comment on table kt is 'x'", "COMMENT", false, false, BACKEND_WRITES},
        {"attach ':memory:' as ka", "ATTACH", false, false, BACKEND_WRITES},
        {"use memory", "SET", false, false, BACKEND_SESSION},
        {"set search_path = 'main'", "SET", false, false, BACKEND_SESSION},
        {"reset search_path", "RESET", false, false, BACKEND_SESSION},
        {"set variable x = 1", "SET", false, false, BACKEND_SESSION},
        {"checkpoint", "CHECKPOINT", false, false, BACKEND_WRITES},
        {"call pragma_version()", "CALL", false, true, BACKEND_WRITES},
        {"vacuum", "VACUUM", false, false, BACKEND_WRITES},
        {"/* x */ select 1 -- y", "SELECT", true, true, BACKEND_READS},
    };
    struct backend_session *s = session();
    query(s, "create table kt as select 1 as a");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct backend_stmt *st = prepared(s, cases[i].sql);
        if (strcmp(st->info.tag, cases[i].tag) != 0 || st->info.tag_count != cases[i].count ||
            st->info.returns_rows != cases[i].rows || st->info.effect != cases[i].effect)
            fail_msg("%s: %s %d %d %d", cases[i].sql, st->info.tag, st->info.tag_count, st->info.returns_rows,
                     (int)st->info.effect);
        assert_int_equal(st->info.returns_rows, st->info.desc != NULL);
        s->ops->stmt_free(st);
    }
    assert_string_equal(query(s, "select count(*) from kt"), "1\n"); /* nothing ran */
    struct backend_portal *p = started(s, "create table kt2 as select * from range(12)");
    assert_int_equal(p->rows_affected, 12);
    s->ops->portal_close(p);
    query(s, "drop table kt2");
    query(s, "drop table kt");
    s->ops->session_close(s);
}

static void test_refused(void **state)
{
    (void)state;
    struct backend_session *s = session();
    assert_fails(s, "call enable_logging(storage = 'file', storage_config = {'path': '/tmp/x'})", "42501");
    assert_fails(s, "select * from system.main.\"enable_logging\"()", "42501");
    assert_fails(s, "from Enable_Profiling ()", "42501");
    assert_fails(s, "from query('from enable_lo' || 'gging()')", "42501");
    assert_fails(s, "pragma enable_profiling", "42501");
    assert_fails(s, "pragma threads = 3", "55P02");
    assert_fails(s, "set global timezone = 'Europe/Berlin'", "42501");
    assert_fails(s, "reset global timezone", "42501");
    assert_fails(s, "set streaming_buffer_size = '1GB'", "55P02");
    assert_fails(s, "reset session streaming_buffer_size", "55P02");
    assert_fails(s, "set \"timezone\" = 'UTC'", "55P02");
    assert_fails(s, "set memory_limit = '1GB'", "55P02");
    assert_fails(s, "begin", "0A000");
    assert_string_equal(query(s, "select 1 as query"), "1\n");
    s->ops->session_close(s);
}

static void test_columns_the_encoder_does_not_know(void **state)
{
    (void)state;
    struct backend_session *s = session();
    struct backend_stmt *st = prepared(s, "select 5::variant as \"a\"\"b\", 7 as n, [1::variant] as n -- c");
    assert_string_equal(st->info.desc->columns[0].name, "a\"b");
    assert_int_equal(st->info.desc->columns[0].type_oid, 25);
    assert_int_equal(st->info.desc->columns[1].type_oid, 23);
    struct backend_portal *p = started_with(s, st, NULL);
    assert_string_equal(all(s, p), "5|7|[1]\n");
    s->ops->portal_close(p);
    s->ops->stmt_free(st);
    s->ops->session_close(s);
}

/* A statement planned before its table changed: runs when its rows have the shape that was told, else not. */
static void test_stale_statement(void **state)
{
    (void)state;
    struct backend_session *s = session(), *other = session();
    query(s, "create table st as select 1 as a");
    struct backend_stmt *star = prepared(s, "select * from st"), *one = prepared(s, "select a from st"),
                        *ret = prepared(s, "insert into st select 5 returning *");
    query(other, "alter table st add column b int");
    struct backend_portal *p = started_with(s, one, NULL);
    assert_string_equal(all(s, p), "1\n");
    s->ops->portal_close(p);
    struct backend_stmt *stale[] = {star, ret};
    for (int i = 0; i < 2; i++) {
        p = bound(s, stale[i], NULL);
        assert_int_equal(s->ops->start(p, &err), ST_ERR);
        assert_string_equal(sqlstate_code(err.code), i ? sqlstate_code(err.code) : "0A000");
        if (i == 0)
            assert_string_equal(err.message, "cached plan must not change result type");
        s->ops->portal_close(p);
    }
    assert_string_equal(query(s, "select count(*) from st"), "1\n");
    s->ops->stmt_free(star);
    s->ops->stmt_free(one);
    s->ops->stmt_free(ret);
    query(s, "drop table st");
    s->ops->session_close(s);
    other->ops->session_close(other);
}

static int collect(void *arg, size_t off, size_t len)
{
    char *text = arg;
    size_t n = strlen(text);
    (void)snprintf(text + n, 256 - n, "%zu+%zu ", off, len);
    return ST_OK;
}

static void test_split(void **state)
{
    (void)state;
    struct backend_session *s = session();
    char text[256] = "";
    err_init(&err);
    assert_int_equal(s->ops->split(s, STR("from t; ;select ';' ; -- x;\n pivot t on a using count(*);"),
                                   collect, text, &err),
                     ST_OK);
    assert_string_equal(text, "0+6 9+11 29+27 ");
    err_init(&err);
    assert_int_equal(s->ops->split(s, STR("select 'ä'; selec 1"), collect, text, &err), ST_ERR);
    assert_int_equal(err.code, SQLSTATE_SYNTAX_ERROR);
    assert_int_equal(err.position, 13);
    s->ops->session_close(s);
}

/* ---- several portals ---- */

static void test_portals_interleave(void **state)
{
    (void)state;
    static char text[TEXT_MAX];
    struct backend_session *s = session();
    uint64_t n;
    query(s, "create table it as select * from range(5000) r(a)");
    for (int in_tx = 0; in_tx < 2; in_tx++) {
        err_init(&err);
        if (in_tx)
            assert_int_equal(s->ops->tx(s, BACKEND_TX_BEGIN, &err), ST_OK);
        struct backend_portal *p = started(s, "select a from it order by a"),
                              *q = started(s, "select a * 2 from it order by a");
        assert_int_equal(fetched(s, p, 2, text, &n), ST_EOF);
        assert_string_equal(text, "0\n1\n");
        assert_int_equal(fetched(s, q, 2, text, &n), ST_EOF);
        assert_string_equal(text, "0\n2\n");
        query(s, "insert into it values (-1)");
        assert_int_equal(fetched(s, p, 0, text, &n), ST_EOF);
        assert_int_equal(n, 4998);
        assert_int_equal(fetched(s, q, 0, text, &n), ST_EOF);
        assert_int_equal(n, 4998);
        s->ops->portal_close(p);
        s->ops->portal_close(q);
        assert_string_equal(query(s, "select count(*) from it"), "5001\n");
        if (in_tx)
            assert_int_equal(s->ops->tx(s, BACKEND_TX_ROLLBACK, &err), ST_OK);
        else
            query(s, "delete from it where a = -1");
    }
    assert_string_equal(query(s, "select count(*) from it"), "5000\n");
    query(s, "drop table it");
    s->ops->session_close(s);
}

/* Where another connection would not show the same, the portal stays and the other statement waits. */
static void test_portal_that_cannot_move(void **state)
{
    (void)state;
    static char text[TEXT_MAX];
    uint64_t n;
    for (int why = 0; why < 3; why++) {
        struct backend_session *s = session();
        err_init(&err);
        if (why == 0) {
            query(s, "create temp table own as select * from range(3000) r(a)");
        } else if (why == 1) {
            assert_int_equal(s->ops->tx(s, BACKEND_TX_BEGIN, &err), ST_OK);
            query(s, "create table own as select * from range(3000) r(a)");
        } else {
            query(s, "set variable x = 3000");
        }
        struct backend_portal *p = started(s, why < 2 ? "from own" : "from range(getvariable('x'))");
        assert_int_equal(fetched(s, p, 1, text, &n), ST_EOF);
        assert_fails(s, "select 1", "0A000");
        assert_int_equal(fetched(s, p, 0, text, &n), ST_EOF);
        assert_int_equal(n, 2999);
        assert_string_equal(query(s, "select 1"), "1\n");
        s->ops->portal_close(p);
        if (why == 1)
            assert_int_equal(s->ops->tx(s, BACKEND_TX_ROLLBACK, &err), ST_OK);
        s->ops->session_close(s);
    }
}

/* The connection that a session gets when a portal took the old one has the session's settings. */
static void test_settings_move(void **state)
{
    (void)state;
    struct backend_session *s = session();
    const struct backend_settings berlin = {.time_zone = "Europe/Berlin", .extra_float_digits = 1};
    static const char ask[] =
        "select current_setting('timezone'), current_setting('streaming_buffer_size'), current_schema()";
    query(s, "create schema own_schema");
    err_init(&err);
    assert_int_equal(s->ops->apply_settings(s, &berlin, &err), ST_OK);
    assert_int_equal(s->ops->set_search_path(s, "own_schema", &err), ST_OK);
    assert_string_equal(query(s, ask), "Europe/Berlin|1000 bytes|own_schema\n");
    struct backend_portal *p = started(s, "from range(100000)");
    assert_string_equal(query(s, ask), "Europe/Berlin|1000 bytes|own_schema\n");
    struct backend_portal *q = started(s, "from range(100000)");
    query(s, "use memory.main");
    assert_string_equal(query(s, ask), "Europe/Berlin|1000 bytes|main\n");
    s->ops->portal_close(q);
    s->ops->portal_close(p);
    assert_int_equal(s->ops->set_search_path(s, "nowhere", &err), ST_ERR);
    assert_int_equal(err.code, SQLSTATE_INVALID_SCHEMA_NAME);
    err_init(&err);
    assert_int_equal(s->ops->set_search_path(s, "own_schema", &err), ST_OK);
    assert_int_equal(s->ops->set_search_path(s, "", &err), ST_OK);
    assert_string_equal(query(s, ask), "Europe/Berlin|1000 bytes|main\n");
    query(s, "create temp table gone (a int)");
    assert_int_equal(s->ops->reset(s, &err), ST_OK);
    assert_string_equal(query(s, ask), "UTC|1000 bytes|main\n");
    assert_fails(s, "from gone", "42P01");
    query(s, "drop schema own_schema");
    s->ops->session_close(s);
}

static void test_transactions(void **state)
{
    (void)state;
    struct backend_session *s = session(), *other = session();
    uint64_t n;
    err_init(&err);
    query(s, "create table tt (a int)");
    assert_int_equal(s->ops->tx(s, BACKEND_TX_BEGIN, &err), ST_OK);
    query(s, "insert into tt values (1)");
    assert_string_equal(query(other, "select count(*) from tt"), "0\n");
    struct backend_portal *p = started(s, "from tt, range(100000)");
    assert_int_equal(s->ops->tx(s, BACKEND_TX_COMMIT, &err), ST_OK);
    assert_string_equal(query(other, "select count(*) from tt"), "1\n");
    assert_int_equal(fetched(s, p, 1, NULL, &n), ST_ERR); /* a portal ends with its transaction */
    assert_int_equal(err.code, SQLSTATE_INVALID_CURSOR_NAME);
    s->ops->portal_close(p);
    err_init(&err);
    assert_int_equal(s->ops->tx(s, BACKEND_TX_BEGIN_READ_ONLY, &err), ST_OK);
    assert_fails(s, "insert into tt values (2)", "25006");
    err_init(&err);
    assert_int_equal(s->ops->tx(s, BACKEND_TX_ROLLBACK, &err), ST_OK);
    assert_int_equal(s->ops->tx(s, BACKEND_TX_BEGIN, &err), ST_OK);
    query(s, "insert into tt values (3)");
    s->ops->session_close(s); /* rolls back */
    assert_string_equal(query(other, "select count(*) from tt"), "1\n");
    query(other, "drop table tt");
    other->ops->session_close(other);
}

/* ---- cancel ---- */

struct canceller {
    struct backend_session *session;
    bool stop;
    unsigned after_us, every_us;
};

static void *cancel_often(void *arg)
{
    struct canceller *c = arg;
    (void)usleep(c->after_us);
    do {
        c->session->ops->cancel(c->session);
        (void)usleep(c->every_us);
    } while (!__atomic_load_n(&c->stop, __ATOMIC_SEQ_CST));
    return NULL;
}

static void test_cancel(void **state)
{
    (void)state;
    static const char *const slow[] = {
        "select count(*) from range(100000000000) r(i) where i % 3 = 5",
        "create table never as select i from range(100000000000) r(i) where i % 3 = 5",
        "select i from range(100000000000) r(i) where i = 99999999999",
    };
    struct backend_session *s = session();
    for (size_t i = 0; i < sizeof slow / sizeof slow[0]; i++) {
        struct backend_stmt *st = prepared(s, slow[i]);
        struct backend_portal *p = bound(s, st, NULL);
        struct canceller c = {.session = s, .after_us = 50000, .every_us = 1000, .stop = true};
        pthread_t t;
        uint64_t n;
        assert_int_equal(pthread_create(&t, NULL, cancel_often, &c), 0);
        int status = s->ops->start(p, &err);
        if (status == ST_OK)
            status = fetched(s, p, 0, NULL, &n);
        assert_int_equal(status, ST_ERR);
        assert_int_equal(err.code, SQLSTATE_QUERY_CANCELED);
        assert_string_equal(err.message, "canceling statement due to user request");
        assert_int_equal(pthread_join(t, NULL), 0);
        s->ops->portal_close(p);
        s->ops->stmt_free(st);
        assert_string_equal(query(s, "select 42"), "42\n");
    }
    s->ops->session_close(s);
}

/* A cancel while nothing runs, between fetches of an open portal too, does nothing. */
static void test_cancel_of_nothing(void **state)
{
    (void)state;
    struct backend_session *s = session();
    uint64_t n;
    s->ops->cancel(s);
    assert_string_equal(query(s, "select 42"), "42\n");
    struct backend_portal *p = started(s, "from range(100000)");
    s->ops->cancel(s);
    assert_int_equal(fetched(s, p, 5000, NULL, &n), ST_EOF);
    s->ops->cancel(s);
    assert_int_equal(fetched(s, p, 0, NULL, &n), ST_EOF);
    assert_int_equal(n, 95000);
    s->ops->portal_close(p);
    s->ops->session_close(s);
}

/* Cancels fall all over short statements: each ends whole or with 57014, and none is hit by a cancel that
 * came before it began. The thread that cancels stops before the last one. */
static void test_cancels_do_not_stray(void **state)
{
    (void)state;
    struct backend_session *s = session();
    struct canceller c = {.session = s, .every_us = 50};
    pthread_t t;
    unsigned cancelled = 0, whole = 0;
    query(s, "create table cs (a int)");
    assert_int_equal(pthread_create(&t, NULL, cancel_often, &c), 0);
    for (unsigned i = 0; i < 2000; i++) {
        struct backend_stmt *st = NULL;
        struct backend_portal *p = NULL;
        uint64_t n = 0;
        err_init(&err);
        int status = s->ops->prepare(s, STR("select count(*) from range(3000)"), NULL, 0, &st, &err);
        if (status == ST_OK)
            status = s->ops->open(s, st, NULL, 0, &p, &err);
        if (status == ST_OK)
            status = s->ops->start(p, &err);
        if (status == ST_OK)
            status = fetched(s, p, 0, NULL, &n);
        if (status == ST_ERR) {
            assert_int_equal(err.code, SQLSTATE_QUERY_CANCELED);
            cancelled++;
        } else {
            assert_int_equal(n, 1);
            whole++;
        }
        s->ops->portal_close(p);
        s->ops->stmt_free(st);
    }
    __atomic_store_n(&c.stop, true, __ATOMIC_SEQ_CST);
    assert_int_equal(pthread_join(t, NULL), 0);
    assert_true(cancelled > 0 && whole > 0);
    for (int i = 0; i < 100; i++)
        assert_string_equal(query(s, "select 42"), "42\n");
    query(s, "drop table cs");
    s->ops->session_close(s);
}

static int open_backend(void **state)
{
    (void)state;
    struct local_options o = {.engine = {.threads = 2}};
    err_init(&err);
    if (local_backend_new(&backend, &o, &err) != ST_OK) {
        print_error("%s\n", err.message);
        return -1;
    }
    return 0;
}

static int close_backend(void **state)
{
    (void)state;
    local_backend_free(backend);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_select_42),
        cmocka_unit_test(test_writes),
        cmocka_unit_test(test_pages),
        cmocka_unit_test(test_pages_over_chunks),
        cmocka_unit_test(test_batches),
        cmocka_unit_test(test_error_after_rows),
        cmocka_unit_test(test_parameter_types),
        cmocka_unit_test(test_parameter_values),
        cmocka_unit_test(test_tags_and_effects),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_columns_the_encoder_does_not_know),
        cmocka_unit_test(test_stale_statement),
        cmocka_unit_test(test_split),
        cmocka_unit_test(test_portals_interleave),
        cmocka_unit_test(test_portal_that_cannot_move),
        cmocka_unit_test(test_settings_move),
        cmocka_unit_test(test_transactions),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_cancel_of_nothing),
        cmocka_unit_test(test_cancels_do_not_stray),
    };
    return cmocka_run_group_tests(tests, open_backend, close_backend);
}
