#include "sql/command.h"
#include "sql/prepare.h"
#include "sql/set_config.h"
#include "sql/several.h"
#include "sql/statement.h"
#include "sql/table.h"

#include <stdio.h>

#include "fixture.h"

/* Splits; the pieces joined by "|" must be `joined`, all of one kind when kind is given. */
static void splits(const char *sql, const char *joined)
{
    struct sql_list list;
    char text[512] = "";
    size_t n = 0;
    assert_int_equal(sql_split(&arena, str_of(sql), &list, &err), ST_OK);
    for (size_t i = 0; i < list.n; i++) {
        struct sql_statement *s = &list.items[i];
        int len = snprintf(text + n, sizeof text - n, "%s%.*s", i ? "|" : "", (int)s->text.n, s->text.p);
        n += (size_t)len;
        assert_ptr_equal(s->text.p, sql + s->offset);
    }
    assert_string_equal(text, joined);
}

static void is(const char *sql, enum sql_kind kind, const char *word)
{
    struct sql_list list;
    struct sql_statement s;
    assert_int_equal(sql_split(&arena, str_of(sql), &list, &err), ST_OK);
    assert_int_equal(list.n, 1);
    if (list.items[0].kind != kind)
        fail_msg("%s: kind %d", sql, list.items[0].kind);
    assert_string_equal(list.items[0].word, word);
    assert_int_equal(sql_classify(&arena, sql_tokens_of(str_of(sql)), &s, &err), ST_OK);
    assert_int_equal(s.kind, kind);
    assert_string_equal(s.word, word);
}

static void test_split(void **state)
{
    (void)state;
    splits("select 1", "select 1");
    splits("; ;select 1;", "select 1");
    splits(" select 1 ; /* x */ select 2 -- y\n ;", "select 1|select 2");
    splits("select ';', \";\", $$;$$, $a$ ; $a$ /* ; /* ; */ ; */; b",
           "select ';', \";\", $$;$$, $a$ ; $a$|b");
    splits("create rule r as on insert to t do (a; b); c", "create rule r as on insert to t do (a; b)|c");
    splits("begin; select 1; end", "begin|select 1|end");
    splits("create function f() begin atomic select 1; select case when 1 then 2 end; end; x",
           "create function f() begin atomic select 1; select case when 1 then 2 end; end|x");
    splits("create or replace function f() returns int language sql as $$ select 1; $$; x",
           "create or replace function f() returns int language sql as $$ select 1; $$|x");
    splits("create macro f(x) as x + 1; begin; end", "create macro f(x) as x + 1|begin|end");
    splits("create table begin (a int); b", "create table begin (a int)|b");
    splits("select 1_000; select * exclude (a); from t; select {'a': 1}; select x -> x; select ?, #1, $a",
           "select 1_000|select * exclude (a)|from t|select {'a': 1}|select x -> x|select ?, #1, $a");
    splits("a ) ; b", "a )|b");
    splits("", "");
    splits(" -- only\n /* comments */ ; ;", "");
}

static void test_split_leaves_what_has_no_end(void **state)
{
    (void)state;
    static const char *const bad[] = {"select 'a", "select 1; select \"a", "select /* 1", "$$", "a; $x$ $y$"};
    struct sql_list list;
    struct sql_statement s;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(sql_split(&arena, str_of(bad[i]), &list, &err), ST_AGAIN);
        assert_int_equal(sql_classify(&arena, sql_tokens_of(str_of("select 'a")), &s, &err), ST_OK);
        assert_int_equal(s.kind, SQL_ENGINE);
    }
}

static void test_split_is_bounded(void **state)
{
    (void)state;
    static char sql[2 * SQL_STATEMENTS_MAX + 3];
    struct sql_list list;
    for (size_t i = 0; i < SQL_STATEMENTS_MAX + 1; i++) {
        sql[2 * i] = 'a';
        sql[2 * i + 1] = ';';
    }
    assert_int_equal(sql_split(&arena, (struct str){sql, 2 * SQL_STATEMENTS_MAX}, &list, &err), ST_OK);
    assert_int_equal(list.n, SQL_STATEMENTS_MAX);
    assert_int_equal(sql_split(&arena, str_of(sql), &list, &err), ST_ERR);
    assert_int_equal(err.code, SQLSTATE_PROGRAM_LIMIT_EXCEEDED);
}

