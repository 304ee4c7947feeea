/* From a statement and its parameters to a portal. */
#include "session/bind.h"

#include "base/alloc.h"
#include "rows/row_desc.h"
#include "session/block.h"
#include "session/procedure_run.h"
#include "session/session_priv.h"

#include <assert.h>
#include <string.h>

/* What portal_execute needs to know of an engine statement after that has gone. */
static int take_info(struct portal *p, const struct backend_stmt_info *info, struct err *e)
{
    const char *tag = info->tag ? info->tag : "SELECT";
    if (strlen(tag) >= sizeof p->tag)
        return err_set(e, SQLSTATE_INTERNAL_ERROR, "command tag \"%s\" is too long", tag);
    str_copy(str_of(tag), p->tag, sizeof p->tag);
    p->tag_count = info->tag ? info->tag_count : true;
    p->returns_rows = info->returns_rows;
    p->writes = info->effect != BACKEND_READS;
    p->changes_data = info->effect == BACKEND_WRITES;
    p->keys = info->keys;
    return ST_OK;
}

/* The values lie in one piece with their list. */
static int keep_params(struct portal *p, const struct backend_param *params, size_t nparams, struct err *e)
{
    size_t bytes = nparams * sizeof *params;
    assert(!p->params);
    for (size_t i = 0; i < nparams; i++)
        bytes += params[i].len > 0 ? (size_t)params[i].len : 0;
    if (nparams == 0)
        return ST_OK;
    TRY(memory_count(p->memory, &p->kept, bytes, e));
    p->params = mem_alloc(bytes);
    if (!p->params)
        return err_oom(e);
    uint8_t *at = (uint8_t *)(p->params + nparams);
    for (size_t i = 0; i < nparams; i++) {
        size_t n = params[i].len > 0 ? (size_t)params[i].len : 0;
        if (n)
            memcpy(at, params[i].data, n);
        p->params[i] = (struct backend_param){.data = at, .len = params[i].len, .format = params[i].format};
        at += n;
    }
    p->nparams = nparams;
    return ST_OK;
}

/* Its WITH changes rows: only some of the values are of the statement that stands for it until it runs. */
static int bind_with(struct session *s, struct portal *p, struct statement *st,
                     const struct backend_param *params, size_t nparams, struct err *e)
{
    const struct statement_with *with = st->with;
    assert(nparams == with->nparams);
    p->with = p->writes = p->changes_data = true;
    p->keys &= ~(unsigned)(BACKEND_KEYS_SET | BACKEND_KEYS_ITSELF |
                           BACKEND_KEYS_NULLS); /* that would have to be asked in the words of all parts */
    TRY(keep_params(p, params, nparams, e));
    struct backend_param *own = arena_calloc(&s->message_arena, with->nown + 1, sizeof *own);
    if (!own)
        return err_oom(e);
    for (size_t i = 0; i < with->nown; i++)
        own[i] = p->params[with->own[i] - 1];
    session_engine_counts(s->engine, p->memory);
    return s->engine->ops->open(s->engine, st->engine, own, with->nown, &p->engine, e);
}

static int bind_engine(struct session *s, struct portal *p, struct statement *st,
                       const struct backend_param *params, size_t nparams, struct err *e)
{
    struct backend_session *engine;
    TRY(session_engine(s, &engine, e));
    TRY(statement_refresh(s, st, e));
    assert(st->engine && !p->engine);
    p->kind = PORTAL_ENGINE;
    TRY(take_info(p, &st->engine->info, e));
    if (st->with)
        return bind_with(s, p, st, params, nparams, e);
    bool again = strcmp(st->sql.word, "MERGE") == 0; /* its words are asked first */
    if (again ||
        p->keys & (BACKEND_KEYS_SET | BACKEND_KEYS_ITSELF | BACKEND_KEYS_KEPT_REFERRED | BACKEND_KEYS_NULLS))
        TRY(keep_params(p, params, nparams, e));
    session_engine_counts(engine, p->memory);
    return engine->ops->open(engine, st->engine, params, nparams, &p->engine, e);
}

/* What command_run is of a portal. */
static int run_as_command(struct session *s, struct portal *p, struct err *e)
{
    return command_run(s, p->statement, &p->result, e);
}

/* What is told of an engine portal, which runs when the command does. */
static int bind_result(struct session *s, struct portal *p, struct statement *st,
                       const struct backend_param *params, size_t nparams, portal_command *run, struct err *e)
{
    assert(st->engine && st->desc);
    TRY(bind_engine(s, p, st, params, nparams, e));
    assert(p->engine && !p->engine->started);
    p->kind = PORTAL_COMMAND;
    p->command = run;
    p->result.desc = row_desc_ref(st->desc);
    p->returns_rows = true;
    return ST_OK;
}

