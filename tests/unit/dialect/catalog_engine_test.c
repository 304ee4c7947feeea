/* The catalog in the engine itself: what clients ask, rewritten and run. Short statements of our own in the
 * manner of psql, drivers and tools; each answers its rows joined by "|" and ";". */
#include "dialect/translate.h"
#include "engine/engine.h"
#include "sql/catalog.h"
#include "sql/rewrite.h"

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct engine *engine;
static struct engine_conn *conn;
static struct err err;

static const char *value(void *arg, const char *name)
{
    (void)arg;
    if (strcmp(name, "user") == 0)
        return "joe";
    if (strcmp(name, "database") == 0)
        return "shop";
    if (strcmp(name, "activity") == 0)
        return "[{pid: 7, usename: 'joe', datname: 'shop', application: '', address: NULL, port: -1, "
               "backend_start: NULL, "
               "xact_start: NULL, query_start: NULL, state_change: NULL, state: 'active', query: 'SELECT 1', "
               "mine: true}]"
               "::STRUCT(pid INTEGER, usename VARCHAR, datname VARCHAR, application VARCHAR, address "
               "VARCHAR, port "
               "INTEGER, backend_start TIMESTAMPTZ, xact_start TIMESTAMPTZ, query_start TIMESTAMPTZ, "
               "state_change "
               "TIMESTAMPTZ, state VARCHAR, query VARCHAR, mine BOOLEAN)[]";
    return strcmp(name, "pid") == 0 ? "7" : NULL;
}

static int open_engine(void **state)
{
    (void)state;
    size_t n = 0;
    while (sql_catalog_setup[n])
        n++;
    struct engine_options o = {.catalog = {SQL_CATALOG_DATABASE, sql_catalog_setup, n, NULL}, .threads = 1};
    err_init(&err);
    if (engine_open(&engine, &o, &err) != ST_OK || engine_connect(engine, &conn, &err) != ST_OK) {
        print_error("%s\n", err.message);
        return -1;
    }
    static const char *const schema[] = {
        "CREATE SCHEMA s2",
        "CREATE TABLE t(a INTEGER PRIMARY KEY, b VARCHAR NOT NULL DEFAULT 'x', c DECIMAL(10,2), d "
        "TIMESTAMPTZ, e INTEGER[])",
        "CREATE TABLE u(id BIGINT PRIMARY KEY, tid INTEGER REFERENCES t(a), \"N n\" VARCHAR UNIQUE, CHECK "
        "(id > 0))",
        "CREATE TABLE s2.\"Odd\"(x STRUCT(a INTEGER), y HUGEINT)",
        "CREATE VIEW v AS SELECT a, b FROM t",
        "CREATE INDEX t_b ON t(b)",
        "CREATE SEQUENCE sq",
        "CREATE TYPE mood AS ENUM ('sad', 'ok')",
        "CREATE MACRO twice(x) AS x * 2",
        "COMMENT ON TABLE t IS 'a table'",
        "COMMENT ON COLUMN t.b IS 'a column'",
        "CREATE TEMP TABLE tt(a INTEGER)",
    };
    for (size_t i = 0; i < sizeof schema / sizeof *schema; i++)
        if (engine_exec(conn, schema[i], &err) != ST_OK) {
            print_error("%s: %s\n", schema[i], err.message);
            return -1;
        }
    return 0;
}

static int close_engine(void **state)
{
    (void)state;
    engine_disconnect(conn);
    engine_close(engine);
    return 0;
}