static void test_kinds(void **state)
{
    (void)state;
    is("", SQL_EMPTY, "");
    is("select 1", SQL_ENGINE, "SELECT");
    is("((select 1))", SQL_ENGINE, "SELECT");
    is("(begin)", SQL_ENGINE, "BEGIN");
    is("summarize t", SQL_ENGINE, "SUMMARIZE");
    is("\"begin\"", SQL_ENGINE, "");
    is("explain execute p", SQL_EXPLAIN, "EXPLAIN");
    is("Begin", SQL_BEGIN, "BEGIN");
    is("start transaction read only", SQL_BEGIN, "START");
    is("start all", SQL_ENGINE, "START");
    is("commit", SQL_COMMIT, "COMMIT");
    is("end", SQL_COMMIT, "END");
    is("commit prepared 'x'", SQL_PREPARE_TRANSACTION, "COMMIT");
    is("rollback", SQL_ROLLBACK, "ROLLBACK");
    is("abort", SQL_ROLLBACK, "ABORT");
    is("rollback to x", SQL_SAVEPOINT, "ROLLBACK");
    is("rollback work to savepoint x", SQL_SAVEPOINT, "ROLLBACK");
    is("rollback and chain", SQL_ROLLBACK, "ROLLBACK");
    is("rollback prepared 'x'", SQL_PREPARE_TRANSACTION, "ROLLBACK");
    is("prepare transaction 'x'", SQL_PREPARE_TRANSACTION, "PREPARE");
    is("prepare transaction as select 1", SQL_PREPARE, "PREPARE");
    is("release x", SQL_SAVEPOINT, "RELEASE");
    is("execute p(1)", SQL_EXECUTE, "EXECUTE");
    is("move 1 c", SQL_FETCH, "MOVE");
    is("discard all", SQL_DISCARD, "DISCARD");
    is("copy t to stdout", SQL_COPY, "COPY");
    is("do $$ x $$", SQL_DO, "DO");
    is("drop table a", SQL_SEVERAL, "DROP");
    is("drop sequence a", SQL_ENGINE, "DROP");
    is("drop table a, b", SQL_SEVERAL, "DROP");
    is("drop macro a, b", SQL_ENGINE, "DROP");
    is("Truncate \"a\" , b", SQL_SEVERAL, "TRUNCATE");
    is("create table t (a int, b Serial)", SQL_TABLE, "CREATE");
    is("create table t (serial int, b numeric(10, 2), c text default 'serial')", SQL_ENGINE, "CREATE");
    is("create table t as select 1 as serial", SQL_ENGINE, "CREATE");
    is("create view serial as select 1", SQL_ENGINE, "CREATE");
}

static void test_set_kinds(void **state)
{
    (void)state;
    is("set x = 1", SQL_SET, "SET");
    is("set x to 'a', b, -1.5, + 2, default", SQL_SET, "SET");
    is("set local a.b.\"C\" to on", SQL_SET, "SET");
    is("set session x = 1", SQL_SET, "SET");
    is("set session = 1", SQL_SET, "SET");
    is("set session authorization x", SQL_SET, "SET");
    is("set session characteristics as transaction read only", SQL_SET, "SET");
    is("set time zone interval '1' hour to minute", SQL_SET, "SET");
    is("set time zone interval(3) '1'", SQL_SET, "SET");
    is("set local time zone 'UTC'", SQL_SET, "SET");
    is("set names 'utf8'", SQL_SET, "SET");
    is("set role none", SQL_SET, "SET");
    is("set transaction isolation level serializable", SQL_SET, "SET");
    is("set constraints all deferred", SQL_SET, "SET");
    is("set x = [1, 2]", SQL_ENGINE, "SET");
    is("set x = 1 + 1", SQL_ENGINE, "SET");
    is("set x = (select 1)", SQL_ENGINE, "SET");
    is("set x = ", SQL_ENGINE, "SET");
    is("set x = 1,", SQL_ENGINE, "SET");
    is("set x = $1", SQL_ENGINE, "SET");
    is("set global x = 1", SQL_ENGINE, "SET");
    is("set variable x = 1", SQL_ENGINE, "SET");
    is("set", SQL_ENGINE, "SET");
    is("reset x", SQL_RESET, "RESET");
    is("reset all", SQL_RESET, "RESET");
    is("reset time zone", SQL_RESET, "RESET");
    is("reset global x", SQL_ENGINE, "RESET");
    is("show x", SQL_SHOW, "SHOW");
    is("show a.b", SQL_SHOW, "SHOW");
    is("show all", SQL_SHOW, "SHOW");
    is("show transaction isolation level", SQL_SHOW, "SHOW");
    is("show tables", SQL_ENGINE, "SHOW");
    is("show all tables", SQL_ENGINE, "SHOW");
    is("show select 1", SQL_ENGINE, "SHOW");
    is("show", SQL_ENGINE, "SHOW");
}

