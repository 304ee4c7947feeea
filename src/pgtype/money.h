/* money from text and binary, into the bytes of packed.h: dollars and cents, as PostgreSQL has it with
 * lc_monetary = C. Pure. Of pgtype/ alone. Source: PostgreSQL 15 manual, 8.2, and measured. */
#ifndef TAVANA_PGTYPE_MONEY_H
#define TAVANA_PGTYPE_MONEY_H

struct decode;
struct packed_type;

/* 22P02, 22003 */
int money_from_text(const struct decode *d, const struct packed_type *t);
/* 08P01, 22P03 */
int money_from_binary(const struct decode *d, const struct packed_type *t);

#endif
