/* Values are on levels: one on level n reads columns of the levels below it. Level n of the query is
 *   SELECT *, value AS _v7_, … FROM (level n - 1) AS _l_ LEFT JOIN LATERAL (query) AS _q8_ ON true
 * so columns of all levels are there at its end, under names of their own, whatever a variable is by then. */
#include "sql/plpgsql_query.h"

#include "base/cleanup.h"
#include "sql/accepts.h"
#include "sql/plpgsql_events.h"
#include "sql/plpgsql_names.h"
#include "sql/plpgsql_values.h"
#include "sql/token.h"

#include <assert.h>
#include <string.h>

/* At the first word of a statement. */
static int syntax_error(struct plpgsql_compiling *c, struct str statement)
{
    struct sql_lexer l;
    struct sql_token t;
    sql_lexer_init(&l, sql_tokens_of(statement));
    (void)sql_lexer_next(&l, &t);
    return err_set(c->err, SQLSTATE_SYNTAX_ERROR, "syntax error at or near \"%.*s\"", (int)t.text.n,
                   t.text.p);
}

static int run(struct plpgsql_compiling *c, const struct plpgsql_statement *s);

/* variable := expression; */
static int run_assign(struct plpgsql_compiling *c, const struct plpgsql_statement *s)
{
    size_t variable;
    TRY(plpgsql_target(c, s->target, &variable));
    return plpgsql_assign(c, variable, s->text);
}

/* The query's first row, joined: its columns are called _q8_1_ … and _q8_0_, which is true where there is
 * one. */
static int join_query(struct plpgsql_compiling *c, const struct plpgsql_statement *s, size_t *cell,
                      size_t *level)
{
    const struct plpgsql_names names = {.arg = c, .find = plpgsql_value_of};
    CLEANUP(buf_release) struct buf b = {0};
    struct plpgsql_facts facts;
    struct str query;
    assert(s->ntargets > 0);
    buf_init(&b, PLPGSQL_QUERY_MAX);
    plpgsql_read_from(c, 0);
    plpgsql_put(&b, s->text, &names, &facts);
    TRY(plpgsql_keep(c, &b, &query));
    *level = c->read_level + 1;
    *cell = ++c->ncells;
    TRY(plpgsql_open_level(c, *level));
    struct buf *join = &c->joins[*level];
    buf_printf(join, " LEFT JOIN LATERAL (SELECT true AS _q%zu_0_, _r_.* FROM (", *cell);
    plpgsql_put_str(join, query);
    buf_printf(join, "\n) AS _r_(");
    for (size_t i = 0; i < s->ntargets; i++)
        buf_printf(join, "%s_q%zu_%zu_", i ? ", " : "", *cell, i + 1);
    buf_printf(join, ") LIMIT 1) AS _q%zu_ ON true", *cell);
    return buf_ok(join) ? ST_OK : plpgsql_too_complex(c);
}

/* The columns of the query's first row go to the variables, NULL where there is none; FOUND says which. */
static int run_into(struct plpgsql_compiling *c, const struct plpgsql_statement *s)
{
    size_t cell, level, variable;
    assert(s->ntargets > 0 && s->targets);
    if (s->strict)
        return plpgsql_not_supported(c, "INTO STRICT", s->line);
    TRY(join_query(c, s, &cell, &level));
    for (size_t i = 0; i <= s->ntargets; i++) {
        CLEANUP(buf_release) struct buf b = {0};
        struct str value;
        buf_init(&b, PLPGSQL_QUERY_MAX);
        if (i < s->ntargets)
            TRY(plpgsql_target(c, s->targets[i], &variable));
        else
            variable = c->found;
        const struct str type = c->variables[variable].type;
        if (i == s->ntargets)
            buf_printf(&b, "COALESCE(_q%zu_0_, false)", cell);
        else if (plpgsql_is_any(type))
            buf_printf(&b, "_q%zu_%zu_", cell, i + 1);
        else
            buf_printf(&b, "CAST(_q%zu_%zu_ AS %.*s)", cell, i + 1, (int)type.n, type.p);
        TRY(plpgsql_keep(c, &b, &value));
        TRY(plpgsql_set(c, variable, value, level, false));
    }
    return ST_OK;
}

