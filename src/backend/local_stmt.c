/* Preparing: a statement's text as the engine gets it, the types of its parameters, the shape of its rows.
 * Nothing runs.
 *
 * A parameter of a declared type is cast to it in the text, so that the engine plans what the client means.
 * One that is left open gets the type that the engine resolves, else text, as in PostgreSQL, else the first
 * type of a short list with which the statement can be planned at all. */
#include "backend/local_priv.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "pgtype/oid.h"

#include <string.h>

static const struct guess {
    const char *name;
    uint32_t oid;
} guesses[] = {
    {"VARCHAR", PGTYPE_TEXT},  {"INTEGER", PGTYPE_INT4}, {"BIGINT", PGTYPE_INT8},
    {"DOUBLE", PGTYPE_FLOAT8}, {"DATE", PGTYPE_DATE},    {"TIMESTAMP", PGTYPE_TIMESTAMP},
    {"VARCHAR[]", 1009},
};

static void stmt_unref(struct local_stmt *st)
{
    if (!st || --st->refs > 0)
        return;
    row_desc_unref(st->base.info.desc);
    arena_release(&st->arena);
    mem_free(st);
}

DEFINE_CLEANUP(struct local_stmt, stmt_unref)

void local_stmt_free(struct backend_stmt *stmt)
{
    stmt_unref((struct local_stmt *)stmt);
}

/* ---- casts ---- */

/* The engine's name for a declared type; NULL: the engine has none, or the type was left open. int2 is
 * planned as INTEGER: in the engine SMALLINT * 1000 is SMALLINT and overflows, in PostgreSQL it is integer.
 */
static int cast_name(struct arena *a, uint32_t oid, const char **out, struct err *e)
{
    const struct pgtype_info *element = pgtype_element(oid);
    const struct pgtype_info *t = element ? element : pgtype_find(oid);
    *out = NULL;
    if (!t || !t->engine_name[0])
        return ST_OK;
    const char *name = t->oid == PGTYPE_INET ? "VARCHAR" : t->engine_name;
    if (oid == PGTYPE_INT2)
        name = "INTEGER";
    if (!element) {
        *out = name;
        return ST_OK;
    }
    size_t n = strlen(name);
    char *list = arena_alloc(a, n + 3);
    if (!list)
        return err_oom(e);
    memcpy(list, name, n);
    memcpy(list + n, "[]", 3);
    *out = list;
    return ST_OK;
}

static bool is_numeric(uint32_t oid)
{
    const struct pgtype_info *element = pgtype_element(oid);
    return oid == PGTYPE_NUMERIC || (element && element->oid == PGTYPE_NUMERIC);
}

static int declare(struct local_stmt *st, const uint32_t *oids, size_t noids, size_t nparams, struct err *e)
{
    uint32_t *declared = arena_calloc(&st->arena, nparams, sizeof *declared);
    const char **casts = arena_calloc(&st->arena, nparams, sizeof *casts);
    if (!declared || !casts)
        return err_oom(e);
    for (size_t i = 0; i < nparams && i < noids; i++) {
        declared[i] = oids[i] == PGTYPE_UNKNOWN ? 0 : oids[i];
        st->numeric |= is_numeric(declared[i]);
        TRY(cast_name(&st->arena, declared[i], &casts[i], e));
    }
    st->oids = declared;
    st->casts = casts;
    return ST_OK;
}

/* ---- columns that only the engine can spell ---- */

static bool has_other(const struct engine_column_type *t)
{
    if (t->type == ENGINE_OTHER)
        return true;
    for (size_t i = 0; i < t->nchildren; i++)
        if (has_other(&t->children[i]))
            return true;
    return false;
}

static bool any_other(const struct engine_stmt_info *info)
{
    for (size_t i = 0; i < info->ncolumns; i++)
        if (has_other(info->types[i]))
            return true;
    return false;
}

static void put_name(struct buf *b, const char *name)
{
    buf_put_u8(b, '"');
    for (; *name; name++) {
        if (*name == '"')
            buf_put_u8(b, '"');
        buf_put_u8(b, (uint8_t)*name);
    }
    buf_put_u8(b, '"');
}

/* SELECT c0 AS "a", CAST(c1 AS VARCHAR) AS "b" FROM (…) AS tavana(c0, c1) */
static size_t put_wrapped(struct buf *b, const struct engine_stmt_info *info, struct str inner)
{
    for (size_t i = 0; i < info->ncolumns; i++) {
        bool cast = has_other(info->types[i]);
        buf_printf(b, i ? ", " : "SELECT ");
        buf_printf(b, cast ? "CAST(c%zu AS VARCHAR) AS " : "c%zu AS ", i);
        put_name(b, info->names[i]);
    }
    buf_printf(b, " FROM (");
    size_t before = b->len;
    buf_put(b, inner.p, inner.n);
    buf_printf(b, "\n) AS tavana(");
    for (size_t i = 0; i < info->ncolumns; i++)
        buf_printf(b, i ? ", c%zu" : "c%zu", i);
    buf_printf(b, ")");
    return before;
}

