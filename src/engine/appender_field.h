/* The usual forms of the usual types, straight from bytes into vectors; whatever is not in its plainest
 * form is left to append_value. Of engine/ alone. Threads: the appender's. */
#ifndef TAVANA_ENGINE_APPENDER_FIELD_H
#define TAVANA_ENGINE_APPENDER_FIELD_H

#include <stddef.h>

struct engine_appender;
struct engine_string;
struct err;
struct str;

/* appender_field.c: the first n fields of a row, each in the quickest way that takes it. *column: that
 * failed. */
int append_fields(struct engine_appender *ap, size_t row, const struct str *fields, size_t n, size_t *column,
                  struct err *e);
/* A string's bytes into the chunk's memory. */
int append_string(struct engine_appender *ap, struct engine_string *to, const char *p, size_t n,
                  struct err *e);

#endif
