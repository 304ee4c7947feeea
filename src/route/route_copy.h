/* COPY FROM STDIN, on the worker that its transaction is on. Threads: the session's. Of route/ alone. */
#ifndef TAVANA_ROUTE_ROUTE_COPY_H
#define TAVANA_ROUTE_ROUTE_COPY_H

#include <stddef.h>
#include <stdint.h>

struct backend_copy;
struct backend_copy_in;
struct backend_session;
struct err;

/* backend_ops.copy_open. */
int route_copy_open(struct backend_session *s, const struct backend_copy_in *in, struct backend_copy **out,
                    struct err *e);
/* backend_ops.copy_data. */
int route_copy_data(struct backend_copy *c, const void *p, size_t n, struct err *e);
/* backend_ops.copy_settle. */
int route_copy_settle(struct backend_copy *c, struct err *e);
/* backend_ops.copy_finish. */
int route_copy_finish(struct backend_copy *c, uint64_t *rows, struct err *e);
/* backend_ops.copy_close. */
void route_copy_close(struct backend_copy *c);

#endif
