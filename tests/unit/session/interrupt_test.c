/* What ends a statement or a session from outside: CancelRequest, statement_timeout, the end of the server, a
 * client that goes; while the engine waits, plans or commits, while rows are sent, and while nothing runs. */
#include "rig.h"

#include "session/session_priv.h"

#include <string.h>

static const struct fake_statement script[] = {
    {.sql = "insert 1", .effect = BACKEND_WRITES, .tag = "INSERT 0", .tag_count = true, .affected = 1},
    {.sql = "select wide", .columns = "w", .rows = 20000},
    {.sql = "select fail", .columns = "i", .fails_at = FAKE_START, .code = SQLSTATE_DIVISION_BY_ZERO},
};

static struct client *client;

static int set_up_with(void (*change)(struct session_config *c))
{
    struct session_config c;
    rig_config(&c);
    if (change)
        change(&c);
    rig_start(&c, 6);
    fake_script(fake, script, sizeof script / sizeof *script);
    client = client_login();
    return 0;
}

static int set_up(void **state)
{
    (void)state;
    return set_up_with(NULL);
}

static struct session *session_of(const struct client *c)
{
    return server->slots[(client_pid(c) - 1) % server->capacity];
}

/* Each call that the backend can be stopped in. */
static const struct {
    enum fake_call call;
    const char *sql, *answer;
} stops[] = {
    {FAKE_PREPARE, "select 1", "E:57014 Z:I"},     {FAKE_OPEN, "select 1", "E:57014 Z:I"},
    {FAKE_START, "select 1", "T(i1) E:57014 Z:I"}, {FAKE_FETCH, "select 1", "T(i1) E:57014 Z:I"},
    {FAKE_NEXT, "select 1", "T(i1) E:57014 Z:I"},  {FAKE_SPLIT, "select 1; select 1", "E:57014 Z:I"},
};

/* ---- cancel ---- */

static void cancel_in_each_call(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof stops / sizeof *stops; i++) {
        fake_block(fake, stops[i].call, FAKE_HEARS);
        Q(stops[i].sql);
        send_all();
        assert_true(fake_is_blocked(fake));
        client_cancel(client);
        expect(stops[i].answer);
        assert_string_equal(last_message(), "canceling statement due to user request");
    }
    ask("select 1", "T(i1) (1) [SELECT 1] Z:I");
}

/* A call that does not hear it is over some time; what comes then is not sent. */
static void cancel_that_is_heard_late(void **state)
{
    (void)state;
    ask("begin; insert 1", "[BEGIN] [INSERT 0 1] Z:T");
    fake_block(fake, FAKE_NEXT, FAKE_LATE);
    fake_batch_rows(fake, 1);
    Q("select 3");
    send_all();
    assert_true(fake_is_blocked(fake));
    client_cancel(client);
    wait_until(fake_cancels(fake) > 0);
    fake_release(fake);
    expect("T(i1) (1) E:57014 Z:E");
    ask("rollback", "[ROLLBACK] Z:I");
}

static void cancel_while_idle(void **state)
{
    (void)state;
    client_cancel(client);
    assert_int_equal(fake_cancels(fake), 0);
    ask("select 1", "T(i1) (1) [SELECT 1] Z:I");
}

