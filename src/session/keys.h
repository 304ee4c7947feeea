/* Changes of rows that foreign keys have to do with. The engine takes a row out and puts it in again when a
 * column in an index is set, and it still sees references that the transaction has taken away; it refuses
 * then what PostgreSQL takes. Such a change is run in steps, in a transaction. Of session/ alone. The
 * session's own thread. */
#ifndef TAVANA_SESSION_KEYS_H
#define TAVANA_SESSION_KEYS_H

#include "base/err.h"
#include "session/kept.h"
#include "session/rebuild.h"
#include "session/referring.h"
#include "session/relation.h"

#include <stdbool.h>
#include <stdint.h>

struct portal;
struct session;

/* A change that is under way. */
struct keys_change {
    bool aside;    /* the tables that refer to the table wait for it … */
    bool lent;     /* … in a form without the foreign keys, since the statement looks at them … */
    bool itself;   /* … and its own references to itself */
    bool counted;  /* the rows that it changes are not, in the end: … */
    uint64_t rows; /* … so many */
    uint64_t more; /* rows that were put in before, by statements of their own */
    struct relation table;
    struct referring others;
    struct rebuild own;
    struct kept_change kept;
};

/* A portal whose statement is said to have to do with foreign keys is about to start; its backend's portal
 * may be another afterwards. Begins an implicit transaction where it needs one. */
int keys_before(struct session *s, struct portal *p, struct keys_change *out, struct err *e);
/* It has run. */
int keys_after(struct session *s, struct portal *p, struct keys_change *k, struct err *e);

#endif
