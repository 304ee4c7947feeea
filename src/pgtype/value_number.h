/* numeric: base 10000 on the wire, canonical decimal text inside. Pure. Of pgtype/ alone. */
#ifndef TAVANA_PGTYPE_VALUE_NUMBER_H
#define TAVANA_PGTYPE_VALUE_NUMBER_H

struct decode;

/* 22P02, 22003; the text is canonical then: no leading zeros, no exponent. */
int numeric_from_text(const struct decode *d);
/* 08P01, 22P03 */
int numeric_from_binary(const struct decode *d);

#endif
