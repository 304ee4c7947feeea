/* Tables with foreign keys of the engine's whose rows this transaction has taken away: the engine still sees
 * what those referred to, so that such a table is made anew before what it refers to goes. Of session/ alone.
 * The session's own thread. */
#ifndef TAVANA_SESSION_LOST_ROWS_H
#define TAVANA_SESSION_LOST_ROWS_H

#include "base/err.h"
#include "session/referring.h"
#include "session/relation.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct session;

enum { LOST_ROWS_MAX = 8 }; /* tables of a transaction; each session has room for them */

/* Of the transaction that is open: which have lost rows, and which were made anew since it began, so that the
 * engine sees nothing in them that is gone. Hashes of names. */
struct lost_rows {
    uint64_t transaction; /* that all of it is of */
    size_t nchanged, nfresh;
    bool many; /* more have changed than are kept: any may have */
    uint64_t changed[LOST_ROWS_MAX], fresh[LOST_ROWS_MAX];
};

/* That one has lost rows, by its bare name: of two in different schemas both count. */
void lost_rows_note(struct session *s, const char *name);
/* Any may have. */
void lost_rows_many(struct session *s);
bool lost_rows_any(struct session *s);
/* It was made anew. */
void lost_rows_fresh(struct session *s, const struct relation *table);
/* Makes the table and those that refer to it (others, of referring_find) anew where that is needed. */
int lost_rows_refresh(struct session *s, const struct relation *table, struct referring *others,
                      struct err *e);

#endif
