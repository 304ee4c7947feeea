/* Running a statement and reading its chunks. A connection belongs to one open result at a time. */
#ifndef TAVANA_ENGINE_RESULT_H
#define TAVANA_ENGINE_RESULT_H

#include "base/err.h"
#include "engine/column_view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct engine_result;
struct engine_stmt;

enum engine_answer { ENGINE_ROWS, ENGINE_CHANGED, ENGINE_NOTHING };

struct engine_result_info {
    enum engine_answer answer;
    uint64_t changed; /* rows; also of CREATE TABLE … AS, which answers ENGINE_NOTHING */
    size_t ncolumns;
    const char *const *names;
    const struct engine_column_type *const *types;
};

enum engine_mode {
    ENGINE_STREAM,     /* begins; rows come as they are made, a chunk at a time */
    ENGINE_MATERIALIZE /* runs to its end; the engine keeps the rows */
};

/* Runs it with what is bound. `cancelled` (may be NULL) is read once the engine would notice an interrupt: a
 * caller that sets it before engine_interrupt loses no cancel. */
int engine_run(struct engine_stmt *st, enum engine_mode mode, const bool *cancelled,
               struct engine_result **out, struct err *e);
/* The same, but good(arg) is asked once its snapshot has been taken and before it runs: false: ST_AGAIN, and
 * nothing of it has happened that a reading statement would leave behind. */
int engine_run_if(struct engine_stmt *st, enum engine_mode mode, const bool *cancelled,
                  bool (*good)(void *arg), void *arg, struct engine_result **out, struct err *e);
/* Lent as long as the result. */
const struct engine_result_info *engine_result_info(const struct engine_result *r);
/* The next chunk.
 *   ST_OK    *out is lent until the next call of next or free; it has at least one row
 *   ST_EOF   the end, in good order
 *   ST_ERR   *e is filled, and the same again on every later call */
int engine_result_next(struct engine_result *r, const struct chunk_view **out, struct err *e);
/* Stops what still runs. NULL is fine. */
void engine_result_free(struct engine_result *r);

#endif