/* Of statements of SQL a query alone can be a part of one. */
static int run_sql(struct plpgsql_compiling *c, const struct plpgsql_statement *s)
{
    enum sql_accepts accepts;
    TRY(sql_postgres_accepts(c->arena, s->text, &accepts, c->err));
    if (accepts == SQL_ACCEPTS_NO && strcmp(s->word, "SELECT") != 0)
        return syntax_error(c, s->text);
    if (strcmp(s->word, "SELECT") != 0)
        return plpgsql_not_supported(c, "a statement that is no query", s->line);
    if (s->ntargets)
        return run_into(c, s);
    (void)err_set(c->err, SQLSTATE_FEATURE_NOT_SUPPORTED,
                  "a query without INTO at line %u of a function in language plpgsql is not supported",
                  s->line);
    err_hint(c->err, "PostgreSQL says that it has no destination for its rows when it runs.");
    return ST_ERR;
}

/* Which branch is taken: 1, 2 …; 0 where none is, or where no path leads to the statement. */
static int choose(struct plpgsql_compiling *c, const struct plpgsql_statement *s, struct plpgsql_value *out)
{
    CLEANUP(buf_release) struct buf b = {0};
    struct str text;
    size_t n = 0;
    bool calls = false, has_else = false;
    assert(s->kind == PLPGSQL_IF && s->branches);
    buf_init(&b, PLPGSQL_QUERY_MAX);
    plpgsql_read_from(c, c->path.level);
    buf_printf(&b, "CASE");
    if (c->path.text.p)
        buf_printf(&b, " WHEN (%.*s) IS NOT TRUE THEN 0", (int)c->path.text.n, c->path.text.p);
    for (const struct plpgsql_branch *x = s->branches; x; x = x->next) {
        n++;
        has_else = !x->condition.p;
        if (has_else)
            break;
        buf_printf(&b, " WHEN ");
        plpgsql_put_expression(c, &b, x->condition, &calls);
        buf_printf(&b, " THEN %zu", n);
    }
    buf_printf(&b, " ELSE %zu END", has_else ? n : n + 1);
    TRY(plpgsql_keep(c, &b, &text));
    return plpgsql_hold(c, text, c->read_level, calls, out);
}

/* The paths on which branches end, joined by OR. */
struct ends {
    struct buf text;
    size_t level;
    bool some, died; /* a branch reaches its end; one does not, or not on all paths */
};

/* What is known when a branch has been run through. */
static void note_end(struct plpgsql_compiling *c, struct ends *ends, const struct str *began)
{
    if (c->dead) {
        ends->died = true;
        return;
    }
    ends->died |= c->path.text.p != began->p;
    buf_printf(&ends->text, "%s", ends->some ? " OR " : "(");
    plpgsql_put_str(&ends->text, c->path.text);
    ends->level = plpgsql_higher(ends->level, c->path.level);
    ends->some = true;
}

/* From here on statements are of the nth branch. */
static int on_branch(struct plpgsql_compiling *c, const struct plpgsql_value *choice, size_t n,
                     struct str *out)
{
    CLEANUP(buf_release) struct buf b = {0};
    buf_init(&b, PLPGSQL_QUERY_MAX);
    buf_printf(&b, "(%.*s = %zu)", (int)choice->text.n, choice->text.p, n);
    TRY(plpgsql_keep(c, &b, out));
    c->path = (struct plpgsql_value){*out, choice->level};
    c->dead = false;
    return ST_OK;
}

/* Each branch on its path; where there is no ELSE, the path past all of them too. */
static int run_branches(struct plpgsql_compiling *c, const struct plpgsql_statement *s, struct ends *ends)
{
    struct plpgsql_value choice;
    struct str began;
    size_t n = 0;
    bool has_else = false;
    TRY(choose(c, s, &choice));
    for (const struct plpgsql_branch *x = s->branches; x; x = x->next) {
        has_else |= !x->condition.p;
        TRY(on_branch(c, &choice, ++n, &began));
        TRY(run(c, x->body));
        note_end(c, ends, &began);
    }
    if (has_else)
        return ST_OK;
    TRY(on_branch(c, &choice, n + 1, &began));
    if (s->falls)
        TRY(plpgsql_fail(c, "'SQLSTATE 20000 case not found'"));
    note_end(c, ends, &began);
    return ST_OK;
}

/* Behind it runs what any branch reaches the end of: all of the path before it, where none has ended a
 * call. */
