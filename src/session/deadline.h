/* What the core knows of the message that is worked on, when its statement may be ended, and when
 * statement_timeout ends it. The session's own thread. */
#ifndef TAVANA_SESSION_DEADLINE_H
#define TAVANA_SESSION_DEADLINE_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

struct session;

struct session_message {
    struct str query;   /* its text, when it is SQL: of one or more statements */
    bool is_query;      /* a simple query: its statements are a block of their own */
    bool completed;     /* a statement of it is complete */
    int64_t timeout_us; /* when statement_timeout ends a pipeline; 0: it does not run */
};

/* From here to session_message_end, once for each message, a cancel or a time limit may end what runs.
 * takes_time: a time limit, too. now: the clock has just said so, and is not asked again. */
void session_message_begin(struct session *s, bool takes_time, int64_t now);
void session_message_end(struct session *s);
/* The message is a simple query with this text, lent until its end. Again: the same text lies elsewhere
 * now. */
void session_query_is(struct session *s, struct str text);
/* A statement is complete, and its client told so. */
void session_statement_completed(struct session *s);
/* Before the message ends: is_last, or one that completed a statement, ends the time of a pipeline. */
void session_pipeline_over(struct session *s, bool is_last);
/* The statement has failed: what asked for its end has been heard. What cleans up behind it, and may have
 * many rows to put down, is stopped by who asks again. */
void session_statement_failed(struct session *s);
/* Of a Query that has several each has statement_timeout for itself, as it is by then. */
void session_next_statement(struct session *s);
/* Its time was over while the client had the word. */
bool session_is_too_late(const struct session *s);
/* The session ends: nothing can be cancelled any more. Waits for whoever leaves it behind just now. */
void session_stop_hearing(struct session *s);

#endif
