/* DuckDB, behind types of our own: the database, its connections, prepared statements and results.
 *
 * One thread at a time uses a connection and what hangs on it; only engine_interrupt may come from another.
 * A connection belongs to one open result at a time: any other statement on it ends that result (the result
 * then says so, it is never cut short in silence). Errors carry SQLSTATE, hint, and a position in characters
 * of the text that was given to engine_prepare or engine_exec. Source: DuckDB's C API (duckdb.h), DUCKDB
 * documentation "Securing DuckDB"; docs/engine.md says what was measured. */
#ifndef TAVANA_ENGINE_ENGINE_H
#define TAVANA_ENGINE_ENGINE_H

#include "engine/bind.h"
#include "engine/catalog.h"
#include "engine/connection.h"
#include "engine/database.h"
#include "engine/error.h"
#include "engine/result.h"
#include "engine/statement.h"
#include "engine/type.h"

#endif
