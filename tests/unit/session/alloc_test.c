/* Every allocation of a session's life fails once: it answers 53200 or ends, goes on with the next statement,
 * and leaves nothing behind. */
#include "rig.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "front/front.h"
#include "net/lot.h"

#include <stdio.h>
#include <string.h>

enum { TEXT = 64 * 1024, WAIT_US = 5 * 1000 * 1000 };

static const struct fake_statement script[] = {
    {.sql = "insert 1", .effect = BACKEND_WRITES, .tag = "INSERT 0", .tag_count = true, .affected = 1},
    {.sql = "insert returning", .effect = BACKEND_WRITES, .tag = "INSERT 0", .columns = "i", .rows = 2},
    {.sql = "select it", .columns = "it", .rows = 3},
    {.sql = "select $1", .columns = "i", .rows = 1, .nparams = 1},
    {.sql = "SELECT (1)", .columns = "i", .rows = 1},
    {.sql = "select wide", .columns = "w", .rows = 30},
    {.sql = "select 'open", .columns = "t", .rows = 1},
    {.sql = "SELECT current_setting('threads')", .columns = "t", .rows = 1},
    {.sql = "set threads = 4", .effect = BACKEND_SESSION, .tag = "SET"},
    {.sql = "drop table a", .effect = BACKEND_WRITES, .tag = "DROP TABLE"},
    {.sql = "drop table b", .effect = BACKEND_WRITES, .tag = "DROP TABLE"},
    {.sql = "SELECT * FROM t", .columns = "it", .rows = 2},
    {.sql = "INSERT INTO t (\"i1\", \"t2\") SELECT \"i1\", \"t2\" FROM t", .effect = BACKEND_WRITES},
    {.sql = "SELECT \"t2\" FROM t", .columns = "t", .rows = 2},
};

static int set_up(void **state)
{
    struct session_config c;
    (void)state;
    rig_config(&c);
    rig_start(&c, 1);
    fake_script(fake, script, sizeof script / sizeof *script);
    return 0;
}

/* ---- what a client says ---- */

static void simple_queries(void)
{
    Q("select 2; insert 1; select 1");
    Q("select 'open");
    Q("begin; insert 1");
    Q("rollback");
    Q("insert returning");
}

static void extended_queries(void)
{
    P("s", "select $1"), D('S', "s"), BV("p", "s", "1", NULL), D('P', "p"), E("p", 1), E("p", 0), C('P', "p");
    P("", "select it"), BF("", "", 1), E("", 2), E("", 0), S();
    P("", "insert 1"), B("", ""), E("", 0), B("", ""), E("", 0), C('S', "s"), S();
}

static void cursors(void)
{
    Q("begin; declare c scroll cursor with hold for select it; fetch c; move 1 c; fetch prior c");
    P("", "fetch all c"), B("", ""), E("", 1), E("", 0), S();
    Q("savepoint a; declare b binary cursor for select 2; rollback to a; release a; commit");
    Q("fetch c; close all");
}

static void settings(void)
{
    Q("set timezone = 'Europe/Berlin'; set search_path = a, b; set my.own = 'x'; set threads = 4");
    Q("begin; set local extra_float_digits = 0; savepoint a; set extra_float_digits = 2; rollback to a; "
      "commit");
    Q("select set_config('extra_float_digits', '2', false)");
    P("", "select set_config($1, $2, false)"), BV("", "", "my.own", "y", NULL), E("", 0), S();
    Q("show all");
    Q("reset all; discard all");
}

static void prepared(void)
{
    Q("prepare q (int) as select $1; execute q (1); prepare r as select 1; execute r; deallocate q; "
      "deallocate all");
}

static void catalog(void)
{
    Q("prepare q (int) as select $1; declare c cursor with hold for select 2");
    Q("select * from pg_cursors, pg_prepared_statements, pg_class where current_user = version()");
}

static void copies(void)
{
    Q("copy t from stdin; select 1"), copy_data("1\n"), copy_data("2\n"), copy_done();
    Q("copy t to stdout");
    Q("copy t (t2) to stdout (format csv, force_quote (t2))");
    Q("copy (select 2) to stdout");
    P("", "copy t from stdin"), B("", ""), E("", 0), copy_data("1\n"), copy_fail("enough"), S();
}

static void commands_of_several(void)
{
    Q("drop table a, b");
    Q("create table t (id serial, x int)");
}

static void blocks(void)
{
    Q("do $$ declare r record; begin for r in select it loop insert 1; raise notice '%', (1); end loop; "
      "select it into r; perform (1); for i in 1..2 loop null; end loop; end $$");
    Q("do $$ begin select missing; exception when undefined_table then insert 1; end $$");
}

static void large_rows(void)
{
    Q("select wide; select wide");
}

static void nothing(void)
{
}

/* ---- each allocation ---- */

static void end_of_all_sessions(void)
{
    wait_until(session_server_wait(server, clock_now_us()));
    assert_int_equal(fake_open_all(fake), 0);
}

