/* DECLARE, by tokens, since its query is the engine's SQL; FETCH and MOVE, by PostgreSQL's parser. 42601 with
 * its position in characters of s->text, 54000, 53200. Pure. Any thread. */
#ifndef TAVANA_SQL_CURSOR_H
#define TAVANA_SQL_CURSOR_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "sql/token.h"

#include <stdbool.h>
#include <stdint.h>

struct sql_statement;

struct sql_declare { /* DECLARE name … CURSOR … FOR query */
    const char *name;
    bool binary, scroll, no_scroll, hold;
    struct str query; /* lent from the statement's text; PostgreSQL's or the engine's own */
};

enum sql_fetch_direction { SQL_FETCH_FORWARD, SQL_FETCH_BACKWARD, SQL_FETCH_ABSOLUTE, SQL_FETCH_RELATIVE };

#define SQL_FETCH_ALL INT64_MAX

struct sql_fetch { /* FETCH, MOVE; NEXT is FORWARD 1, LAST is ABSOLUTE -1 … */
    const char *name;
    enum sql_fetch_direction direction;
    int64_t count; /* may be negative; SQL_FETCH_ALL */
    bool move;
};

/* 42P11 for options that exclude each other. */
int sql_parse_declare(struct arena *a, const struct sql_statement *s, struct sql_declare *out, struct err *e);
/* Of a statement of kind SQL_FETCH, MOVE too. */
int sql_parse_fetch(struct arena *a, const struct sql_statement *s, struct sql_fetch *out, struct err *e);
/* Whether an UPDATE or DELETE ends in WHERE CURRENT OF cursor, which the engine does not know. */
bool sql_is_where_current_of(struct sql_tokens sql);

#endif
