#include "sql/plpgsql_events.h"

#include "base/cleanup.h"
#include "sql/plpgsql_names.h"

#include <string.h>

/* At the end of the list: events come in the order in which the body runs. */
static int add_event(struct plpgsql_compiling *c, enum plpgsql_event_kind kind, struct str *columns,
                     size_t level, bool raises)
{
    struct plpgsql_event *event = arena_calloc(c->arena, 1, sizeof *event);
    if (!event)
        return err_oom(c->err);
    *event = (struct plpgsql_event){.path = c->path, .kind = kind, .columns = columns, .raises = raises};
    *c->last_event = event;
    c->last_event = &event->next;
    return plpgsql_open_level(c, plpgsql_higher(level, c->path.level));
}

/* Room for a row. */
static int new_columns(struct plpgsql_compiling *c, struct str **out)
{
    *out = arena_calloc(c->arena, c->ncolumns + 1, sizeof **out);
    return *out ? ST_OK : err_oom(c->err);
}

/* The OUT arguments as they are now. */
int plpgsql_add_outputs(struct plpgsql_compiling *c)
{
    struct str *columns;
    size_t level = 0;
    TRY(new_columns(c, &columns));
    if (c->noutputs == 0)
        columns[0] = STR("''");
    for (size_t i = 0; i < c->noutputs; i++) {
        const struct plpgsql_value *v = &c->variables[c->outputs[i]].now;
        columns[i] = v->text;
        level = plpgsql_higher(level, v->level);
    }
    return add_event(c, PLPGSQL_EVENT_ROW, columns, level, false);
}

/* error('SQLSTATE P0001 message') in each column. */
static int add_error(struct plpgsql_compiling *c, struct str message, size_t level)
{
    CLEANUP(buf_release) struct buf b = {0};
    struct str *columns, call;
    buf_init(&b, PLPGSQL_QUERY_MAX);
    buf_printf(&b, "system.main.error(");
    plpgsql_put_str(&b, message);
    buf_put_u8(&b, ')');
    TRY(plpgsql_keep(c, &b, &call));
    TRY(new_columns(c, &columns));
    for (size_t i = 0; i < c->ncolumns; i++)
        columns[i] = call;
    TRY(add_event(c, PLPGSQL_EVENT_ROW, columns, level, true));
    c->dead = true;
    return ST_OK;
}

int plpgsql_fail(struct plpgsql_compiling *c, const char *literal)
{
    return add_error(c, str_of(literal), 0);
}

/* Bytes of a literal. */
static void put_quoted(struct buf *b, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (text[i] == '\'')
            buf_put_u8(b, '\'');
        buf_put_u8(b, (uint8_t)text[i]);
    }
}

