/* Arrays, from text and binary. Pure. Of pgtype/ alone. */
#ifndef TAVANA_PGTYPE_VALUE_ARRAY_H
#define TAVANA_PGTYPE_VALUE_ARRAY_H

#include <stdint.h>

struct decode;

/* The same; 22P02. */
int array_from_text(const struct decode *d, uint32_t element);
/* Items of that type into d->out, of its arena. 08P01, 22P03, 42804, 54000, 53200. */
int array_from_binary(const struct decode *d, uint32_t element);

#endif
