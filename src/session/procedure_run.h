/* CALL: the session runs a procedure's body itself, statement after statement. Of session/ alone. The
 * session's own thread. */
#ifndef TAVANA_SESSION_PROCEDURE_RUN_H
#define TAVANA_SESSION_PROCEDURE_RUN_H

#include "base/err.h"

struct portal;
struct session;

/* p->engine gives the arguments, p->result gets what OUT ones are in the end. All or nothing. */
int procedure_run(struct session *s, struct portal *p, struct err *e);

#endif
