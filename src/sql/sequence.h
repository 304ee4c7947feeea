/* The options of a sequence, as CREATE SEQUENCE, ALTER SEQUENCE and identity columns have them, in
 * PostgreSQL's words and in the engine's. Pure. Any thread. Source: PostgreSQL 15 manual, CREATE SEQUENCE.
 * */
#ifndef TAVANA_SQL_SEQUENCE_H
#define TAVANA_SQL_SEQUENCE_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>

struct arena;
struct reader;

/* n is 0 of what was not said. Lent from the text. */
struct sql_sequence_options {
    struct str increment, min, max, start, restart;
    struct str name;  /* SEQUENCE NAME */
    const char *type; /* AS: smallint, integer or bigint; NULL: it does not say */
    bool no_min, no_max, cycle, no_cycle;
    bool restarts; /* RESTART, which may say with what */
    bool any;      /* something of the above */
    bool owned;    /* OWNED BY: a sequence is never dropped with a table */
    bool cached;   /* CACHE: each value is handed out when it is asked for */
};

/* Up to the end of the text, or a closing bracket. 42601 */
int sql_read_sequence_options(struct reader *r, struct sql_sequence_options *out);
/* "INCREMENT BY 1 MINVALUE …", of the arena: what the engine would not take to be the same by itself. type:
 * what its values have to fit in when o does not say; NULL: bigint. */
int sql_sequence_text(struct arena *a, const struct sql_sequence_options *o, const char *type,
                      struct str *out, struct err *e);
/* "smallint" … of a word that names a type of integers; NULL: it names none. */
const char *sql_sequence_type(struct str word);

#endif
