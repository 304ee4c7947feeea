/* Cursors of PL/pgSQL that runs: a variable of the type refcursor has the name of a portal of the
 * session's, which is there until the transaction ends and which the client may fetch from. Of
 * session/plpgsql_*.c alone. The session's own thread. Source: PostgreSQL 15 manual, 43.7. */
#ifndef TAVANA_SESSION_PLPGSQL_CURSOR_H
#define TAVANA_SESSION_PLPGSQL_CURSOR_H

#include "session/plpgsql_frame.h"

struct plpgsql_use;

/* 42P03 where there is such a cursor, 42601 for arguments that do not fit. */
int plpgsql_open_cursor(struct plpgsql_frame *f, const struct plpgsql_statement *s, struct err *e);
/* FETCH and MOVE. 22004 of a variable that is NULL, 34000 */
int plpgsql_fetch_cursor(struct plpgsql_frame *f, const struct plpgsql_statement *s, struct err *e);
int plpgsql_close_cursor(struct plpgsql_frame *f, const struct plpgsql_statement *s, struct err *e);
/* The query that the cursor of a FOR loop is bound to, with its arguments in it. 42601 for one that is
 * bound to none. */
int plpgsql_cursor_query(struct plpgsql_frame *f, const struct plpgsql_use *u, struct str *out,
                         struct err *e);

#endif
