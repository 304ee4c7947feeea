/* Values of options: from text, as text, compared and copied. One thread. Of config/ alone. */
#ifndef TAVANA_CONFIG_VALUE_H
#define TAVANA_CONFIG_VALUE_H

#include "base/str.h"

#include <stdbool.h>

struct buf;
struct config;
struct config_list;
struct err;
struct option;

/* Reads text into o's field of c; where ends the message ("line 3 of tavana.conf"). append: a LIST keeps what
 * it has. 22023, 53200. */
int value_parse(struct config *c, const struct option *o, struct str text, bool append, const char *where,
                struct err *e);
/* Appends the field as text that value_parse would read again. */
void value_format(const struct config *c, const struct option *o, struct buf *out);
/* "1 … 65535", "500ms … 1min", "off|on"; "" without bounds. */
void bounds_format(const struct option *o, struct buf *out);
/* Both have the same value there, whatever it was written as. */
bool value_equal(const struct config *a, const struct config *b, const struct option *o);
/* Strings are copied into to's arena. */
int value_copy(struct config *to, const struct config *from, const struct option *o, struct err *e);
/* One more item; 22023 beyond CONFIG_LIST_MAX. */
int list_append_item(struct config *c, struct config_list *l, struct str item, const char *name,
                     struct err *e);

#endif
