/* A fetch: a portal's rows, whatever they come from, become batches of DataRows or CopyData, one at a time,
 * when the reader asks. Between fetches the half-read chunk stays where it is (local_reader.h). The thread
 * of the session. */
#ifndef TAVANA_BACKEND_LOCAL_FETCH_H
#define TAVANA_BACKEND_LOCAL_FETCH_H

#include "backend/backend.h"

/* backend_ops.fetch */
int local_fetch(struct backend_portal *p, const struct backend_fetch *how, struct row_stream **out,
                struct err *e);
/* backend_ops.ahead */
int local_ahead(struct backend_portal *p);

#endif
