/* When a statement may be ended, and when statement_timeout ends it. Of session/ alone. The session's own
 * thread. */
#ifndef TAVANA_SESSION_DEADLINE_H
#define TAVANA_SESSION_DEADLINE_H

#include <stdbool.h>

struct session;

/* From here to session_statement_end, once for each message, a cancel or a time limit may end what runs. */
void session_statement_begin(struct session *s, char message_type);
void session_statement_end(struct session *s);
/* The statement has failed: what asked for its end has been heard. What cleans up behind it, and may have
 * many rows to put down, is stopped by who asks again. */
void session_statement_over(struct session *s);
/* Of a Query that has several each has statement_timeout for itself, as it is by then. */
void session_next_statement(struct session *s);
/* Its time was over while the client had the word. */
bool session_is_too_late(const struct session *s);

#endif
