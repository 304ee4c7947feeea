/* RAISE of PL/pgSQL. Of sql/ alone, but for what it says. Pure. Any thread.
 * Source: PostgreSQL 15 manual, 43.9.1. */
#ifndef TAVANA_SQL_RAISE_H
#define TAVANA_SQL_RAISE_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

struct reader;

enum { SQL_RAISE_ARGUMENTS_MAX = 16 };

enum sql_raise_level { SQL_RAISE_SILENT, SQL_RAISE_NOTICE, SQL_RAISE_WARNING, SQL_RAISE_ERROR };

struct sql_raise {
    enum sql_raise_level level; /* SILENT: one that goes to the server's log alone */
    bool again;                 /* RAISE alone, in a handler: the error that was caught */
    const char *format;         /* with % for each argument */
    size_t n;
    struct str arguments[SQL_RAISE_ARGUMENTS_MAX]; /* expressions; lent from the body */
    const char *code, *detail, *hint; /* USING; NULL: not said. The code's five characters or name */
};

/* What stands behind RAISE, up to its semicolon. 42601, 0A000. */
int sql_read_raise(struct reader *r, struct sql_raise *out);

#endif
