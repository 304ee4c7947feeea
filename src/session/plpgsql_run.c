/* PostgreSQL takes back what a block has done before its handler runs. The engine has no subtransactions:
 * what can be taken back is what tx_undo says, and an error that cannot be caught so is told as it is. */
#include "session/plpgsql_run.h"

#include "rows/row_desc.h"
#include "session/column_type.h"
#include "session/plpgsql_cursor.h"
#include "session/plpgsql_raise.h"
#include "session/session_priv.h"
#include "sql/function.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { LOOP_PAGE = 1000 }; /* rows that a loop takes at a time */

/* Where the run goes on. */
enum flow { FLOW_NEXT, FLOW_EXIT, FLOW_CONTINUE, FLOW_RETURN };

struct run {
    struct plpgsql_frame *frame;
    enum flow flow;
    const char *label; /* of EXIT and CONTINUE: the loop's that they mean; "": the innermost one */
};

static int run_statements(struct run *r, const struct plpgsql_statement *s, struct err *e);

int plpgsql_frame_begin(struct session *s, const struct portal *p, const char *name,
                        struct plpgsql_frame *out, struct err *e)
{
    assert(p->binder && name);
    *out = (struct plpgsql_frame){.session = s, .binder = p->binder, .name = name};
    plpgsql_scope_init(&out->scope, &s->memory.all);
    TRY(plpgsql_scope_add(&out->scope, STR("boolean"), &out->found, e));
    TRY(plpgsql_scope_name(&out->scope, "", "found", out->found, e));
    return plpgsql_set_found(out, false, e);
}

void plpgsql_frame_end(struct plpgsql_frame *f)
{
    plpgsql_scope_release(&f->scope);
}

/* ---- branches and loops ---- */

/* IF and CASE: the first branch whose condition holds. */
static int run_if(struct run *r, const struct plpgsql_statement *s, struct err *e)
{
    for (const struct plpgsql_branch *b = s->branches; b; b = b->next) {
        bool holds = true;
        if (b->condition.p)
            TRY(plpgsql_holds(r->frame, b->condition, &holds, e));
        if (holds)
            return run_statements(r, b->body, e);
    }
    if (!s->falls)
        return ST_OK;
    (void)err_set(e, SQLSTATE_CASE_NOT_FOUND, "case not found");
    err_hint(e, "CASE statement is missing ELSE part.");
    return ST_ERR;
}

/* Once through a loop's body. *ends: it is not run again. */
static int run_body(struct run *r, const struct plpgsql_statement *s, bool *ends, struct err *e)
{
    TRY(session_check_interrupts(r->frame->session, e));
    TRY(run_statements(r, s->body, e));
    bool mine = (r->flow == FLOW_EXIT || r->flow == FLOW_CONTINUE) &&
                (!r->label[0] || strcmp(r->label, s->label) == 0);
    *ends = r->flow != FLOW_NEXT && !(mine && r->flow == FLOW_CONTINUE);
    if (mine)
        r->flow = FLOW_NEXT;
    return ST_OK;
}

/* LOOP, and WHILE, whose condition is asked for before each round. */
static int run_loop(struct run *r, const struct plpgsql_statement *s, struct err *e)
{
    for (bool ends = false; !ends;) {
        bool holds = true;
        if (s->text.n)
            TRY(plpgsql_holds(r->frame, s->text, &holds, e));
        if (!holds)
            break;
        TRY(run_body(r, s, &ends, e));
    }
    return ST_OK;
}

/* A number that FOR counts from, to or by. */
static int bound(struct run *r, struct str text, const char *what, int64_t *out, struct err *e)
{
    const char *value;
    TRY(plpgsql_value(r->frame, text, STR("integer"), &value, e));
    if (!value)
        return err_set(e, SQLSTATE_NULL_VALUE_NOT_ALLOWED, "%s of FOR loop cannot be null", what);
    return str_to_i64(str_of(value), INT32_MIN, INT32_MAX, out)
               ? ST_OK
               : err_set(e, SQLSTATE_INTERNAL_ERROR, "a bound of a loop is no number");
}

