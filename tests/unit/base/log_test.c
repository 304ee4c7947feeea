#include "base/log.h"

#include <fcntl.h>
#include <pthread.h>
#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* What log_line writes between begin and end, in a file that has no name. */
static int saved_stderr;
static char text[1 << 20];

static void begin(void)
{
    char name[] = "/tmp/log_test.XXXXXX";
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    (void)unlink(name);
    saved_stderr = dup(STDERR_FILENO);
    (void)dup2(fd, STDERR_FILENO);
    (void)close(fd);
}

static size_t end(void)
{
    ssize_t n = pread(STDERR_FILENO, text, sizeof text - 1, 0);
    (void)dup2(saved_stderr, STDERR_FILENO);
    (void)close(saved_stderr);
    assert_true(n >= 0);
    text[n] = '\0';
    return (size_t)n;
}

static void assert_matches(const char *pattern)
{
    regex_t r;
    assert_int_equal(regcomp(&r, pattern, REG_EXTENDED | REG_NOSUB), 0);
    if (regexec(&r, text, 0, NULL, 0) != 0)
        fail_msg("\"%s\" does not match %s", text, pattern);
    regfree(&r);
}

#define TIME "[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]\\.[0-9]{3}Z"

static void test_shape(void **state)
{
    (void)state;
    begin();
    log_line(LOG_INFO, "session_end", "session=%u reason=%s", 7u, "gone");
    log_event(LOG_ERROR, "bare");
    log_line(LOG_WARNING, "empty", "a=%d", 1);
    (void)end();
    assert_matches("^" TIME " info session_end session=7 reason=gone\n" TIME " error bare\n" TIME
                   " warning empty a=1\n$");
}

static void test_level(void **state)
{
    (void)state;
    begin();
    log_line(LOG_DEBUG, "hidden", "a=%d", 1);
    log_set_level(LOG_ERROR);
    assert_false(log_enabled(LOG_WARNING));
    log_line(LOG_WARNING, "hidden", "a=%d", 1);
    log_set_level(LOG_DEBUG);
    assert_true(log_enabled(LOG_DEBUG));
    log_line(LOG_DEBUG, "shown", "a=%d", 1);
    log_set_level(LOG_INFO);
    (void)end();
    assert_matches("^" TIME " debug shown a=1\n$");
}

static void test_one_line_whatever_comes(void **state)
{
    (void)state;
    begin();
    log_line(LOG_INFO, "forged", "name=%s", "x\n2026-01-01T00:00:00.000Z error fake\r\x1b[31m");
    (void)end();
    assert_matches("^" TIME " info forged name=x\\?2026[^\n]* error fake\\?\\?\\[31m\n$");
}

static void test_long_line_is_cut_between_characters(void **state)
{
    (void)state;
    static char value[3 * LOG_LINE_MAX + 1];
    for (size_t shift = 0; shift < 3; shift++) {
        memset(value, 'x', shift);
        for (size_t i = shift; i + 3 <= 3 * LOG_LINE_MAX; i += 3)
            memcpy(value + i, "€", 3);
        begin();
        log_line(LOG_INFO, "long", "v=%s", value);
        size_t n = end();
        assert_in_range(n, LOG_LINE_MAX - 16, LOG_LINE_MAX);
        assert_string_equal(text + n - 7, "€…\n");
    }
}

static void test_quote(void **state)
{
    (void)state;
    char out[LOG_QUOTE_MAX];
    assert_string_equal(log_quote(out, "plain text"), "\"plain text\"");
    assert_string_equal(log_quote(out, ""), "\"\"");
    assert_string_equal(log_quote(out, "a\"b\\c\n\t\r\x01\x7f€"), "\"a\\\"b\\\\c\\n\\t\\r\\x01\\x7f€\"");
    static char value[2 * LOG_QUOTE_MAX + 1];
    for (size_t shift = 0; shift < 3; shift++) {
        memset(value, 'x', shift);
        for (size_t i = shift; i + 3 <= 2 * LOG_QUOTE_MAX; i += 3)
            memcpy(value + i, "€", 3);
        assert_true(log_quote(out, value) == out);
        size_t n = strlen(out);
        assert_in_range(n, LOG_QUOTE_MAX - 16, LOG_QUOTE_MAX - 1);
        assert_string_equal(out + n - 7, "€…\"");
    }
}

static void *write_lines(void *arg)
{
    for (int i = 0; i < 200; i++)
        log_line(LOG_INFO, "mixed", "thread=%s value=%060d", (const char *)arg, i);
    return NULL;
}

static void test_lines_do_not_mix(void **state)
{
    (void)state;
    static const char *const names[] = {"a", "b", "c", "d"};
    pthread_t t[4];
    begin();
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&t[i], NULL, write_lines, (void *)(uintptr_t)names[i]), 0);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_join(t[i], NULL), 0);
    (void)end();
    assert_matches("^(" TIME " info mixed thread=[a-d] value=[0-9]{60}\n){100}");
    size_t lines = 0;
    for (const char *p = text; *p; p = strchr(p, '\n') + 1)
        lines++;
    assert_int_equal(lines, 800);
}

static void test_limit(void **state)
{
    (void)state;
    struct log_limit limit = {0};
    unsigned left_out = 99;
    assert_true(log_limit_passes(&limit, 50000, &left_out));
    assert_int_equal(left_out, 0);
    for (int i = 0; i < 7; i++)
        assert_false(log_limit_passes(&limit, 50000, &left_out));
    (void)usleep(60000);
    assert_true(log_limit_passes(&limit, 50000, &left_out));
    assert_int_equal(left_out, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shape),
        cmocka_unit_test(test_level),
        cmocka_unit_test(test_one_line_whatever_comes),
        cmocka_unit_test(test_long_line_is_cut_between_characters),
        cmocka_unit_test(test_quote),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_lines_do_not_mix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
