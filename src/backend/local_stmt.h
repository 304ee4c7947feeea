/* Preparing: what a statement takes, does and gives. Nothing runs. The thread of the session. */
#ifndef TAVANA_BACKEND_LOCAL_STMT_H
#define TAVANA_BACKEND_LOCAL_STMT_H

#include "backend/backend.h"

/* backend_ops.prepare */
int local_prepare(struct backend_session *s, const struct sql_tokens *sql, const uint32_t *oids, size_t noids,
                  struct backend_stmt **out, struct err *e);
/* backend_ops.stmt_free; a portal gives its reference back by the same. NULL is fine. */
void local_stmt_free(struct backend_stmt *stmt);

#endif
