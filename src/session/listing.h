/* The rows of pg_cursors, pg_prepared_statements, pg_settings and pg_locks. Of session/ alone. The session's
 * own thread. */
#ifndef TAVANA_SESSION_LISTING_H
#define TAVANA_SESSION_LISTING_H

struct session;

/* As an expression in the session's message arena; NULL without memory. */
const char *cursors_as_sql(struct session *s);
const char *statements_as_sql(struct session *s);
const char *settings_as_sql(struct session *s);
const char *locks_as_sql(struct session *s);

#endif