/* Of a result of one text column. */
static int answer(const char *sql, struct buf *out)
{
    struct arena a;
    struct sql_rewritten r;
    struct engine_stmt *st = NULL;
    struct engine_result *result = NULL;
    const struct chunk_view *chunk;
    arena_init(&a, 1 << 20);
    err_init(&err);
    int status =
        dialect_translate(&a, sql_tokens_of(str_of(sql)), &(struct dialect){.value = value}, &r, &err);
    engine_catalog_forget(conn);
    if (status == ST_OK)
        status = engine_prepare(conn, r.text, &st, &err);
    if (status == ST_OK)
        status = engine_catalog_load(conn, engine_stmt_info(st)->catalog, NULL, &err);
    if (status == ST_OK)
        status = engine_run(st, ENGINE_MATERIALIZE, NULL, &result, &err);
    while (status == ST_OK && (status = engine_result_next(result, &chunk, &err)) == ST_OK) {
        const struct column_view *column = &chunk->columns[0];
        assert_int_equal(column->type->type, ENGINE_VARCHAR);
        for (size_t i = 0; i < chunk->nrows; i++) {
            const struct engine_string *s = (const struct engine_string *)column->data + i;
            if (out->len)
                buf_put_u8(out, ';');
            if (column_view_valid(column, i))
                buf_put(out, engine_string_data(s), s->len);
            else
                buf_put(out, "NULL", 4);
        }
    }
    engine_result_free(result);
    engine_stmt_free(st);
    arena_release(&a);
    return status;
}

struct question {
    const char *sql, *expected;
};

static void ask(const struct question *questions, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct buf out;
        buf_init(&out, 1 << 20);
        if (answer(questions[i].sql, &out) != ST_EOF)
            fail_msg("%s: %s", questions[i].sql, err.message);
        buf_put_u8(&out, 0);
        if (strcmp((const char *)out.data, questions[i].expected) != 0)
            fail_msg("%s: %s", questions[i].sql, (const char *)out.data);
        buf_release(&out);
    }
}

#define ASK(questions) ask(questions, sizeof(questions) / sizeof *(questions))

static void test_relations(void **state)
{
    (void)state;
    static const struct question questions[] = {
        {"select n.nspname || '.' || c.relname || ' ' || c.relkind from pg_catalog.pg_class c join "
         "pg_catalog.pg_namespace n "
         "on n.oid = c.relnamespace where c.relkind in ('r','v','S') and n.nspname !~ '^(pg_|info)' order by "
         "1",
         "public.sq S;public.t r;public.u r;public.v v;s2.Odd r"},
        {"select tablename from pg_tables where schemaname = 'public' order by 1", "t;u"},
        {"select relname from pg_class where pg_table_is_visible(oid) and relkind = 'r' and relnamespace <> "
         "11 order by 1",
         "t;tt;u"},
        {"select tableowner from pg_tables where tablename = 't'", "joe"},
        {"select nspname from pg_namespace order by 1",
         "information_schema;pg_catalog;pg_temp;pg_toast;public;s2"},
        {"select datname from pg_database where datallowconn", "shop"},
        {"select usename from pg_user union all select rolname from pg_roles", "joe;joe"},
        {"select datname || usename || pid from pg_stat_activity", "shopjoe7"},
        {"select indexname from pg_indexes where tablename = 't' order by 1", "t_b;t_pkey"},
        {"select sequencename from pg_sequences", "sq"},
        {"select proname from pg_proc where pronamespace <> 11", "twice"},
        {"select description from pg_description where objoid = 't'::regclass order by objsubid",
         "a table;a column"},
        {"select obj_description('t'::regclass, 'pg_class') || col_description('t'::regclass, 2)",
         "a tablea column"},
        {"select t.typname || e.enumlabel from pg_enum e join pg_type t on t.oid = e.enumtypid order by "
         "enumsortorder",
         "moodsad;moodok"},
        {"select count(*)::text from pg_extension, pg_trigger, pg_policy, pg_inherits, pg_cursors, "
         "pg_matviews",
         "0"},
    };
    ASK(questions);
}

