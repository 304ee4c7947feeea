/* A row_source: rows encoded inside the engine's pipeline (engine/sink.h). It gives encoded rows until it
 * is made typed. The thread of the session; the engine's threads come in by the sink alone. */
#ifndef TAVANA_BACKEND_LOCAL_DIRECT_H
#define TAVANA_BACKEND_LOCAL_DIRECT_H

#include "backend/row_source.h"
#include "base/str.h"

struct backend_portal;
struct engine_conn;
struct engine_result;
struct local;
struct local_direct;
struct local_stmt;
struct sql_rewritten;

/* Whether the portal's rows should come this way: it expects formats, does not scroll, and will be long;
 * and if it is not fetched as a whole, its rows can be decoded again, for which the text of floats has to
 * say everything. */
bool local_direct_wanted(const struct local_stmt *st, const struct backend_portal *p);
/* For rows in the portal's expected formats. text: the statement as the engine would get it. 53200 */
int local_direct_new(struct local_direct **out, const struct local_stmt *st, const struct backend_portal *p,
                     struct str text, struct err *e);
/* The statement to run instead, whose result are tickets. Lent. */
const struct sql_rewritten *local_direct_text(const struct local_direct *d);
/* The statement that runs next on the connection gives its rows here, until the source is closed. */
void local_direct_attach(struct local_direct *d, struct engine_conn *c);
/* The statement has begun: the source, which has the result from here on. */
struct row_source *local_direct_open(struct local_direct *d, struct engine_result *tickets);
/* Of one that was opened: closing the source does the same. NULL is fine. */
void local_direct_close(struct local_direct *d);
/* How long the statement's result was; any thread. */
void local_direct_learn(struct local *l, const struct local_stmt *st, uint64_t bytes);

#endif
