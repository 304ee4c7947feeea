#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/log.h"
#include "config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ARGS_MAX = 32 };

static const char file_name[] = "config_test.conf";

struct args {
    int n;
    char *v[ARGS_MAX];
};

#define ARGS(...) args_of((const char *const[]){__VA_ARGS__, NULL})

static struct args args_of(const char *const *words)
{
    struct args a = {0};
    for (; words[a.n]; a.n++) {
        assert_true(a.n < ARGS_MAX);
        a.v[a.n] = (char *)(uintptr_t)words[a.n];
    }
    return a;
}

static void write_file(const char *text)
{
    FILE *f = fopen(file_name, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void load_ok(struct config *c, struct args a)
{
    struct err e;
    err_init(&e);
    if (config_load(c, CONFIG_ROLE_SERVE, a.n, a.v, &e) != ST_OK)
        fail_msg("%s", e.message);
}

static void load_fails(struct args a, enum sqlstate code, const char *message)
{
    struct config c;
    struct err e;
    err_init(&e);
    assert_int_equal(config_load(&c, CONFIG_ROLE_SERVE, a.n, a.v, &e), ST_ERR);
    assert_string_equal(e.message, message);
    assert_string_equal(sqlstate_code(e.code), sqlstate_code(code));
}

static int clean_environment(void **state)
{
    (void)state;
    static const char *const names[] = {"PG_PORT",
                                        "HTTP_PORT",
                                        "TAVANA_FLUSH_TIMEOUT_SECS",
                                        "TAVANA_LISTEN",
                                        "TAVANA_CONFIG",
                                        "TAVANA_MAX_CONNECTIONS",
                                        "TAVANA_MAX_CONECTIONS"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        (void)unsetenv(names[i]);
    (void)unlink(file_name);
    return 0;
}

static void test_defaults(void **state)
{
    (void)state;
    struct config c;
    load_ok(&c, (struct args){0});
    assert_null(c.database);
    assert_int_equal(c.listen.n, 1);
    assert_string_equal(c.listen.items[0], "127.0.0.1:15432");
    assert_string_equal(c.http, "127.0.0.1:8080");
    assert_int_equal(c.max_connections, 10000);
    assert_int_equal(c.authentication_timeout_ms, 60000);
    assert_int_equal(c.flush_threshold_bytes, 65536);
    assert_int_equal(c.flush_timeout_ms, 300000);
    assert_int_equal(c.tls.value, CONFIG_TLS_OFF);
    assert_string_equal(c.tls_min_version.text, "TLSv1.2");
    assert_int_equal(c.log_level.value, LOG_INFO);
    assert_int_equal(c.source[CONFIG_port], CONFIG_DEFAULT);
    config_release(&c);
}

static void test_every_form_of_a_flag(void **state)
{
    (void)state;
    struct config c;
    load_ok(&c, ARGS("--max-connections", "7", "my.duckdb", "--slow_flush=250ms", "--set",
                     "log_statements=on", "--set=portals_max=3"));
    assert_string_equal(c.database, "my.duckdb");
    assert_int_equal(c.max_connections, 7);
    assert_int_equal(c.slow_flush_ms, 250);
    assert_true(c.log_statements);
    assert_int_equal(c.portals_max, 3);
    assert_int_equal(c.source[CONFIG_slow_flush], CONFIG_FLAG);
    config_release(&c);
}

static void test_precedence(void **state)
{
    (void)state;
    write_file(
        "# a comment\n\nmax_connections = 11\nport=5001 # why\r\nflush_timeout = 2min\nportals_max = 4\n"
        "database = 'it''s # here.duckdb' # a name\nlisten = 'localhost, [::1]'");
    assert_int_equal(setenv("PG_PORT", "5002", 1), 0);
    assert_int_equal(setenv("TAVANA_FLUSH_TIMEOUT_SECS", "90", 1), 0);
    assert_int_equal(setenv("TAVANA_MAX_CONNECTIONS", "", 1), 0);
    struct config c;
    load_ok(&c, ARGS("--port", "5003", "--config", file_name));
    assert_string_equal(c.database, "it's # here.duckdb");
    assert_int_equal(c.port, 5003);
    assert_int_equal(c.flush_timeout_ms, 90000);
    assert_int_equal(c.max_connections, 11);
    assert_int_equal(c.listen.n, 2);
    assert_string_equal(c.listen.items[0], "localhost:5003");
    assert_string_equal(c.listen.items[1], "[::1]:5003");
    assert_int_equal(c.source[CONFIG_port], CONFIG_FLAG);
    assert_int_equal(c.source[CONFIG_flush_timeout], CONFIG_ENVIRONMENT);
    assert_int_equal(c.source[CONFIG_max_connections], CONFIG_FILE);
    config_release(&c);
}

static void test_addresses(void **state)
{
    (void)state;
    assert_int_equal(setenv("HTTP_PORT", "9000", 1), 0);
    struct config c;
    load_ok(&c, ARGS("--listen", "a:1,b", "--listen", "::1", "--listen", ":7", "--http", "0.0.0.0"));
    assert_int_equal(c.listen.n, 4);
    assert_string_equal(c.listen.items[0], "a:1");
    assert_string_equal(c.listen.items[1], "b:15432");
    assert_string_equal(c.listen.items[2], "[::1]:15432");
    assert_string_equal(c.listen.items[3], ":7");
    assert_string_equal(c.http, "0.0.0.0:9000");
    config_release(&c);
    load_ok(&c, ARGS("--http", "OFF", "--listen", "[::1]:8"));
    assert_null(c.http);
    assert_string_equal(c.listen.items[0], "[::1]:8");
    config_release(&c);
    load_fails(ARGS("--listen", "a:x"), SQLSTATE_INVALID_PARAMETER_VALUE,
               "option listen: \"a:x\" has no port in 0 … 65535");
    load_fails(ARGS("--listen", "/run/tavana"), SQLSTATE_INVALID_PARAMETER_VALUE,
               "option listen: \"/run/tavana\" is a path; sockets go by unix_socket_directory");
    load_fails(ARGS("--listen", ""), SQLSTATE_INVALID_PARAMETER_VALUE,
               "option listen: empty, and no unix_socket_directory");
}

static void test_values(void **state)
{
    (void)state;
    struct config c;
    load_ok(&c, ARGS("--memory-limit", "3 GB", "--max-result-bytes", "17", "--session_memory_max", "2048KB",
                     "--statement-timeout", "1500", "--idle-session-timeout", "2h", "--tls", "REQUIRED",
                     "--tls-cert-file", "c.pem", "--tls-key-file", "k.pem", "--extensions", " a , b "));
    assert_int_equal(c.memory_limit, INT64_C(3) << 30);
    assert_int_equal(c.max_result_bytes, 17);
    assert_int_equal(c.session_memory_max, 2048 * 1024);
    assert_int_equal(c.statement_timeout_ms, 1500);
    assert_int_equal(c.idle_session_timeout_ms, 7200000);
    assert_int_equal(c.tls.value, CONFIG_TLS_REQUIRED);
    assert_string_equal(c.tls.text, "required");
    assert_int_equal(c.extensions.n, 2);
    assert_string_equal(c.extensions.items[1], "b");
    config_release(&c);
}

static void test_what_is_refused_is_named(void **state)
{
    (void)state;
    const enum sqlstate value = SQLSTATE_INVALID_PARAMETER_VALUE, name = SQLSTATE_UNDEFINED_OBJECT;
    load_fails(ARGS("--max-connections", "many"), value,
               "option max_connections: \"many\" is not a whole number (flag --max-connections)");
    load_fails(ARGS("--max-connections", "0"), value,
               "option max_connections: \"0\" is outside 1 … 1000000 (flag --max-connections)");
    load_fails(
        ARGS("--max-connections", "99999999999999999999"), value,
        "option max_connections: \"99999999999999999999\" is outside 1 … 1000000 (flag --max-connections)");
    load_fails(ARGS("--max-connections", "5MB"), value,
               "option max_connections: \"5MB\" is not a whole number (flag --max-connections)");
    load_fails(ARGS("--max-connections", "-"), value,
               "option max_connections: \"-\" is not a whole number (flag --max-connections)");
    load_fails(ARGS("--max-connections"), value, "--max-connections needs a value");
    load_fails(ARGS("--memory-limit", "9999999999TB"), value,
               "option memory_limit: \"9999999999TB\" is outside 0 or more (flag --memory-limit)");
    load_fails(ARGS("--memory-limit", "-5"), value,
               "option memory_limit: \"-5\" is outside 0 or more (flag --memory-limit)");
    load_fails(ARGS("--slow-flush", "5 weeks"), value,
               "option slow_flush: \"5 weeks\" is not a duration such as 500ms, 30s, 5min or 1h (flag "
               "--slow-flush)");
    load_fails(ARGS("--slow-flush", "2d"), value,
               "option slow_flush: \"2d\" is outside 1ms … 1d (flag --slow-flush)");
    load_fails(ARGS("--log-statements", "perhaps"), value,
               "option log_statements: \"perhaps\" is not on or off (flag --log-statements)");
    load_fails(ARGS("--set", "tls=maybe"), value,
               "option tls: \"maybe\" is not one of off|on|required (flag --set)");
    load_fails(ARGS("--set", "tls"), value, "--set needs OPTION=VALUE, not \"tls\"");
    load_fails(ARGS("--set", "max_conections=3"), name,
               "unknown option \"max_conections\" (flag --set); did you mean max_connections?");
    load_fails(ARGS("--frobnicate=1"), name, "unknown option \"frobnicate\" (flag --frobnicate)");
    load_fails(ARGS("-x"), name, "unknown option \"-x\" (command line)");
    load_fails(ARGS("a.db", "b.db"), value, "more than one DATABASE: \"b.db\"");
    load_fails(ARGS("--extensions", "a,,b"), value,
               "option extensions: \"a,,b\" is not a list of words separated by commas (flag --extensions)");
    assert_int_equal(setenv("PG_PORT", "70000", 1), 0);
    load_fails(ARGS("a.db"), value,
               "option port: \"70000\" is outside 0 … 65535 (environment variable PG_PORT)");
}

static void test_options_that_do_not_go_together(void **state)
{
    (void)state;
    const enum sqlstate value = SQLSTATE_INVALID_PARAMETER_VALUE;
    load_fails(ARGS("--max-threads", "4", "--thread-reserve", "4"), value,
               "option thread_reserve must be less than max_threads");
    load_fails(ARGS("--tls", "on", "--tls-cert-file", "c"), value,
               "option tls: \"on\" needs tls_cert_file and tls_key_file");
    load_fails(ARGS("--tls-key-file", "k"), value, "option tls is off, but tls_key_file is given");
    load_fails(ARGS("--trust", "off"), value, "option trust: \"off\" needs users_file");
}

static void file_fails(const char *text, enum sqlstate code, const char *message)
{
    write_file(text);
    load_fails(ARGS("--config", file_name), code, message);
}

static void test_file_errors_name_the_line(void **state)
{
    (void)state;
    file_fails("port = 1\nport = 2\n", SQLSTATE_CONFIG_FILE_ERROR,
               "option port is given twice (line 2 of config_test.conf)");
    file_fails("\nprot = 1", SQLSTATE_UNDEFINED_OBJECT,
               "unknown option \"prot\" (line 2 of config_test.conf); did you mean port?");
    file_fails("port 1", SQLSTATE_CONFIG_FILE_ERROR, "line 1 of config_test.conf: expected `option = value`");
    file_fails("http = 'off", SQLSTATE_CONFIG_FILE_ERROR,
               "line 1 of config_test.conf: the quote is not closed");
    file_fails("http = 'off' on", SQLSTATE_CONFIG_FILE_ERROR,
               "line 1 of config_test.conf: text after the closing quote");
    file_fails("config = other.conf", SQLSTATE_CONFIG_FILE_ERROR,
               "option config cannot be given in the file (line 1 of config_test.conf)");
    file_fails("port =", SQLSTATE_INVALID_PARAMETER_VALUE,
               "option port: \"\" is not a whole number (line 1 of config_test.conf)");
    struct config c;
    struct err e;
    err_init(&e);
    struct args a = ARGS("--config", "no-such.conf");
    assert_int_equal(config_load(&c, CONFIG_ROLE_SERVE, a.n, a.v, &e), ST_ERR);
    assert_string_equal(sqlstate_code(e.code), "58P01");
    assert_non_null(strstr(e.message, "open configuration file \"no-such.conf\": No such file"));
    load_fails(ARGS("--config", "."), SQLSTATE_CONFIG_FILE_ERROR,
               "configuration file \".\" is not a regular file");
}

static void test_reload(void **state)
{
    (void)state;
    write_file("max_connections = 5\nlog_level = info\nlisten = 127.0.0.1:1, 127.0.0.1:2\nportals_max = 3");
    struct args a = ARGS("--config", file_name, "--portals-max", "9");
    struct config old, next;
    struct err e;
    err_init(&e);
    assert_int_equal(config_load(&old, CONFIG_ROLE_SERVE, a.n, a.v, &e), ST_OK); /* a lives as long as old */
    write_file("max_connections = 6\nlog_level = debug\nlisten = 127.0.0.1:1\nportals_max = 4");
    assert_int_equal(config_reload(&old, &next, &e), ST_OK);
    assert_int_equal(next.log_level.value, LOG_DEBUG);
    assert_int_equal(next.max_connections, 5);
    assert_int_equal(next.portals_max, 9);
    assert_int_equal(next.listen.n, 2);
    assert_string_equal(next.listen.items[1], "127.0.0.1:2");
    assert_int_equal(next.needs_restart.n, 2);
    assert_string_equal(next.needs_restart.items[0], "listen");
    assert_string_equal(next.needs_restart.items[1], "max_connections");
    config_release(&next);
    write_file("log_level = loud");
    assert_int_equal(config_reload(&old, &next, &e), ST_ERR);
    assert_string_equal(e.message, "option log_level: \"loud\" is not one of debug|info|warning|error "
                                   "(line 1 of config_test.conf)");
    assert_int_equal(old.max_connections, 5);
    config_release(&old);
}

static void test_unknown_variables_are_told(void **state)
{
    (void)state;
    assert_int_equal(setenv("TAVANA_MAX_CONECTIONS", "5", 1), 0);
    struct config c;
    load_ok(&c, ARGS("a.db"));
    bool found = false;
    for (size_t i = 0; i < c.unknown_variables.n; i++)
        found = found || strcmp(c.unknown_variables.items[i], "TAVANA_MAX_CONECTIONS") == 0;
    assert_true(found);
    config_release(&c);
}

struct rows {
    unsigned n;
    const char *stop_at;
};

static int load_as(enum config_role role, const char *flag)
{
    struct args a = ARGS(flag, "--workers=a");
    struct config c;
    struct err e;
    err_init(&e);
    a.n -= role != CONFIG_ROLE_GATEWAY;
    int st = config_load(&c, role, a.n, a.v, &e);
    config_release(&c);
    return st;
}

/* What is shown can be given back as a flag and means the same, to the roles that it is for. */
static int check_row(void *arg, const struct config_row *row)
{
    struct rows *rows = arg;
    rows->n++;
    assert_true(*row->text && *row->env && *row->type);
    assert_true(strlen(row->name) < 64);
    if (rows->stop_at && strcmp(row->name, rows->stop_at) == 0)
        return ST_ERR;
    if (strcmp(row->name, "config") == 0)
        return ST_OK;
    char flag[128];
    (void)snprintf(flag, sizeof flag, "--%s=%s", row->name, row->value);
    static const char *const roles[] = {
        [CONFIG_ROLE_SERVE] = "serve", [CONFIG_ROLE_GATEWAY] = "gateway", [CONFIG_ROLE_WORKER] = "worker"};
    for (unsigned role = 0; role < sizeof roles / sizeof *roles; role++) {
        bool takes = strcmp(row->roles, "all") == 0 || strstr(row->roles, roles[role]);
        assert_int_equal(load_as((enum config_role)role, flag), takes ? ST_OK : ST_ERR);
    }
    return ST_OK;
}

static int check_shown(void *arg, const struct config_row *row)
{
    (void)arg;
    if (strcmp(row->name, "flush_timeout") == 0) {
        assert_string_equal(row->value, "90s");
        assert_string_equal(row->default_value, "300s");
        assert_string_equal(row->bounds, "0 … 1d");
        assert_string_equal(config_source_name(row->source), "flag");
        assert_true(row->reloadable);
    } else if (strcmp(row->name, "listen") == 0) {
        assert_string_equal(row->value, "a:1, b:15432");
        assert_false(row->reloadable);
    } else if (strcmp(row->name, "http") == 0) {
        assert_string_equal(row->value, "off");
    } else if (strcmp(row->name, "tls") == 0) {
        assert_string_equal(row->bounds, "off|on|required");
    } else if (strcmp(row->name, "write_buffer_size") == 0) {
        assert_string_equal(row->value, "20481B");
    }
    return ST_OK;
}

static void test_each(void **state)
{
    (void)state;
    struct rows rows = {0};
    assert_int_equal(config_each(NULL, check_row, &rows), ST_OK);
    assert_int_equal(rows.n, CONFIG_COUNT);
    struct config c;
    load_ok(&c, ARGS("--flush-timeout=90", "--listen=a:1,b", "--http=off", "--write-buffer-size=20481"));
    assert_int_equal(config_each(&c, check_shown, NULL), ST_OK);
    rows = (struct rows){.stop_at = "config"};
    assert_int_equal(config_each(&c, check_row, &rows), ST_ERR);
    assert_int_equal(rows.n, 2);
    config_release(&c);
}

static void test_every_allocation_fails_once(void **state)
{
    (void)state;
    write_file("listen = 'localhost, ::1'\nallowed_directories = /a, /b, /c\ndatabase = 'x''y'");
    struct args a = ARGS("--config", file_name, "--extensions", "a,b", "--tls-ca-file=ca", "--tls=on",
                         "--tls-cert-file=c", "--tls-key-file=k");
    for (unsigned nth = 1, more = 1; more; nth++) {
        struct config c, next;
        struct err e;
        err_init(&e);
        alloc_fail_nth(nth);
        int st = config_load(&c, CONFIG_ROLE_SERVE, a.n, a.v, &e);
        if (st == ST_OK)
            st = config_reload(&c, &next, &e);
        more = alloc_failed();
        assert_int_equal(st, more ? ST_ERR : ST_OK);
        if (more)
            assert_int_equal(e.code, SQLSTATE_OUT_OF_MEMORY);
        else
            config_release(&next);
        config_release(&c);
        assert_true(nth < 10000);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, clean_environment, clean_environment)
    const struct CMUnitTest tests[] = {
        TEST(test_defaults),
        TEST(test_every_form_of_a_flag),
        TEST(test_precedence),
        TEST(test_addresses),
        TEST(test_values),
        TEST(test_what_is_refused_is_named),
        TEST(test_options_that_do_not_go_together),
        TEST(test_file_errors_name_the_line),
        TEST(test_reload),
        TEST(test_unknown_variables_are_told),
        TEST(test_each),
        TEST(test_every_allocation_fails_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
