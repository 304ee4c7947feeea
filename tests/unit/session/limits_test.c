/* Limits of a session and of a server: what it answers beyond each, and that it goes on. */
#include "rig.h"

#include "session/session_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct fake_statement script[] = {
    {.sql = "select $1", .columns = "i", .rows = 1, .nparams = 1},
    {.sql = "select wide", .columns = "w", .rows = 100},
    {.sql = "select fail", .columns = "i", .fails_at = FAKE_START, .code = SQLSTATE_DIVISION_BY_ZERO},
};

static void start_with(void (*change)(struct session_config *c))
{
    struct session_config c;
    rig_config(&c);
    change(&c);
    rig_start(&c, 6);
    fake_script(fake, script, sizeof script / sizeof *script);
}

/* ---- memory ---- */

enum { MEMORY = 1024 * 1024, LARGE = 100 * 1024 };

static void little_memory(struct session_config *c)
{
    c->memory_max = MEMORY;
    c->message_max = 4 * MEMORY;
    c->statements_max = c->portals_max = 10000;
}

/* A statement of so many bytes. */
static const char *large(const char *head, size_t n)
{
    static char text[5 * MEMORY];
    (void)snprintf(text, sizeof text, "%s--", head);
    size_t len = strlen(text);
    memset(text + len, 'x', n - len);
    text[n] = '\0';
    return text;
}

static const char *const full = "the session would take more than 1024 kB (session_memory_max)";

static void memory(void **state)
{
    char name[32];
    int n = 0;
    (void)state;
    start_with(little_memory);
    (void)client_login();
    do { /* statements */
        (void)snprintf(name, sizeof name, "s%d", n++);
        P(name, large("select 1", LARGE)), S();
    } while (strcmp(answers(), "1 Z:I") == 0);
    assert_string_equal(last_message(), full);
    assert_in_range(n, 5, 10);
    ask("select 1", "T(i1) (1) [SELECT 1] Z:I");
    P("", "select 1"), B("", ""), E("", 0), S();
    expect("1 2 (1) [SELECT 1] Z:I");
    ask("deallocate all", "[DEALLOCATE ALL] Z:I");
    P("", large("select 1", 4 * MEMORY - 100)), S(); /* passed over: there is no room for it */
    expect("E:53200 Z:I");
    assert_string_equal(last_message(), full);
    Q(large("select 1", 2 * MEMORY));
    expect("E:53200 Z:I");
    ask("select 1", "T(i1) (1) [SELECT 1] Z:I");
}

static void memory_of_portals(void **state)
{
    char name[32];
    int n = 0;
    (void)state;
    start_with(little_memory);
    (void)client_login();
    ask("begin", "[BEGIN] Z:T");
    P("s", "select 1");
    S();
    expect("1 Z:T");
    do {
        for (int i = 0; i < 100; i++) {
            (void)snprintf(name, sizeof name, "p%d", n++);
            B(name, "s");
        }
        S();
    } while (!strstr(answers(), "E:"));
    assert_string_equal(last_message(), full);
    ask("rollback", "[ROLLBACK] Z:I");
    ask("select 1", "T(i1) (1) [SELECT 1] Z:I");
    do /* settings that are to be undone */
        Q("begin; savepoint a; set extra_float_digits = 0; savepoint b; set extra_float_digits = 1");
    while (false);
    (void)answers();
    for (n = 0; n < 1000; n++) {
        Q("savepoint a; set extra_float_digits = 0");
        if (strstr(answers(), "E:"))
            break;
    }
    assert_string_equal(last_message(), full);
    ask("rollback", "[ROLLBACK] Z:I");
}

static void memory_of_cursors(void **state)
{
    int n;
    char sql[256];
    (void)state;
    start_with(little_memory);
    (void)client_login();
    ask("begin", "[BEGIN] Z:T");
    for (n = 0; n < 100; n++) {
        (void)snprintf(sql, sizeof sql, "declare c%d cursor for select 1", n);
        Q(large(sql, LARGE / 2));
        if (strstr(answers(), "E:"))
            break;
    }
    assert_string_equal(last_message(), full);
    assert_in_range(n, 5, 40);
    ask("rollback", "[ROLLBACK] Z:I");
}

/* ---- counts ---- */

static void few(struct session_config *c)
{
    c->statements_max = 2;
    c->portals_max = 2;
    c->cursors_max = 2;
    c->server_cursors_max = 3;
    c->message_max = 1000;
    c->max_result_rows = 5;
    c->max_result_bytes = 20 * 1024;
    c->max_connections = 3;
    c->logins_max = 2;
}

