/* CREATE, ALTER and DROP DOMAIN. Pure. Any thread. Source: PostgreSQL 15 manual. */
#ifndef TAVANA_SQL_DOMAIN_H
#define TAVANA_SQL_DOMAIN_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "sql/token.h"
#include "sql/type.h"
#include "sql/type_change.h"

#include <stdbool.h>
#include <stddef.h>

struct sql_statement;

enum { SQL_DOMAIN_CHECKS_MAX = 100 };

enum sql_domain_what {
    SQL_DOMAIN_CREATE,
    SQL_DOMAIN_ADD,               /* a CHECK, the first */
    SQL_DOMAIN_DROP_CONSTRAINT,   /* `from` */
    SQL_DOMAIN_RENAME_CONSTRAINT, /* `from` to `to` */
    SQL_DOMAIN_VALIDATE,          /* `from` */
    SQL_DOMAIN_DEFAULT,           /* `initial`; p NULL: none any more */
    SQL_DOMAIN_NOT_NULL,          /* `not_null` */
    SQL_DOMAIN_RENAME,            /* to `to` */
    SQL_DOMAIN_SCHEMA,            /* into `to` */
    SQL_DOMAIN_OWNER,             /* `to` has to be the user */
    SQL_DOMAIN_DROP,
};

struct sql_domain_check {
    struct sql_token name; /* END: none was given */
    struct str condition;  /* what stands in the brackets; lent */
};

struct sql_domain {
    enum sql_domain_what what;
    const char *tag;
    size_t n; /* more than one of DROP alone */
    struct sql_type_name *names;
    struct str type;      /* of CREATE, as it is written; lent */
    struct sql_type base; /* the same */
    struct str initial;   /* what is behind DEFAULT; lent; p NULL: none */
    bool not_null;
    bool not_valid; /* rows that there are need not fulfil it */
    size_t nchecks;
    struct sql_domain_check *checks;
    struct sql_token from, to;
    bool exists_is_fine; /* IF EXISTS */
    bool cascade;
};

/* Whether it is one of these. */
bool sql_is_domain(struct sql_tokens sql);
/* Of one that is. 42601, 42P17 for NULL beside NOT NULL, 0A000 for constraints that PostgreSQL has not for
 * domains, 54000, 53200 */
int sql_parse_domain(struct arena *a, const struct sql_statement *s, struct sql_domain *out, struct err *e);

#endif