/* The loop's own variable counts. */
static int count(struct run *r, const struct plpgsql_statement *s, int64_t first, int64_t last, int64_t step,
                 struct err *e)
{
    struct plpgsql_frame *f = r->frame;
    bool found = false;
    size_t cell;
    TRY(plpgsql_scope_add(&f->scope, STR("integer"), &cell, e));
    TRY(plpgsql_scope_name(&f->scope, s->label, s->targets[0], cell, e));
    for (bool ends = false; !ends && (s->reverse ? first >= last : first <= last);
         first += s->reverse ? -step : step) {
        char digits[24];
        (void)snprintf(digits, sizeof digits, "%lld", (long long)first);
        TRY(plpgsql_scope_set(&f->scope.cells[cell], 0, digits, s->targets[0], e));
        TRY(run_body(r, s, &ends, e));
        found = true;
    }
    return plpgsql_set_found(f, found, e);
}

/* FOR i IN first .. last: all three numbers are computed once, before the first round. */
static int run_numbers(struct run *r, const struct plpgsql_statement *s, struct err *e)
{
    int64_t first, last, step = 1;
    const struct plpgsql_scope_mark mark = plpgsql_scope_mark(&r->frame->scope);
    TRY(bound(r, s->text, "lower bound", &first, e));
    TRY(bound(r, s->last, "upper bound", &last, e));
    if (s->step.n)
        TRY(bound(r, s->step, "BY value", &step, e));
    if (step <= 0)
        return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE, "BY value of FOR loop must be greater than zero");
    int st = count(r, s, first, last, step, e);
    plpgsql_scope_back(&r->frame->scope, &mark);
    return st;
}

/* The body for each row of one page. */
static int run_page(struct run *r, const struct plpgsql_statement *s, const struct inner *in,
                    const struct ask_rows *rows, bool *ends, struct err *e)
{
    for (size_t i = 0; i < rows->n && !*ends; i++) {
        TRY(plpgsql_give_row(r->frame, s, in->desc, rows, i, e));
        TRY(run_body(r, s, ends, e));
    }
    return ST_OK;
}

/* The rows of a page are of an arena of their own, which goes when its last row has been through. */
static int run_rows(struct run *r, const struct plpgsql_statement *s, struct inner *in, bool *found,
                    struct err *e)
{
    struct session *session = r->frame->session;
    struct ask_rows rows = {.n = LOOP_PAGE};
    assert(s->ntargets > 0);
    bool ends = false;
    if (!in->desc)
        return err_set(e, SQLSTATE_SYNTAX_ERROR, "a FOR loop over a command that cannot return data");
    while (!ends && rows.n == LOOP_PAGE) {
        struct arena outer = session->message_arena;
        arena_init_of(&session->message_arena, SIZE_MAX, &session->memory.all);
        int st = inner_fetch(in, LOOP_PAGE, &rows, e);
        *found |= st == ST_OK && rows.n > 0;
        if (st == ST_OK)
            st = run_page(r, s, in, &rows, &ends, e);
        arena_release(&session->message_arena);
        session->message_arena = outer;
        TRY(st);
    }
    return ST_OK;
}

/* The row of a loop over a cursor is a variable of the loop's own. */
static int declare_row(struct run *r, const struct plpgsql_statement *s, struct err *e)
{
    size_t cell;
    if (s->ntargets != 1)
        return err_set(e, SQLSTATE_SYNTAX_ERROR, "cursor FOR loop must have only one target variable");
    TRY(plpgsql_scope_add(&r->frame->scope, (struct str){0}, &cell, e));
    r->frame->scope.cells[cell].record = true;
    return plpgsql_scope_name(&r->frame->scope, s->label, s->targets[0], cell, e);
}

/* FOR row IN query: the query is run once, and its rows are read as the rounds need them. */
static int run_query(struct run *r, const struct plpgsql_statement *s, struct err *e)
{
    struct inner in = {0};
    struct str text;
    bool found = false;
    if (s->cursor) {
        TRY(plpgsql_cursor_query(r->frame, s->cursor, &text, e));
        TRY(declare_row(r, s, e));
    } else {
        TRY(plpgsql_statement_text(r->frame, s, s->dynamic, &text, e));
    }
    int st = inner_open(r->frame->session, r->frame->binder, text, &in, e);
    if (st == ST_OK)
        st = run_rows(r, s, &in, &found, e);
    inner_close(&in);
    return st < 0 ? st : plpgsql_set_found(r->frame, found, e);
}

