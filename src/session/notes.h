/* What PostgreSQL keeps of objects and the engine has no place for, in the database file: the comment of a
 * view that nobody is shown, a JSON object of texts by key. Of session/ alone. The session's own thread.
 *   "schema:s", "database", "constraint:s.t.c"   comments; sql/catalog_base.inc reads them */
#ifndef TAVANA_SESSION_NOTES_H
#define TAVANA_SESSION_NOTES_H

#include "base/err.h"

struct session;

#define NOTES_VIEW "tavana$notes"

/* In the session's transaction, which writes. text NULL: none any more. */
int notes_put(struct session *s, const char *key, const char *text, struct err *e);

#endif
