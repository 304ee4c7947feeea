/* Names of the catalog are looked up by their last part, so that a chain says which of its parts is the
 * catalog's schema: the first, or the second behind a database. */
#include "dialect/chain.h"

void chain_read(const struct rewriter *r, struct chain *c)
{
    struct sql_lexer ahead = r->lexer;
    struct sql_token t = r->token;
    *c = (struct chain){0};
    for (;;) {
        c->parts[c->n++] = t;
        c->end = walk_end(&t);
        (void)sql_lexer_next(&ahead, &c->after);
        if (c->n == CHAIN_MAX || !sql_token_is(&c->after, '.'))
            break;
        struct sql_lexer before = ahead;
        (void)sql_lexer_next(&ahead, &t);
        if (!sql_token_is_name(&t)) {
            c->star = t.kind == SQL_TOK_OP;
            ahead = before;
            break;
        }
    }
    c->schema = c->n;
    for (size_t i = 0; i < 2 && i + 1 < c->n + c->star && c->schema == c->n; i++) {
        if (walk_is(&c->parts[i], "pg_catalog"))
            c->space = SQL_CATALOG_PG;
        else if (walk_is(&c->parts[i], "information_schema"))
            c->space = SQL_CATALOG_INFO;
        else
            continue;
        c->schema = i;
    }
}

void chain_pass(struct rewriter *r, const struct chain *c)
{
    walk_pass(r, c->parts[0].at, c->end, &c->parts[c->n - 1]);
}
