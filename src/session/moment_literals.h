/* Texts that are assigned to a timestamp with time zone, as in INSERT INTO t VALUES ('Jan 8 2020'): the
 * engine's own cast, which knows the session's time zone, reads few of PostgreSQL's spellings. One that it
 * has refused is spelled as a literal of the type, which is read by ours. Of session/ alone. The session's
 * own thread. */
#ifndef TAVANA_SESSION_MOMENT_LITERALS_H
#define TAVANA_SESSION_MOMENT_LITERALS_H

#include <stdbool.h>
#include <stddef.h>

struct session;
struct sql_tokens;
struct edits;
struct err;

/* The engine has refused sql with e, at that byte, or SIZE_MAX. false: not for such a text. */
bool moment_literal_put(struct session *s, const struct sql_tokens *sql, size_t at, const struct err *e,
                        struct edits *edits);

#endif
