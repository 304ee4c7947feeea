#include "session/notice.h"

#include "base/metric.h"
#include "session/session_priv.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void session_report(struct session *s, enum reply_severity severity, const struct err *e)
{
    if (severity == REPLY_ERROR || severity == REPLY_FATAL)
        metric_error(e->code);
    if (!e->table[0] || e->schema[0]) {
        s->reply->ops->report(s->reply, severity, e);
        return;
    }
    struct err named = *e;
    session_first_schema(s, named.schema, sizeof named.schema);
    s->reply->ops->report(s->reply, severity, &named);
}

/* Levels of client_min_messages, least important first. */
static int level_of(const char *name)
{
    static const char *const levels[] = {"debug5", "debug4", "debug3",  "debug2", "debug1",
                                         "log",    "notice", "warning", "error"};
    for (int i = 0; i < (int)(sizeof levels / sizeof *levels); i++)
        if (strcmp(levels[i], name) == 0)
            return i;
    return 0;
}

static bool wants(const struct session *s, enum reply_severity severity)
{
    const char *least = settings_get(&s->settings, SET_CLIENT_MIN_MESSAGES);
    return level_of(severity == REPLY_WARNING ? "warning" : "notice") >= level_of(least);
}

void session_notice(struct session *s, enum reply_severity severity, enum sqlstate code, const char *fmt, ...)
{
    struct err e;
    if (!wants(s, severity))
        return;
    err_init(&e);
    va_list ap;
    va_start(ap, fmt);
    (void)err_vset(&e, code, fmt, ap);
    va_end(ap);
    s->reply->ops->report(s->reply, severity, &e);
}

void session_notice_detail(struct session *s, const char *detail, const char *fmt, ...)
{
    struct err e;
    if (!wants(s, REPLY_NOTICE))
        return;
    err_init(&e);
    va_list ap;
    va_start(ap, fmt);
    (void)err_vset(&e, SQLSTATE_SUCCESSFUL_COMPLETION, fmt, ap);
    va_end(ap);
    (void)snprintf(e.detail, sizeof e.detail, "%s", detail);
    s->reply->ops->report(s->reply, REPLY_NOTICE, &e);
}
