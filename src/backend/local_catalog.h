/* Versions of the engine's catalog, so that a statement is compared with it only when it may have changed.
 * The thread of the session. */
#ifndef TAVANA_BACKEND_LOCAL_CATALOG_H
#define TAVANA_BACKEND_LOCAL_CATALOG_H

#include "engine/engine.h"

#include <stdbool.h>
#include <stdint.h>

struct local_session;
struct local_stmt;

/* Of the catalog, when a statement was last compared with it. */
struct local_catalog {
    uint64_t all, own;
};

/* The version that the session sees now. */
struct local_catalog local_catalog_now(const struct local_session *s);
/* Whether nothing can have changed since. */
bool local_catalog_holds(const struct local_session *s, const struct local_catalog *c);
/* A statement of this kind is about to run. */
void local_catalog_changes(struct local_session *s, const struct local_stmt *st, enum engine_kind kind);
/* The session finds other things by the same names from here on: by another search path, or on another
 * connection. */
void local_catalog_outdate(struct local_session *s);
/* The transaction that is open has compared a statement with the catalog as it sees it, which may be another
 * one for the next transaction. Outside of one nothing happens. */
void local_catalog_compared(struct local_session *s);
/* A transaction has ended, or what it changed is as good as committed. */
void local_catalog_settled(struct local_session *s);

#endif
