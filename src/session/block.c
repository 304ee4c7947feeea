/* The block is a body without arguments, and what it gives is nothing but its notices: all of its work is
 * plpgsql_run.c's. Its statements belong to one transaction, whether the client has begun one or not. */
#include "session/block.h"

#include "session/plpgsql_run.h"
#include "session/session_priv.h"

#include <assert.h>
#include <stdio.h>

int block_run(struct session *s, struct portal *p, struct err *e)
{
    struct plpgsql_frame f;
    assert(p->sql.kind == SQL_DO && p->statement);
    TRY(statement_parse(s, p->statement, e));
    TRY(tx_implicit_begin(s, e));
    int st = plpgsql_frame_begin(s, p, "inline_code_block", &f, e);
    if (st == ST_OK)
        st = plpgsql_run(&f, p->statement->sql.parsed->block, e);
    plpgsql_frame_end(&f);
    (void)snprintf(p->result.tag, sizeof p->result.tag, "DO");
    return st;
}
