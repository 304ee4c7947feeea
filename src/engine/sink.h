/* Rows taken inside the engine's pipeline, before the engine copies them for its result: a statement that is
 * wrapped as ENGINE_SINK_START c0, c1, …) FROM (…) hands each vector of rows to the sink of its
 * connection, and its own result has one BIGINT a row, the sink's ticket, in the order of the rows. Saves the
 * copy of each chunk, a tenth to a fifth of a long scan. Source: docs/decisions/rows.md, design F.
 * Threads: begin, chunk and end are called by any thread of the engine, for a state by one at a time. */
#ifndef TAVANA_ENGINE_SINK_H
#define TAVANA_ENGINE_SINK_H

#include "engine/column_view.h"
#include "engine/engine.h"

#define ENGINE_SINK_FUNCTION "tavana_rows"
/* How such a statement begins: no other may call the function, and this one once. */
#define ENGINE_SINK_START "SELECT system.main." ENGINE_SINK_FUNCTION "("

struct engine_sink;

struct engine_sink_ops {
    /* A thread begins with rows of these types, which live as long as the state. NULL: the sink has failed.
     */
    void *(*begin)(struct engine_sink *s, const struct engine_column_type *const *types, size_t n);
    /* A ticket for these rows, lent for the call; -1: the sink has failed, and with it the statement. */
    int64_t (*chunk)(void *state, const struct chunk_view *rows);
    /* May come long after the result was freed: the engine clears up when the connection is used again. */
    void (*end)(void *state);
};

/* First member of every implementation; lives until it has been taken from its connection, its states until
 * their end. */
struct engine_sink {
    const struct engine_sink_ops *ops;
};

/* For the statement that is run next on the connection. NULL: none, and no state begins any more. */
void engine_set_sink(struct engine_conn *c, struct engine_sink *sink);

#endif
