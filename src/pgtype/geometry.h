/* point, lseg, box, path, polygon, line and circle from text and binary, into the bytes of packed.h. Pure. Of
 * pgtype/ alone. Source: PostgreSQL 15 manual, 8.8, and measured. */
#ifndef TAVANA_PGTYPE_GEOMETRY_H
#define TAVANA_PGTYPE_GEOMETRY_H

struct decode;
struct packed_type;

/* 22P02, 22003 for a number that no double holds. */
int geometry_from_text(const struct decode *d, const struct packed_type *t);
/* 08P01, 22P03 */
int geometry_from_binary(const struct decode *d, const struct packed_type *t);

#endif
