/* A call's arguments are the columns of a query, in the order in which the call has them, so that parameters
 * are inferred and bound as those of any statement. */
#include "session/procedure.h"

#include "base/cleanup.h"
#include "rows/row_desc.h"
#include "session/session_priv.h"
#include "session/value_text.h"
#include "sql/call.h"
#include "sql/edits.h"
#include "sql/name.h"

#include <assert.h>
#include <string.h>

enum { OUTPUTS_MAX = 64 * 1024 * 1024 };

/* What is kept of the name that a call says. */
static int find(struct session *s, const struct sql_call *call, struct procedure *out, struct err *e)
{
    const char *schema, *full;
    TRY(function_name_read(s, &call->name, &schema, &out->name, &full, e));
    return function_kept_find(s, schema, out->name, &out->kept, e);
}

int procedure_claims(struct session *s, struct statement *st, bool *ours, struct err *e)
{
    struct procedure *p = arena_calloc(&s->message_arena, 1, sizeof *p);
    struct backend_session *engine;
    if (!p)
        return err_oom(e);
    *ours = false;
    if (!means_postgres(s)) {
        st->sql.kind = SQL_ENGINE;
        return ST_OK;
    }
    if (statement_parse(s, st, e) < 0) { /* a call in words of the engine's */
        err_init(e);
        st->sql.kind = SQL_ENGINE;
        return ST_OK;
    }
    TRY(session_engine(s, &engine, e));
    TRY(find(s, &st->sql.parsed->call, p, e));
    if (p->kept.kept && !p->kept.procedure) {
        (void)err_set(e, SQLSTATE_WRONG_OBJECT_TYPE, "%s is not a procedure", p->name);
        err_hint(e, "To call a function, use SELECT.");
        return ST_ERR;
    }
    *ours = p->kept.kept;
    if (!*ours)
        st->sql.kind = SQL_ENGINE;
    return ST_OK;
}

/* ---- a call's arguments and the declaration's ---- */

/* The arguments as they were declared: they are read again as a CREATE PROCEDURE's. */
static int declaration(struct session *s, struct procedure *p, struct err *e)
{
    const char *text = step_text(s, "CREATE PROCEDURE p(%s) LANGUAGE sql AS ''", p->kept.arguments);
    const struct sql_statement st = {
        .kind = SQL_FUNCTION, .text = str_of(text ? text : ""), .word = "CREATE"};
    return text ? sql_parse_function(&s->message_arena, &st, &p->declared, e) : err_oom(e);
}

static int does_not_fit(const struct procedure *p, const struct sql_call *call, struct err *e)
{
    (void)err_set(e, SQLSTATE_UNDEFINED_FUNCTION, "procedure %s with %zu arguments of a call does not exist",
                  p->name, call->n);
    err_detail(e, "It is declared as %s(%s).", p->name, p->kept.arguments);
    return ST_ERR;
}

/* Which argument each of the call is. */
static int match(struct procedure *p, const struct sql_call *call, struct err *e)
{
    const struct sql_function *f = &p->declared;
    for (size_t i = 0; i < call->n; i++) {
        const char *name = call->arguments[i].name;
        size_t at = i;
        for (at = name[0] ? 0 : i; name[0] && at < f->n && strcmp(f->arguments[at].name, name) != 0;)
            at++;
        if (at >= f->n || p->is_given[at])
            return does_not_fit(p, call, e);
        p->is_given[at] = true;
        p->places[i] = at;
    }
    p->ngiven = call->n;
    for (size_t i = 0; i < f->n; i++)
        if (!p->is_given[i] && !f->arguments[i].initial.p)
            return does_not_fit(p, call, e);
    return ST_OK;
}

int procedure_read(struct session *s, const struct sql_call *call, struct procedure *p, struct err *e)
{
    TRY(find(s, call, p, e));
    if (!p->kept.kept || !p->kept.procedure)
        return err_set(e, SQLSTATE_UNDEFINED_FUNCTION, "procedure %s does not exist", p->name);
    TRY(declaration(s, p, e));
    return match(p, call, e);
}

bool procedure_is_any(struct str type)
{
    return type.n >= 3 && str_ieq((struct str){type.p, 3}, STR("any"));
}

/* ---- preparing ---- */

