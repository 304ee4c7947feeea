/* Kinds of objects that PostgreSQL has and that nobody can make here: domains, triggers, rules,
 * operators …, and functions in PostgreSQL's languages. So there are none of them: what makes or alters
 * one is refused, and DROP finds nothing. Of sql/ alone. Pure. Any thread. */
#ifndef TAVANA_SQL_ABSENT_H
#define TAVANA_SQL_ABSENT_H

#include "sql/reader.h"

#include <stdbool.h>

struct sql_absent {
    const char *tag;  /* "CREATE TRIGGER" */
    const char *noun; /* "trigger": as messages call it */
    bool drops, if_exists;
    bool routine;          /* DROP FUNCTION name(…): a macro of the engine may be called so */
    struct sql_token name; /* of DROP, the last part of it */
    struct str whole;      /* of DROP, as it is written, with its schema */
};

/* Whether it is one; r stands at the first word, and moves. DROP FUNCTION without brackets is the
 * engine's. */
bool sql_absent_read(struct reader *r, struct sql_absent *out);

#endif