/* The end of a transaction cannot be stopped, and what is told is what is. */
static void cancel_in_commit(void **state)
{
    static const struct {
        enum fake_call call;
        const char *sql, *answer;
    } each[] = {
        {FAKE_COMMIT, "begin; insert 1; commit", "[BEGIN] [INSERT 0 1] [COMMIT] Z:I"},
        {FAKE_ROLLBACK, "begin; insert 1; rollback", "[BEGIN] [INSERT 0 1] [ROLLBACK] Z:I"},
        {FAKE_COMMIT, "insert 1; insert 1", "[INSERT 0 1] [INSERT 0 1] Z:I"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof each / sizeof *each; i++) {
        unsigned before = fake_cancels(fake);
        fake_block(fake, each[i].call, FAKE_HEARS);
        Q(each[i].sql);
        send_all();
        assert_true(fake_is_blocked(fake));
        client_cancel(client);
        wait_until(fake_cancels(fake) > before);
        fake_release(fake);
        expect(each[i].answer);
    }
    ask("select 1", "T(i1) (1) [SELECT 1] Z:I");
}

static void cancel_of_a_fetch(void **state)
{
    (void)state;
    ask("begin; declare c scroll cursor for select 9", "[BEGIN] [DECLARE CURSOR] Z:T");
    fake_block(fake, FAKE_NEXT, FAKE_HEARS);
    Q("move 2 c");
    send_all();
    assert_true(fake_is_blocked(fake));
    client_cancel(client);
    expect("E:57014 Z:E");
    ask("rollback; begin; declare c cursor with hold for select 9",
        "[ROLLBACK] [BEGIN] [DECLARE CURSOR] Z:T");
    fake_block(fake, FAKE_PARK, FAKE_HEARS);
    Q("commit");
    send_all();
    assert_true(fake_is_blocked(fake));
    client_cancel(client);
    expect("E:57014 Z:I");
}

static void cancel_of_copy(void **state)
{
    (void)state;
    Q("copy t from stdin"), copy_data("1\n");
    expect_notes(1, "G(1)");
    client_cancel(client); /* it waits for the client */
    expect("E:57014 Z:I");
    copy_done();
    ask("select 1", "T(i1) (1) [SELECT 1] Z:I");
    fake_block(fake, FAKE_COPY_FINISH, FAKE_HEARS);
    Q("copy t from stdin"), copy_done(), send_all();
    assert_true(fake_is_blocked(fake));
    client_cancel(client);
    expect("G(1) E:57014 Z:I");
}

static void keys_that_are_wrong(void **state)
{
    static const uint8_t requests[][16] = {
        {0, 0, 0, 16, 4, 210, 22, 46, 0, 0, 0, 1, 1, 2, 3, 4},
        {0, 0, 0, 16, 4, 210, 22, 46, 0, 0, 0, 0, 1, 2, 3, 4},
        {0, 0, 0, 15, 4, 210, 22, 46, 0, 0, 0, 1, 1, 2, 3, 0},
    };
    (void)state;
    fake_block(fake, FAKE_START, FAKE_HEARS);
    Q("select 1");
    send_all();
    assert_true(fake_is_blocked(fake));
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        (void)client_new();
        bytes(requests[i], requests[i][3]);
        assert_string_equal(to_the_end(), "closed");
    }
    use(client);
    assert_int_equal(fake_cancels(fake), 0);
    fake_release(fake);
    expect("T(i1) (1) [SELECT 1] Z:I");
}

/* ---- statement_timeout ---- */

static void timeout_in_the_engine(void **state)
{
    (void)state;
    ask("set statement_timeout = 30", "[SET] Z:I");
    fake_block(fake, FAKE_START, FAKE_HEARS);
    ask("select 1", "T(i1) E:57014 Z:I");
    assert_string_equal(last_message(), "canceling statement due to statement timeout");
    ask("select 1", "T(i1) (1) [SELECT 1] Z:I");
    ask("set statement_timeout = 0", "[SET] Z:I");
}

/* It runs over what the client lets pass between the messages of a pipeline. */
static void timeout_between_messages(void **state)
{
    (void)state;
    ask("set statement_timeout = 20", "[SET] Z:I");
    P("", "select 1"), H();
    expect_notes(1, "1");
    rig_sleep_ms(40);
    B("", ""), E("", 0), S();
    expect("E:57014 Z:I");
    P("", "select 1"), B("", ""), E("", 0), H();
    expect_notes(4, "1 2 (1) [SELECT 1]");
    rig_sleep_ms(40); /* an Execute that completes ends it */
    B("", ""), E("", 0), S();
    expect("2 (1) [SELECT 1] Z:I");
}

/* Each statement of a Query has its own. */
static void timeout_of_several(void **state)
{
    (void)state;
    ask("select 1; set statement_timeout = 30; select 1",
        "T(i1) (1) [SELECT 1] [SET] T(i1) (1) [SELECT 1] Z:I");
    fake_block(fake, FAKE_START, FAKE_HEARS);
    ask("select 1; select 2", "T(i1) E:57014 Z:I");
    ask("set statement_timeout = 0; select 1", "[SET] T(i1) (1) [SELECT 1] Z:I");
}

static void timeout_from_the_server(struct session_config *c)
{
    c->statement_timeout_us = 20 * 1000;
}

static int timeout_set_up(void **state)
{
    (void)state;
    return set_up_with(timeout_from_the_server);
}