/* CALL p(a, b) as SELECT CAST((a) AS t), CAST((b) AS u) */
static int arguments_query(struct session *s, const struct sql_statement *sql, const struct procedure *p,
                           struct sql_rewritten *out, struct err *e)
{
    const struct sql_call *call = &sql->parsed->call;
    struct edits edits;
    edits_init(&edits, &s->message_arena, sql->text);
    size_t at = 0;
    for (size_t i = 0; i <= call->n; i++) {
        const struct str value =
            i < call->n ? call->arguments[i].value : (struct str){sql->text.p + sql->text.n, 0};
        const struct sql_argument *before = i ? &p->declared.arguments[p->places[i - 1]] : NULL;
        const struct sql_argument *now = i < call->n ? &p->declared.arguments[p->places[i]] : NULL;
        bool ended = before && !procedure_is_any(before->type), begins = now && !procedure_is_any(now->type);
        const char *text =
            step_text(s, "%s%s%.*s%s%s", i ? "" : "SELECT ", ended ? "\n) AS " : "",
                      ended ? (int)before->type.n : 0, ended ? before->type.p : "", ended ? ")" : "",
                      !now     ? ""
                      : i      ? (begins ? ", CAST((" : ", ")
                      : begins ? "CAST(("
                               : "");
        size_t to = (size_t)(value.p - sql->text.p);
        TRY(text ? edits_replace(&edits, at, to - at, str_of(text), e) : err_oom(e));
        at = to + value.n;
    }
    return edits_apply(&edits, out, e);
}

const char *procedure_outputs(struct session *s, const struct procedure *p, const char *const *values)
{
    CLEANUP(buf_release) struct buf b = {0};
    const char *comma = "SELECT ";
    buf_init_of(&b, OUTPUTS_MAX, &s->memory.all);
    for (size_t i = 0; i < p->declared.n; i++) {
        const struct sql_argument *a = &p->declared.arguments[i];
        if (a->mode == SQL_ARGUMENT_IN)
            continue;
        buf_printf(&b, "%sCAST(", comma);
        value_put_literal(&b, values ? values[i] : NULL);
        buf_printf(&b, " AS %.*s) AS ", (int)a->type.n, a->type.p);
        if (a->name[0])
            sql_name_put(&b, str_of(a->name));
        else
            buf_printf(&b, "column%zu", i + 1);
        comma = ", ";
    }
    return b.len && buf_ok(&b) ? arena_strndup(&s->message_arena, (const char *)b.data, b.len) : NULL;
}

bool procedure_has_outputs(const struct procedure *p)
{
    for (size_t i = 0; i < p->declared.n; i++)
        if (p->declared.arguments[i].mode != SQL_ARGUMENT_IN)
            return true;
    return false;
}

/* The columns of the result, as the engine describes them. */
static int describe(struct session *s, struct statement *st, const struct procedure *p, struct err *e)
{
    struct backend_stmt *stmt = NULL;
    struct str led;
    if (!procedure_has_outputs(p))
        return ST_OK;
    const char *query = procedure_outputs(s, p, NULL);
    TRY(query ? session_lead(s, str_of(query), &led, e) : err_oom(e));
    TRY(session_hand_over_own(s, led.p, &stmt, e));
    st->desc = stmt->info.desc ? row_desc_ref(stmt->info.desc) : NULL;
    s->engine->ops->stmt_free(stmt);
    return st->desc ? ST_OK : err_set(e, SQLSTATE_INTERNAL_ERROR, "the result of a procedure has no columns");
}

int procedure_prepare(struct session *s, struct statement *st, const uint32_t *oids, size_t noids,
                      struct err *e)
{
    struct procedure *p = arena_calloc(&s->message_arena, 1, sizeof *p);
    struct sql_rewritten made;
    assert(st->sql.kind == SQL_CALL && !st->engine);
    if (!p)
        return err_oom(e);
    TRY(procedure_read(s, &st->sql.parsed->call, p, e));
    TRY(describe(s, st, p, e));
    if (p->ngiven == 0)
        return ST_OK;
    TRY(arguments_query(s, &st->sql, p, &made, e));
    struct session_query q = {
        .sql = &st->sql, .made = &made, .oids = oids, .noids = noids, .memory = st->memory};
    TRY(session_prepare(s, &q, &st->engine, e));
    st->backend = s->engine;
    return ST_OK;
}
