#include "local_fixture.h"

#include "base/alloc.h"
#include "pgtype/oid.h"
#include "sql/tokens.h"

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
    assert_true(p->complete);
    assert_int_equal(p->rows, 2);
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

static void test_tags_and_effects(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *tag;
        bool count, rows;
        enum backend_effect effect;
    } cases[] = {
        {"select 1 + 0", "SELECT", true, true, BACKEND_READS},
        {"values (1)", "SELECT", true, true, BACKEND_READS},
        {"from kt", "SELECT", true, true, BACKEND_READS},
        {"with x as (select 1) select * from x", "SELECT", true, true, BACKEND_READS},
        {"describe kt", "SELECT", true, true, BACKEND_READS},
        {"summarize kt", "SELECT", true, true, BACKEND_READS},
        {"pragma table_info('kt')", "SELECT", true, true, BACKEND_READS},
        {"show tables", "SHOW", false, true, BACKEND_READS},
        {"explain select 1", "EXPLAIN", false, true, BACKEND_READS},
        {"explain analyze select 1", "EXPLAIN", false, true, BACKEND_READS},
        {"explain analyze create table explained as select 1", "EXPLAIN", false, true, BACKEND_WRITES},
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

/* Bind of a statement whose table has changed since. */
static void refused(struct backend_session *s, struct backend_stmt *st, const char *code)
{
    struct backend_portal *p;
    err_init(&err);
    assert_int_equal(s->ops->open(s, st, NULL, 0, &p, &err), ST_ERR);
    assert_string_equal(sqlstate_code(err.code), code);
    if (strcmp(code, "0A000") == 0)
        assert_string_equal(err.message, "cached plan must not change result type");
}

/* What a transaction changes in the catalog is seen by its own Binds, and by all once it is committed. */
static void test_stale_in_a_transaction(void **state)
{
    (void)state;
    struct backend_session *s = session(), *other = session();
    query(s, "create table sx as select 1 as a");
    struct backend_stmt *mine = prepared(s, "select * from sx"), *theirs = prepared(other, "table sx");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(s->ops->tx(s, BACKEND_TX_BEGIN, &err), ST_OK);
        query(s, i ? "alter table sx rename a to b" : "drop table sx");
        refused(s, mine, i ? "0A000" : "42P01");
        struct backend_portal *p = started_with(other, theirs, NULL);
        assert_string_equal(all(other, p), "1\n");
        other->ops->portal_close(p);
        assert_int_equal(s->ops->tx(s, i ? BACKEND_TX_COMMIT : BACKEND_TX_ROLLBACK, &err), ST_OK);
        if (i)
            break;
        p = started_with(s, mine, NULL);
        assert_string_equal(all(s, p), "1\n");
        s->ops->portal_close(p);
    }
    refused(s, mine, "0A000");
    refused(other, theirs, "0A000");
    s->ops->stmt_free(mine);
    other->ops->stmt_free(theirs);
    query(s, "drop table sx");
    s->ops->session_close(s);
    other->ops->session_close(other);
}

/* A statement planned before its table changed: runs when its rows have the shape that was told, else not at
 * all. */
