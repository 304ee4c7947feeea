/* COPY whose other end is the client: which way it goes. */
#include "session/copy.h"

#include "session/session_priv.h"
#include "sql/copy.h"

int copy_run(struct session *s, const struct sql_statement *sql, struct command_result *r, struct err *e)
{
    struct sql_copy copy;
    TRY(sql_parse_copy(&s->message_arena, sql, &copy, e));
    TRY(statement_check_names(sql, e));
    return copy.from ? copy_in_run(s, &copy, r, e) : copy_out_run(s, &copy, r, e);
}
