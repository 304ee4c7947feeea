/* The server's options, by their names. Of session/ alone. The session's own thread. */
#ifndef TAVANA_SESSION_OPTION_H
#define TAVANA_SESSION_OPTION_H

#include <stdbool.h>
#include <stddef.h>

struct session;

/* The server's options, and settings of PostgreSQL's that have but one value here. Each call: one. */
void options_each(const struct session *s,
                  void (*each)(void *arg, const char *name, const char *value, const char *text), void *arg);

/* The value of an option, as SHOW tells it, cut to size; false: there is none of that name. */
bool option_value(struct session *s, const char *name, char *out, size_t size);

#endif