static void timeout_of_the_server(void **state)
{
    (void)state;
    ask("show statement_timeout", "T(statement_timeout) (20ms) [SHOW] Z:I");
    fake_block(fake, FAKE_NEXT, FAKE_HEARS);
    ask("select 1", "T(i1) E:57014 Z:I");
}

/* ---- the server ends ---- */

static void terminate_while_idle(void **state)
{
    (void)state;
    session_server_terminate(server);
    assert_string_equal(to_the_end(), "F:57P01 closed");
    assert_int_equal(session_server_counts(server).sessions, 0);
}

static void terminate_in_the_engine(void **state)
{
    (void)state;
    ask("begin; insert 1", "[BEGIN] [INSERT 0 1] Z:T");
    fake_block(fake, FAKE_START, FAKE_HEARS);
    Q("select 1");
    send_all();
    assert_true(fake_is_blocked(fake));
    session_server_terminate(server);
    assert_string_equal(to_the_end(), "T(i1) F:57P01 closed");
}

static void terminate_in_commit(void **state)
{
    (void)state;
    fake_block(fake, FAKE_COMMIT, FAKE_HEARS);
    Q("begin; insert 1; commit");
    send_all();
    assert_true(fake_is_blocked(fake));
    session_server_terminate(server);
    fake_release(fake);
    assert_string_equal(to_the_end(), "[BEGIN] [INSERT 0 1] [COMMIT] Z:I F:57P01 closed");
}

static void crash(void **state)
{
    (void)state;
    session_server_crash(server);
    assert_string_equal(to_the_end(), "F:57P02 closed");
    use(client_new()); /* nobody new is let in */
    assert_string_equal(to_the_end(), "closed");
}

static void drain(void **state)
{
    (void)state;
    struct client *idle = client_login(), *busy = client_login();
    ask("begin; insert 1", "[BEGIN] [INSERT 0 1] Z:T");
    session_server_drain(server);
    use(idle);
    assert_string_equal(to_the_end(), "F:57P01 closed");
    use(busy);
    ask("select 1", "T(i1) (1) [SELECT 1] Z:T"); /* may come to its end */
    Q("commit");
    assert_string_equal(to_the_end(), "[COMMIT] Z:I F:57P01 closed");
}

/* ---- the client goes ---- */

static void look_often(struct session_config *c)
{
    c->client_check_us = 1000;
}

static int look_set_up(void **state)
{
    (void)state;
    return set_up_with(look_often);
}

static void the_client_goes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof stops / sizeof *stops; i += 2) { /* each takes the monitor 100 ms */
        (void)client_login();
        fake_block(fake, stops[i].call, FAKE_HEARS);
        Q(stops[i].sql);
        send_all();
        assert_true(fake_is_blocked(fake));
        client_close_now();
        wait_until(session_server_counts(server).sessions == 1);
    }
    use(client);
}

static void the_client_goes_amid_a_result(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        (void)client_login();
        if (i == 1)
            fake_batch_rows(fake, 100); /* the writer's thread sends */
        Q("select wide");
        assert_string_equal(notes(2), "T(w1) (wwwwwwww*1000)");
        client_close_now();
        wait_until(session_server_counts(server).sessions == 1);
    }
    use(client);
}

/* ---- a client that does not read ---- */

static void cancel_while_sending(void **state)
{
    (void)state;
    client_reads_little(client);
    for (int i = 0; i < 2; i++) {
        fake_batch_rows(fake, i ? 40 : 0);
        Q("select wide");
        send_all();
        wait_until(strstr(fake_log(fake), "fetch"));
        rig_sleep_ms(5); /* until nothing more goes into the socket */
        client_cancel(client);
        const char *is = answers(); /* whole messages, then the error */
        assert_string_equal(is + strlen(is) - strlen(" E:57014 Z:I"), " E:57014 Z:I");
    }
}

static void terminate_while_sending(void **state)
{
    (void)state;
    client_reads_little(client);
    Q("select wide");
    send_all();
    rig_sleep_ms(10);
    session_server_terminate(server);
    assert_true(session_server_wait(server, clock_now_us() + 2 * 1000 * 1000));
    const char *is = to_the_end(); /* whatever it got, nothing stands amid a row */
    assert_string_equal(is + strlen(is) - strlen("(wwwwwwww*1000) closed"), "(wwwwwwww*1000) closed");
}

