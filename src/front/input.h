/* A client's messages as they come: read within the session's memory, one after the other. Of front/
 * alone. The session's own thread. */
#ifndef TAVANA_FRONT_INPUT_H
#define TAVANA_FRONT_INPUT_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct frame;
struct pg_client;

struct input {
    size_t message_bytes; /* of the message that is worked on, which stand first in the input */
    size_t skip;          /* bytes of a message that nobody wants any more, and that have still to come */
};

/* Bytes of the largest message, with its header. */
size_t input_message_max(const struct pg_client *c);
/* Reads what has come, as far as there may be more input in memory. soon: waits for it a little. As
 * conn_fill. */
int input_fill(struct pg_client *c, bool soon, struct err *e);
/* The input's memory that is not needed goes. */
void input_trim(struct pg_client *c);
/* A whole message is worked on, up to input_message_end, which takes it off the input. */
void input_message_begin(struct pg_client *c, const struct frame *f);
void input_message_end(struct pg_client *c);
/* The same before its end: what comes next takes its place in memory. */
void input_let_go(struct pg_client *c);
/* More than the message that is worked on has come already. */
bool input_has_more(const struct pg_client *c);
/* The type of the message that follows the first `after` bytes of the input; 0 when it has not come yet. */
char input_peek(const struct pg_client *c, size_t after);
/* The next n bytes are nobody's. */
void input_skip(struct pg_client *c, size_t n);
/* Drops those that have come; whether more of them are to come. */
bool input_is_skipping(struct pg_client *c);

#endif