static int run_query_loop(struct run *r, const struct plpgsql_statement *s, struct err *e)
{
    const struct plpgsql_scope_mark mark = plpgsql_scope_mark(&r->frame->scope);
    int st = run_query(r, s, e);
    plpgsql_scope_back(&r->frame->scope, &mark);
    return st;
}

/* ---- blocks ---- */

/* Of a variable that is declared by another: that one's type, or that of a table's column. */
static int type_like(struct run *r, const struct plpgsql_variable *v, struct str *type, struct err *e)
{
    const char *name = arena_strndup(&r->frame->scope.arena, v->type.p, v->type.n);
    if (!name)
        return err_oom(e);
    const struct plpgsql_cell *c = plpgsql_scope_find(&r->frame->scope, "", name);
    if (c && !c->record) {
        *type = c->type;
        return ST_OK;
    }
    if (!memchr(v->type.p, '.', v->type.n))
        return err_set(e, SQLSTATE_SYNTAX_ERROR, "variable \"%s\" does not exist", name);
    TRY(column_type_like(r->frame->session, type, e));
    const char *kept = arena_strndup(&r->frame->scope.arena, type->p, type->n);
    *type = (struct str){kept, type->n};
    return kept ? ST_OK : err_oom(e);
}

/* A variable of a block: its type, its first value, its name. */
static int declare(struct run *r, const char *label, const struct plpgsql_variable *v, struct err *e)
{
    struct plpgsql_scope *scope = &r->frame->scope;
    struct str type = v->record ? (struct str){0} : v->type;
    const char *value = NULL;
    size_t cell;
    if (v->alias_of) {
        const struct plpgsql_cell *of = plpgsql_scope_find(scope, "", v->alias_of);
        if (!of)
            return err_set(e, SQLSTATE_UNDEFINED_OBJECT, "variable \"%s\" does not exist", v->alias_of);
        return plpgsql_scope_name(scope, label, v->name, (size_t)(of - scope->cells), e);
    }
    if (v->like)
        TRY(type_like(r, v, &type, e));
    if (v->initial.p && v->record)
        return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                       "assigning a value to the record \"%s\" is not supported", v->name);
    if (v->initial.p)
        TRY(plpgsql_value(r->frame, v->initial, type, &value, e));
    TRY(plpgsql_scope_add(scope, type, &cell, e));
    scope->cells[cell].record = v->record;
    scope->cells[cell].not_null = v->not_null;
    scope->cells[cell].cursor = v->cursor;
    if (v->cursor)
        value = v->name; /* of the portal, too */
    if (!v->record)
        TRY(plpgsql_scope_set(&scope->cells[cell], 0, value, v->name, e));
    scope->cells[cell].constant = v->constant;
    return plpgsql_scope_name(scope, label, v->name, cell, e);
}

/* The first handler that names the error; NULL: none does. */
static const struct plpgsql_handler *handler_of(const struct plpgsql_block *block, const struct err *e)
{
    for (const struct plpgsql_handler *h = block->handlers; h; h = h->next)
        if (plpgsql_catches(h, sqlstate_code(e->code), sqlstate_name(e->code)))
            return h;
    return NULL;
}

/* What an error leaves behind is taken back, then the handler's statements run, which know the error. */
static int handle(struct run *r, const struct plpgsql_handler *h, const struct tx_mark *mark, struct err *e)
{
    struct plpgsql_frame *f = r->frame;
    struct err caught = *e;
    const struct err *before = f->scope.caught;
    err_init(e);
    TRY(tx_undo(f->session, mark, f->alone && f->writes == mark->writes, e));
    f->scope.caught = &caught;
    r->flow = FLOW_NEXT;
    int st = run_statements(r, h->body, e);
    f->scope.caught = before;
    return st;
}

/* A block's statements, within what it declares; an error in them goes to its handlers, one in the
 * declarations to those of the block around it. */
