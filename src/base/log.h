/* Structured log lines on standard error: `time level event key=value …`, one write a line, values quoted
 * where they need it, at most LOG_LINE_MAX bytes. Only edges log (session, rpc's server, net's listener,
 * cmd). Any thread. No secrets, no parameters, no literals: callers see to it. */
#ifndef TAVANA_BASE_LOG_H
#define TAVANA_BASE_LOG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { LOG_LINE_MAX = 8192 };
enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };

/* Lines below it are not written from now on. Any thread. */
void log_set_level(enum log_level level);
/* Whether a line of that level would be written. */
bool log_enabled(enum log_level level);
/* log_line(LOG_INFO, "session_end", "session=%u reason=%s", …): fmt makes the key=value part. A value with
 * blanks goes through log_quote. */
void log_line(enum log_level level, const char *event, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The same with nothing to add. */
void log_event(enum log_level level, const char *event);

/* A line that strangers can cause as often as they like: at most one in every_us. Zeroed: nothing so far. Any
 * thread. *left_out: how many were not written since the last one. */
struct log_limit {
    _Atomic int64_t next_us;
    _Atomic unsigned left_out;
};
/* Whether a line may be written now; then *left_out is how many were not, and they are counted anew. */
bool log_limit_passes(struct log_limit *l, int64_t every_us, unsigned *left_out);

enum { LOG_QUOTE_MAX = 2048 };
/* s as a quoted value, control bytes escaped, cut at LOG_QUOTE_MAX; returns out. */
const char *log_quote(char out[static LOG_QUOTE_MAX], const char *s);

#endif
