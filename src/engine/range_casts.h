/* Casts between text and ranges, and from a range to a multirange. A cast does not see the session, and so
 * not its time zone: literal_zone.h. */
#ifndef TAVANA_ENGINE_RANGE_CASTS_H
#define TAVANA_ENGINE_RANGE_CASTS_H

struct engine_conn;
struct engine_text_ops;
struct err;

/* Makes them known, once a database. ops NULL: ranges have no text. They outlive the database. */
int range_casts_register(struct engine_conn *c, const struct engine_text_ops *ops, struct err *e);

#endif
