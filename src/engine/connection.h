/* Connections of a database. One thread at a time; engine_interrupt alone may come from another. */
#ifndef TAVANA_ENGINE_CONNECTION_H
#define TAVANA_ENGINE_CONNECTION_H

#include "base/err.h"
#include "base/str.h"

#include <stddef.h>
#include <stdint.h>

struct engine;
struct engine_conn;
struct sequence_values;

/* A connection of its own; the caller's, for engine_disconnect. */
int engine_connect(struct engine *en, struct engine_conn **out, struct err *e);
/* Whose what it attaches and its secrets are: other owners can not take them away. */
void engine_set_owner(struct engine_conn *c, uint64_t owner);
/* Who current_user is in what is stored, what current_database() is, and what was taken of sequences: lent
 * for as long as the connection is there. Before its first statement. */
void engine_set_session(struct engine_conn *c, const char *user, const char *database,
                        struct sequence_values *sequences);
/* Rolls back what is open. Statements and results of it are gone before. NULL is fine. */
void engine_disconnect(struct engine_conn *c);
/* Any thread, while the connection exists: what runs on it ends with 57014. When nothing runs it acts on an
 * open result, else not at all. Never waits. A statement that is just being started may not see it: see
 * engine_run. */
void engine_interrupt(struct engine_conn *c);
/* One or more statements without a result to read. */
int engine_exec(struct engine_conn *c, const char *sql, struct err *e);
/* The same of COMMIT and ROLLBACK: an error in there that the engine calls internal leaves a database that is
 * not used any more (engine_failed). */
int engine_end_transaction(struct engine_conn *c, const char *sql, struct err *e);
/* How many statements the engine's parser finds. 42601 when it cannot parse them. */
int engine_count_statements(struct engine_conn *c, struct str sql, size_t *n, struct err *e);

#endif