static void cut_off_early(struct session_config *c)
{
    c->flush_timeout_us = 30 * 1000;
    c->slow_flush_us = 10 * 1000;
}

static int cut_off_set_up(void **state)
{
    (void)state;
    return set_up_with(cut_off_early);
}

static void a_client_that_never_reads(void **state)
{
    (void)state;
    client_reads_little(client);
    Q("select wide");
    send_all();
    wait_until(session_server_counts(server).sessions == 0);
}

/* ---- sessions left behind ---- */

static void left_by_terminate(void **state)
{
    (void)state;
    fake_block(fake, FAKE_PREPARE, FAKE_DEAF);
    Q("select 1");
    send_all();
    assert_true(fake_is_blocked(fake));
    session_server_terminate(server);
    assert_string_equal(to_the_end(), "F:57P01 closed");
    assert_true(session_server_wait(server, clock_now_us())); /* it counts as ended */
    assert_int_equal(session_server_counts(server).left, 1);
    assert_int_equal(session_server_counts(server).sessions, 0);
    fake_release(fake);
    wait_until(session_server_counts(server).left == 0);
    assert_int_equal(fake_open_all(fake), 0);
}

enum { SECOND_US = 1000 * 1000, LONG_US = 60 * SECOND_US };

/* Judged as the monitor would, waited_us after its interrupt. */
static void judge(struct session *s, enum interrupt why, int64_t waited_us, bool expected)
{
    struct left_behind left = {0};
    (void)pthread_mutex_lock(&server->lock);
    (void)pthread_mutex_lock(&s->shared.lock);
    session_interrupt_locked(s, why);
    left_judge(s, clock_now_us(), &left);
    left_judge(s, clock_now_us() + waited_us, &left);
    (void)pthread_mutex_unlock(&s->shared.lock);
    (void)pthread_mutex_unlock(&server->lock);
    assert_int_equal(left.n, expected);
    if (left.n)
        left_log(&left);
}

/* Without waiting for as long as a session that could have gone on is given. */
static void leave(struct session *s, enum interrupt why, bool expected)
{
    judge(s, why, LONG_US, expected);
}

