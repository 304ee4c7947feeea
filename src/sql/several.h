/* DROP and TRUNCATE of several objects: the engine's parser takes one. Pure. Any thread. */
#ifndef TAVANA_SQL_SEVERAL_H
#define TAVANA_SQL_SEVERAL_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "sql/token.h"

#include <stdbool.h>
#include <stddef.h>

struct sql_statement;

struct sql_several {       /* of one object the text would be: head name tail */
    struct str head, tail; /* "DROP TABLE IF EXISTS ", " CASCADE"; lent, or static */
    size_t n;
    struct str *names; /* as written, with their schemas; lent */
    bool restarts;     /* TRUNCATE … RESTART IDENTITY */
    bool drops_tables, truncates, cascades;
    const char *tag;
};

/* Whether a DROP or TRUNCATE names more than one object, or has words that the engine does not know, or is of
 * what others may depend on. */
bool sql_is_several(struct sql_tokens sql);
/* 42601 where a name is missing. */
int sql_parse_several(struct arena *a, const struct sql_statement *s, struct sql_several *out, struct err *e);

#endif