static struct sql_statement one(const char *sql)
{
    struct sql_statement s;
    assert_int_equal(sql_classify(&arena, sql_tokens_of(str_of(sql)), &s, &err), ST_OK);
    return s;
}

static struct sql_transaction transaction(const char *sql)
{
    struct sql_statement s = one(sql);
    struct sql_transaction t;
    assert_int_equal(sql_parse_transaction(&arena, &s, &t, &err), ST_OK);
    return t;
}

static void transaction_fails(const char *sql, int32_t position)
{
    struct sql_statement s = one(sql);
    struct sql_transaction t;
    err_init(&err);
    assert_int_equal(sql_parse_transaction(&arena, &s, &t, &err), ST_ERR);
    assert_int_equal(err.code, SQLSTATE_SYNTAX_ERROR);
    assert_int_equal(err.position, position);
}

static void test_transactions(void **state)
{
    (void)state;
    assert_int_equal(transaction("begin").isolation, SQL_ISO_DEFAULT);
    assert_int_equal(transaction("begin work").mode, SQL_TX_DEFAULT);
    assert_int_equal(transaction("begin work").defer, SQL_DEFER_DEFAULT);
    assert_int_equal(transaction("begin deferrable").defer, SQL_DEFERRABLE);
    assert_int_equal(transaction("begin deferrable, not deferrable").defer, SQL_NOT_DEFERRABLE);
    assert_int_equal(transaction("start transaction").mode, SQL_TX_DEFAULT);
    struct sql_transaction t = transaction("begin isolation level serializable read only, not deferrable");
    assert_int_equal(t.isolation, SQL_ISO_SERIALIZABLE);
    assert_int_equal(t.mode, SQL_TX_READ_ONLY);
    assert_int_equal(transaction("start transaction read write").mode, SQL_TX_READ_WRITE);
    assert_int_equal(transaction("begin isolation level read uncommitted").isolation,
                     SQL_ISO_READ_UNCOMMITTED);
    assert_true(transaction("commit and chain").chain);
    assert_false(transaction("rollback and no chain").chain);
    t = transaction("rollback to savepoint \"A b\"");
    assert_int_equal(t.savepoint, SQL_SP_ROLLBACK_TO);
    assert_string_equal(t.savepoint_name, "A b");
    t = transaction("release X");
    assert_int_equal(t.savepoint, SQL_SP_RELEASE);
    assert_string_equal(t.savepoint_name, "x");
    assert_int_equal(transaction("savepoint s").savepoint, SQL_SP_SAVEPOINT);
    transaction_fails("begin isolation level foo", 23);
    transaction_fails("begin work work", 12);
    transaction_fails("start transaction transaction", 19);
    transaction_fails("savepoint", 10);
}

static struct sql_set set(const char *sql)
{
    struct sql_statement s = one(sql);
    struct sql_set v;
    if (sql_parse_set(&arena, &s, &v, &err) != ST_OK)
        fail_msg("%s: %s", sql, err.message);
    return v;
}

static void sets(const char *sql, const char *name, const char *value, size_t nvalues)
{
    struct sql_set v = set(sql);
    assert_string_equal(v.name, name);
    assert_int_equal(v.nvalues, nvalues);
    if (value)
        assert_string_equal(v.value, value);
    else
        assert_null(v.value);
}

