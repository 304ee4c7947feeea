/* Engine types as PostgreSQL's: which OID, and which form of a cell. Pure. Of encode/ alone. */
#ifndef TAVANA_ENCODE_DESCRIBE_H
#define TAVANA_ENCODE_DESCRIBE_H

#include <stdint.h>

struct arena;
struct cell;
struct encode_settings;
struct engine_column_type;
struct err;

/* Fills in a cell for values of that type in that format (0 text, 1 binary); an array's element is taken
 * from the arena. 0A000 for a type without a binary form, 53200. */
/* In PostgreSQL's default style, whatever the session's. */
void cell_plain(struct cell *c);
int cell_init(struct cell *c, const struct engine_column_type *t, int16_t format,
              const struct encode_settings *s, struct arena *a, struct err *e);

#endif
