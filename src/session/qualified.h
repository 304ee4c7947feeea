/* Names with a schema or a database in front, as PostgreSQL speaks of them: the session's database where the
 * engine has none of that name, and errors of the engine. Of session/ alone. The session's own thread. */
#ifndef TAVANA_SESSION_QUALIFIED_H
#define TAVANA_SESSION_QUALIFIED_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>

struct relation_name;
struct session;

/* Whether the engine has a database that is called as the session's; asked once. */
bool qualified_database_stays(struct session *s);
/* Takes the session's database from a name. 0A000: it is another that the engine has not. */
int qualified_leave_database(struct session *s, struct relation_name *name, struct err *e);
/* A relation's name as text: as the engine knows it. As before; 53200. */
int qualified_lead(struct session *s, struct str *name, struct err *e);
/* e says what the engine found wrong with text, which it was led, and where in it: in PostgreSQL's words. */
void qualified_explain(const struct session *s, struct str text, struct str led, struct err *e);

#endif