static int run_if(struct plpgsql_compiling *c, const struct plpgsql_statement *s)
{
    struct ends ends = {.level = 0};
    const struct plpgsql_value before = c->path;
    assert(!c->dead); /* what no path leads to is not run */
    buf_init(&ends.text, PLPGSQL_QUERY_MAX);
    int st = run_branches(c, s, &ends);
    if (st == ST_OK && ends.died && ends.some) {
        struct str text;
        buf_put_u8(&ends.text, ')');
        st = plpgsql_keep(c, &ends.text, &text);
        if (st == ST_OK)
            st = plpgsql_hold(c, text, ends.level, false, &c->path);
    } else if (!ends.died) {
        c->path = before;
    }
    buf_release(&ends.text);
    c->dead = !ends.some;
    return st;
}

/* A variable begins as NULL, or as what its declaration says. */
static int declare(struct plpgsql_compiling *c, const struct plpgsql_block *block,
                   const struct plpgsql_variable *v, size_t first)
{
    CLEANUP(buf_release) struct buf b = {0};
    size_t variable;
    assert(v->name && first <= c->nmeanings);
    for (size_t i = first; i < c->nmeanings; i++)
        if (strcmp(c->meanings[i].name, v->name) == 0)
            return err_set(c->err, SQLSTATE_SYNTAX_ERROR, "duplicate declaration at or near \"%s\"", v->name);
    if (v->alias_of) {
        if (!plpgsql_find(c, "", v->alias_of, &variable))
            return err_set(c->err, SQLSTATE_UNDEFINED_OBJECT, "variable \"%s\" does not exist", v->alias_of);
        return plpgsql_mean(c, block->label, v->name, variable);
    }
    if (v->record || v->not_null || v->cursor)
        return plpgsql_not_supported(c,
                                     v->record   ? "RECORD"
                                     : v->cursor ? "CURSOR"
                                                 : "a variable that is NOT NULL",
                                     v->line);
    struct str type = v->type;
    if (v->like) {
        const char *name = arena_strndup(c->arena, type.p, type.n);
        if (!name)
            return err_oom(c->err);
        if (!plpgsql_find(c, "", name, &variable))
            return err_set(c->err, SQLSTATE_SYNTAX_ERROR, "variable \"%s\" does not exist", name);
        type = c->variables[variable].type;
    }
    TRY(plpgsql_add_variable(c, type, v->constant, &variable));
    buf_init(&b, PLPGSQL_QUERY_MAX);
    buf_printf(&b, "CAST(NULL AS %.*s)", (int)type.n, type.p);
    TRY(plpgsql_keep(c, &b, &c->variables[variable].now.text));
    if (v->initial.p)
        TRY(plpgsql_assign(c, variable, v->initial));
    return plpgsql_mean(c, block->label, v->name, variable);
}

/* Names of a block end with it. */
static int run_block(struct plpgsql_compiling *c, const struct plpgsql_block *block)
{
    assert(block && (block->n == 0 || block->variables));
    size_t first = c->nmeanings;
    if (block->handlers)
        return plpgsql_not_supported(c, "EXCEPTION", block->handlers_line);
    for (size_t i = 0; i < block->n; i++)
        TRY(declare(c, block, &block->variables[i], first));
    TRY(run(c, block->body));
    c->nmeanings = first;
    return ST_OK;
}

static int run_one(struct plpgsql_compiling *c, const struct plpgsql_statement *s)
{
    switch (s->kind) {
    case PLPGSQL_BLOCK: return run_block(c, s->block);
    case PLPGSQL_ASSIGN: return run_assign(c, s);
    case PLPGSQL_IF: return run_if(c, s);
    case PLPGSQL_RETURN: return plpgsql_return(c, s);
    case PLPGSQL_RETURN_NEXT: return plpgsql_return_next(c, s);
    case PLPGSQL_RETURN_QUERY: return plpgsql_return_query(c, s);
    case PLPGSQL_RAISE: return plpgsql_raise(c, s);
    case PLPGSQL_SQL: return run_sql(c, s);
    case PLPGSQL_PERFORM:
    case PLPGSQL_OPEN:
    case PLPGSQL_FETCH:
    case PLPGSQL_CLOSE:
    case PLPGSQL_LOOP:
    case PLPGSQL_FOR_NUMBERS:
    case PLPGSQL_FOR_ROWS:
    case PLPGSQL_EXIT:
    case PLPGSQL_CONTINUE:
    case PLPGSQL_EXECUTE:
    case PLPGSQL_GET:
    case PLPGSQL_ASSERT: return plpgsql_not_supported(c, s->word, s->line);
    }
    return ST_OK;
}

