/* Casts of ours between the engine's types: what all of them need. Of engine/ alone. Casts are registered by
 * the thread that opens the engine; they run on any of its threads. Source: duckdb.h, "Cast Functions". */
#ifndef TAVANA_ENGINE_CAST_H
#define TAVANA_ENGINE_CAST_H

#include "base/arena.h"
#include "base/err.h"
#include "engine/column_view.h"
#include "engine/engine.h"

#include <duckdb.h>
#include <stdbool.h>
#include <stdint.h>

enum { CAST_EXPLICIT = -1 }; /* the cost of a cast that is made only where it is written */

struct cast_spec {
    duckdb_logical_type from, to; /* the caller's */
    int64_t cost;                 /* of the cast where nobody wrote it: the cheapest is taken */
    duckdb_cast_function_t call;
    void *extra;             /* duckdb_cast_function_get_extra_info */
    void (*destroy)(void *); /* of extra, when the engine forgets the cast; NULL: it stays */
};

/* Whether the engine took it; if not, extra has been destroyed. */
bool cast_add(struct engine_conn *c, const struct cast_spec *spec);

/* Casts one string, which is not NULL, to out[row]. scratch is empty and lasts for this value. ST_ERR with e:
 * the value is refused. */
typedef int cast_value(void *arg, const struct engine_string *from, struct arena *scratch, duckdb_vector out,
                       idx_t row, struct err *e);

/* The body of a cast of strings: NULL stays NULL. false: a value was refused. */
bool cast_strings(duckdb_function_info info, idx_t count, duckdb_vector in, duckdb_vector out,
                  cast_value *value, void *arg);

/* A row that is refused becomes NULL in a TRY_CAST (true: the next one comes), and ends the statement
 * elsewhere. */
bool cast_refuse(duckdb_function_info info, duckdb_vector out, idx_t row, const struct err *e);

/* Ends the statement: false. */
bool cast_fail(duckdb_function_info info, const struct err *e);

/* The same bytes in memory under another type. */
bool cast_hand_on(duckdb_function_info info, idx_t count, duckdb_vector in, duckdb_vector out);

#endif
