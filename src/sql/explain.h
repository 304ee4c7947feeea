/* EXPLAIN as PostgreSQL has it. Pure. Any thread. Source: PostgreSQL 15 manual, EXPLAIN, and its answers. */
#ifndef TAVANA_SQL_EXPLAIN_H
#define TAVANA_SQL_EXPLAIN_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "sql/token.h"

#include <stdbool.h>

struct sql_statement;

struct sql_explain {
    bool analyze, verbose, costs, timing, summary, json;
    unsigned width;   /* bytes of a row of the result, which the caller knows; 0 as long as nobody has said */
    struct str query; /* lent from the statement's text */
};

/* Whether it has none of the engine's own formats. */
bool sql_is_explain(struct sql_tokens sql);
/* The statement behind EXPLAIN and its options, which is no query in brackets; all of the text where it is no
 * EXPLAIN. */
struct str sql_explained(struct sql_tokens sql);
/* BUFFERS, WAL and SETTINGS say nothing here. 42601, 22023; 0A000 for YAML and XML. */
int sql_parse_explain(struct arena *a, const struct sql_statement *s, struct sql_explain *out, struct err *e);
#endif
