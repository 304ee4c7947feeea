/* A statement that runs within another: of a block of PL/pgSQL, or of a procedure. Its rows stay here. Of
 * session/ alone. The session's own thread. */
#ifndef TAVANA_SESSION_INNER_H
#define TAVANA_SESSION_INNER_H

#include "base/err.h"
#include "base/str.h"
#include "session/ask.h"
#include "session/portal.h"

#include <stdbool.h>
#include <stdint.h>

struct row_desc;
struct session;
struct statement;

enum { INNER_DEPTH_MAX = 50 }; /* statements within statements; more is 54001 */

struct inner {
    struct session *session;
    struct statement *statement;
    struct portal *portal, *outer; /* what it is, and what it runs in */
    struct portal *page;           /* rows that were taken of it */
    const struct row_desc *desc;   /* NULL: it has no rows. Lent until inner_close */
    bool writes;                   /* it changes rows */
    bool alone;                    /* one statement of the engine's or of ours, which does all or nothing */
};

/* Prepares it, binds it as its outer portal's binder does, and begins to run it; what gives no rows has run
 * then. The text is the client's. *out is to be closed when it fails, too. 0A000 for what cannot run there;
 * an error says no position. */
int inner_open(struct session *s, portal_binder *binder, struct str text, struct inner *out, struct err *e);
/* Its next rows, so many at most; fewer: these are the last ones. Of the message's arena. */
int inner_fetch(struct inner *in, uint64_t most, struct ask_rows *out, struct err *e);
/* Reads over all that are left. */
int inner_pass(struct inner *in, uint64_t *rows, struct err *e);
/* How many rows it changed. */
uint64_t inner_changed(const struct inner *in);
void inner_close(struct inner *in);

#endif
