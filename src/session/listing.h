/* The rows of pg_cursors and pg_prepared_statements. Of session/ alone. The session's own thread. */
#ifndef TAVANA_SESSION_LISTING_H
#define TAVANA_SESSION_LISTING_H

struct session;

/* As an expression in the session's message arena; NULL without memory. */
const char *cursors_as_sql(struct session *s);
const char *statements_as_sql(struct session *s);

#endif