static void test_columns(void **state)
{
    (void)state;
    static const struct question questions[] = {
        {"select attname || ' ' || pg_catalog.format_type(atttypid, atttypmod) from pg_attribute where "
         "attrelid = 't'::regclass "
         "and attnum > 0 and not attisdropped order by attnum",
         "a integer;b text;c numeric(10,2);d timestamp with time zone;e integer[]"},
        {"select atttypid::text from pg_attribute where attrelid = 't'::regclass order by attnum",
         "23;25;1700;1184;1007"},
        {"select atttypid::text from pg_attribute where attrelid = 's2.\"Odd\"'::regclass order by attnum",
         "114;1700"},
        {"select pg_get_expr(adbin, adrelid) from pg_attrdef where adrelid = 't'::regclass", "'x'::text"},
        {"select column_name || ' ' || data_type || ' ' || udt_name || ' ' || is_nullable from "
         "information_schema.columns "
         "where table_catalog = current_database() and table_name = 't' order by ordinal_position",
         "a integer int4 NO;b text text NO;c numeric numeric YES;d timestamp with time zone timestamptz "
         "YES;e ARRAY _int4 YES"},
        {"select table_name || table_type from information_schema.tables where table_schema = 'public' order "
         "by 1",
         "tBASE TABLE;uBASE TABLE;vVIEW"},
        {"select typname from pg_type where oid in (16, 1007, 2950) order by 1", "_int4;bool;uuid"},
        {"select p.proname || typreceive::regproc::text || ' ' || typreceive::text from pg_type t join "
         "pg_proc p "
         "on p.oid = t.typreceive where t.typname = '_int4'",
         "array_recvarray_recv array_recv"},
        {"select indkey::text from pg_index where indrelid = 't'::regclass order by 1", "1;2"},
        {"select pg_get_viewdef('v'::regclass)", "SELECT a, b FROM t;"},
        {"select definition from pg_views where viewname = 'v'", "SELECT a, b FROM t;"},
    };
    ASK(questions);
}

static void test_constraints(void **state)
{
    (void)state;
    static const struct question questions[] = {
        {"select conname || contype || pg_get_constraintdef(oid) from pg_constraint where conrelid = "
         "'u'::regclass order by 1",
         "u_N n_keyuUNIQUE (\"N n\");u_id_checkcCHECK ((id > 0));u_pkeypPRIMARY KEY (id);"
         "u_tid_fkeyfFOREIGN KEY (tid) REFERENCES t(a)"},
        {"select confrelid::regclass::text || confkey[1] || conkey[1] from pg_constraint where contype = 'f'",
         "t12"},
        {"select a.attname from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = "
         "any(i.indkey) "
         "where i.indrelid = 'u'::regclass and i.indisprimary",
         "id"},
        {"select pg_get_indexdef('t_b'::regclass)", "CREATE INDEX t_b ON public.t USING btree (b)"},
        {"select pg_get_indexdef(indexrelid, 1, true) from pg_index where indrelid = 't'::regclass order by "
         "1",
         "a;b"},
        {"select column_name from information_schema.key_column_usage where constraint_name = 'u_tid_fkey'",
         "tid"},
        {"select table_name || column_name from information_schema.constraint_column_usage where "
         "constraint_name = 'u_tid_fkey'",
         "ta"},
        {"select unique_constraint_name from information_schema.referential_constraints", "t_pkey"},
        {"select ((information_schema._pg_expandarray(conkey)).n)::text from pg_constraint where contype = "
         "'f'",
         "1"},
    };
    ASK(questions);
}

static void test_names_and_numbers(void **state)
{
    (void)state;
    static const struct question questions[] = {
        {"select 't'::regclass", "t"},
        {"select oid::regclass from pg_class where relname = 'Odd'", "s2.\"Odd\""},
        {"select relname from pg_class where oid = 'pg_catalog.pg_type'::regclass", "pg_type"},
        {"select 'pg_class'::regclass::oid::text", "1259"},
        {"select coalesce(to_regclass('nope')::text, 'none')", "none"},
        {"select 'int'::regtype", "integer"},
        {"select to_regtype('mood[]')::regtype::text", "mood[]"},
        {"select string_agg(to_regtype(x)::text, ',' order by x) from (values ('char'), ('varchar(3)'), "
         "('timestamp with time zone'), ('float'), ('name')) v(x)",
         "1042,701,19,1184,1043"},
        {"select format_type(t.oid, null) from pg_type t where t.typname = 'mood'", "mood"},
        {"select 'public'::regnamespace", "public"},
        {"select 'joe'::regrole", "joe"},
        {"select pg_get_userbyid(relowner) from pg_class where relname = 't'", "joe"},
        {"select current_user || current_database()", "joeshop"},
        {"select current_setting('threads')", "1"},
        {"select current_setting('nope', true)", "NULL"},
        {"select array_to_string(current_schemas(true), ',')", "pg_catalog,public"},
        {"select quote_ident('A b') || quote_ident('a') || quote_literal('it''s')", "\"A b\"a'it''s'"},
        {"select pg_encoding_to_char(6)", "UTF8"},
        {"select relname from pg_class where relname like 'pg\\_d%' and relkind = 'r' order by 1",
         "pg_database;pg_db_role_setting;pg_default_acl;pg_depend;pg_description"},
        {"select typname from pg_type where typname = any('{bool,int4}') order by 1", "bool;int4"},
        {"select case when exists (select from pg_tables where tablename = 't') then 'yes' end", "yes"},
        {"select relname from pg_class where relname ~* '^T$'", "t"},
    };
    ASK(questions);
}

