/* What nextval gave a session last, of each sequence and of all of them: PostgreSQL's currval and
 * lastval (documentation, "Sequence Manipulation Functions"). The engine keeps one last value of a
 * sequence for everybody, so its own function is watched (guard_sequences.h), and each value noted
 * with the session whose statement takes it.
 *
 * Any thread, since the rows of an INSERT may come from many. */
#ifndef TAVANA_ENGINE_SEQUENCE_VALUES_H
#define TAVANA_ENGINE_SEQUENCE_VALUES_H

#include <stdbool.h>
#include <stdint.h>

struct sequence_values;

/* Of a session that takes values of more sequences the oldest are forgotten: currval says 55000 of them. */
enum { SEQUENCE_VALUES_MAX = 4096 };

/* The caller's, for _free. NULL: no memory. */
struct sequence_values *sequence_values_new(void);
void sequence_values_free(struct sequence_values *v);

/* oid: as the catalog shows it. Without memory the value is not noted. */
void sequence_values_put(struct sequence_values *v, int64_t oid, int64_t value);
/* False: none was taken. */
bool sequence_values_find(struct sequence_values *v, int64_t oid, int64_t *value);
/* Of the sequence that a value was taken of last. */
bool sequence_values_last(struct sequence_values *v, int64_t *value);
/* `from` was made anew as `to`: what is known of it holds for that. The value that may have been taken
 * of `to` since is not one that a statement of the session took. */
void sequence_values_same(struct sequence_values *v, int64_t from, int64_t to);
void sequence_values_forget(struct sequence_values *v);

#endif