static void test_set(void **state)
{
    (void)state;
    sets("set a = b", "a", "b", 1);
    sets("set A.b to 'x', 1, -1.5, Cc, \"D d\"", "a.b", "x, 1, -1.5, cc, D d", 5);
    sets("set search_path to public, \"$user\", 'A b', \"select\", \"q\"\"q\"", "search_path",
         "public, \"$user\", \"A b\", \"select\", \"q\"\"q\"", 5);
    sets("set datestyle to ISO, MDY", "datestyle", "iso, mdy", 2);
    sets("set \"TimeZone\" = 'UTC'", "timezone", "UTC", 1);
    sets("set time zone -7", "timezone", "-7", 1);
    sets("set time zone local", "timezone", NULL, 0);
    sets("set time zone interval '+02:00' hour to minute", "timezone", "interval '+02:00'", 1);
    sets("set x to default", "x", NULL, 0);
    sets("set x = ''", "x", "", 1);
    sets("set x = true", "x", "true", 1);
    sets("set names 'LATIN1'", "client_encoding", "LATIN1", 1);
    sets("set role x", "role", "x", 1);
    sets("set session authorization default", "session_authorization", NULL, 0);
    sets("reset x.Y", "x.y", NULL, 0);
    sets("reset all", "all", NULL, 0);
    sets("show all", "all", NULL, 0);
    sets("show time zone", "timezone", NULL, 0);
    sets("show transaction isolation level", "transaction_isolation", NULL, 0);
    assert_true(set("set local x = 1").local);
    assert_false(set("set session x = 1").local);
    struct sql_set v = set("set transaction isolation level repeatable read, read only");
    assert_true(v.is_transaction && !v.name && v.transaction.isolation == SQL_ISO_REPEATABLE_READ);
    assert_int_equal(v.transaction.mode, SQL_TX_READ_ONLY);
    v = set("set session characteristics as transaction read write");
    assert_true(v.is_session_characteristics && v.transaction.mode == SQL_TX_READ_WRITE);
    assert_true(set("set constraints all deferred").is_constraints);
    struct sql_statement s = one("set s\xc3\xa9 = 'x' y");
    s.kind = SQL_SET;
    assert_int_equal(sql_parse_set(&arena, &s, &v, &err), ST_ERR);
    assert_int_equal(err.position, 14);
    assert_string_equal(err.message, "syntax error at or near \"y\"");
}

static void test_commands_are_bounded(void **state)
{
    (void)state;
    static char sql[SQL_COMMAND_MAX + 100] = "set x = '";
    struct sql_set v;
    memset(sql + 9, 'a', SQL_COMMAND_MAX);
    sql[9 + SQL_COMMAND_MAX] = '\'';
    struct sql_statement s = one(sql);
    assert_int_equal(s.kind, SQL_SET);
    assert_int_equal(sql_parse_set(&arena, &s, &v, &err), ST_ERR);
    assert_int_equal(err.code, SQLSTATE_PROGRAM_LIMIT_EXCEEDED);
}

static void named(const char *sql, const char *name, const char *payload)
{
    struct sql_statement s = one(sql);
    struct sql_name n;
    assert_int_equal(sql_parse_name(&arena, &s, &n, &err), ST_OK);
    assert_string_equal(n.name ? n.name : "NULL", name);
    assert_string_equal(n.payload ? n.payload : "NULL", payload);
}

static void test_names(void **state)
{
    (void)state;
    named("deallocate prepare X", "x", "NULL");
    named("deallocate all", "NULL", "NULL");
    named("close \"C\"", "C", "NULL");
    named("close all", "NULL", "NULL");
    named("listen x", "x", "NULL");
    named("unlisten *", "NULL", "NULL");
    named("notify a, 'b'", "a", "b");
    enum sql_discard d;
    struct sql_statement s = one("discard temporary");
    assert_int_equal(sql_parse_discard(&arena, &s, &d, &err), ST_OK);
    assert_int_equal(d, SQL_DISCARD_TEMP);
    s = one("discard all");
    assert_int_equal(sql_parse_discard(&arena, &s, &d, &err), ST_OK);
    assert_int_equal(d, SQL_DISCARD_ALL);
    s = one("discard x");
    assert_int_equal(sql_parse_discard(&arena, &s, &d, &err), ST_ERR);
    assert_int_equal(err.position, 9);
}

