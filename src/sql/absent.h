/* Kinds of objects that PostgreSQL has and that nobody can make here: domains, triggers, rules,
 * operators …, and what alters a function. So there are none of them: what makes or alters one is refused,
 * and DROP finds nothing. Of sql/ alone. Pure. Any thread. */
#ifndef TAVANA_SQL_ABSENT_H
#define TAVANA_SQL_ABSENT_H

#include "sql/reader.h"

#include <stdbool.h>

struct sql_absent {
    const char *tag;  /* "CREATE TRIGGER" */
    const char *noun; /* "trigger": as messages call it */
    bool drops;       /* what there is none of; else the command is refused */
    bool if_exists;
    struct sql_token name; /* of DROP, the last part of it */
};

/* Whether it is one; r stands at the first word, and moves. */
bool sql_absent_read(struct reader *r, struct sql_absent *out);

#endif
