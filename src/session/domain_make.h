/* What the engine has for a domain, made and taken away: its type, the macros that check values, and what
 * columns of it have. Of session/ alone. The session's own thread. */
#ifndef TAVANA_SESSION_DOMAIN_MAKE_H
#define TAVANA_SESSION_DOMAIN_MAKE_H

#include "base/err.h"
#include "session/ask.h"
#include "session/domain_list.h"

#include <stdbool.h>

struct session;

enum domain_column {
    DOMAIN_COLUMN_TABLE, /* as SQL */
    DOMAIN_COLUMN_NAME,
    DOMAIN_COLUMN_SCHEMA,
    DOMAIN_COLUMN_TABLE_NAME,
    DOMAIN_COLUMN_INITIAL, /* "t": its default is the domain's; "n": it has none; else another */
};

/* Columns of the domain: rows of enum domain_column. */
int domain_columns(struct session *s, const struct domain *d, struct ask_rows *out, struct err *e);
/* A new one; d is in the list, or has no domain under it. */
int domain_make(struct session *s, const struct domain_list *list, const struct domain *d, struct err *e);
/* One that is altered, with the domains over it and the columns of all of them. schema: where it was. */
int domain_remake(struct session *s, const struct domain_list *list, struct domain *d, const char *schema,
                  struct err *e);
/* Its comment alone is another. */
int domain_keep(struct session *s, const struct domain *d, struct err *e);
/* Nothing depends on it any more. */
int domain_unmake(struct session *s, const struct domain *d, struct err *e);
/* A condition about VALUE in the engine's SQL, about z_value. 42601, 42501, 53200 */
int domain_condition(struct session *s, const char *condition, const char **out, struct err *e);
/* The same in PostgreSQL's SQL, about `value`. NULL without memory. */
const char *domain_condition_of(struct session *s, const char *condition, const char *value);

#endif