static void test_search_path(void **state)
{
    (void)state;
    static const struct question questions[] = {
        {"select '\"Odd\"'::regclass", "\"Odd\""},
        {"select oid::regclass from pg_class where relname = 't'", "public.t"},
        {"select array_to_string(current_schemas(false), ',')", "s2"},
    };
    assert_int_equal(engine_exec(conn, "SET search_path = 's2'", &err), ST_OK);
    ASK(questions);
    assert_int_equal(engine_exec(conn, "RESET search_path", &err), ST_OK);
}

static void test_what_is_not_there_is_an_error(void **state)
{
    (void)state;
    static const char *const bad[] = {"select 'nope'::regclass", "select 'nope'::regtype",
                                      "select current_setting('nope')", "select nope from pg_class"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct buf out;
        buf_init(&out, 1 << 20);
        assert_int_equal(answer(bad[i], &out), ST_ERR);
        assert_non_null(strstr(err.message, "nope"));
        buf_release(&out);
    }
}

/* A macro that drops an argument drops the parameter in it, and the client that sends one is refused. */
static void test_no_function_forgets_a_parameter(void **state)
{
    (void)state;
    for (const char *const *sql = sql_catalog_setup; *sql; sql++) {
        const char *name = *sql + strlen("CREATE MACRO tavana_catalog.pg.");
        if (strncmp(*sql, "CREATE MACRO tavana_catalog.pg.", (size_t)(name - *sql)) != 0)
            continue;
        const char *open = strchr(name, '('), *close = strchr(name, ')');
        if (strncmp(close, ") AS TABLE", 10) == 0 || close == open + 1)
            continue;
        struct buf b;
        unsigned parameters = 0;
        buf_init(&b, 4096);
        buf_printf(&b, "SELECT tavana_catalog.pg.%.*s(", (int)(open - name), name);
        for (const char *p = open; p < close; p++)
            if (*p == '(' || *p == ',') {
                parameters++;
                buf_printf(&b, "%s$%u", parameters > 1 ? ", " : "", parameters);
            }
        buf_printf(&b, ")");
        assert_true(buf_ok(&b));
        struct engine_stmt *st;
        err_init(&err);
        if (engine_prepare(conn, (struct str){(const char *)b.data, b.len}, &st, &err) == ST_OK) {
            if (engine_stmt_info(st)->nparams != parameters)
                fail_msg("%.*s", (int)b.len, (const char *)b.data);
            engine_stmt_free(st);
        } else if (err.code ==
                   SQLSTATE_INDETERMINATE_DATATYPE) { /* the last of them is there, one before is not */
            fail_msg("%.*s: %s", (int)b.len, (const char *)b.data, err.message);
        }
        buf_release(&b);
    }
}

/* The user's own listings stay free of it. */
static void test_is_out_of_sight(void **state)
{
    (void)state;
    static const struct question questions[] = {
        {"select count(*)::text from duckdb_views() where database_name = 'tavana_catalog' and not internal",
         "0"},
        {"select count(*)::text from duckdb_tables() where database_name = 'tavana_catalog'", "0"},
    };
    ASK(questions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_relations),
        cmocka_unit_test(test_columns),
        cmocka_unit_test(test_constraints),
        cmocka_unit_test(test_names_and_numbers),
        cmocka_unit_test(test_search_path),
        cmocka_unit_test(test_what_is_not_there_is_an_error),
        cmocka_unit_test(test_no_function_forgets_a_parameter),
        cmocka_unit_test(test_is_out_of_sight),
    };
    return cmocka_run_group_tests(tests, open_engine, close_engine);
}
