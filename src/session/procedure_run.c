/* A call's arguments are the variables of its body; what is an OUT one goes back to the client at the end. */
#include "session/procedure_run.h"

#include "rows/row_batch.h"
#include "rows/row_stream.h"
#include "session/plpgsql_run.h"
#include "session/procedure.h"
#include "session/session_priv.h"
#include "sql/plpgsql.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { NAME_AND_TYPES_MAX = 1024 };

/* The one row of the arguments' query, which is run and closed before the body begins: a body that changes
 * what the arguments were read from changes none of them. */
static int take_arguments(struct session *s, struct portal *p, struct ask_rows *out, struct err *e)
{
    TRY(s->engine->ops->start(p->engine, e));
    TRY(session_ask_portal(s, p->engine, out, e));
    portal_close_engine(s, p);
    return out->n == 1 ? ST_OK
                       : err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                                 "set-returning functions are not allowed in CALL arguments");
}

/* Its arguments are the variables behind FOUND, in the declaration's order. */
static int declare(struct procedure *p, struct plpgsql_frame *f, const struct ask_rows *given, struct err *e)
{
    const char *values[SQL_FUNCTION_ARGUMENTS_MAX] = {NULL};
    struct session *s = f->session;
    for (size_t i = 0; i < p->ngiven; i++)
        values[p->places[i]] = ask_value(given, 0, i);
    for (size_t i = 0; i < p->declared.n; i++) {
        const struct sql_argument *a = &p->declared.arguments[i];
        const char *number = step_text(s, "$%zu", i + 1);
        size_t cell;
        if (!p->is_given[i] && a->initial.p)
            TRY(plpgsql_value(f, a->initial, a->type, &values[i], e));
        TRY(plpgsql_scope_add(&f->scope, procedure_is_any(a->type) ? (struct str){0} : a->type, &cell, e));
        TRY(plpgsql_scope_set(&f->scope.cells[cell], 0,
                              a->mode == SQL_ARGUMENT_OUT || a->mode == SQL_ARGUMENT_TABLE ? NULL : values[i],
                              a->name, e));
        TRY(number ? plpgsql_scope_name(&f->scope, p->name, number, cell, e) : err_oom(e));
        if (a->name[0])
            TRY(plpgsql_scope_name(&f->scope, p->name, a->name, cell, e));
    }
    return ST_OK;
}

/* The statements of a body in SQL as those of a block. gives: the last one says what a function gives. */
static int read_sql(struct session *s, struct str body, bool gives, struct plpgsql_block **out, struct err *e)
{
    struct arena *a = &s->message_arena;
    struct sql_list list;
    struct plpgsql_block *block = arena_calloc(a, 1, sizeof *block);
    if (!block)
        return err_oom(e);
    *out = block;
    block->label = "";
    int st = sql_split(a, body, &list, e);
    if (st == ST_AGAIN)
        return err_set(e, SQLSTATE_SYNTAX_ERROR, "a string in the body of a procedure has no end");
    TRY(st);
    struct plpgsql_statement **last = &block->body, *final = NULL;
    for (size_t i = 0; i < list.n; i++) {
        if (list.items[i].kind == SQL_EMPTY)
            continue;
        struct plpgsql_statement *one = arena_calloc(a, 1, sizeof *one);
        if (!one)
            return err_oom(e);
        *one = (struct plpgsql_statement){.kind = PLPGSQL_SQL,
                                          .line = (unsigned)i + 1,
                                          .word = list.items[i].word,
                                          .text = list.items[i].text};
        *last = final = one;
        last = &one->next;
    }
    if (gives && final)
        final->kind = PLPGSQL_RETURN_QUERY;
    return ST_OK;
}

/* Its rows, in the formats that the client wants, as those of the answer. */
static int take_answer(struct session *s, struct portal *p, struct backend_portal *of, struct err *e)
{
    const struct backend_fetch how = {.formats = p->formats, .batch_bytes = session_config(s)->flush_bytes};
    struct row_stream *stream;
    struct row_batch *batch;
    int st;
    TRY(s->engine->ops->fetch(of, &how, &stream, e));
    while ((st = row_stream_next(stream, &batch, e)) == ST_OK)
        buf_put(&p->result.rows, batch->data, batch->len);
    row_stream_close(stream);
    if (st < 0)
        return st;
    return buf_ok(&p->result.rows) ? ST_OK : err_oom(e);
}

