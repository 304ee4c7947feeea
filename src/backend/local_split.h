/* Where the statements of a text begin and end that PostgreSQL's scanner does not take. The thread of the
 * session.
 * */
#ifndef TAVANA_BACKEND_LOCAL_SPLIT_H
#define TAVANA_BACKEND_LOCAL_SPLIT_H

#include "backend/backend.h"

/* backend_ops.split */
int local_split(struct backend_session *s, struct str sql, int (*cb)(void *arg, size_t off, size_t len),
                void *arg, struct err *e);

#endif