static int run_declared(struct run *r, const struct plpgsql_block *b, struct err *e)
{
    struct plpgsql_frame *f = r->frame;
    for (size_t i = 0; i < b->n; i++)
        if (declare(r, b->label, &b->variables[i], e) < 0) {
            err_context_more(
                e, "PL/pgSQL function %s line %u during statement block local variable initialization",
                f->name, b->variables[i].line);
            return ST_ERR;
        }
    const struct plpgsql_scope_mark declared = plpgsql_scope_mark(&f->scope);
    const struct tx_mark mark = tx_mark(f->session);
    f->writes = f->session->tx.writes;
    int st = run_statements(r, b->body, e);
    const struct plpgsql_handler *h = st < 0 ? handler_of(b, e) : NULL;
    if (!h)
        return st;
    plpgsql_scope_back(&f->scope, &declared);
    return handle(r, h, &mark, e);
}

/* What it declares ends with it; EXIT may name it. */
static int run_block(struct run *r, const struct plpgsql_block *b, struct err *e)
{
    const struct plpgsql_scope_mark mark = plpgsql_scope_mark(&r->frame->scope);
    int st = run_declared(r, b, e);
    plpgsql_scope_back(&r->frame->scope, &mark);
    if (r->flow == FLOW_EXIT && b->label[0] && strcmp(r->label, b->label) == 0)
        r->flow = FLOW_NEXT;
    return st;
}

/* ---- the others ---- */

/* variable := expression, of the variable's type. */
static int run_assign(struct run *r, const struct plpgsql_statement *s, struct err *e)
{
    struct plpgsql_cell *cell;
    const char *value;
    size_t field;
    TRY(plpgsql_scope_target(&r->frame->scope, s->target, &cell, &field, e));
    struct str type = !cell->record            ? cell->type
                      : strchr(s->target, '.') ? str_of(cell->types[field])
                                               : (struct str){0};
    TRY(plpgsql_value(r->frame, s->text, type, &value, e));
    return plpgsql_give(r->frame, s->target, NULL, value, e);
}

/* EXIT and CONTINUE: what runs ends, up to the loop that is meant. */
static int run_exit(struct run *r, const struct plpgsql_statement *s, struct err *e)
{
    bool holds = true;
    if (s->text.n)
        TRY(plpgsql_holds(r->frame, s->text, &holds, e));
    if (holds)
        r->flow = s->kind == PLPGSQL_EXIT ? FLOW_EXIT : FLOW_CONTINUE;
    r->label = s->label;
    return ST_OK;
}

/* A row of OUT arguments as they are now. */
static int add_outputs(struct run *r, struct err *e)
{
    struct plpgsql_results *out = r->frame->results;
    const char *values[SQL_FUNCTION_ARGUMENTS_MAX] = {NULL};
    assert(out->noutputs <= SQL_FUNCTION_ARGUMENTS_MAX);
    for (size_t i = 0; i < out->noutputs; i++)
        values[i] = r->frame->scope.cells[out->outputs[i]].value;
    return plpgsql_add_row(out, values, e);
}

/* RETURN QUERY: all rows of the query, or the first one of a function that gives one. */
static int add_query(struct run *r, const struct plpgsql_statement *s, struct err *e)
{
    struct plpgsql_results *out = r->frame->results;
    struct inner in = {0};
    struct ask_rows rows = {.n = LOOP_PAGE};
    struct str text;
    TRY(plpgsql_statement_text(r->frame, s, false, &text, e));
    int st = inner_open(r->frame->session, r->frame->binder, text, &in, e);
    if (st == ST_OK && (!in.desc || in.desc->ncolumns != out->ncolumns))
        st = err_set(e, in.desc ? SQLSTATE_DATATYPE_MISMATCH : SQLSTATE_INVALID_FUNCTION_DEFINITION,
                     "structure of query does not match function result type");
    while (st == ST_OK && rows.n == LOOP_PAGE && (out->set_of || out->n == 0)) {
        st = inner_fetch(&in, out->set_of ? LOOP_PAGE : 1, &rows, e);
        for (size_t i = 0; st == ST_OK && i < rows.n; i++)
            st = plpgsql_add_row(out, &rows.values[i * rows.ncolumns], e);
    }
    inner_close(&in);
    return st;
}

static int return_value(struct run *r, const struct plpgsql_statement *s, struct err *e)
{
    const char *value;
    struct plpgsql_results *out = r->frame->results;
    if (out->noutputs)
        return err_set(e, SQLSTATE_DATATYPE_MISMATCH,
                       "RETURN cannot have a parameter in function with OUT parameters");
    if (out->no_value)
        return err_set(e, SQLSTATE_DATATYPE_MISMATCH,
                       "RETURN cannot have a parameter in function returning void");
    TRY(plpgsql_value(r->frame, s->text, out->type, &value, e));
    return plpgsql_add_row(out, &value, e);
}