static void test_prepare(void **state)
{
    (void)state;
    struct sql_prepare p;
    struct sql_statement s = one("PREPARE \"P\"\"1\" (int, numeric(10, 2), text[]) AS FROM t SELECT $1");
    assert_int_equal(sql_parse_prepare(&arena, &s, &p, &err), ST_OK);
    assert_string_equal(p.name, "P\"1");
    assert_int_equal(p.ntypes, 3);
    assert_string_equal(p.types[0], "int");
    assert_string_equal(p.types[1], "numeric(10, 2)");
    assert_string_equal(p.types[2], "text[]");
    assert_true(str_eq(p.query, STR("FROM t SELECT $1")));
    s = one("prepare Abc as select 1 -- x");
    assert_int_equal(sql_parse_prepare(&arena, &s, &p, &err), ST_OK);
    assert_string_equal(p.name, "abc");
    assert_int_equal(p.ntypes, 0);
    assert_true(str_eq(p.query, STR("select 1")));
    static const char *const bad[] = {"prepare",
                                      "prepare p",
                                      "prepare p as",
                                      "prepare p ( as",
                                      "prepare p () as select 1",
                                      "prepare p (a,) as x",
                                      "prepare 'p' as x",
                                      "prepare \"\" as x"};
    static const int32_t positions[] = {8, 10, 13, 15, 12, 14, 9, 9};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        s = one(bad[i]);
        err_init(&err);
        assert_int_equal(sql_parse_prepare(&arena, &s, &p, &err), ST_ERR);
        assert_int_equal(err.code, SQLSTATE_SYNTAX_ERROR);
        assert_int_equal(err.position, positions[i]);
    }
}

static void test_execute(void **state)
{
    (void)state;
    struct sql_execute x;
    struct sql_statement s = one("execute p (1 + 1, 'a,b', f(1, 2), [1, 2], {'a': (3)} /* c */ )");
    assert_int_equal(sql_parse_execute(&arena, &s, &x, &err), ST_OK);
    assert_string_equal(x.name, "p");
    assert_int_equal(x.nvalues, 5);
    assert_true(str_eq(x.values[0], STR("1 + 1")));
    assert_true(str_eq(x.values[1], STR("'a,b'")));
    assert_true(str_eq(x.values[2], STR("f(1, 2)")));
    assert_true(str_eq(x.values[3], STR("[1, 2]")));
    assert_true(str_eq(x.values[4], STR("{'a': (3)}")));
    s = one("execute p");
    assert_int_equal(sql_parse_execute(&arena, &s, &x, &err), ST_OK);
    assert_int_equal(x.nvalues, 0);
    s = one("execute p(1) x");
    assert_int_equal(sql_parse_execute(&arena, &s, &x, &err), ST_ERR);
    assert_int_equal(err.position, 14);
    char long_name[200] = "execute ";
    for (size_t i = 0; i < 40; i++)
        memcpy(long_name + 8 + 2 * i, "\xc3\xa9", 2);
    s = one(long_name);
    err_init(&err);
    assert_int_equal(sql_parse_execute(&arena, &s, &x, &err), ST_OK);
    assert_int_equal(strlen(x.name), SQL_NAME_MAX - 1);
}

