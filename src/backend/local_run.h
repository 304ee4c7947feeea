/* Runs a portal's statement on the session's main connection. Inside a call, the thread of the session. It
 * asks of the portal what it runs and expects, and changes nothing of it: texts are of its arena. */
#ifndef TAVANA_BACKEND_LOCAL_RUN_H
#define TAVANA_BACKEND_LOCAL_RUN_H

#include "backend/local_result.h"

struct engine_result_info;
struct local_portal;

/* What a statement that was run gives. It must not move: the source may be its own member. */
struct local_ran {
    struct row_source *source;             /* NULL: nothing, or it was closed */
    const struct engine_result_info *info; /* of the result; lent as long as source is open */
    struct local_result plain;
};

/* Closed, then zeroed. Of one that is zeroed nothing happens. */
void local_ran_close(struct local_ran *r);

/* A stream has begun, anything else has run to its end. The statement's error, at its position in the
 * client's text; 57014. */
int local_run(struct local_portal *p, struct local_ran *out, struct err *e);

/* When one of the engine's threads fails, another may see the sign to stop before the error that raised it,
 * and then "interrupted" is all that a stream says. Runs the statement again, without sending, to learn
 * what is wrong with it. Nothing of the portal may stream any more. has_moved: its connection was not the
 * main one, so that the main one may show something else. Fills e; always ST_ERR. */
int local_learn_error(struct local_portal *p, bool has_moved, struct err *e);

#endif