/* RETURN, of a function. */
static int return_of_function(struct run *r, const struct plpgsql_statement *s, struct err *e)
{
    const struct plpgsql_results *out = r->frame->results;
    if (s->kind != PLPGSQL_RETURN && !out->set_of && !r->frame->keeps_quiet)
        return err_set(e, SQLSTATE_DATATYPE_MISMATCH, "cannot use RETURN %s in a non-SETOF function",
                       s->kind == PLPGSQL_RETURN_NEXT ? "NEXT" : "QUERY");
    if (s->kind == PLPGSQL_RETURN_QUERY)
        return add_query(r, s, e);
    if (s->kind == PLPGSQL_RETURN_NEXT)
        return s->text.n ? return_value(r, s, e) : add_outputs(r, e);
    r->flow = FLOW_RETURN;
    if (out->set_of && s->text.n)
        return err_set(e, SQLSTATE_DATATYPE_MISMATCH,
                       "RETURN cannot have a parameter in function returning set");
    if (s->text.n)
        return return_value(r, s, e);
    return out->set_of || out->noutputs || out->no_value
               ? ST_OK
               : err_set(e, SQLSTATE_SYNTAX_ERROR, "missing expression at or near \";\"");
}

/* All of the body ends. */
static int run_return(struct run *r, const struct plpgsql_statement *s, struct err *e)
{
    if (r->frame->results)
        return return_of_function(r, s, e);
    if (s->kind != PLPGSQL_RETURN || s->text.n)
        return err_set(e, SQLSTATE_DATATYPE_MISMATCH, "RETURN cannot have a parameter in a procedure");
    r->flow = FLOW_RETURN;
    return ST_OK;
}