static void counts(void **state)
{
    (void)state;
    start_with(few);
    (void)client_login();
    P("a", "select 1"), P("b", "select 1"), P("c", "select 1"), S();
    expect("1 1 E:53400 Z:I");
    ask("prepare d as select 1", "E:53400 Z:I");
    ask("begin", "[BEGIN] Z:T");
    B("a", "a"), B("b", "a"), B("c", "a"), S();
    expect("2 2 E:53400 Z:E");
    ask("rollback", "[ROLLBACK] Z:I"); /* the unnamed one has room */
}

static void cursors(void **state)
{
    (void)state;
    start_with(few);
    struct client *one = client_login(), *other = client_login();
    use(one);
    ask("begin; declare a cursor for select 1; declare b cursor for select 1; savepoint s",
        "[BEGIN] [DECLARE CURSOR] [DECLARE CURSOR] [SAVEPOINT] Z:T");
    ask("declare c cursor for select 1", "E:53400 Z:E");
    assert_string_equal(last_message(), "too many cursors in this session (2)");
    ask("rollback to s", "[ROLLBACK] Z:T");
    use(other);
    ask("begin; declare a cursor for select 1; savepoint s", "[BEGIN] [DECLARE CURSOR] [SAVEPOINT] Z:T");
    ask("declare b cursor for select 1", "E:53400 Z:E");
    assert_string_equal(last_message(), "too many cursors in this server (3)");
    use(one);
    ask("close a", "[CLOSE CURSOR] Z:T");
    use(other);
    ask("rollback to s; declare b cursor for select 1", "[ROLLBACK] [DECLARE CURSOR] Z:T");
}

static void results(void **state)
{
    (void)state;
    start_with(few);
    (void)client_login();
    ask("select 5", "T(i1) (1) (2) (3) (4) (5) [SELECT 5] Z:I");
    fake_batch_rows(fake, 3);
    ask("select 6", "T(i1) (1) (2) (3) E:54000 Z:I");
    P("", "select 6"), B("", ""), E("", 4), E("", 4), S(); /* each page */
    expect("1 2 (1) (2) (3) (4) s (5) (6) [SELECT 2] Z:I");
    ask("begin; declare c cursor for select wide; move 50 c", "[BEGIN] [DECLARE CURSOR] [MOVE 50] Z:T");
}

static void bytes_of_a_result(struct session_config *c)
{
    c->max_result_bytes = 20 * 1024;
    c->flush_bytes = 5000;
    c->flush_rows = 100;
}

static void result_bytes(void **state)
{
    (void)state;
    start_with(bytes_of_a_result);
    (void)client_login();
    Q("select wide");
    const char *is = answers();
    assert_non_null(strstr(is, "(wwwwwwww*1000) E:54000 Z:I"));
    assert_string_equal(last_message(),
                        "the result is larger than the limit of 20480 bytes (max_result_bytes)");
}

static void messages(void **state)
{
    (void)state;
    start_with(few);
    (void)client_login();
    Q(large("select 1", 990));
    expect("T(i1) (1) [SELECT 1] Z:I");
    P("", large("select 1", 1100));
    assert_string_equal(to_the_end(), "F:54000 closed");
    (void)client_login();
    bytes("Q\0\0\0\3", 5);
    assert_string_equal(to_the_end(), "F:08P01 closed");
}

/* ---- connections ---- */

static void connections(void **state)
{
    struct client *all[3];
    (void)state;
    start_with(few);
    for (int i = 0; i < 3; i++)
        all[i] = client_login();
    (void)client_new();
    startup("user", "u", NULL);
    assert_string_equal(to_the_end(), "F:53300 closed");
    client_close(all[0]);
    wait_until(session_server_counts(server).sessions == 2);
    (void)client_login();
    ask("select 1", "T(i1) (1) [SELECT 1] Z:I");
}

/* Whoever says nothing for longest makes room. */
static void silent_connections(void **state)
{
    (void)state;
    start_with(few);
    struct client *first = client_new(), *second = client_new();
    rig_sleep_ms(110);
    (void)client_login();
    ask("select 1", "T(i1) (1) [SELECT 1] Z:I");
    use(first);
    assert_string_equal(to_the_end(), "closed");
    use(second);
    startup("user", "u", NULL);
    assert_non_null(strstr(until_ready(), "Z:I"));
}

static void no_time(struct session_config *c)
{
    c->authentication_timeout_us = 20 * 1000;
}

static void authentication_timeout(void **state)
{
    (void)state;
    start_with(no_time);
    (void)client_new();
    assert_string_equal(to_the_end(), "closed");
    (void)client_new();
    bytes("\0\0\0\x20\0\3", 6);
    assert_string_equal(to_the_end(), "closed");
    (void)client_login();
    ask("select 1", "T(i1) (1) [SELECT 1] Z:I");
}

