/* MERGE of a source that has several rows for one of the target. PostgreSQL refuses to change a row twice;
 * for the engine the first of them counts. Of session/ alone. The session's own thread. */
#ifndef TAVANA_SESSION_MERGE_H
#define TAVANA_SESSION_MERGE_H

#include "base/err.h"

struct portal;
struct session;

/* A MERGE is about to start, in a transaction. 21000 */
int merge_before(struct session *s, struct portal *p, struct err *e);

#endif
