/* SELECT set_config(name, value, is_local), …: a query that is a SET. Its arguments are literals or
 * parameters, since nothing here evaluates expressions. Pure. Any thread. */
#ifndef TAVANA_SQL_SET_CONFIG_H
#define TAVANA_SQL_SET_CONFIG_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "sql/token.h"

#include <stdbool.h>
#include <stddef.h>

struct sql_statement;

enum { SQL_SET_CONFIG_MAX = 64, SQL_SET_CONFIG_PARAMS_MAX = 3 * SQL_SET_CONFIG_MAX };

struct sql_set_arg {  /* a literal or a parameter */
    unsigned param;   /* from 1; 0: text */
    const char *text; /* NULL: NULL; a boolean is "t" or "f" or as written between quotes */
};

struct sql_set_item {
    const char *column;
    struct sql_set_arg name, value, local;
};

struct sql_set_config {
    size_t n;
    struct sql_set_item *items;
    const char *only; /* FROM pg_settings WHERE name = …; NULL: without FROM */
};

/* Whether a SELECT is nothing but calls of set_config, at most SQL_SET_CONFIG_MAX, of literals and
 * parameters. */
bool sql_is_set_config(struct sql_tokens sql);
/* Of one for which sql_is_set_config holds; strings lie in the arena. 53200 */
int sql_parse_set_config(struct arena *a, const struct sql_statement *s, struct sql_set_config *out,
                         struct err *e);

#endif
