/* DO: the statements of a block one after the other, and what is done about an error. Of session/ alone. The
 * session's own thread. */
#ifndef TAVANA_SESSION_BLOCK_H
#define TAVANA_SESSION_BLOCK_H

#include "base/err.h"

struct command_result;
struct session;
struct statement;

typedef int block_command(struct session *s, struct statement *st, struct command_result *r, struct err *e);

/* command: runs what the session answers itself, command_run. All or nothing: an error that no handler
 * catches ends the transaction as any other does. */
int block_run(struct session *s, struct statement *st, block_command *command, struct command_result *r,
              struct err *e);

#endif
