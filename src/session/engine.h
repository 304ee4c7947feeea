/* The session's share of the backend, opened at the first statement that needs it. The
 * session's own thread. */
#ifndef TAVANA_SESSION_ENGINE_H
#define TAVANA_SESSION_ENGINE_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct account;
struct backend_session;
struct session;

/* Opens it when there is none yet, and tells it the settings. Lent until the session ends. */
int session_engine(struct session *s, struct backend_session **out, struct err *e);
/* Tells it what has changed; what it could not be told it is told the next time. A schema of search_path that
 * is not there is passed over. */
int session_apply_settings(struct session *s, struct err *e);
/* The first schema that search_path names, but for "$user"; public when there is none. */
void session_first_schema(struct session *s, char *out, size_t room);
/* A statement of that tag has run: one that makes or drops a schema changes what search_path leads to. */
void session_note_tag(struct session *s, const char *tag);
/* What is prepared, bound or copied from here on counts against memory. */
void session_engine_counts(struct backend_session *engine, struct account *memory);
/* As if it had just been opened; the settings are told anew. */
int session_engine_reset(struct session *s, struct err *e);
/* The session is idle and was woken: the backend may have called (backend.calls). */
void session_engine_look_up(struct session *s);
/* Its statements and portals are gone. Harmless when it was never opened. */
void session_engine_close(struct session *s);

#endif
