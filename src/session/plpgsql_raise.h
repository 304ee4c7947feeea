/* RAISE and ASSERT of PL/pgSQL. Of session/plpgsql_*.c alone. The session's own thread. */
#ifndef TAVANA_SESSION_PLPGSQL_RAISE_H
#define TAVANA_SESSION_PLPGSQL_RAISE_H

#include "session/plpgsql_frame.h"

struct sql_raise;

/* Tells the client, or fails with what it says. 42601, 42704, 0Z002 */
int plpgsql_run_raise(struct plpgsql_frame *f, const struct sql_raise *said, struct err *e);
/* P0004 */
int plpgsql_run_assert(struct plpgsql_frame *f, const struct plpgsql_statement *s, struct err *e);

#endif
