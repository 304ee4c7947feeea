/* Records from their binary form. Pure. Of pgtype/ alone. Source: PostgreSQL's record_recv as measured. */
#ifndef TAVANA_PGTYPE_VALUE_RECORD_H
#define TAVANA_PGTYPE_VALUE_RECORD_H

struct decode;

/* Fields, each of the type that it names, into d->out, of its arena. 08P01, 22P03, 54001, 53200, and what the
 * fields' types say. */
int record_from_binary(const struct decode *d);

#endif
