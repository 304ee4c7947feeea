/* Runs a body of PL/pgSQL. Of session/ alone. The session's own thread. */
#ifndef TAVANA_SESSION_PLPGSQL_RUN_H
#define TAVANA_SESSION_PLPGSQL_RUN_H

#include "session/plpgsql_frame.h"
#include "sql/plpgsql.h"

/* A frame without variables but FOUND, of what runs in that portal. name is lent. To be ended when it fails,
 * too. */
int plpgsql_frame_begin(struct session *s, const struct portal *p, const char *name,
                        struct plpgsql_frame *out, struct err *e);
void plpgsql_frame_end(struct plpgsql_frame *f);
/* All of a block, in the transaction that there is. An error that no handler catches says where it came from;
 * what a handler catches has been taken back, as far as tx_undo can. */
int plpgsql_run(struct plpgsql_frame *f, const struct plpgsql_block *block, struct err *e);

#endif