/* What stands behind a RETURN is never reached. */
static int run(struct plpgsql_compiling *c, const struct plpgsql_statement *s)
{
    for (; s && !c->dead; s = s->next)
        TRY(run_one(c, s));
    return ST_OK;
}

/* An argument is a variable that begins as $n, OUT ones as NULL. */
static int argument(struct plpgsql_compiling *c, size_t i, size_t *call, size_t *outputs)
{
    CLEANUP(buf_release) struct buf b = {0};
    CLEANUP(buf_release) struct buf number = {0};
    const struct sql_argument *a = &c->f->arguments[i];
    bool given = a->mode == SQL_ARGUMENT_IN || a->mode == SQL_ARGUMENT_INOUT;
    struct str text;
    size_t variable;
    TRY(plpgsql_add_variable(c, a->type, false, &variable));
    buf_init(&b, PLPGSQL_QUERY_MAX);
    buf_init(&number, PLPGSQL_IN_PLACE_MAX);
    if (given)
        buf_printf(&b, "$%zu", ++*call);
    else
        buf_printf(&b, "CAST(NULL AS %.*s)", (int)a->type.n, a->type.p);
    TRY(plpgsql_keep(c, &b, &c->variables[variable].now.text));
    buf_printf(&number, "$%zu", i + 1);
    TRY(plpgsql_keep(c, &number, &text));
    if (a->mode != SQL_ARGUMENT_TABLE)
        TRY(plpgsql_mean(c, "", text.p, variable));
    if (a->mode != SQL_ARGUMENT_IN)
        outputs[c->noutputs++] = variable;
    return a->name[0] ? plpgsql_mean(c, c->name, a->name, variable) : ST_OK;
}

/* FOUND and the arguments. */
static int begin(struct plpgsql_compiling *c)
{
    size_t call = 0;
    size_t *outputs = arena_calloc(c->arena, c->f->n + 1, sizeof *outputs);
    if (!outputs)
        return err_oom(c->err);
    c->outputs = outputs;
    TRY(plpgsql_add_variable(c, STR("boolean"), false, &c->found));
    c->variables[c->found].now.text = STR("false");
    TRY(plpgsql_mean(c, c->name, "found", c->found));
    for (size_t i = 0; i < c->f->n; i++)
        TRY(argument(c, i, &call, outputs));
    c->no_value = str_ieq(c->f->result, STR("void"));
    c->ncolumns = c->noutputs ? c->noutputs : 1;
    return ST_OK;
}

/* The end of the body is a RETURN, where that needs no expression. */
static int finish(struct plpgsql_compiling *c, const char **out)
{
    CLEANUP(buf_release) struct buf b = {0};
    struct str text;
    bool set_of = c->f->set_of;
    if (!c->dead && !set_of && (c->no_value || c->noutputs))
        TRY(plpgsql_add_outputs(c));
    else if (!c->dead && !set_of)
        TRY(plpgsql_fail(c, "'SQLSTATE 2F005 control reached end of function without RETURN'"));
    assert(c->ncolumns > 0 && c->last_event);
    buf_init(&b, PLPGSQL_QUERY_MAX);
    if (set_of)
        plpgsql_put_rows(c, &b);
    else
        plpgsql_put_row(c, &b);
    TRY(plpgsql_keep(c, &b, &text));
    *out = text.p;
    return ST_OK;
}

int plpgsql_query(struct arena *a, const struct sql_function *f, const char *name, bool rows,
                  const char **out, struct err *e)
{
    struct plpgsql_compiling *c = arena_calloc(a, 1, sizeof *c);
    if (!c)
        return err_oom(e);
    *c = (struct plpgsql_compiling){.arena = a, .err = e, .f = f, .name = name, .rows_of = rows};
    c->last_event = &c->events;
    int st = begin(c);
    if (st == ST_OK)
        st = run_block(c, f->block);
    if (st == ST_OK)
        st = finish(c, out);
    for (size_t i = 1; i <= c->nlevels; i++) {
        buf_release(&c->levels[i]);
        buf_release(&c->joins[i]);
    }
    return st;
}
