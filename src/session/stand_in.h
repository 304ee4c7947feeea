/* Another text in the place of a client's statement, with its share of the parameters. Of session/ alone. The
 * session's own thread. */
#ifndef TAVANA_SESSION_STAND_IN_H
#define TAVANA_SESSION_STAND_IN_H

#include "base/err.h"
#include "sql/rewrite.h"

#include <stddef.h>
#include <stdint.h>

struct account;
struct backend_param;
struct backend_portal;
struct backend_stmt;
struct session;
struct sql_statement;

/* The parameters of the statement, $1 … $n. */
struct stand_in_params {
    size_t n;
    const uint32_t *oids;               /* 0: open */
    const struct backend_param *values; /* NULL: not yet */
};

/* Of the message's arena. */
struct stand_in {
    struct sql_rewritten text; /* as one edit of all that was sent */
    size_t n;                  /* parameters that it names: … */
    unsigned *numbers;         /* … what they were called */
    uint32_t *oids;
    struct backend_param *params;
};

/* text NULL: 53200. Its parameters are numbered anew, since the engine takes no numbers with gaps. */
int stand_in_make(struct session *s, const struct sql_statement *sql, const char *text,
                  const struct stand_in_params *all, struct stand_in *out, struct err *e);
int stand_in_prepare(struct session *s, const struct sql_statement *sql, const struct stand_in *made,
                     struct account *memory, struct backend_stmt **out, struct err *e);
/* *out is the caller's, and not started. */
int stand_in_open(struct session *s, const struct sql_statement *sql, const struct stand_in *made,
                  struct account *memory, struct backend_portal **out, struct err *e);

#endif
