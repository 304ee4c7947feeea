/* Lines for the log that wait until a lock is free: whoever reads the log may be slow, and nobody else shall
 * wait for that. One thread at a time. */
#ifndef TAVANA_ROUTE_NOTES_H
#define TAVANA_ROUTE_NOTES_H

#include "base/log.h"

enum { NOTE_MAX = 512 /* bytes of a line; more are cut */, NOTES_MAX = 64 /* more are counted, not kept */ };

struct notes {
    struct note {
        enum log_level level;
        const char *event;
        char text[NOTE_MAX];
    } all[NOTES_MAX];
    unsigned n, left_out;
};

/* event is static. Never waits. */
void notes_add(struct notes *n, enum log_level level, const char *event, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* Writes them all, and forgets them. */
void notes_write(struct notes *n);

#endif
