/* CREATE INDEX. Of session/ alone. The session's own thread. */
#ifndef TAVANA_SESSION_INDEX_H
#define TAVANA_SESSION_INDEX_H

#include "base/err.h"

struct command_result;
struct session;
struct statement;

/* An index without a name gets the one that PostgreSQL would make up. */
int index_run(struct session *s, struct statement *command, struct command_result *r, struct err *e);
/* The table, its columns and the label, joined by _ and cut to a name's length, with a number when that is
 * taken in the schema. keys: "(a, lower(b))". *out: in quotes, of the message's arena. */
int index_make_name(struct session *s, const char *schema, const char *table, const char *keys,
                    const char *label, const char **out, struct err *e);

#endif