/* What was said of settings, which may be said again. */
static void without_settings(char *text)
{
    char *from = text, *to = text;
    while (*from) {
        size_t n = strcspn(from, " ");
        if (strncmp(from, "P:", 2) == 0) {
            const char *next = strstr(from, " Z:");
            const char *other = strstr(from + 1, " P:");
            from = (char *)(uintptr_t)(other && other < next ? other : next) + 1;
            continue;
        }
        n += from[n] == ' ';
        memmove(to, from, n);
        from += n;
        to += n;
    }
    *to = '\0';
}

/* Whether an allocation failed. What it said is in out. */
static bool life(void (*say)(void), unsigned nth, char out[static TEXT])
{
    struct client *c = client_new();
    rig_fail_nth(nth);
    startup("user", "u", "options", "-c extra_float_digits=0", "my.own", "x", NULL);
    size_t n = (size_t)snprintf(out, TEXT, "%s ", until_ready());
    if (!strstr(out, "closed")) {
        say();
        (void)snprintf(out + n, TEXT - n, "%s", answers());
        without_settings(out);
    }
    bool failed = rig_failed();
    if (failed && !strstr(out, "closed")) {
        Q("rollback");
        (void)answers();
        Q("select 1"); /* it goes on */
        if (strcmp(answers(), "T(i1) (1) [SELECT 1] Z:I") != 0)
            fail_msg("%u: after %s: %s", nth, out, last_message());
    }
    client_free(c);
    end_of_all_sessions();
    (void)fake_log(fake); /* nobody asks for it: so that it does not grow */
    return failed;
}

static void each_allocation(void (*say)(void))
{
    static char whole[TEXT], out[TEXT];
    unsigned nth = 1, failures = 0;
    assert_false(life(say, 0, whole));
    while (life(say, nth, out)) {
        bool told = strstr(out, ":53200") || strstr(out, "closed");
        if ((!told && strcmp(out, whole) != 0) || strstr(out, "silence"))
            fail_msg("allocation %u: %s", nth, out);
        failures += told;
        nth++;
    }
    assert_string_equal(out, whole);
    assert_true(failures > 0);
    print_message("%u allocations, %u told\n", nth - 1, failures);
}

#define LIFE(name)                                                                                           \
    static void life_of_##name(void **state)                                                                 \
    {                                                                                                        \
        (void)state;                                                                                         \
        each_allocation(name);                                                                               \
    }
LIFE(nothing)
LIFE(simple_queries)
LIFE(extended_queries)
LIFE(cursors)
LIFE(settings)
LIFE(prepared)
LIFE(catalog)
LIFE(copies)
LIFE(commands_of_several)
LIFE(blocks)
LIFE(large_rows)

/* ---- beside sessions ---- */

static void an_accepted_socket(void **state)
{
    (void)state;
    for (unsigned nth = 1, more = 1; more; nth++) {
        alloc_fail_nth(nth);
        struct client *c = client_new();
        more = alloc_failed();
        if (more)
            assert_string_equal(to_the_end(), "closed");
        client_free(c);
        end_of_all_sessions();
    }
}

static void a_server(void **state)
{
    struct session_config c;
    struct err e;
    (void)state;
    rig_config(&c);
    const struct session_wiring w = {.backend = fake_backend(fake)};
    for (unsigned nth = 1, more = 1; more; nth++) {
        struct session_server *v = NULL;
        err_init(&e);
        alloc_fail_nth(nth);
        int st = session_server_new(&v, &w, &c, &e);
        if (st == ST_OK)
            st = session_server_set_config(v, &c, &e);
        more = alloc_failed();
        assert_int_equal(st, more ? ST_ERR : ST_OK);
        if (more)
            assert_int_equal(e.code, SQLSTATE_OUT_OF_MEMORY);
        session_server_free(v);
    }
}

static void a_front(void **state)
{
    struct err e;
    (void)state;
    const struct pg_front_wiring w = {
        .sessions = server, .peers = (const char *const[]){"127.0.0.1:1"}, .npeers = 1};
    for (unsigned nth = 1, more = 1; more; nth++) {
        struct pg_front *f = NULL;
        err_init(&e);
        alloc_fail_nth(nth);
        int st = pg_front_new(&f, &w, &e);
        more = alloc_failed();
        assert_int_equal(st, more ? ST_ERR : ST_OK);
        if (more)
            assert_int_equal(e.code, SQLSTATE_OUT_OF_MEMORY);
        pg_front_free(f);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(life_of_nothing),
        TEST(life_of_simple_queries),
        TEST(life_of_extended_queries),
        TEST(life_of_cursors),
        TEST(life_of_settings),
        TEST(life_of_prepared),
        TEST(life_of_catalog),
        TEST(life_of_copies),
        TEST(life_of_commands_of_several),
        TEST(life_of_blocks),
        TEST(life_of_large_rows),
        TEST(an_accepted_socket),
        TEST(a_server),
        TEST(a_front),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
