/* Domains made, altered and dropped. Of session/ alone. The session's own thread. */
#ifndef TAVANA_SESSION_DOMAINS_H
#define TAVANA_SESSION_DOMAINS_H

#include "base/err.h"

#include <stdbool.h>

struct command_result;
struct session;
struct sql_type_name;
struct statement;

/* A statement of SQL_DOMAIN, in the transaction that there is. */
int domains_run(struct session *s, struct statement *st, struct command_result *r, struct err *e);
/* Whether there is one of that name. */
int domains_find(struct session *s, const struct sql_type_name *name, bool *found, struct err *e);
/* DROP TYPE of what may be a domain. *found: it is one, and is gone. 2BP01 */
int domains_drop(struct session *s, const struct sql_type_name *name, bool cascade, bool *found,
                 struct err *e);
/* 42710: where a new type of that name goes there is such a domain. */
int domains_free_name(struct session *s, const struct sql_type_name *name, struct err *e);
/* COMMENT ON DOMAIN, ON TYPE; text NULL: none any more. *found: it is one. */
int domains_comment(struct session *s, const struct sql_type_name *name, const char *text, bool *found,
                    struct err *e);

#endif
