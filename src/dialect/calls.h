/* Functions that PostgreSQL's SQL calls and that the engine lacks or means otherwise: which of ours each is
 * led to. Of dialect/ alone. Source: PostgreSQL 15 manual, chapter 9. */
#ifndef TAVANA_DIALECT_CALLS_H
#define TAVANA_DIALECT_CALLS_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

struct rewriter;

enum call_home {
    CALL_ENGINE,  /* a function of the engine's, or of pgfunc/ */
    CALL_MACRO,   /* a macro of tavana_catalog.pg */
    CALL_REFUSED, /* 0A000: target says what is not supported */
};

struct call_name {
    const char *name; /* in PostgreSQL, lower case */
    enum call_home home;
    const char *target;
    const char *spread; /* what takes VARIADIC and a list, with its schema; NULL: nothing does */
    bool keywords;      /* FROM, FOR, PLACING, SIMILAR and ESCAPE stand between its arguments */
    bool shown;         /* its arguments are put in as they show: true is t … */
    bool but_first;     /* … behind the first */
    bool unit;          /* its first argument is a word: extract(year FROM x) */
    const char *
        sent; /* what takes its place where its result is what the client is sent, with its schema; NULL: nothing */
    const char *digits; /* … where nothing else is done with it (outputs_are_sent); NULL: nothing */
    bool plain;         /* the engine's own when literals show that both mean the same: substring(x, 1, 3) */
};

/* Letters alike in either case. NULL: the engine's function is what PostgreSQL's is, or neither has it. */
const struct call_name *call_find(struct str name);
/* The whole table, sorted; for tests. */
const struct call_name *call_names(size_t *n);

/* At a name that a bracket follows, of which the bytes [from, to) are to be replaced; goes on within the
 * bracket. */
int walk_call(struct rewriter *r, const struct call_name *name, size_t from, size_t to);
/* At any token: *did says that it was a keyword or a comma between such a call's arguments, and is passed. */
int walk_argument(struct rewriter *r, bool *did);

/* At VARIADIC: 0A000 where no function of ours takes it. */
int walk_variadic(struct rewriter *r);

#endif
