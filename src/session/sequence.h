/* What PostgreSQL does with a sequence and the engine cannot. Of session/ alone. The session's own thread. */
#ifndef TAVANA_SESSION_SEQUENCE_H
#define TAVANA_SESSION_SEQUENCE_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

struct relation;
struct relation_name;
struct session;
struct sql_sequence_options;

/* A name as it is written in a text: nextval('s.t'). 42601, 42602 */
int sequence_read_name(const char *text, struct relation_name *out, struct err *e);
/* A sequence's name as the client writes it in SQL, as SQL of the engine's. NULL: it is none, or without
 * memory. */
const char *sequence_name(struct session *s, struct str text);
/* ALTER SEQUENCE: what it does not say stays, and so does where it is. */
int sequence_alter(struct session *s, const struct relation *q, const struct sql_sequence_options *o,
                   struct err *e);
/* The sequence of a column's default; found is false when there is none. */
int sequence_of_column(struct session *s, const struct relation *table, const char *column,
                       struct relation *out, struct err *e);
/* setval(name, value, is_called), in the session's transaction: 42P01, 22003, 25006. */
int sequence_set(struct session *s, const char *name, int64_t value, bool is_called, struct err *e);

#endif
