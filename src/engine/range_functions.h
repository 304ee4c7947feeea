/* Functions and operators of ranges and multiranges, as overloads by type. Source: PostgreSQL 15 manual,
 * 9.20. */
#ifndef TAVANA_ENGINE_RANGE_FUNCTIONS_H
#define TAVANA_ENGINE_RANGE_FUNCTIONS_H

struct engine_conn;
struct err;

/* Makes them known, once a database. */
int range_functions_register(struct engine_conn *c, struct err *e);

#endif
