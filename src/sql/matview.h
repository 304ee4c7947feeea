/* CREATE, REFRESH and DROP MATERIALIZED VIEW, and SELECT … INTO, which makes a table of a query as well.
 * Pure. Any thread. Source: PostgreSQL 15 manual. */
#ifndef TAVANA_SQL_MATVIEW_H
#define TAVANA_SQL_MATVIEW_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "sql/rewrite.h"
#include "sql/token.h"

#include <stdbool.h>
#include <stddef.h>

struct sql_statement;

enum sql_matview_what { SQL_MATVIEW_CREATE, SQL_MATVIEW_REFRESH, SQL_MATVIEW_DROP, SQL_MATVIEW_INTO };

struct sql_matview {
    enum sql_matview_what what;
    bool exists_is_fine; /* IF NOT EXISTS, IF EXISTS */
    bool no_data, cascade, temporary;
    size_t n;
    struct str *names;  /* as written, with their schemas; lent */
    struct str columns; /* "(a, b)"; may be empty */
    struct str query;
};

/* Whether it is one of these. */
bool sql_is_matview(struct sql_tokens sql);
/* Whether a SELECT has INTO at its outermost level. */
bool sql_is_select_into(struct sql_tokens sql);
/* Of one for which one of these holds. 42601, 53200. */
int sql_parse_matview(struct arena *a, const struct sql_statement *s, struct sql_matview *out, struct err *e);

#endif
