#include "base/alloc.h"
#include "base/clock.h"
#include "base/metric.h"
#include "ops/ops.h"
#include "ops/process.h"

#include <math.h>
#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static enum ops_state state_now;

static enum ops_state get_state(void *arg)
{
    assert_ptr_equal(arg, &state_now);
    return state_now;
}

static void add_gauges(void *arg, struct ops_gauges *g)
{
    assert_ptr_equal(arg, &state_now);
    ops_gauge(g, "tavana_threads", "Threads\nof \\ the pool", 7);
    ops_gauge(g, "tavana_fraction", "A fraction", 0.1);
    ops_gauge(g, "tavana_odd", "Odd numbers", NAN);
    ops_gauge(g, "tavana_inf", "Odd numbers", -INFINITY);
}

static struct ops page_owner = {
    .version = "1.2 \"x\\\n", .state = get_state, .gauges = add_gauges, .arg = &state_now};

/* The page as text; the caller frees. */
static char *get(const char *path, unsigned want_status, const char *want_type)
{
    struct buf b;
    const char *type = NULL;
    buf_init(&b, 1 << 20);
    assert_int_equal(ops_handle(&page_owner, path, &b, &type), want_status);
    buf_put_u8(&b, 0);
    assert_true(buf_ok(&b));
    assert_string_equal(type, want_type);
    return (char *)b.data;
}

static void assert_has(const char *page, const char *text)
{
    if (!strstr(page, text))
        fail_msg("no \"%s\" in %s", text, page);
}

static void test_health_and_ready(void **state)
{
    (void)state;
    static const struct {
        enum ops_state s;
        unsigned status;
        const char *text;
    } want[] = {
        {OPS_STARTING, 503, "starting\n"}, {OPS_READY, 200, "ready\n"}, {OPS_DRAINING, 503, "draining\n"}};
    for (size_t i = 0; i < 3; i++) {
        state_now = want[i].s;
        char *page = get("/ready", want[i].status, "text/plain; charset=utf-8");
        assert_string_equal(page, want[i].text);
        mem_free(page);
        page = get("/health", 200, "text/plain; charset=utf-8");
        assert_string_equal(page, "ok\n");
        mem_free(page);
    }
}

