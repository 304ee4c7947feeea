/* What a process leaves for its parent when it dies: memory that both have, so that it outlives the child. A
 * child writes down which statements run (their shape, never a literal), whether it was ever ready, and which
 * of them met a signal. The parent reads that when the child is gone, and takes none of it for
 * granted: what killed the child may have written there, too.
 * One a process, like the log. Without black_box_open all of it does nothing. Writing costs a copy of at most
 * BLACK_BOX_TEXT bytes, no lock and no call of the system. Threads: as each call says. */
#ifndef TAVANA_BASE_BLACK_BOX_H
#define TAVANA_BASE_BLACK_BOX_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

enum { BLACK_BOX_TEXT = 160, BLACK_BOX_SLOTS_MAX = 65536 };

/* Where one session writes what it runs. Of one thread at a time. */
struct black_box_slot;

/* ---- before the fork ---- */

/* slots: sessions that may run something at once, at most BLACK_BOX_SLOTS_MAX; what comes beyond is not
 * written down. */
int black_box_open(unsigned slots, struct err *e);
/* Gives it back. Nothing happens when it is not open. */
void black_box_close(void);

/* ---- the child: any thread ---- */

/* NULL: there is none, which is fine for all that follows. */
struct black_box_slot *black_box_take(void);
/* Gives the slot back. NULL is fine. */
void black_box_give(struct black_box_slot *s);
/* text: cut at BLACK_BOX_TEXT - 1 bytes. */
void black_box_begin(struct black_box_slot *s, uint64_t fingerprint, const char *text);
/* idle: this thread does nothing for it any more, but other threads may. Else it is over. */
void black_box_end(struct black_box_slot *s, bool idle);
/* From a signal's handler: this thread met it, in the statement that it began last. */
void black_box_crash(bool stack_full);
/* The child has come so far that clients can connect. */
void black_box_set_ready(void);
/* A port that the system picked, for the next child to take again; 0: none. */
void black_box_set_port(int port);
/* The port that an earlier child had; 0: none. */
int black_box_port(void);
/* Children before this one. */
unsigned black_box_restarts(void);

/* ---- the parent: one thread, with no child alive ---- */

struct black_box_statement {
    uint64_t fingerprint;
    int64_t begun_us;
    bool crashed; /* its thread met the signal */
    char text[BLACK_BOX_TEXT];
};

struct black_box_death {
    bool was_ready;
    bool stack_full; /* the signal came of a stack that was full */
    unsigned running;
};

/* How the child died, as far as it is written down. */
void black_box_read(struct black_box_death *out);
/* The next statement that ran, from *at on, which begins with 0; false: there is none. */
bool black_box_next(unsigned *at, struct black_box_statement *out);
/* For the next child, which counts as a restart. */
void black_box_next_child(void);

#endif