static void test_several(void **state)
{
    (void)state;
    struct sql_several d;
    struct sql_statement s = one("drop view if exists a , \"B,c\" . d,e cascade -- x");
    assert_int_equal(sql_parse_several(&arena, &s, &d, &err), ST_OK);
    assert_string_equal(d.tag, "DROP VIEW");
    assert_true(str_eq(d.head, STR("drop view if exists ")));
    assert_int_equal(d.n, 3);
    assert_true(str_eq(d.names[0], STR("a")));
    assert_true(str_eq(d.names[1], STR("\"B,c\" . d")));
    assert_true(str_eq(d.names[2], STR("e")));
    assert_true(str_eq(d.tail, STR("cascade")));
    assert_false(d.drops_tables);
    s = one("drop table if exists \"a b\" cascade");
    assert_int_equal(s.kind, SQL_SEVERAL);
    assert_int_equal(sql_parse_several(&arena, &s, &d, &err), ST_OK);
    assert_true(d.drops_tables && d.cascades && d.n == 1 && d.tail.n == 0);
    s = one("drop sequence \"cascade\"");
    assert_int_equal(s.kind, SQL_ENGINE);
    s = one("truncate a, b");
    assert_int_equal(sql_parse_several(&arena, &s, &d, &err), ST_OK);
    assert_string_equal(d.tag, "TRUNCATE TABLE");
    assert_int_equal(d.tail.n, 0);
    static const struct {
        const char *sql;
        int position;
    } wrong[] = {{"drop table a, ", 14},
                 {"drop table , a", 12},
                 {"drop table a b, c", 0},
                 {"drop table a cascade b", 22},
                 {"truncate a,, b", 12}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        s = one(wrong[i].sql);
        err_init(&err);
        int st = sql_parse_several(&arena, &s, &d, &err);
        assert_int_equal(st, wrong[i].position ? ST_ERR : ST_OK); /* what follows a name the engine refuses */
        assert_int_equal(err.position, wrong[i].position);
    }
}

static void test_serial(void **state)
{
    (void)state;
    struct sql_table t;
    struct sql_statement s =
        one("create table t (id serial primary key, x numeric(9, 2), \"B 'b\" bigserial)");
    assert_int_equal(sql_parse_table(&arena, &s, &t, &err), ST_OK);
    assert_true(str_eq(t.name, STR("t")));
    assert_false(t.temporary || t.keeps);
    assert_int_equal(t.n, 2);
    assert_true(str_eq(t.sequences[0].name, STR("\"t_id_seq\"")));
    assert_true(str_eq(t.sequences[1].name, STR("\"t_B 'b_seq\"")));
    assert_string_equal(t.table.text.p,
                        "create table t (id INTEGER DEFAULT nextval('\"t_id_seq\"') NOT NULL primary key, "
                        "x numeric(9, 2), \"B 'b\" BIGINT DEFAULT nextval('\"t_B ''b_seq\"') NOT NULL)");
    s = one("create or replace temp table Public.\"T\" (smallserial smallserial)");
    assert_int_equal(sql_parse_table(&arena, &s, &t, &err), ST_OK);
    assert_true(str_eq(t.name, STR("Public.\"T\"")));
    assert_true(t.temporary && t.keeps);
    assert_true(str_eq(t.sequences[0].name, STR("main.\"T_smallserial_seq\"")));
    static char many[(SQL_TABLE_SEQUENCES_MAX + 1) * sizeof ", a serial" + 64] = "create table t (a serial";
    size_t n = strlen(many);
    for (size_t i = 1; i < SQL_TABLE_SEQUENCES_MAX; i++)
        n += (size_t)snprintf(many + n, sizeof many - n, ", a serial");
    s = one(many);
    assert_int_equal(sql_parse_table(&arena, &s, &t, &err), ST_OK);
    (void)snprintf(many + n, sizeof many - n, ", a serial");
    s = one(many);
    assert_int_equal(sql_parse_table(&arena, &s, &t, &err), ST_ERR);
    assert_int_equal(err.code, SQLSTATE_PROGRAM_LIMIT_EXCEEDED);
    err_init(&err);
}

static void test_references(void **state)
{
    (void)state;
    struct sql_table t;
    struct sql_statement s =
        one("create table t (a int constraint \"N\" references s.u (b) on delete cascade not null, "
            "b int references v, primary key (b, a), foreign key (a, b) references t deferrable)");
    assert_int_equal(sql_parse_table(&arena, &s, &t, &err), ST_OK);
    assert_int_equal(t.nreferences, 3);
    assert_true(str_eq(t.primary, STR("b, a")) && t.references[0].on_delete == 'c' &&
                str_eq(t.references[0].name.text, STR("\"N\"")));
    assert_true(str_eq(t.references[1].columns, STR("b")) && str_eq(t.references[2].columns, STR("a, b")));
    const struct str instead[] = {STR("CHECK (1) "), {NULL, 0}, STR("CHECK (3)")};
    assert_int_equal(sql_table_instead(&arena, &s, instead, &t, &err), ST_OK);
    assert_string_equal(t.marked.text.p,
                        "create table t (a int CHECK (1) not null, b int references v, primary "
                        "key (b, a), CHECK (3))");
}

