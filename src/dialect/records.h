/* FROM json_to_record('{"a": 1}') AS r(a int): functions whose columns stand behind them. Of dialect/ alone.
 * Source: PostgreSQL 15 manual, 7.2.1.4 Table Functions, 9.16.1. */
#ifndef TAVANA_DIALECT_RECORDS_H
#define TAVANA_DIALECT_RECORDS_H

#include "dialect/walk.h"

struct record_source;

/* Letters alike in either case. NULL: it is none. */
const struct record_source *record_source_find(struct str name);
/* At the name of a call in FROM, which ends at to and its brackets at end: goes on behind the name.
 * 42601: the columns are not said. 0A000: the columns are a table's. */
int walk_record_source(struct rewriter *r, const struct record_source *s, size_t from, size_t to, size_t end);

#endif
