/* The steps that a command of the client is carried out in: statements for the engine that nobody sent. Of
 * session/ alone. The session's own thread. */
#ifndef TAVANA_SESSION_STEP_H
#define TAVANA_SESSION_STEP_H

#include "base/err.h"
#include "base/str.h"

struct session;
struct sql_token;

/* Runs a statement without rows that is the session's own, in the engine's words. text NULL: 53200. */
int step_run(struct session *s, const char *text, struct err *e);
/* The same of one that holds words of the client, which mean what they mean to it: judged and led to where
 * they lead. An error says no position. */
int step_run_sent(struct session *s, const char *text, struct err *e);
/* What a token of COMMENT … IS says, read by the engine, which knows all ways to write a string. *out NULL:
 * the word NULL. 0A000 with a record separator in it: behind one lies what we keep in comments ourselves. */
int step_comment(struct session *s, const struct sql_token *t, const char **out, struct err *e);

#endif