static void test_not_found(void **state)
{
    (void)state;
    static const char *const paths[] = {"", "/", "/metrics/", "/healthz", "health"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        mem_free(get(paths[i], 404, "text/plain; charset=utf-8"));
}

static void test_status(void **state)
{
    (void)state;
    state_now = OPS_DRAINING;
    metric_gauge_add(METRIC_SESSIONS, 3);
    metric_gauge_add(METRIC_SESSIONS_RUNNING, 2);
    char *page = get("/status", 200, "application/json");
    assert_has(page, "{\"version\":\"1.2 \\\"x\\\\\\u000a\",\"state\":\"draining\",\"draining\":true,");
    assert_has(page, "\"sessions\":3,\"running\":2,\"memory_bytes\":");
    assert_true(strtod(strstr(page, "\"uptime_seconds\":") + 17, NULL) < 3600);
    assert_true(strtod(strstr(page, "\"memory_bytes\":") + 15, NULL) > 100000);
    mem_free(page);
    metric_gauge_add(METRIC_SESSIONS, -3);
    metric_gauge_add(METRIC_SESSIONS_RUNNING, -2);
}

/* Every line is what the format allows, every name has its HELP and TYPE before it, once. */
static void assert_exposition(const char *page)
{
    regex_t comment, sample;
    assert_int_equal(regcomp(&comment, "^# (HELP|TYPE) [a-z_]+ [^\n]+$", REG_EXTENDED | REG_NOSUB), 0);
    assert_int_equal(regcomp(&sample,
                             "^[a-z_]+(\\{[a-z_]+=\"([^\"\\\\]|\\\\[\\\\n\"])*\"\\})? "
                             "(-?[0-9][0-9.e+-]*|NaN|[+-]Inf)$",
                             REG_EXTENDED | REG_NOSUB),
                     0);
    char line[1024], typed[256] = "";
    for (const char *p = page; *p; p = strchr(p, '\n') + 1) {
        assert_non_null(strchr(p, '\n'));
        size_t n = (size_t)(strchr(p, '\n') - p);
        assert_true(n < sizeof line);
        memcpy(line, p, n);
        line[n] = '\0';
        if (regexec(*line == '#' ? &comment : &sample, line, 0, NULL, 0) != 0)
            fail_msg("bad line: %s", line);
        if (sscanf(line, "# TYPE %255s", typed) == 1 || *line == '#')
            continue;
        if (strncmp(line, typed, strlen(typed)) != 0)
            fail_msg("%s stands under TYPE %s", line, typed);
    }
    regfree(&comment);
    regfree(&sample);
}

static void test_metrics(void **state)
{
    (void)state;
    state_now = OPS_READY;
    metric_add(METRIC_ROWS_SENT, 12345678901234567890u);
    metric_observe(METRIC_FIRST_ROW_SECONDS, 700);
    metric_observe(METRIC_FIRST_ROW_SECONDS, 1500000);
    metric_error(SQLSTATE_SYNTAX_ERROR);
    char *page = get("/metrics", 200, "text/plain; version=0.0.4; charset=utf-8");
    assert_exposition(page);
    assert_has(page,
               "\n# TYPE tavana_rows_sent_total counter\ntavana_rows_sent_total 12345678901234567890\n");
    assert_has(page, "\ntavana_first_row_seconds_bucket{le=\"0.0005\"} 0\n");
    assert_has(page, "\ntavana_first_row_seconds_bucket{le=\"0.001\"} 1\n");
    assert_has(page, "\ntavana_first_row_seconds_bucket{le=\"300\"} 2\n"
                     "tavana_first_row_seconds_bucket{le=\"+Inf\"} 2\n"
                     "tavana_first_row_seconds_sum 1.5006999999999999\n"
                     "tavana_first_row_seconds_count 2\n");
    assert_has(page, "\ntavana_errors_total{sqlstate=\"42601\"} 1\n");
    assert_has(page, "\ntavana_errors_total{sqlstate=\"57014\"} 0\n");
    assert_null(strstr(page, "sqlstate=\"00000\""));
    assert_has(page, "tavana_build_info{version=\"1.2 \\\"x\\\\\\n\"} 1\n");
    assert_has(page, "\ntavana_ready 1\n");
    assert_has(page, "\n# HELP tavana_threads Threads\\nof \\\\ the pool\n# TYPE tavana_threads gauge\n"
                     "tavana_threads 7\n");
    assert_has(page, "\ntavana_fraction 0.10000000000000001\n");
    assert_has(page, "\ntavana_odd NaN\n");
    assert_has(page, "\ntavana_inf -Inf\n");
    assert_has(page, "\ntavana_process_resident_memory_bytes ");
    mem_free(page);
}

static void test_process(void **state)
{
    (void)state;
    struct process_usage u, later;
    process_usage(&u);
    double now = (double)clock_wall_us() / 1e6;
    assert_in_range(u.resident_bytes, 100000, u.virtual_bytes);
    assert_true(u.start_seconds > now - 3600 && u.start_seconds < now + 1);
    assert_in_range(u.open_fds, 3, u.max_fds);
    FILE *f = fopen("/dev/null", "re");
    assert_non_null(f);
    process_usage(&later);
    assert_int_equal(later.open_fds, u.open_fds + 1);
    assert_true(later.start_seconds >= u.start_seconds && later.start_seconds <= u.start_seconds);
    assert_true(later.cpu_seconds >= u.cpu_seconds);
    (void)fclose(f);
}

/* A page that does not fit is a failed buffer, not half a page called whole. */
static void test_bound_and_memory(void **state)
{
    (void)state;
    const char *type = NULL;
    struct buf b;
    buf_init(&b, 100);
    (void)ops_handle(&page_owner, "/metrics", &b, &type);
    assert_false(buf_ok(&b));
    buf_release(&b);
    unsigned failures = 0;
    for (unsigned nth = 1, more = 1; more; nth++) {
        buf_init(&b, 1 << 20);
        alloc_fail_nth(nth);
        (void)ops_handle(&page_owner, "/metrics", &b, &type);
        more = alloc_failed();
        failures += more;
        assert_int_equal(buf_ok(&b), !more);
        buf_release(&b);
    }
    assert_true(failures > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_health_and_ready), cmocka_unit_test(test_not_found),
        cmocka_unit_test(test_status),           cmocka_unit_test(test_metrics),
        cmocka_unit_test(test_process),          cmocka_unit_test(test_bound_and_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