/* What GET STACKED DIAGNOSTICS knows of an error. */
static const char *item_of(const struct err *e, const char *item)
{
    const struct {
        const char *item, *value;
    } all[] = {{"RETURNED_SQLSTATE", sqlstate_code(e->code)},
               {"MESSAGE_TEXT", e->message},
               {"PG_EXCEPTION_DETAIL", e->detail},
               {"PG_EXCEPTION_HINT", e->hint},
               {"CONSTRAINT_NAME", e->constraint},
               {"COLUMN_NAME", e->column},
               {"TABLE_NAME", e->table},
               {"SCHEMA_NAME", e->schema},
               {"PG_DATATYPE_NAME", e->type}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (strcmp(all[i].item, item) == 0)
            return all[i].value;
    return "";
}

/* GET DIAGNOSTICS, of the last statement of SQL, or STACKED, of the error that a handler has caught. */
static int run_get(struct run *r, const struct plpgsql_statement *s, struct err *e)
{
    struct plpgsql_frame *f = r->frame;
    char digits[24];
    if (s->stacked && !f->scope.caught)
        return err_set(e, SQLSTATE_STACKED_DIAGNOSTICS_ACCESSED_WITHOUT_ACTIVE_HANDLER,
                       "GET STACKED DIAGNOSTICS cannot be used outside an exception handler");
    (void)snprintf(digits, sizeof digits, "%llu", (unsigned long long)f->row_count);
    for (size_t i = 0; i < s->ntargets; i++)
        TRY(plpgsql_give(f, s->targets[i], NULL, s->stacked ? item_of(f->scope.caught, s->items[i]) : digits,
                         e));
    return ST_OK;
}

/* By its kind. */
static int run_one(struct run *r, const struct plpgsql_statement *s, struct err *e)
{
    switch (s->kind) {
    case PLPGSQL_BLOCK: return run_block(r, s->block, e);
    case PLPGSQL_ASSIGN: return run_assign(r, s, e);
    case PLPGSQL_IF: return run_if(r, s, e);
    case PLPGSQL_LOOP: return run_loop(r, s, e);
    case PLPGSQL_FOR_NUMBERS: return run_numbers(r, s, e);
    case PLPGSQL_FOR_ROWS: return run_query_loop(r, s, e);
    case PLPGSQL_EXIT:
    case PLPGSQL_CONTINUE: return run_exit(r, s, e);
    case PLPGSQL_RETURN:
    case PLPGSQL_RETURN_NEXT:
    case PLPGSQL_RETURN_QUERY: return run_return(r, s, e);
    case PLPGSQL_RAISE: return plpgsql_run_raise(r->frame, s->raise, e);
    case PLPGSQL_ASSERT: return plpgsql_run_assert(r->frame, s, e);
    case PLPGSQL_GET: return run_get(r, s, e);
    case PLPGSQL_PERFORM:
    case PLPGSQL_EXECUTE:
    case PLPGSQL_SQL: return plpgsql_run_sql(r->frame, s, e);
    case PLPGSQL_OPEN: return plpgsql_open_cursor(r->frame, s, e);
    case PLPGSQL_FETCH: return plpgsql_fetch_cursor(r->frame, s, e);
    case PLPGSQL_CLOSE: return plpgsql_close_cursor(r->frame, s, e);
    }
    return ST_OK;
}

/* As PostgreSQL calls them where it says where an error came from. */
static const char *name_of(const struct plpgsql_statement *s)
{
    switch (s->kind) {
    case PLPGSQL_BLOCK: return "statement block";
    case PLPGSQL_ASSIGN: return "assignment";
    case PLPGSQL_IF: return s->falls ? "CASE" : "IF";
    case PLPGSQL_FOR_NUMBERS: return "FOR with integer loop variable";
    case PLPGSQL_FOR_ROWS: return s->dynamic ? "FOR over EXECUTE statement" : "FOR over SELECT rows";
    case PLPGSQL_GET: return "GET DIAGNOSTICS";
    case PLPGSQL_SQL: return "SQL statement";
    default: return s->word ? s->word : "statement";
    }
}

/* What a statement needs while it runs is gone behind it, so that a loop takes no more than one round. */
static int run_statement(struct run *r, const struct plpgsql_statement *s, struct err *e)
{
    struct plpgsql_frame *f = r->frame;
    struct session *session = f->session;
    assert(r->flow == FLOW_NEXT && s->line > 0);
    struct arena outer = session->message_arena;
    arena_init_of(&session->message_arena, SIZE_MAX, &session->memory.all);
    f->writes = session->tx.writes;
    f->alone = true;
    int st = session_check_interrupts(session, e);
    if (st == ST_OK)
        st = run_one(r, s, e);
    arena_release(&session->message_arena);
    session->message_arena = outer;
    if (st < 0) {
        e->position = 0; /* of a text within the block */
        if (f->keeps_quiet)
            err_context_more(e, "SQL function \"%s\" statement %u", f->name, s->line);
        else
            err_context_more(e, "PL/pgSQL function %s line %u at %s", f->name, s->line, name_of(s));
    }
    return st;
}

static int run_statements(struct run *r, const struct plpgsql_statement *s, struct err *e)
{
    for (; s && r->flow == FLOW_NEXT; s = s->next)
        TRY(run_statement(r, s, e));
    return ST_OK;
}

/* The one row of a function that gives one. */
static int finish(struct run *r, struct err *e)
{
    static const char *const nothing[] = {""}, *const null[] = {NULL};
    struct plpgsql_results *out = r->frame->results;
    if (out->set_of || out->n > 0)
        return ST_OK;
    if (out->noutputs)
        return add_outputs(r, e);
    if (out->no_value || r->frame->keeps_quiet)
        return plpgsql_add_row(out, r->frame->keeps_quiet ? null : nothing, e);
    return err_set(e, SQLSTATE_FUNCTION_EXECUTED_NO_RETURN_STATEMENT,
                   "control reached end of function without RETURN");
}

int plpgsql_run(struct plpgsql_frame *f, const struct plpgsql_block *block, struct err *e)
{
    struct run r = {.frame = f, .label = ""};
    TRY(run_block(&r, block, e));
    if (r.flow == FLOW_NEXT || r.flow == FLOW_RETURN)
        return f->results ? finish(&r, e) : ST_OK;
    return err_set(e, SQLSTATE_SYNTAX_ERROR, "%s cannot be used outside a loop",
                   r.flow == FLOW_EXIT ? "EXIT" : "CONTINUE");
}
