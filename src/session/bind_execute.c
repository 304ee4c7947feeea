/* EXECUTE: the statement that it names, and its arguments. */
#include "session/bind_execute.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "pgwire/message.h"
#include "rows/row_batch.h"
#include "rows/row_desc.h"
#include "rows/row_stream.h"
#include "session/session_priv.h"

#include <assert.h>

static int several_values(struct err *e)
{
    return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                   "set-returning functions are not allowed in EXECUTE parameters");
}

/* EXECUTE name (values): the values are computed by the engine, then bound to the statement as text, which
 * lies in the batch of their row. */
static int compute(struct session *s, struct execute_args *args, struct err *e)
{
    struct sql_rewritten query;
    const struct sql_execute *x = &args->command->parsed->execute;
    TRY(sql_execute_values(&s->message_arena, args->command, x, &query, e));
    struct session_query q = {.sql = args->command, .made = &query, .memory = &s->memory.all};
    TRY(session_prepare(s, &q, &args->stmt, e));
    struct backend_session *engine = s->engine;
    if (args->stmt->info.desc->ncolumns != x->nvalues)
        return several_values(e);
    struct backend_fetch one = {.max_rows = 2, .batch_bytes = session_config(s)->flush_bytes};
    struct row_batch *batch;
    TRY(engine->ops->open(engine, args->stmt, NULL, 0, &args->values, e));
    TRY(engine->ops->start(args->values, e));
    TRY(engine->ops->fetch(args->values, &one, &args->stream, e));
    int rc = row_stream_next(args->stream, &batch, e);
    TRY(rc);
    if (rc != ST_OK || batch->nrows != 1)
        return several_values(e);
    const uint8_t *at = batch->data + DATA_ROW_HEAD;
    for (size_t i = 0; i < x->nvalues; i++) {
        struct backend_param *param = &args->params[i];
        param->len = (int32_t)get_be32(at);
        param->format = 0;
        param->data = at + DATA_ROW_LENGTH;
        at += DATA_ROW_LENGTH + (param->len > 0 ? (size_t)param->len : 0);
    }
    return ST_OK;
}

int execute_args_find(struct session *s, struct statement *command, struct execute_args *args, struct err *e)
{
    TRY(statement_parse(s, command, e));
    const struct sql_execute *x = &command->sql.parsed->execute;
    struct statement *st = statement_find(s, x->name);
    if (!st)
        return err_set(e, SQLSTATE_INVALID_SQL_STATEMENT_NAME, "prepared statement \"%s\" does not exist",
                       x->name);
    unsigned wanted = statement_nparams(st); /* PostgreSQL reads over values that nothing asks for */
    if (wanted && x->nvalues != wanted) {
        (void)err_set(e, SQLSTATE_SYNTAX_ERROR, "wrong number of parameters for prepared statement \"%s\"",
                      x->name);
        err_detail(e, "Expected %u parameters but got %zu.", wanted, x->nvalues);
        return ST_ERR;
    }
    if (wanted > ROW_DESC_COLUMNS_MAX) /* they would be the columns of one row */
        return err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "EXECUTE can have at most %d values",
                       ROW_DESC_COLUMNS_MAX);
    if (st->sql.kind == SQL_EXECUTE)
        return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED, "EXECUTE of an EXECUTE is not supported");
    args->command = &command->sql;
    args->statement = st;
    args->n = wanted;
    return ST_OK;
}

int execute_args_evaluate(struct session *s, struct execute_args *args, struct err *e)
{
    assert(args->statement && !args->params);
    if (args->n == 0)
        return ST_OK;
    args->params = arena_calloc(&s->message_arena, args->n, sizeof *args->params);
    if (!args->params)
        return err_oom(e);
    return compute(s, args, e);
}

void execute_args_release(struct session *s, struct execute_args *args)
{
    row_stream_close(TAKE_PTR(args->stream));
    if (!s->engine)
        return;
    s->engine->ops->portal_close(TAKE_PTR(args->values));
    if (args->stmt)
        s->engine->ops->stmt_free(TAKE_PTR(args->stmt));
}