/* What a procedure's OUT arguments are now, or what a function gave, as the rows of the answer. */
static int answer(struct session *s, struct portal *p, const struct procedure *procedure,
                  struct plpgsql_frame *f, struct err *e)
{
    const char *values[SQL_FUNCTION_ARGUMENTS_MAX] = {NULL};
    struct inner in = {0};
    size_t n = 0;
    for (size_t i = 0; i < procedure->declared.n; i++)
        if (procedure->declared.arguments[i].mode != SQL_ARGUMENT_IN)
            values[n++] = f->scope.cells[f->found + 1 + i].value;
    const char *query = f->results ? procedure_answer(s, procedure, f->results->values, f->results->n)
                                   : procedure_answer(s, procedure, values, 1);
    if (!query)
        return err_oom(e);
    int st = inner_open(s, f->binder, str_of(query), &in, e);
    if (st == ST_OK)
        st = take_answer(s, p, in.portal->engine, e);
    inner_close(&in);
    if (st == ST_OK)
        portal_tell(s, p);
    return st;
}

/* "p(integer,text)", as PostgreSQL says where an error came from. */
static const char *shown_name(struct session *s, const struct procedure *p)
{
    char text[NAME_AND_TYPES_MAX];
    size_t n = str_copy(str_of(p->name), text, sizeof text - 3);
    text[n++] = '(';
    for (size_t i = 0; i < p->declared.n && n + 2 < sizeof text; i++) {
        if (i)
            text[n++] = ',';
        n += str_copy(p->declared.arguments[i].type, text + n, sizeof text - n - 1);
    }
    text[n++] = ')';
    return arena_strndup(&s->message_arena, text, n);
}

/* What a function is to give: rows of its OUT arguments or of the columns of its table, which are
 * variables of the body, or values of its one type. */
static void expect(const struct procedure *p, const struct plpgsql_frame *f, struct plpgsql_results *out,
                   size_t *outputs)
{
    const struct sql_function *d = &p->declared;
    struct procedure_column columns[SQL_FUNCTION_ARGUMENTS_MAX];
    out->set_of = d->set_of;
    out->no_value = str_ieq(d->result, STR("void"));
    out->type = out->no_value || procedure_is_any(d->result) ? (struct str){0} : d->result;
    out->ncolumns = procedure_columns(p, columns);
    out->outputs = outputs;
    for (size_t i = 0; i < d->n; i++)
        if (d->arguments[i].mode != SQL_ARGUMENT_IN)
            outputs[out->noutputs++] = f->found + 1 + i;
}

/* Arguments, body, answer. The source is read anew at each call: it may have been replaced. */
static int run(struct session *s, struct portal *portal, struct procedure *p, struct plpgsql_frame *f,
               struct err *e)
{
    struct plpgsql_block *block;
    struct ask_rows given = {0};
    size_t outputs[SQL_FUNCTION_ARGUMENTS_MAX];
    struct procedure_column columns[SQL_FUNCTION_ARGUMENTS_MAX];
    const char *name = shown_name(s, p);
    bool is_sql = strcmp(p->kept.language, "sql") == 0;
    TRY(name ? plpgsql_frame_begin(s, portal, is_sql ? p->name : name, f, e) : err_oom(e));
    f->keeps_quiet = is_sql;
    if (portal->engine)
        TRY(take_arguments(s, portal, &given, e));
    TRY(declare(p, f, &given, e));
    if (p->function) {
        f->results = arena_calloc(&s->message_arena, 1, sizeof *f->results);
        if (!f->results)
            return err_oom(e);
        arena_init_of(&f->results->arena, SIZE_MAX, &s->memory.all);
        expect(p, f, f->results, outputs);
    }
    const struct str body = str_of(p->kept.source);
    TRY(is_sql ? read_sql(s, body, p->function && !f->results->no_value, &block, e)
               : plpgsql_read(&s->message_arena, body, &block, e));
    TRY(plpgsql_run(f, block, e));
    return procedure_columns(p, columns) ? answer(s, portal, p, f, e) : ST_OK;
}

int procedure_run(struct session *s, struct portal *portal, struct err *e)
{
    struct procedure *p = arena_calloc(&s->message_arena, 1, sizeof *p);
    struct plpgsql_frame f = {0};
    assert(portal->sql.kind == SQL_CALL);
    if (!p)
        return err_oom(e);
    TRY(tx_implicit_begin(s, e));
    TRY(tx_before_statement(s, false, e));
    TRY(statement_parse(s, portal->statement, e));
    TRY(procedure_read(s, &portal->statement->sql.parsed->call, p, e));
    int st = run(s, portal, p, &f, e);
    if (f.results)
        arena_release(&f.results->arena);
    plpgsql_frame_end(&f);
    (void)snprintf(portal->result.tag, sizeof portal->result.tag, p->function ? "SELECT" : "CALL");
    return st;
}
