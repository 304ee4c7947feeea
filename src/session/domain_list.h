/* Domains as the database keeps them: what a type of the engine says in its comment. Of session/ alone. The
 * session's own thread. Strings are of the message's arena. docs/decisions/domains.md */
#ifndef TAVANA_SESSION_DOMAIN_LIST_H
#define TAVANA_SESSION_DOMAIN_LIST_H

#include "base/err.h"
#include "dialect/domains.h"
#include "sql/type_change.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct session;
struct sql_rewritten;

/* In the comment behind what is shown of it: the fields of domain_kept, in their order, between DOMAIN_FIELD;
 * sql/catalog_domains.inc reads them. */
#define DOMAIN_KEPT                                                                                          \
    "\x1e"                                                                                                   \
    "D"
#define DOMAIN_FIELD '\x1f'
#define DOMAIN_PART  '\x1d' /* between a check's name and its condition */

struct domain_check {
    const char *name, *condition; /* in PostgreSQL's SQL, about VALUE */
};

struct domain {
    const char *database, *schema; /* as the engine calls them */
    const char *shown;             /* what COMMENT ON DOMAIN said; NULL: nothing */
    bool visible;                  /* without its schema */
    uint32_t oid;
    unsigned version;
    const char *name;
    uint32_t base_oid, root_oid; /* what it is of; and in the end, which is no domain */
    int32_t typmod;
    bool not_null;
    const char *base;    /* the type that it is in the end, as SQL */
    const char *initial; /* its default, in PostgreSQL's SQL; NULL: none */
    size_t nchecks;
    struct domain_check *checks;
};

struct domain_list {
    size_t n;
    struct domain *items; /* in the order of the search path */
};

/* All of the session's database. */
int domain_list_read(struct session *s, struct domain_list *out, struct err *e);
/* *out NULL: there is none of that name. */
int domain_list_find(struct session *s, const struct domain_list *list, const struct sql_token *schema,
                     const struct sql_token *name, struct domain **out, struct err *e);
/* NULL: none has that number. */
struct domain *domain_list_numbered(const struct domain_list *list, uint32_t oid);
/* What its type keeps, without what is shown. NULL without memory. */
const char *domain_kept(struct session *s, const struct domain *d);

/* A statement with what domains are made of in place of them; the original when it names none. */
int domains_spell(struct session *s, struct arena *a, struct sql_tokens sql, struct sql_rewritten *out,
                  struct err *e);

#endif
