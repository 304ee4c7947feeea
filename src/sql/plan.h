/* The engine's plan told as PostgreSQL tells plans. Pure. Any thread. Source: PostgreSQL 15 manual, EXPLAIN,
 * and its answers as measured. */
#ifndef TAVANA_SQL_PLAN_H
#define TAVANA_SQL_PLAN_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct buf;
struct sql_explain;

enum { SQL_PLAN_DEPTH_MAX = 1000 }; /* operators below each other; more is 54001 */

/* plan: what the engine's EXPLAIN (FORMAT JSON) says. Lines, each with a line feed behind it but the last
 * one; of JSON the whole text. The engine has no costs: they are a hundredth of the rows that an operator and
 * those below it are expected to make; each is as wide as the result. XX000 for what is no plan, 53200. */
int sql_plan_put(struct arena *a, const struct sql_explain *how, struct str plan, struct buf *out,
                 struct err *e);

#endif
