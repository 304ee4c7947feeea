/* Whether a plan of the engine still fits the data: it must not be used for data that it was not made of.
 * The how is in local_version.c. Any thread; what takes a session, its own. */
#ifndef TAVANA_BACKEND_LOCAL_VERSION_H
#define TAVANA_BACKEND_LOCAL_VERSION_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct engine_conn;
struct local;
struct local_session;

/* Of the data that a plan was made of. */
struct local_version {
    uint64_t committed; /* by anybody */
    uint64_t own;       /* changes of this session */
};

/* Of the data as it is now. */
struct local_version local_version_now(const struct local_session *s);
/* Whether a plan of that version still holds for a snapshot that has been taken by now. */
bool local_version_holds(const struct local_session *s, const struct local_version *v);
/* The session is about to change data: what it planned before does not hold behind that. */
void local_version_outdate(struct local_session *s);
/* Between the two nobody's changes are committed: a plan that is made and started there holds. */
void local_gate_close(struct local *l);
void local_gate_open(struct local *l);
/* Data was changed and committed without local_commit_changes. */
void local_data_changed(struct local *l);
/* Ends a transaction that changed data. The engine's errors. */
int local_commit_changes(struct local *l, struct engine_conn *c, struct err *e);

#endif
