/* SQL that the session writes itself. Of session/ alone. The session's own thread. */
#ifndef TAVANA_SESSION_SQL_TEXT_H
#define TAVANA_SESSION_SQL_TEXT_H

struct session;
struct sql_token;

/* A text of the message's arena; NULL without memory. */
const char *step_text(struct session *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A name, or a value, as SQL: in its quotes. Of the message's arena; NULL without memory. */
const char *step_name(struct session *s, const char *name);
const char *step_literal(struct session *s, const char *value);
/* The name that a token writes. Of the message's arena; NULL without memory. */
const char *step_token(struct session *s, const struct sql_token *t);

#endif