static void nothing(struct session_config *c)
{
    (void)c;
}

static void startups(void **state)
{
    static const struct {
        const char *name, *value, *answer;
    } each[] = {
        {"nonsense", "x", "F:42704 closed"},       {"DateStyle", "nonsense", "F:22023 closed"},
        {"replication", "true", "F:0A000 closed"}, {"options", "-c nonsense=1", "F:42704 closed"},
        {"options", "--", "F:42601 closed"},
    };
    (void)state;
    start_with(nothing);
    for (size_t i = 0; i < sizeof each / sizeof *each; i++) {
        (void)client_new();
        startup("user", "u", each[i].name, each[i].value, NULL);
        const char *is = to_the_end();
        const char *end = strstr(is, "F:");
        if (!end || strncmp(end, "F:", 2) != 0 || strcmp(strchr(end, ' '), " closed") != 0)
            fail_msg("%s %s: %s", each[i].name, each[i].value, is);
    }
    (void)client_new();
    startup("database", "db", NULL); /* no user */
    assert_string_equal(to_the_end(), "F:28000 closed");
    (void)client_new();
    bytes("GET / HTTP/1.1\r\n\r\n", 18); /* another protocol: without a word */
    assert_string_equal(to_the_end(), "closed");
    (void)client_new();
    bytes("\0\0\0\x8\x4\xd2\x16\x2f", 8); /* SSLRequest */
    char answer;
    assert_int_equal(client_recv(&answer, 1), 1);
    assert_int_equal(answer, 'N');
    bytes("\0\0\0\x8\x4\xd2\x16\x30", 8); /* GSSENCRequest */
    assert_int_equal(client_recv(&answer, 1), 1);
    assert_int_equal(answer, 'N');
    bytes("\0\0\0\x8\x4\xd2\x16\x2f", 8); /* once is enough */
    assert_string_equal(to_the_end(), "F:0A000 closed");
    (void)client_new();
    bytes("\0\0\0\x8\x4\xd2\x16\x2f"
          "more",
          12);
    assert_int_equal(client_recv(&answer, 1), 1);
    assert_string_equal(to_the_end(), "F:08P01 closed");
    (void)client_new();
    bytes("\0\0\0\x10\0\3\0\2user\0u\0\0", 16); /* 3.2 has a longer key */
    assert_non_null(strstr(until_ready(), "Z:I"));
    (void)client_new();
    bytes("\0\0\0\x10\0\3\0\x9user\0u\0\0", 16); /* 3.9 is negotiated */
    assert_non_null(strstr(until_ready(), "Z:I"));
}

/* ---- memory for results ---- */

static void one_result(struct session_config *c)
{
    c->stream_memory = ADMISSION_STREAM;
    c->stream_wait_us = 60 * 1000;
}

static void results_in_line(void **state)
{
    (void)state;
    start_with(one_result);
    struct client *first = client_login(), *second = client_login();
    fake_block(fake, FAKE_NEXT, FAKE_LATE);
    use(first);
    Q("select 1"), send_all();
    assert_true(fake_is_blocked(fake));
    use(second);
    ask("select 1", "T(i1) E:53300 Z:I"); /* it has waited for its turn */
    Q("select 2"), send_all();
    rig_sleep_ms(10);
    fake_release(fake);
    expect("T(i1) (1) (2) [SELECT 2] Z:I");
    use(first);
    expect("T(i1) (1) [SELECT 1] Z:I");
}

static void cancel_in_line(void **state)
{
    (void)state;
    start_with(one_result);
    struct client *first = client_login(), *second = client_login();
    fake_block(fake, FAKE_NEXT, FAKE_LATE);
    use(first);
    Q("select 1"), send_all();
    assert_true(fake_is_blocked(fake));
    use(second);
    Q("select 1");
    assert_string_equal(notes(1), "T(i1)");
    client_cancel(second);
    expect("E:57014 Z:I");
    fake_release(fake);
    use(first);
    expect("T(i1) (1) [SELECT 1] Z:I");
}

#define TEST(name) cmocka_unit_test_teardown(name, rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(memory),
        TEST(memory_of_portals),
        TEST(memory_of_cursors),
        TEST(counts),
        TEST(cursors),
        TEST(results),
        TEST(result_bytes),
        TEST(messages),
        TEST(connections),
        TEST(silent_connections),
        TEST(authentication_timeout),
        TEST(startups),
        TEST(results_in_line),
        TEST(cancel_in_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