static void left_by_cancel(void **state)
{
    static const struct {
        enum fake_call call;
        const char *sql, *answer;
    } each[] = {
        {FAKE_PREPARE, "select 1", "F:57014 closed"},
        {FAKE_START, "select 1", "T(i1) F:57014 closed"},
        {FAKE_START, "begin; insert 1; select 1", "[BEGIN] F:57014 closed"},
        {FAKE_SPLIT, "select 1; select 1", "F:57014 closed"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof each / sizeof *each; i++) {
        struct client *c = client_login();
        fake_block(fake, each[i].call, FAKE_DEAF);
        Q(each[i].sql);
        send_all();
        assert_true(fake_is_blocked(fake));
        leave(session_of(c), INT_CANCEL, true);
        assert_string_equal(to_the_end(), each[i].answer);
        assert_int_equal(session_server_counts(server).left, 1);
        assert_int_equal(session_server_counts(server).sessions, 1);
        fake_release(fake);
        wait_until(session_server_counts(server).left == 0);
    }
    use(client);
    ask("select 1", "T(i1) (1) [SELECT 1] Z:I");
}

/* One that hears is not left behind, however long that takes. */
static void not_left_by_cancel(void **state)
{
    (void)state;
    fake_block(fake, FAKE_START, FAKE_LATE);
    Q("select 1");
    send_all();
    assert_true(fake_is_blocked(fake));
    leave(session_of(client), INT_CANCEL, false);
    fake_release(fake);
    expect("T(i1) (1) [SELECT 1] Z:I"); /* it was done before it heard */
}

/* A thread that takes nothing of a processor does not plan: it waits for the disk, a lock or its turn. What it
 * has spent is read from its clock, so the statement goes on as if nothing had been. */
static void who_waits_does_not_plan(void **state)
{
    (void)state;
    fake_block(fake, FAKE_PREPARE, FAKE_DEAF);
    Q("select 1");
    send_all();
    assert_true(fake_is_blocked(fake));
    judge(session_of(client), INT_STATEMENT_TIMEOUT, 20 * SECOND_US, false);
    fake_release(fake);
    expect("E:57014 Z:I");
    assert_int_equal(session_server_counts(server).left, 0);
}

/* One that has worked on does. */
static void who_plans_is_left(void **state)
{
    (void)state;
    fake_block(fake, FAKE_PREPARE, FAKE_DEAF);
    Q("select 1");
    send_all();
    assert_true(fake_is_blocked(fake));
    struct session *s = session_of(client);
    judge(s, INT_CANCEL, 2 * SECOND_US, false);
    (void)pthread_mutex_lock(&s->shared.lock);
    s->shared.cpu_us -= 2 * SECOND_US; /* as if its thread had worked for so long since */
    (void)pthread_mutex_unlock(&s->shared.lock);
    judge(s, INT_CANCEL, 2 * SECOND_US, false); /* not long enough */
    judge(s, INT_CANCEL, 4 * SECOND_US, true);
    assert_string_equal(to_the_end(), "F:57014 closed");
    fake_release(fake);
    wait_until(session_server_counts(server).left == 0);
}

static void left_when_the_client_goes(void **state)
{
    (void)state;
    fake_block(fake, FAKE_PREPARE, FAKE_DEAF);
    Q("select 1");
    send_all();
    assert_true(fake_is_blocked(fake));
    leave(session_of(client), INT_CLIENT_GONE, true);
    assert_string_equal(to_the_end(), "closed");
    fake_release(fake);
    wait_until(session_server_counts(server).left == 0);
}

/* ---- idle sessions ---- */

static void idle_time_limits(struct session_config *c)
{
    c->idle_session_timeout_us = 40 * 1000;
    c->idle_transaction_timeout_us = 20 * 1000;
}

static int idle_set_up(void **state)
{
    (void)state;
    return set_up_with(idle_time_limits);
}

static void idle_too_long(void **state)
{
    (void)state;
    assert_string_equal(to_the_end(), "F:57P05 closed");
    (void)client_login();
    ask("begin", "[BEGIN] Z:T");
    assert_string_equal(to_the_end(), "F:25P03 closed");
    (void)client_login();
    ask("begin; select fail", "[BEGIN] T(i1) E:22012 Z:E");
    assert_string_equal(to_the_end(), "F:25P03 closed");
}

/* Each idle session looks up when the backend calls. */
static void the_backend_calls(void **state)
{
    (void)state;
    ask("select 1", "T(i1) (1) [SELECT 1] Z:I");
    (void)fake_log(fake);
    atomic_fetch_add(&fake_backend(fake)->look_ups, 1);
    wait_until(strstr(fake_log(fake), "look_up"));
    ask("select 1", "T(i1) (1) [SELECT 1] Z:I");
}

/* The worker goes, with the session's cursors: that is told once. */
static void the_worker_goes(void **state)
{
    (void)state;
    ask("begin; declare c cursor for select 3; fetch c", "[BEGIN] [DECLARE CURSOR] T(i1) (1) [FETCH 1] Z:T");
    session_of(client)->engine->draining = true;
    ask("fetch c", "T(i1) (2) N:01000 [FETCH 1] Z:T");
    ask("fetch c", "T(i1) (3) [FETCH 1] Z:T");
}

#define WITH(name, how) cmocka_unit_test_setup_teardown(name, how, rig_tear_down)
#define TEST(name)      WITH(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(cancel_in_each_call),
        TEST(cancel_that_is_heard_late),
        TEST(cancel_while_idle),
        TEST(cancel_in_commit),
        TEST(cancel_of_a_fetch),
        TEST(cancel_of_copy),
        TEST(keys_that_are_wrong),
        TEST(timeout_in_the_engine),
        TEST(timeout_between_messages),
        TEST(timeout_of_several),
        WITH(timeout_of_the_server, timeout_set_up),
        TEST(terminate_while_idle),
        TEST(terminate_in_the_engine),
        TEST(terminate_in_commit),
        TEST(crash),
        TEST(drain),
        WITH(the_client_goes, look_set_up),
        WITH(the_client_goes_amid_a_result, look_set_up),
        TEST(cancel_while_sending),
        TEST(terminate_while_sending),
        WITH(a_client_that_never_reads, cut_off_set_up),
        TEST(left_by_terminate),
        TEST(left_by_cancel),
        TEST(not_left_by_cancel),
        TEST(who_waits_does_not_plan),
        TEST(who_plans_is_left),
        TEST(left_when_the_client_goes),
        WITH(idle_too_long, idle_set_up),
        TEST(the_backend_calls),
        TEST(the_worker_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
