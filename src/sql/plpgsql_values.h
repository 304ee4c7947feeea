/* What plpgsql_query.c gathers of a body: values of its variables, what ends a call, levels of the query. Of
 * sql/plpgsql_*.c alone. Pure. Any thread. */
#ifndef TAVANA_SQL_PLPGSQL_VALUES_H
#define TAVANA_SQL_PLPGSQL_VALUES_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "sql/function.h"
#include "sql/plpgsql_query.h"

#include <stdbool.h>
#include <stddef.h>

enum { PLPGSQL_IN_PLACE_MAX = 200, PLPGSQL_VARIABLES_MAX = 10000 };

struct plpgsql_value {
    struct str text; /* p NULL, of a path: always */
    size_t level;    /* 0: it needs none */
};

struct plpgsql_held {
    struct str type;
    bool constant;
    struct plpgsql_value now;
};

/* What a name means, the innermost last. */
struct plpgsql_meaning {
    const char *label, *name;
    size_t variable;
};

enum plpgsql_event_kind { PLPGSQL_EVENT_ROW, PLPGSQL_EVENT_QUERY };

/* What ends a call or makes a row, on the path on which it does. */
struct plpgsql_event {
    struct plpgsql_value path;
    enum plpgsql_event_kind kind;
    struct str *columns; /* ROW: as many as the function has; QUERY: one, the query */
    bool raises;
    struct plpgsql_event *next;
};

struct plpgsql_compiling {
    struct arena *arena;
    struct err *err;
    const struct sql_function *f;
    const char *name;
    bool rows_of, no_value; /* it returns rows of a table; void */
    size_t ncolumns;        /* of its result */
    const size_t *outputs;  /* the variables that are its result, where it has OUT arguments */
    size_t noutputs;
    struct buf levels[PLPGSQL_LEVELS_MAX + 1]; /* of each: ", value AS _v1_" … */
    struct buf joins[PLPGSQL_LEVELS_MAX + 1];
    size_t nlevels, ncells;
    struct plpgsql_held *variables;
    size_t nvariables, variables_room;
    struct plpgsql_meaning *meanings;
    size_t nmeanings, meanings_room;
    size_t found;              /* the variable FOUND */
    size_t read_level;         /* of the variables that the last text had */
    struct plpgsql_value path; /* on which the current statement runs */
    bool dead;                 /* no path leads here */
    struct plpgsql_event *events, **last_event;
};

static inline void plpgsql_put_str(struct buf *b, struct str text)
{
    buf_put(b, text.p, text.n);
}

static inline size_t plpgsql_higher(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* 54001, 0A000 with a statement's line, 42804. */
int plpgsql_too_complex(struct plpgsql_compiling *c);
int plpgsql_not_supported(struct plpgsql_compiling *c, const char *what, unsigned line);
int plpgsql_mismatch(struct plpgsql_compiling *c, const char *what);
/* What is in the buffer, in the arena. */
int plpgsql_keep(struct plpgsql_compiling *c, struct buf *b, struct str *out);

/* Which variable a name means, the innermost; label "": any. */
bool plpgsql_find(struct plpgsql_compiling *c, const char *label, const char *name, size_t *out);
/* The next text reads columns of that level at least; c->read_level says of which, once it is put. */
void plpgsql_read_from(struct plpgsql_compiling *c, size_t level);
/* The value of one, as struct plpgsql_names asks; c->read_level grows to its level. */
bool plpgsql_value_of(void *arg, const char *label, const char *name, struct str *out);
/* A name for a variable, until c->nmeanings is taken back. */
int plpgsql_mean(struct plpgsql_compiling *c, const char *label, const char *name, size_t variable);
/* One without a value. */
int plpgsql_add_variable(struct plpgsql_compiling *c, struct str type, bool constant, size_t *out);
/* A name as the body writes it, of a variable that may be changed. 42601, 22005. */
int plpgsql_target(struct plpgsql_compiling *c, const char *written, size_t *out);

/* anyelement and its kin. */
bool plpgsql_is_any(struct str type);
/* The query has so many levels at least. */
int plpgsql_open_level(struct plpgsql_compiling *c, size_t level);
/* A value that may be named any number of times: the text itself, or a column that it becomes. */
int plpgsql_hold(struct plpgsql_compiling *c, struct str text, size_t level, bool calls,
                 struct plpgsql_value *out);
/* An expression of the body, in brackets, with values in place of variables; the same, of a type. *calls: it
 * calls something, too. */
void plpgsql_put_expression(struct plpgsql_compiling *c, struct buf *b, struct str text, bool *calls);
void plpgsql_put_cast(struct plpgsql_compiling *c, struct buf *b, struct str text, struct str type,
                      bool *calls);
/* variable := value, on the current path; value is of its type already. The same of an expression. */
int plpgsql_set(struct plpgsql_compiling *c, size_t variable, struct str value, size_t level, bool calls);
int plpgsql_assign(struct plpgsql_compiling *c, size_t variable, struct str expression);

/* All levels as what a query may select from, called _l_. */
void plpgsql_put_levels(const struct plpgsql_compiling *c, struct buf *b);

#endif