static void test_table(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *engine, *sequence, *options;
    } taken[] = {
        {"create table t (a bigint generated by default as identity primary key, b int)",
         "create table t (a bigint DEFAULT nextval('\"t_a_seq\"') NOT NULL primary key, b int)",
         "\"t_a_seq\"", ""},
        {"create table t (a int generated always as identity (start with 5))",
         "create table t (a int DEFAULT nextval('\"t_a_seq\"') NOT NULL )", "\"t_a_seq\"", " START WITH 5"},
        {"create unlogged table t (a int, b int generated always as (a * 2) stored) with (fillfactor = 70)",
         "create unlogged table t (a int, b int generated always as (a * 2) ) ", NULL, NULL},
        {"create table t (a int references u (b) on delete restrict deferrable initially deferred)",
         "create table t (a int references u (b) on delete restrict )", NULL, NULL},
        {"create table t (a int check (a > 0) no inherit, unique (a) include (b) using index tablespace x)",
         "create table t (a int check (a > 0) , unique (a) )", NULL, NULL},
        {"create temp table t (a int) without oids on commit preserve rows tablespace pg_default",
         "create temp table t (a int) ", NULL, NULL},
    };
    struct sql_table t;
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
        struct sql_statement s = one(taken[i].sql);
        assert_int_equal(s.kind, SQL_TABLE);
        assert_int_equal(sql_parse_table(&arena, &s, &t, &err), ST_OK);
        assert_string_equal(t.table.text.p, taken[i].engine);
        assert_int_equal(t.n, taken[i].sequence ? 1 : 0);
        assert_true(!t.n || str_eq(t.sequences[0].name, str_of(taken[i].sequence)));
        assert_true(!t.n || str_eq(t.sequences[0].options, str_of(taken[i].options)));
    }
    static const char *const plain[] = {
        "create table t (\"generated\" int, deferrable int, \"on\" int, a int default (1))",
        "create table t (a int not null check (a > 0), primary key (a), unique (a))",
        "create table t (a) with (x = 1) as select 1",
        "create table t as select 1",
    };
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        is(plain[i], SQL_ENGINE, "CREATE");
    static const struct {
        const char *sql;
        int position;
    } refused[] = {
        {"create table t (a int, b int, foreign key (a, b) references u match full)", 61},
        {"create table t (a int) inherits (u)", 24},
        {"create table t (a int) partition by range (a)", 24},
        {"create table t partition of u default", 16},
        {"create table t (exclude using gist (a with =))", 17},
        {"create table t (like u including all)", 17},
        {"create table t (a int unique nulls not distinct)", 30},
        {"create table t ()", 17},
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct sql_statement s = one(refused[i].sql);
        assert_int_equal(s.kind, SQL_TABLE);
        assert_int_equal(sql_parse_table(&arena, &s, &t, &err), ST_ERR);
        assert_int_equal(err.code, SQLSTATE_FEATURE_NOT_SUPPORTED);
        assert_int_equal(err.position, refused[i].position);
        err_init(&err);
    }
}