static portal_command *command_of(enum sql_kind kind)
{
    switch (kind) {
    case SQL_DECLARE: return cursor_declare;
    case SQL_FETCH: return cursor_take;
    case SQL_DO: return block_run;
    case SQL_CALL: return procedure_run;
    default: return run_as_command;
    }
}

/* Its engine portal gives the arguments when it runs. */
static int bind_call(struct session *s, struct portal *p, struct statement *st,
                     const struct backend_param *params, size_t nparams, struct err *e)
{
    if (st->engine)
        TRY(bind_engine(s, p, st, params, nparams, e));
    p->kind = PORTAL_COMMAND;
    p->command = command_of(SQL_CALL);
    p->binder = portal_new;
    p->result.desc = st->desc ? row_desc_ref(st->desc) : NULL;
    p->returns_rows = st->desc != NULL;
    return ST_OK;
}

static int bind_command(struct session *s, struct portal *p, struct statement *st, struct err *e)
{
    p->kind = PORTAL_COMMAND;
    p->command = command_of(st->sql.kind);
    p->binder = portal_new;
    if (st->sql.kind == SQL_FETCH) /* of the cursor that has the name now */
        TRY(command_describe(s, st, &p->result.desc, e));
    else if (st->desc)
        p->result.desc = row_desc_ref(st->desc);
    p->returns_rows = p->result.desc != NULL;
    return ST_OK;
}

/* The query's parameters are bound now, the cursor is made when DECLARE runs. */
static int bind_declare(struct session *s, struct portal *p, struct statement *st,
                        const struct backend_param *params, size_t nparams, struct err *e)
{
    p->kind = PORTAL_COMMAND;
    p->command = command_of(SQL_DECLARE);
    assert(st->sql.parsed && !p->declares);
    TRY(portal_make(s, st->sql.parsed->declare.name, st, &p->declares, e));
    p->declares->sql.kind = SQL_ENGINE;
    return bind_engine(s, p->declares, st, params, nparams, e);
}

/* A statement that is no EXECUTE. */
static int bind_to(struct session *s, struct portal *p, struct statement *st,
                   const struct backend_param *params, size_t nparams, struct err *e)
{
    switch (st->sql.kind) {
    case SQL_EMPTY: return ST_OK;
    case SQL_DECLARE: return bind_declare(s, p, st, params, nparams, e);
    case SQL_EXPLAIN:
        return st->desc ? bind_result(s, p, st, params, nparams, explain_run, e)
                        : bind_engine(s, p, st, params, nparams, e);
    case SQL_CALL: return bind_call(s, p, st, params, nparams, e);
    case SQL_CALLS: return bind_result(s, p, st, params, nparams, calls_run, e);
    case SQL_SET_CONFIG: TRY(set_config_bind(p, st, params, nparams, e)); return bind_command(s, p, st, e);
    default: return st->engine ? bind_engine(s, p, st, params, nparams, e) : bind_command(s, p, st, e);
    }
}

/* EXECUTE: its portal is one of the statement that it names. */
static int bind_execute(struct session *s, struct portal *p, struct err *e)
{
    struct execute_args args = {0};
    TRY(execute_args_find(s, p->statement, &args, e));
    struct statement *command = statement_ref(p->statement); /* args refer to it */
    portal_take_statement(p, args.statement);
    int rc = execute_args_evaluate(s, &args, e);
    if (rc == ST_OK)
        rc = bind_to(s, p, args.statement, args.params, args.n, e);
    execute_args_release(s, &args);
    statement_free(command);
    return rc;
}

int portal_new(struct session *s, const char *name, struct statement *st, const struct backend_param *params,
               size_t nparams, bool visible, struct portal **out, struct err *e)
{
    struct portal *p = NULL;
    int rc = portal_make(s, name, st, &p, e);
    if (rc == ST_OK) {
        if (visible)
            portal_show(p);
        portals_bind_in(s, visible ? p : NULL);
        rc = st->sql.kind == SQL_EXECUTE ? bind_execute(s, p, e) : bind_to(s, p, st, params, nparams, e);
        portals_bind_in(s, NULL);
    }
    if (rc < 0) {
        portal_free(s, p);
        return rc;
    }
    *out = p;
    return ST_OK;
}
