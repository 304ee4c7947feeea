/* Names with dots between them, as they are read at the current token. Of dialect/ alone. */
#ifndef TAVANA_DIALECT_CHAIN_H
#define TAVANA_DIALECT_CHAIN_H

#include "dialect/walk.h"
#include "sql/catalog.h"

enum { CHAIN_MAX = 4 }; /* database.schema.relation.column */

struct chain {
    struct sql_token parts[CHAIN_MAX];
    size_t n;
    size_t schema; /* which part is pg_catalog or information_schema; n: none */
    enum sql_catalog_space space;
    struct sql_token after;
    size_t end;
    bool star; /* ends in .* */
};

/* name.name…, from the current token on. */
void chain_read(const struct rewriter *r, struct chain *c);
/* Leaves the chain behind as one finished primary. */
void chain_pass(struct rewriter *r, const struct chain *c);

#endif
