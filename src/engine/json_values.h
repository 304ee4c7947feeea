/* Functions that make JSON of values of any type: to_json, json_agg, json_build_object and kin, under the
 * names that dialect/ leads to. How a value is written, encode/ knows, and the program hands it down. Source:
 * PostgreSQL 15 manual, 9.16, 9.21. */
#ifndef TAVANA_ENGINE_JSON_VALUES_H
#define TAVANA_ENGINE_JSON_VALUES_H

#include "base/err.h"

struct engine_conn;
struct engine_text_ops;

/* Makes them known, once a database. ops NULL: their calls fail. They outlive the database. */
int json_values_register(struct engine_conn *c, const struct engine_text_ops *ops, struct err *e);

#endif