/* What USING ERRCODE says, five characters or a name; P0001 where it says nothing. */
static int code_of(struct plpgsql_compiling *c, const char *said, const char **out)
{
    enum { CODE = 5 };
    *out = sqlstate_code(SQLSTATE_RAISE_EXCEPTION);
    if (!said)
        return ST_OK;
    for (unsigned i = 0; i < SQLSTATE_COUNT; i++)
        if (strcmp(sqlstate_code((enum sqlstate)i), said) == 0 ||
            strcmp(sqlstate_name((enum sqlstate)i), said) == 0) {
            *out = sqlstate_code((enum sqlstate)i);
            return ST_OK;
        }
    if (strlen(said) == CODE && strspn(said, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == CODE)
        return err_set(c->err, SQLSTATE_FEATURE_NOT_SUPPORTED,
                       "the error code %s in a function is not supported", said);
    return err_set(c->err, SQLSTATE_UNDEFINED_OBJECT, "unrecognized exception condition \"%s\"", said);
}

/* The message is put together where the error happens, so its arguments are computed on that path alone. */
int plpgsql_raise(struct plpgsql_compiling *c, const struct plpgsql_statement *s)
{
    CLEANUP(buf_release) struct buf b = {0};
    const struct sql_raise *r = s->raise;
    const char *code;
    struct str message;
    size_t argument = 0;
    bool calls = false;
    if (r->level == SQL_RAISE_SILENT)
        return ST_OK;
    if (r->level != SQL_RAISE_ERROR)
        return plpgsql_not_supported(c, "RAISE of a notice", s->line);
    if (r->detail || r->hint)
        return plpgsql_not_supported(c, "RAISE with DETAIL or HINT", s->line);
    if (r->again)
        return err_set(c->err, SQLSTATE_STACKED_DIAGNOSTICS_ACCESSED_WITHOUT_ACTIVE_HANDLER,
                       "RAISE without parameters cannot be used outside an exception handler");
    TRY(code_of(c, r->code, &code));
    const char *format = r->format ? r->format : r->code ? r->code : sqlstate_name(SQLSTATE_RAISE_EXCEPTION);
    buf_init(&b, PLPGSQL_QUERY_MAX);
    buf_printf(&b, "'SQLSTATE %s ", code);
    plpgsql_read_from(c, 0);
    for (const char *p = format; *p; p++) {
        if (*p != '%' || p[1] == '%' || !r->format) {
            p += *p == '%' && r->format;
            put_quoted(&b, p, 1);
            continue;
        }
        if (argument == r->n)
            return err_set(c->err, SQLSTATE_SYNTAX_ERROR, "too few parameters specified for RAISE");
        buf_printf(&b, "' || COALESCE(CAST(");
        plpgsql_put_expression(c, &b, r->arguments[argument++], &calls);
        buf_printf(&b, " AS text), '<NULL>') || '");
    }
    buf_put_u8(&b, '\'');
    if (argument < r->n)
        return err_set(c->err, SQLSTATE_SYNTAX_ERROR, "too many parameters specified for RAISE");
    TRY(plpgsql_keep(c, &b, &message));
    return add_error(c, message, c->read_level);
}

/* A row of one column, of the type that the function returns. */
static int add_expression(struct plpgsql_compiling *c, struct str expression)
{
    CLEANUP(buf_release) struct buf b = {0};
    struct str *columns;
    bool calls = false;
    TRY(new_columns(c, &columns));
    buf_init(&b, PLPGSQL_QUERY_MAX);
    plpgsql_read_from(c, 0);
    plpgsql_put_cast(c, &b, expression, c->f->result, &calls);
    TRY(plpgsql_keep(c, &b, &columns[0]));
    return add_event(c, PLPGSQL_EVENT_ROW, columns, c->read_level, false);
}

int plpgsql_return(struct plpgsql_compiling *c, const struct plpgsql_statement *s)
{
    bool has = s->text.n > 0;
    if (c->f->set_of && has) {
        (void)plpgsql_mismatch(c, "RETURN cannot have a parameter in function returning set");
        err_hint(c->err, "Use RETURN NEXT or RETURN QUERY.");
        return ST_ERR;
    }
    if (c->no_value && has)
        return plpgsql_mismatch(c, "RETURN cannot have a parameter in function returning void");
    if (c->noutputs && has)
        return plpgsql_mismatch(c, "RETURN cannot have a parameter in function with OUT parameters");
    if (c->rows_of && !c->f->set_of)
        return plpgsql_not_supported(c, "RETURN of a row", s->line);
    if (!has && !c->f->set_of && !c->no_value && !c->noutputs)
        return err_set(c->err, SQLSTATE_SYNTAX_ERROR, "missing expression at or near \";\"");
    if (has)
        TRY(add_expression(c, s->text));
    else if (!c->f->set_of)
        TRY(plpgsql_add_outputs(c));
    c->dead = true;
    return ST_OK;
}

int plpgsql_return_next(struct plpgsql_compiling *c, const struct plpgsql_statement *s)
{
    bool has = s->text.n > 0;
    if (!c->f->set_of)
        return plpgsql_mismatch(c, "cannot use RETURN NEXT in a non-SETOF function");
    if (c->rows_of)
        return plpgsql_not_supported(c, "RETURN NEXT of a row", s->line);
    if (c->noutputs && has)
        return plpgsql_mismatch(c, "RETURN NEXT cannot have a parameter in function with OUT parameters");
    if (!c->noutputs && !has)
        return err_set(c->err, SQLSTATE_SYNTAX_ERROR, "missing expression at or near \";\"");
    return has ? add_expression(c, s->text) : plpgsql_add_outputs(c);
}

int plpgsql_return_query(struct plpgsql_compiling *c, const struct plpgsql_statement *s)
{
    CLEANUP(buf_release) struct buf b = {0};
    const struct plpgsql_names names = {.arg = c, .find = plpgsql_value_of};
    struct plpgsql_facts facts;
    struct str *columns;
    if (!c->f->set_of)
        return plpgsql_mismatch(c, "cannot use RETURN QUERY in a non-SETOF function");
    TRY(new_columns(c, &columns));
    buf_init(&b, PLPGSQL_QUERY_MAX);
    plpgsql_read_from(c, 0);
    plpgsql_put(&b, s->text, &names, &facts);
    TRY(plpgsql_keep(c, &b, &columns[0]));
    return add_event(c, PLPGSQL_EVENT_QUERY, columns, c->read_level, false);
}

/* The condition of a path, behind a word; nothing where the path is always taken. */
static void put_path(struct buf *b, const struct plpgsql_value *path, const char *before)
{
    if (path->text.p)
        buf_printf(b, "%s%.*s", before, (int)path->text.n, path->text.p);
}

/* One row: of each column what the first event says whose path was taken. */
void plpgsql_put_row(const struct plpgsql_compiling *c, struct buf *b)
{
    buf_printf(b, "SELECT ");
    for (size_t i = 0; i < c->ncolumns; i++) {
        bool one = !c->events->next;
        buf_printf(b, "%s%s", i ? ", " : "", one ? "" : "CASE");
        for (const struct plpgsql_event *x = c->events; x; x = x->next) {
            if (x->next)
                put_path(b, &x->path, " WHEN ");
            buf_printf(b, one ? "" : x->next ? " THEN " : " ELSE ");
            plpgsql_put_str(b, x->columns[i]);
        }
        buf_printf(b, one ? "" : " END");
    }
    if (c->nlevels) {
        buf_printf(b, " FROM ");
        plpgsql_put_levels(c, b);
    }
}

/* Rows of all events whose paths were taken, in their order. */
void plpgsql_put_rows(const struct plpgsql_compiling *c, struct buf *b)
{
    bool one =
        c->events && !c->events->next && c->events->kind == PLPGSQL_EVENT_QUERY && !c->events->path.text.p;
    if (one && !c->nlevels) {
        plpgsql_put_str(b, c->events->columns[0]);
        return;
    }
    if (c->nlevels) {
        buf_printf(b, "SELECT _q_.* FROM ");
        plpgsql_put_levels(c, b);
        buf_printf(b, ", LATERAL (");
    }
    for (const struct plpgsql_event *x = c->events; x; x = x->next) {
        buf_printf(b, x->kind == PLPGSQL_EVENT_QUERY ? "SELECT * FROM (" : "SELECT ");
        for (size_t i = 0; i < (x->kind == PLPGSQL_EVENT_QUERY ? 1 : c->ncolumns); i++) {
            buf_printf(b, "%s", i ? ", " : "");
            plpgsql_put_str(b, x->columns[i]);
        }
        buf_printf(b, x->kind == PLPGSQL_EVENT_QUERY ? "\n) AS _r_" : "");
        put_path(b, &x->path, " WHERE ");
        buf_printf(b, x->next ? " UNION ALL " : "");
    }
    for (size_t i = 0; !c->events && i < c->ncolumns; i++)
        buf_printf(b, "%sNULL", i ? ", " : "SELECT ");
    buf_printf(b, c->events ? "" : " WHERE false");
    buf_printf(b, c->nlevels ? ") AS _q_" : "");
}
