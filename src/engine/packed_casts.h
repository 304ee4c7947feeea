/* Casts between text and geometric types, addresses and money; from inet to cidr and back. */
#ifndef TAVANA_ENGINE_PACKED_CASTS_H
#define TAVANA_ENGINE_PACKED_CASTS_H

struct engine_conn;
struct engine_text_ops;
struct err;

/* Makes them known, once a database. ops NULL: values have no text. They outlive the database. */
int packed_casts_register(struct engine_conn *c, const struct engine_text_ops *ops, struct err *e);

#endif