static void test_set_config(void **state)
{
    (void)state;
    static const char *const none[] = {
        "select set_config('a', 'b')",
        "select set_config('a', 'b', false, 1)",
        "select set_config('a', 'b' || 'c', false)",
        "select set_config('a', 'b', true), 1",
        "select set_config(e'a', 'b', true)",
        "select set_config('a'\n'b', 'b', true)",
        "select set_config('a', 'b', $0)",
        "select set_config('a', 'b', $1::date)",
        "select set_config('a', 'b', true) as",
        "select set_config('a', 'b', true) x from pg_class where name = 'x'",
        "select set_config('a', 'b', true) from pg_settings where name = 'x' and 1 = 1",
        "(select set_config('a', 'b', true))",
        "select x.set_config('a', 'b', true)",
    };
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        is(none[i], SQL_ENGINE, "SELECT");
    struct sql_set_config c;
    struct sql_statement s =
        one("Select set_config('it''s', null, false) As \"X\", pg_catalog.set_config($2, $1::text, 'on') y "
            "From pg_settings where name = 'n'");
    assert_int_equal(s.kind, SQL_SET_CONFIG);
    assert_int_equal(sql_parse_set_config(&arena, &s, &c, &err), ST_OK);
    assert_int_equal(c.n, 2);
    assert_string_equal(c.items[0].column, "X");
    assert_string_equal(c.items[0].name.text, "it's");
    assert_null(c.items[0].value.text);
    assert_string_equal(c.items[0].local.text, "f");
    assert_string_equal(c.items[1].column, "y");
    assert_int_equal(c.items[1].name.param, 2);
    assert_int_equal(c.items[1].value.param, 1);
    assert_string_equal(c.items[1].local.text, "on");
    assert_string_equal(c.only, "n");
    char many[64 * 40] = "select set_config('a', 'b', true)";
    for (int i = 1; i < SQL_SET_CONFIG_MAX; i++)
        (void)snprintf(many + strlen(many), sizeof many - strlen(many), ", set_config('a', 'b', true)");
    is(many, SQL_SET_CONFIG, "SELECT");
    (void)snprintf(many + strlen(many), sizeof many - strlen(many), ", set_config('a', 'b', true)");
    is(many, SQL_ENGINE, "SELECT");
}

/* All of it with the nth allocation failing. */
static int parse_all(struct arena *a, struct err *e)
{
    struct sql_list list;
    struct sql_set v;
    struct sql_transaction t;
    struct sql_prepare p;
    struct sql_execute x;
    struct sql_name n;
    struct sql_several d;
    struct sql_table w;
    struct sql_set_config c;
    static const char sql[] =
        "set search_path to a, 1, \"B\"; begin read only; prepare p(int, text) as select 1;"
        "execute p(1, 2); close x; drop table a, b; select set_config('a', 'b', true) as x;"
        "create table t (a serial)";
    TRY(sql_split(a, str_of(sql), &list, e));
    TRY(sql_parse_set(a, &list.items[0], &v, e));
    TRY(sql_parse_transaction(a, &list.items[1], &t, e));
    TRY(sql_parse_prepare(a, &list.items[2], &p, e));
    TRY(sql_parse_execute(a, &list.items[3], &x, e));
    TRY(sql_parse_name(a, &list.items[4], &n, e));
    TRY(sql_parse_several(a, &list.items[5], &d, e));
    TRY(sql_parse_table(a, &list.items[7], &w, e));
    return sql_parse_set_config(a, &list.items[6], &c, e);
}

static void test_every_allocation_fails_once(void **state)
{
    (void)state;
    unsigned failures = 0;
    for (unsigned nth = 1, more = 1; more; nth++) {
        struct arena a;
        struct err e;
        arena_init(&a, 1 << 20);
        err_init(&e);
        alloc_fail_nth(nth);
        int st = parse_all(&a, &e);
        more = alloc_failed();
        assert_int_equal(st, more ? ST_ERR : ST_OK);
        if (more)
            assert_int_equal(e.code, SQLSTATE_OUT_OF_MEMORY);
        failures += more;
        arena_release(&a);
    }
    assert_true(failures > 0);
    for (size_t max = 0;; max += 16) { /* and with the arena's bound at every height */
        struct arena a;
        struct err e;
        arena_init(&a, max);
        err_init(&e);
        int st = parse_all(&a, &e);
        arena_release(&a);
        if (st == ST_OK)
            break;
        assert_int_equal(e.code, SQLSTATE_OUT_OF_MEMORY);
    }
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_split),
        T(test_split_leaves_what_has_no_end),
        T(test_split_is_bounded),
        T(test_kinds),
        T(test_set_kinds),
        T(test_transactions),
        T(test_set),
        T(test_commands_are_bounded),
        T(test_names),
        T(test_prepare),
        T(test_execute),
        T(test_several),
        T(test_serial),
        T(test_references),
        T(test_table),
        T(test_set_config),
        T(test_every_allocation_fails_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
