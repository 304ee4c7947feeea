/* Domains in a statement, spelled by what they are made of, in PostgreSQL's SQL still: x::d and CAST(x AS d)
 * become a call of the macro that checks the value, a column of type d gets d's base type, a CHECK and a
 * default. It is done before dialect_translate(). Pure. Any thread. docs/decisions/domains.md */
#ifndef TAVANA_DIALECT_DOMAINS_H
#define TAVANA_DIALECT_DOMAINS_H

#include "base/arena.h"
#include "base/err.h"
#include "sql/rewrite.h"
#include "sql/token.h"

#include <stdbool.h>
#include <stdint.h>

struct dialect_domain {
    uint32_t oid;
    unsigned version; /* of its checks, and of its default */
    struct str name;  /* as it is called */
    struct str base;  /* the type that it is made of in the end, as SQL */
    bool array;       /* that is an array */
    bool initial;     /* it has a default */
};

/* The domain of that name; schema of kind END: none is written. *out NULL: there is none. What is handed out
 * lives as long as the arena. */
typedef int dialect_domain_fn(void *arg, const struct sql_token *schema, const struct sql_token *name,
                              const struct dialect_domain **out, struct err *e);

/* find is asked about names of types that are not PostgreSQL's. The original when there are no domains in it.
 * 0A000 for arrays of a domain that is an array itself, and for columns that are arrays of a domain; 53200;
 * what find says. */
int dialect_domains(struct arena *a, struct sql_tokens sql, dialect_domain_fn *find, void *arg,
                    struct sql_rewritten *out, struct err *e);

#endif