static void test_stale_statement(void **state)
{
    (void)state;
    struct backend_session *s = session(), *other = session();
    query(s, "create table st as select 1 as a");
    struct backend_stmt *stale[] = {prepared(s, "select * from st"),
                                    prepared(s, "insert into st(a) select 5 returning *")};
    struct backend_stmt *good = prepared(s, "select a from st");
    query(other, "alter table st add column b int");
    struct backend_portal *p = started_with(s, good, NULL);
    assert_string_equal(all(s, p), "1\n");
    s->ops->portal_close(p);
    for (int i = 0; i < 2; i++) {
        refused(s, stale[i], "0A000");
        s->ops->stmt_free(stale[i]);
    }
    assert_string_equal(query(s, "select count(*) from st"), "1\n");
    s->ops->stmt_free(good);
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

/* Files: within the allowed directories, and nowhere else; the database itself reopened read-only. */
static void test_files(void **state)
{
    (void)state;
    char dir[] = "/tmp/tavana-local-test-XXXXXX", path[64], sql[256];
    assert_non_null(mkdtemp(dir));
    (void)snprintf(path, sizeof path, "%s/a.db", dir);
    const char *const allowed[] = {dir};
    struct local_options o = {
        .engine = {.path = path, .allowed_directories = allowed, .nallowed_directories = 1}};
    struct backend *memory = backend;
    err_init(&err);
    assert_int_equal(local_backend_new(&backend, &o, &err), ST_OK);
    struct backend_session *s = session();
    query(s, "create table ft as select range as a from range(10)");
    (void)snprintf(sql, sizeof sql, "copy (from ft) to '%s/a.csv'", dir);
    struct backend_portal *p = started(s, sql);
    assert_int_equal(p->rows_affected, 10);
    s->ops->portal_close(p);
    (void)snprintf(sql, sizeof sql, "copy ft from '%s/a.csv'", dir);
    p = started(s, sql);
    assert_int_equal(p->rows_affected, 10);
    s->ops->portal_close(p);
    (void)snprintf(sql, sizeof sql, "copy ft to '%s/../tavana-outside.csv'", dir);
    assert_fails(s, sql, "42501");
    assert_fails(s, "from read_text('/etc/passwd')", "42501");
    s->ops->session_close(s);
    local_backend_free(backend);

    o.engine.read_only = true;
    assert_int_equal(local_backend_new(&backend, &o, &err), ST_OK);
    s = session();
    assert_string_equal(query(s, "select count(*) from ft"), "20\n");
    assert_fails(s, "delete from ft", "25006");
    s->ops->session_close(s);
    local_backend_free(backend);
    backend = memory;
    (void)snprintf(sql, sizeof sql, "rm -r '%s'", dir);
    assert_int_equal(system(sql), 0);
}

/* One statement's whole life. */
static int live(struct backend_session *s, struct backend_stmt **st, struct backend_portal **p)
{
    static const uint32_t oids[] = {23, 1700};
    const struct backend_param params[] = {{(const uint8_t *)"7", 1, 0}, {(const uint8_t *)"1.5", 3, 0}};
    const struct backend_fetch how = {.batch_bytes = 100};
    struct row_stream *rs = NULL;
    struct row_batch *b = NULL;
    TRY(s->ops->prepare(
        s, &(struct sql_tokens){.text = STR("select i + $1, $2, 5::variant from range(3000) r(i)")}, oids, 2,
        st, &err));
    TRY(s->ops->open(s, *st, params, 2, p, &err));
    TRY(s->ops->start(*p, &err));
    TRY(s->ops->fetch(*p, &how, &rs, &err));
    int status = row_stream_next(rs, &b, &err);
    row_stream_close(rs);
    return status;
}

/* Runs a prepared statement once; how many tokens were found in bytes meanwhile. */
static uint64_t scanned_by_a_run(struct backend_session *s, struct backend_stmt *st)
{
    const struct backend_param one = {(const uint8_t *)"1.5", 3, 0};
    struct backend_portal *p = NULL;
    uint64_t before = sql_tokens_scanned();
    assert_int_equal(s->ops->open(s, st, &one, st->info.nparams, &p, &err), ST_OK);
    assert_int_equal(s->ops->start(p, &err), ST_OK);
    s->ops->portal_close(p);
    return sql_tokens_scanned() - before;
}

/* Tokens that come with a statement are not found again; those that do not are found once. */
static void test_tokens_are_found_once(void **state)
{
    static const char *const texts[] = {
        "select 1",
        "select i, i + 1, i + 2, i + 3 from range(3) r(i)",
        "select i from range(3) r(i) where i < $1::numeric and i < cast($1 as numeric)",
        "select $1 from range(2)",
        "create table if not exists tokens_once as select 1 as i",
        "insert into tokens_once values (1), (2)",
        "delete from tokens_once where i > 0 returning i",
    };
    struct backend_session *s = session();
    (void)state;
    for (size_t i = 0; i < 2 * (sizeof texts / sizeof *texts); i++) {
        static const uint32_t numeric = PGTYPE_NUMERIC;
        const struct sql_tokens plain = sql_tokens_of(str_of(texts[i / 2]));
        struct arena a;
        struct sql_tokens kept;
        struct backend_stmt *st = NULL;
        bool param = memchr(plain.text.p, '$', plain.text.n);
        arena_init(&a, 1 << 20);
        assert_int_equal(sql_tokens_keep(&a, plain.text, &kept, &err), ST_OK);
        uint64_t before = sql_tokens_scanned();
        assert_int_equal(s->ops->prepare(s, i % 2 ? &kept : &plain, &numeric, param, &st, &err), ST_OK);
        assert_int_equal(sql_tokens_scanned() - before, i % 2 ? 0 : kept.marks.n);
        for (int runs = 0; runs < 3; runs++)
            assert_int_equal(scanned_by_a_run(s, st), 0);
        s->ops->stmt_free(st);
        arena_release(&a);
    }
    s->ops->session_close(s);
}

static void test_allocations_fail(void **state)
{
    (void)state;
    for (unsigned nth = 1, more = 1; more; nth++) {
        static const struct backend_identity who = {"u", "db", "test"};
        struct backend_session *s = NULL;
        struct backend_stmt *st = NULL;
        struct backend_portal *p = NULL;
        err_init(&err);
        alloc_fail_nth(nth);
        int status = backend->ops->session_open(backend, &who, &s, &err);
        if (status == ST_OK)
            status = live(s, &st, &p);
        more = alloc_failed();
        assert_int_equal(status, more ? ST_ERR : ST_OK);
        if (more)
            assert_int_equal(err.code, SQLSTATE_OUT_OF_MEMORY);
        if (p)
            s->ops->portal_close(p);
        if (st)
            s->ops->stmt_free(st);
        if (s)
            s->ops->session_close(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_select_42),
        cmocka_unit_test(test_writes),
        cmocka_unit_test(test_tags_and_effects),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_columns_the_encoder_does_not_know),
        cmocka_unit_test(test_stale_statement),
        cmocka_unit_test(test_stale_in_a_transaction),
        cmocka_unit_test(test_split),
        cmocka_unit_test(test_settings_move),
        cmocka_unit_test(test_transactions),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_tokens_are_found_once),
        cmocka_unit_test(test_allocations_fail),
    };
    return cmocka_run_group_tests(tests, open_backend, close_backend);
}
