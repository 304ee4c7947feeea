/* Errors and notices of a session, told through its reply. The session's own thread. */
#ifndef TAVANA_SESSION_NOTICE_H
#define TAVANA_SESSION_NOTICE_H

#include "base/err.h"
#include "session/reply.h"

struct session;

/* Told, and counted when it is an error. */
void session_report(struct session *s, enum reply_severity severity, const struct err *e);
/* A notice or a warning, unless client_min_messages leaves it out. */
void session_notice(struct session *s, enum reply_severity severity, enum sqlstate code, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* A notice with a DETAIL. */
void session_notice_detail(struct session *s, const char *detail, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
