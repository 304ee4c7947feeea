/* COPY FROM STDIN over the engine's appender. The thread of the session. */
#ifndef TAVANA_BACKEND_LOCAL_COPY_H
#define TAVANA_BACKEND_LOCAL_COPY_H

#include "backend/backend.h"

/* backend_ops.copy_open */
int local_copy_open(struct backend_session *s, const struct backend_copy_in *in, struct backend_copy **out,
                    struct err *e);
/* backend_ops.copy_data */
int local_copy_data(struct backend_copy *c, const void *p, size_t n, struct err *e);
/* backend_ops.copy_settle */
int local_copy_settle(struct backend_copy *c, struct err *e);
/* backend_ops.copy_finish */
int local_copy_finish(struct backend_copy *c, uint64_t *rows, struct err *e);
/* backend_ops.copy_close */
void local_copy_close(struct backend_copy *c);

#endif
