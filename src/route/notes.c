#include "route/notes.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

void notes_add(struct notes *n, enum log_level level, const char *event, const char *fmt, ...)
{
    va_list ap;
    assert(n->n <= NOTES_MAX && event);
    if (n->n == NOTES_MAX) {
        n->left_out++;
        return;
    }
    struct note *note = &n->all[n->n++];
    note->level = level;
    note->event = event;
    va_start(ap, fmt);
    (void)vsnprintf(note->text, sizeof note->text, fmt, ap);
    va_end(ap);
}

void notes_write(struct notes *n)
{
    for (unsigned i = 0; i < n->n; i++)
        log_line(n->all[i].level, n->all[i].event, "%s", n->all[i].text);
    if (n->left_out)
        log_line(LOG_WARNING, "lines_left_out", "lines=%u", n->left_out);
    n->n = n->left_out = 0;
}
