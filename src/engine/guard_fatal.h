/* Which errors of the engine leave its database unusable. It takes every error that it calls internal for one
 * of these, those of its planner about a list without elements too (reservoir_quantile(1.0, []) in 1.5.5), so
 * that any client could end the sessions of all others. Here it is as in PostgreSQL, where such an error ends
 * a statement and its transaction, and the server only within a critical section: while a transaction ends.
 * What the engine itself calls fatal (a checkpoint or a commit that failed half-way) stays fatal. */
#ifndef TAVANA_ENGINE_GUARD_FATAL_H
#define TAVANA_ENGINE_GUARD_FATAL_H

#include <stdbool.h>

/* This thread is ending a transaction; or does so no longer. */
void guard_critical(bool is);

#endif
