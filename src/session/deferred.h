/* Constraints that would wait for the end of their transaction: here none does. Of session/ alone. The
 * session's own thread. */
#ifndef TAVANA_SESSION_DEFERRED_H
#define TAVANA_SESSION_DEFERRED_H

struct session;
struct sql_statement;

/* CREATE TABLE, ALTER TABLE or SET CONSTRAINTS that asks for it has run: the client is warned. */
void deferred_tell(struct session *s, const struct sql_statement *sql);

#endif