static int wrap_text(struct arena *a, const struct engine_stmt_info *info, struct sql_rewritten *text,
                     struct err *e)
{
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, LOCAL_STATEMENT_MEMORY);
    size_t before = put_wrapped(&b, info, text->text);
    struct sql_edit *edits = arena_calloc(a, text->nedits + 1, sizeof *edits);
    char *copy = buf_ok(&b) ? arena_strndup(a, (const char *)b.data, b.len) : NULL;
    if (!edits || !copy)
        return err_oom(e);
    edits[0] = (struct sql_edit){.at = 0, .removed = 0, .added = before};
    if (text->nedits)
        memcpy(edits + 1, text->edits, text->nedits * sizeof *edits);
    *text = (struct sql_rewritten){.text = {copy, b.len}, .nedits = text->nedits + 1, .edits = edits};
    return ST_OK;
}

/* ---- planning ---- */

void local_map_position(const struct local_stmt *st, const struct sql_rewritten *text, struct err *e)
{
    if (e->position > 0 && text->nedits)
        e->position = sql_rewrite_position(text, st->sql, e->position);
}

/* Prepares the text with the casts as they are now. */
static int plan(struct local_stmt *st, struct local_conn *c, size_t nparams, struct engine_stmt **out,
                struct err *e)
{
    TRY(sql_cast_params(&st->arena, st->sql, st->casts, nparams, &st->text, e));
    if (local_conn_prepare(c, st->text.text, false, out, e) == ST_OK)
        return ST_OK;
    local_map_position(st, &st->text, e);
    return ST_ERR;
}

/* Whether another type for a parameter might help. */
static bool is_about_types(const struct err *e)
{
    switch (e->code) {
    case SQLSTATE_UNDEFINED_FUNCTION:
    case SQLSTATE_DATATYPE_MISMATCH:
    case SQLSTATE_INVALID_TEXT_REPRESENTATION:
    case SQLSTATE_INVALID_DATETIME_FORMAT:
    case SQLSTATE_SYNTAX_ERROR_OR_ACCESS_RULE_VIOLATION: return true;
    default: return false;
    }
}

/* Gives parameter i the first type that can be planned. The first failure is the one to tell. */
static int guess_one(struct local_stmt *st, struct local_conn *c, size_t i, size_t nparams,
                     struct engine_stmt **out, struct err *e)
{
    for (size_t g = 0; g < sizeof guesses / sizeof guesses[0]; g++) {
        struct err why;
        err_init(&why);
        st->casts[i] = guesses[g].name;
        if (plan(st, c, nparams, out, &why) == ST_OK) {
            st->oids[i] = guesses[g].oid;
            return ST_OK;
        }
        if (g == 0)
            *e = why;
        if (!is_about_types(&why))
            return ST_ERR;
    }
    return ST_ERR;
}

static size_t first_open(const struct local_stmt *st, const struct engine_stmt_info *info)
{
    size_t i = 0;
    while (i < info->nparams && (st->casts[i] || info->params[i]))
        i++;
    return i;
}

static int resolve(struct local_stmt *st, struct local_conn *c, struct engine_stmt **es, struct err *e)
{
    const struct engine_stmt_info *info = engine_stmt_info(*es);
    for (unsigned round = 0; info->unresolved; round++) {
        size_t i = first_open(st, info);
        if (i == info->nparams || round == LOCAL_GUESSES_MAX)
            return err_set(e, SQLSTATE_INDETERMINATE_DATATYPE,
                           "could not determine the columns of the result before its parameters have values");
        TRY(guess_one(st, c, i, info->nparams, es, e));
        info = engine_stmt_info(*es);
    }
    return ST_OK;
}

/* ---- describing ---- */

/* A parameter that is declared and not used counts, as in PostgreSQL. */
static int describe_params(struct local_stmt *st, const struct engine_stmt_info *info, size_t noids,
                           struct err *e)
{
    size_t n = info->nparams > noids ? info->nparams : noids;
    for (size_t i = 0; i < n; i++) {
        if (st->oids[i])
            continue;
        if (i >= info->nparams)
            return err_set(e, SQLSTATE_INDETERMINATE_DATATYPE,
                           "could not determine data type of parameter $%zu", i + 1);
        struct column_desc d = {.type_oid = PGTYPE_TEXT};
        if (info->params[i])
            encode_describe(info->params[i], &d);
        st->oids[i] = d.type_oid;
    }
    st->base.info.nparams = (uint16_t)n;
    st->base.info.param_oids = st->oids;
    return ST_OK;
}

