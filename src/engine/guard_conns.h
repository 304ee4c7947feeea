/* The connections that the guard knows, of all engines of the process: which one a context of the engine is,
 * and what the statement under way on it may do. Any thread. Of engine/ alone. */
#ifndef TAVANA_ENGINE_GUARD_CONNS_H
#define TAVANA_ENGINE_GUARD_CONNS_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

struct engine;
struct engine_conn;

/* The connection can be found by its context, from here … */
void guard_add(struct engine_conn *c);
/* … to here. */
void guard_remove(struct engine_conn *c);

/* A statement is about to be prepared or run on c. is_query: it is known to make no secret. */
void guard_statement(struct engine_conn *c, const char *sql, bool is_query);
/* Ours, until the next one. */
void guard_own_statement(struct engine_conn *c);

/* One guarded engine more (1), or less (-1). */
void guard_count(int by);
/* Which guarded connection a context of the engine is; NULL: none, an extension's or an engine's that is
 * being opened. It lives while a call of the engine on it is under way. */
struct engine_conn *guard_conn_of(const void *context);
/* Another number as soon as a connection has gone: what was found before may be none any more. */
uint64_t guard_conns_gone(void);
/* Whether a connection of this owner is open. */
bool guard_owner_is_here(const struct engine *en, uint64_t owner);
/* Some engine is guarded. */
bool guard_is_closed(void);
/* A function that the operator lets through. */
bool guard_is_allowed(const struct engine *en, struct str name);

#endif
