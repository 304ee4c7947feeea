/* COPY whose other end is the client: which way it goes. */
#include "session/copy.h"

#include "session/session_priv.h"

int copy_run(struct session *s, struct statement *st, struct command_result *r, struct err *e)
{
    TRY(statement_parse(s, st, e));
    TRY(session_judge(&st->sql, e));
    return st->sql.parsed->copy.from ? copy_in_run(s, &st->sql.parsed->copy, r, e)
                                     : copy_out_run(s, &st->sql, r, e);
}