/* The scale of what is computed from a numeric parameter follows its value, so it is not promised. */
enum { TYPMOD_DIGITS_SHIFT = 16, TYPMOD_BASE = 4, DIGITS_OPEN = 38 };

static int describe_rows(struct local_stmt *st, const struct engine_stmt_info *info, struct err *e)
{
    if (info->ncolumns > ROW_DESC_COLUMNS_MAX)
        return err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "a result can have at most %d columns",
                       ROW_DESC_COLUMNS_MAX);
    CLEANUP(mem_freep) struct column_desc *columns = mem_calloc(info->ncolumns, sizeof *columns);
    if (!columns)
        return err_oom(e);
    for (size_t i = 0; i < info->ncolumns; i++) {
        encode_describe(info->types[i], &columns[i]);
        columns[i].name = info->names[i];
        if (st->numeric && columns[i].type_oid == PGTYPE_NUMERIC && columns[i].typmod >= TYPMOD_BASE &&
            (columns[i].typmod - TYPMOD_BASE) >> TYPMOD_DIGITS_SHIFT == DIGITS_OPEN)
            columns[i].typmod = -1;
    }
    return row_desc_new(&st->base.info.desc, columns, info->ncolumns, e);
}

static int wrap_if_needed(struct local_stmt *st, struct local_conn *c, struct engine_stmt **es, struct err *e)
{
    const struct engine_stmt_info *info = engine_stmt_info(*es);
    if (!any_other(info))
        return ST_OK;
    if (info->kind != ENGINE_STMT_SELECT)
        return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                       "a column's type cannot be sent; cast it to VARCHAR in the statement");
    st->wrap = true;
    TRY(wrap_text(&st->arena, info, &st->text, e));
    return local_conn_prepare(c, st->text.text, false, es, e);
}

static int prepare_on(struct local_stmt *st, const uint32_t *oids, size_t noids, struct err *e)
{
    struct local_conn *c = NULL;
    struct engine_stmt *es = NULL;
    if (noids > BACKEND_PARAMS_MAX)
        return err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "a statement can have at most %d parameters",
                       BACKEND_PARAMS_MAX);
    TRY(local_claim(st->session, &c, e));
    TRY(declare(st, oids, noids, noids, e));
    TRY(plan(st, c, noids, &es, e));
    size_t nparams = engine_stmt_info(es)->nparams;
    if (nparams > noids)
        TRY(declare(st, oids, noids, nparams, e));
    TRY(resolve(st, c, &es, e));
    TRY(describe_params(st, engine_stmt_info(es), noids, e));
    TRY(local_classify(st->sql, engine_stmt_info(es), &st->base.info, &st->after, e));
    if (!st->base.info.returns_rows)
        return ST_OK;
    TRY(wrap_if_needed(st, c, &es, e));
    return describe_rows(st, engine_stmt_info(es), e);
}

static int stmt_new(struct local_session *s, struct str sql, struct local_stmt **out, struct err *e)
{
    struct local_stmt *st = mem_calloc(1, sizeof *st);
    if (!st)
        return err_oom(e);
    st->refs = 1;
    st->session = s;
    arena_init(&st->arena, LOCAL_STATEMENT_MEMORY);
    char *copy = arena_strndup(&st->arena, sql.p, sql.n);
    if (!copy) {
        stmt_unref(st);
        return err_oom(e);
    }
    st->sql = (struct str){copy, sql.n};
    *out = st;
    return ST_OK;
}

int local_prepare(struct backend_session *bs, struct str sql, const uint32_t *oids, size_t noids,
                  struct backend_stmt **out, struct err *e)
{
    struct local_session *s = (struct local_session *)bs;
    CLEANUP(stmt_unrefp) struct local_stmt *st = NULL;
    TRY(stmt_new(s, sql, &st, e));
    local_enter(s, s->main);
    int status = prepare_on(st, oids, noids, e);
    if (local_leave(s) && status == ST_OK)
        return local_cancelled(e);
    TRY(status);
    *out = &TAKE_PTR(st)->base;
    return ST_OK;
}

/* ---- running ---- */

int local_run_text(const struct local_stmt *st, const struct pg_value *params, struct arena *a,
                   struct sql_rewritten *out, struct err *e)
{
    (void)params;
    (void)a;
    (void)e;
    *out = st->text;
    return ST_OK;
}
