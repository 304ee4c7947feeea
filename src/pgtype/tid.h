/* Places of rows, "(block,offset)". In the engine their numbers have leading zeros, so that they compare as
 * they should. Pure. Any thread. Source: PostgreSQL 15, tid. */
#ifndef TAVANA_PGTYPE_TID_H
#define TAVANA_PGTYPE_TID_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum { TID_TEXT_MAX = 24 }; /* with its terminator */

struct tid {
    uint32_t block;
    uint16_t offset;
};

/* With or without leading zeros; false: it is none. */
bool tid_read(struct str text, struct tid *out);
/* As PostgreSQL shows it, or, padded, as it lies in the engine. The number of bytes. */
size_t tid_write(struct tid t, bool padded, char out[TID_TEXT_MAX]);

#endif
