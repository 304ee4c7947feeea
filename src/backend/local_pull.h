/* How a portal's rows come, whatever they come from, and how they are put down as they come. The thread of
 * the session. */
#ifndef TAVANA_BACKEND_LOCAL_PULL_H
#define TAVANA_BACKEND_LOCAL_PULL_H

#include "base/err.h"

#include <stdint.h>

struct local_portal;

/* A call of its own where the engine has to be asked: the chunk that row `at` is in becomes the reader's.
 * ST_EOF  there is no such row
 * ST_ERR  57014, the statement's error: the portal has failed. Or an error of row_source_at, which leaves it
 *         as it was */
int local_locate(struct local_portal *p, uint64_t at, struct err *e);
/* Of one that streams encoded rows, a call of its own: when it returns ST_OK some are ready, maybe.
 * ST_EOF, ST_ERR as of local_locate */
int local_pull_encoded(struct local_portal *p, struct err *e);
/* As a call of its own, if it has to be one: a portal that streams encoded rows streams typed ones from
 * here on, or is complete. ST_ERR: it has failed. */
int local_see_to_typed(struct local_portal *p, struct err *e);

/* ---- inside a call ---- */

/* Of one that streams chunks: from here on all rows from its position on are put down as they come; what
 * was pulled and not yet read comes first. ST_ERR: the portal has to fail. */
int local_keep_rows(struct local_portal *p, struct err *e);
/* All the rest of what streams is put down: the portal streams no longer. Nothing happens to one that does
 * not.
 * ST_AGAIN  not all had come by until_us (CLOCK_NEVER: no limit): the rest still streams
 * ST_ERR    57014, 53100 …, the statement's error: the portal has failed */
int local_put_down(struct local_portal *p, int64_t until_us, struct err *e);

#endif
