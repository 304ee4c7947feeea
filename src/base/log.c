#include "base/log.h"
#include "base/clock.h"
#include "base/str.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *const level_names[] = {
    [LOG_DEBUG] = "debug", [LOG_INFO] = "info", [LOG_WARNING] = "warning", [LOG_ERROR] = "error"};

static int threshold = LOG_INFO;

void log_set_level(enum log_level level)
{
    __atomic_store_n(&threshold, (int)level, __ATOMIC_RELAXED);
}

bool log_enabled(enum log_level level)
{
    return (int)level >= __atomic_load_n(&threshold, __ATOMIC_RELAXED);
}

/* How many of n bytes to keep so that no UTF-8 character is cut in two. */
static size_t whole_characters(const char *s, size_t n)
{
    size_t start = n;
    while (start > 0 && n - start < 4 && ((unsigned char)s[start - 1] & 0xc0) == 0x80)
        start--;
    if (start == 0)
        return n;
    unsigned char lead = (unsigned char)s[start - 1];
    size_t want = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    return n - (start - 1) < want ? start - 1 : n;
}

static bool is_control(char ch)
{
    return (unsigned char)ch < 0x20 || ch == 0x7f;
}

/* "2026-11-23T13:30:00.123Z info event " */
static size_t put_head(char *line, size_t room, enum log_level level, const char *event)
{
    int64_t now = clock_wall_us();
    time_t seconds = (time_t)(now / 1000000);
    struct tm tm;
    (void)gmtime_r(&seconds, &tm);
    int n = snprintf(line, room, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ %s %s", tm.tm_year + 1900,
                     tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(now % 1000000 / 1000),
                     level_names[level], event);
    return n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1;
}

/* One write, so that lines of several threads do not mix. What a full disk or a non-blocking pipe does not
 * take is lost: there is nobody left to tell. */
static void put_line(const char *line, size_t n)
{
    ssize_t done;
    do
        done = write(STDERR_FILENO, line, n);
    while (done < 0 && errno == EINTR);
}

/* Whoever forgot log_quote must not be able to forge a line. */
static void end_line(char *line, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (is_control(line[i]))
            line[i] = '?';
    assert(n < LOG_LINE_MAX); /* the line's end has its place */
    utf8_mend(line, n);
    line[n++] = '\n';
    put_line(line, n);
}

void log_line(enum log_level level, const char *event, const char *fmt, ...)
{
    if (!log_enabled(level))
        return;
    static const char cut[] = "…";
    char line[LOG_LINE_MAX];
    size_t room = sizeof line - sizeof cut; /* for text; "…" and the line's end fit behind it */
    int saved = errno;
    size_t n = put_head(line, room, level, event);
    line[n++] = ' ';
    va_list ap;
    va_start(ap, fmt);
    int more = n < room ? vsnprintf(line + n, room - n, fmt, ap) : 0;
    va_end(ap);
    size_t len = more < 0 ? 0 : (size_t)more;
    if (n < room && len < room - n) {
        n += len;
    } else {
        n = whole_characters(line, room - 1);
        memcpy(line + n, cut, sizeof cut - 1);
        n += sizeof cut - 1;
    }
    end_line(line, n);
    errno = saved;
}

void log_event(enum log_level level, const char *event)
{
    if (!log_enabled(level))
        return;
    char line[LOG_LINE_MAX];
    int saved = errno;
    end_line(line, put_head(line, sizeof line - 1, level, event));
    errno = saved;
}

/* The escaped form of one byte; returns its length. */
static size_t escape(char out[static 5], char ch)
{
    char letter = ch == '\n' ? 'n' : ch == '\r' ? 'r' : ch == '\t' ? 't' : ch == '"' || ch == '\\' ? ch : 0;
    if (letter) {
        out[0] = '\\';
        out[1] = letter;
        return 2;
    }
    if (is_control(ch))
        return (size_t)snprintf(out, 5, "\\x%02x", (unsigned)(unsigned char)ch);
    out[0] = ch;
    return 1;
}

const char *log_quote(char out[static LOG_QUOTE_MAX], const char *s)
{
    static const char cut[] = "…";
    size_t n = 0, end = LOG_QUOTE_MAX - sizeof cut - 1; /* room for "…", the quote and the NUL */
    out[n++] = '"';
    for (; *s; s++) {
        char text[5];
        size_t len = escape(text, *s);
        if (n + len > end) {
            n = whole_characters(out, n);
            memcpy(out + n, cut, sizeof cut - 1);
            n += sizeof cut - 1;
            break;
        }
        memcpy(out + n, text, len);
        n += len;
    }
    assert(n + 2 <= LOG_QUOTE_MAX);
    out[n++] = '"';
    out[n] = '\0';
    return out;
}

bool log_limit_passes(struct log_limit *l, int64_t every_us, unsigned *left_out)
{
    int64_t now = clock_now_us(), next = atomic_load(&l->next_us);
    if (now < next || !atomic_compare_exchange_strong(&l->next_us, &next, now + every_us)) {
        atomic_fetch_add(&l->left_out, 1);
        return false;
    }
    *left_out = atomic_exchange(&l->left_out, 0);
    return true;
}
