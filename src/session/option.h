/* The server's options, by their names. Of session/ alone. The session's own thread. */
#ifndef TAVANA_SESSION_OPTION_H
#define TAVANA_SESSION_OPTION_H

#include <stdbool.h>
#include <stddef.h>

struct session;

/* The value of an option, as SHOW tells it, cut to size; false: there is none of that name. */
bool option_value(struct session *s, const char *name, char *out, size_t size);

#endif
