/* Which columns of a statement have no name, and what PostgreSQL calls them: count for count(*), ?column? for
 * 1 + 1, int4 for '1'::int. Pure; allocates nothing. Of dialect/ alone.
 * The statement's tokens are handed in one after the other. A select list or a RETURNING list, at the top or
 * in a bracket, is a list of items, and the token behind an item tells that it ended. What only the engine
 * has (* EXCLUDE, COLUMNS(…), [1, 2], {'a': 1}, x: 42) is no item: the engine names it.
 * Source: PostgreSQL 15's answers, which tests/unit/dialect/column_name_items.inc keeps. */
#ifndef TAVANA_DIALECT_COLUMN_NAME_H
#define TAVANA_DIALECT_COLUMN_NAME_H

#include "sql/token.h"

enum { COLUMN_LEVELS_MAX = 64 }; /* brackets and CASEs within each other; what lies deeper is not told */

enum column_event_kind {
    COLUMN_NOTHING,
    COLUMN_ITEM,         /* an item without an alias ended at `at` */
    COLUMN_ALIASED,      /* an item ended at `at` with its alias, which is its name */
    COLUMN_OTHER,        /* an item ended that the engine names */
    COLUMN_WORD,         /* current_date or another function without brackets stands at `at` */
    COLUMN_ALIAS,        /* an alias without AS stands at `at` */
    COLUMN_VALUES,       /* VALUES stands at `at`, where a query does; its rows follow … */
    COLUMN_VALUES_END,   /* … and end at `at` */
    COLUMN_VALUES_ALIAS, /* FROM (VALUES …) t, without names of columns: t ends at `at` */
    COLUMN_VALUES_REST   /* FROM (VALUES …) t (a), with names of fewer columns: the last ends at `at` */
};

struct column_event {
    enum column_event_kind kind;
    size_t at;
    size_t from;     /* where the item began */
    struct str name; /* lent: a constant in small letters, or the token that says it, with its quotes */
    bool plain;      /* it is a column, qualified or not, and nothing more: it has that name already */
    /* Of an item: its list is one whose names another query sees (FROM (…), WITH x AS (…)), or the
     * statement's own; and where in the list it stands. */
    bool source, top, first, last;
    unsigned columns; /* of VALUES */
    unsigned named;   /* of COLUMN_VALUES_REST: how many have names */
};

/* One bracket, one CASE or the statement. */
struct column_level {
    uint8_t opened;       /* what it is to the level above */
    uint8_t clause;       /* what is read in it */
    uint8_t state;        /* of the expression */
    uint8_t strength;     /* of the expression's name: 0 none, 1 a type's or CASE, 2 any other */
    uint8_t type;         /* which of the types of several words may go on here */
    uint8_t call;         /* what its bracket would be, when one comes next */
    uint8_t values_alias; /* FROM (VALUES …): how much of its alias has been read */
    uint8_t origin;       /* of the name */
    bool settled, minus, plain, foreign, in_type, in_collation;
    bool query, has_first, may_be_values;
    bool begun, listed; /* its first list of items has begun; has ended */
    unsigned columns;   /* of VALUES; commas of a bracket */
    size_t at;          /* of the item, of VALUES or the end of its alias */
    struct str name, first;
};

struct column_names {
    size_t depth, skipped; /* brackets open; those beyond the maximum */
    size_t end;            /* of the last token */
    uint8_t last, before;  /* what the last two tokens were */
    struct column_level levels[COLUMN_LEVELS_MAX];
};

void column_names_init(struct column_names *n);
/* The next token of the statement, END for the last: at most one event. */
void column_names_take(struct column_names *n, const struct sql_token *t, struct column_event *out);

#endif
