/* First the tokens are read for what they tell by themselves: the shape, the parameters, whether whole tables
 * are selected. Then the session's connection is claimed, the engine plans the text, and parameters, effect
 * and columns are described from its plan. A SELECT of literals whose row is kept needs no engine. What is
 * kept lies in the statement's arena and counts against its session; the plan stays with the connection, and
 * can be made again from the text. */
#include "backend/local_stmt.h"

#include "backend/local_cache.h"
#include "backend/local_call.h"
#include "backend/local_catalog.h"
#include "backend/local_class.h"
#include "backend/local_conn.h"
#include "backend/local_enums.h"
#include "backend/local_guess.h"
#include "backend/local_literals.h"
#include "backend/local_origin.h"
#include "backend/local_params.h"
#include "backend/local_priv.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "encode/row_decoder.h"
#include "pgtype/oid.h"
#include "sql/literals.h"
#include "sql/name.h"
#include "sql/params.h"
#include "sql/selects_all.h"
#include "sql/tokens.h"
#include "sql/values.h"

#include <assert.h>
#include <string.h>

static_assert((int)ENGINE_RESULT_COLUMNS_MAX == (int)ROW_DESC_COLUMNS_MAX,
              "a result is refused once, by the engine's side");

/* A statement that was closed while a portal of it is open lives on with that portal, as in PostgreSQL. */
static void stmt_unref(struct local_stmt *st)
{
    assert(!st || st->refs > 0);
    if (!st || --st->refs > 0)
        return;
    row_desc_unref(st->base.info.desc);
    local_literals_unref(st->literals_row);
    local_table_unref(st->target);
    arena_release(&st->arena);
    mem_free(st);
}

static void arena_releasep(struct arena *a)
{
    arena_release(a);
}

DEFINE_CLEANUP(struct local_stmt, stmt_unref)
DEFINE_CLEANUP(struct engine_stmt, engine_stmt_free)

void local_stmt_free(struct backend_stmt *stmt)
{
    stmt_unref((struct local_stmt *)stmt);
}

/* ---- columns that only the engine can spell ---- Extensions bring types that we have no encoder for. A
 * SELECT of such a column is wrapped into one that casts it to VARCHAR, so that the client gets the text that
 * the engine itself would print. */

static bool any_other(const struct engine_stmt_info *info)
{
    for (size_t i = 0; i < info->ncolumns; i++)
        if (!encode_reads(info->types[i]))
            return true;
    return false;
}

static bool any_padded(const struct local_stmt *st, size_t n)
{
    for (size_t i = 0; st->shown && i < n; i++)
        if (st->shown[i].padded)
            return true;
    return false;
}

/* SELECT c0 AS "a", CAST(c1 AS VARCHAR) AS "b" FROM (…) AS tavana(c0, c1) */
static size_t put_wrapped(struct buf *b, const struct local_stmt *st, const struct engine_stmt_info *info,
                          struct str inner)
{
    for (size_t i = 0; i < info->ncolumns; i++) {
        bool cast = !encode_reads(info->types[i]);
        int padded = st->shown ? (int)st->shown[i].padded : 0;
        buf_printf(b, i ? ", " : "SELECT ");
        if (padded)
            buf_printf(b, "rpad(c%zu, %d, ' ') AS ", i, padded);
        else
            buf_printf(b, cast ? "CAST(c%zu AS VARCHAR) AS " : "c%zu AS ", i);
        sql_name_put(b, str_of(info->names[i]));
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

static int wrap_text(struct local_stmt *st, const struct engine_stmt_info *info, struct err *e)
{
    struct arena *a = &st->arena;
    struct sql_rewritten *text = &st->text;
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, LOCAL_STATEMENT_MEMORY);
    size_t before = put_wrapped(&b, st, info, text->text);
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

/* ---- describing ---- */

/* A parameter that is declared and not used counts, as in PostgreSQL. */
static int describe_params(struct local_stmt *st, const struct engine_stmt_info *info, size_t noids,
                           struct err *e)
{
    size_t n = info->nparams > noids ? info->nparams : noids;
    struct str *written = arena_calloc(&st->arena, n, sizeof *written);
    if (!written)
        return err_oom(e);
    sql_param_casts(&st->params, written, n);
    for (size_t i = 0; i < n; i++) {
        bool list = str_eq(written[i], STR(SQL_PARAM_NUMERIC "[]"));
        if (!st->casts[i] && (list || str_eq(written[i], STR(SQL_PARAM_NUMERIC)))) {
            st->casts[i] = list ? local_numeric_list_cast : local_numeric_cast;
            st->numeric = true;
        }
        if (st->oids[i])
            continue;
        if (i >= info->nparams)
            return err_set(e, SQLSTATE_INDETERMINATE_DATATYPE,
                           "could not determine data type of parameter $%zu", i + 1);
        struct column_desc d = {.type_oid = PGTYPE_TEXT};
        uint32_t cast = pgtype_by_name(written[i]);
        if (cast) /* the engine forgets it where it casts once more itself */
            d.type_oid = cast;
        else if (info->params[i])
            encode_describe(info->params[i], &d);
        st->oids[i] = d.type_oid;
    }
    st->base.info.nparams = (uint16_t)n;
    st->base.info.param_oids = st->oids;
    return ST_OK;
}

/* The scale of what is computed from a numeric parameter follows its value, so it is not promised. */
enum { TYPMOD_DIGITS_SHIFT = 16, TYPMOD_BASE = 4, DIGITS_OPEN = 38 };

static const struct engine_column_type as_text = {.type = ENGINE_VARCHAR};

static int describe_rows(struct local_stmt *st, const struct sql_tokens *sql,
                         const struct engine_stmt_info *info, struct err *e)
{
    CLEANUP(mem_freep) struct column_desc *columns = mem_calloc(info->ncolumns, sizeof *columns);
    if (!columns)
        return err_oom(e);
    uint32_t numeric_array = pgtype_by_name(STR("numeric[]"));
    for (size_t i = 0; i < info->ncolumns; i++) {
        encode_describe(encode_reads(info->types[i]) ? info->types[i] : &as_text, &columns[i]);
        columns[i].name = info->names[i];
        if (st->numeric && (columns[i].type_oid == PGTYPE_NUMERIC || columns[i].type_oid == numeric_array) &&
            columns[i].typmod >= TYPMOD_BASE &&
            (columns[i].typmod - TYPMOD_BASE) >> TYPMOD_DIGITS_SHIFT == DIGITS_OPEN)
            columns[i].typmod = -1;
    }
    TRY(local_describe_origins(st, sql, info, columns, e));
    return row_desc_new(&st->base.info.desc, columns, info->ncolumns, e);
}

static int wrap_if_needed(struct local_stmt *st, const struct engine_stmt_info *info, struct err *e)
{
    bool other = any_other(info), padded = any_padded(st, info->ncolumns);
    if (!other && !(padded && info->kind == ENGINE_STMT_SELECT))
        return ST_OK;
    if (info->kind != ENGINE_STMT_SELECT)
        return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                       "a column's type cannot be sent; cast it to VARCHAR in the statement");
    st->wrap = true;
    return wrap_text(st, info, e);
}

/* Types whose rows are the same in the wrapped statement as in the plain one. */
static bool is_plain(const struct engine_column_type *t)
{
    return t->type != ENGINE_NULL && t->type != ENGINE_OTHER && t->type < ENGINE_LIST &&
           t->type != ENGINE_ENUM;
}

enum { DIRECT_COLUMNS_LEAST = 4 }; /* the copy of fewer costs less than what it takes to spare it */

static bool can_be_direct(const struct local_stmt *st, const struct engine_stmt_info *info)
{
    for (size_t i = 0; i < info->ncolumns; i++)
        if (!is_plain(info->types[i]))
            return false;
    return info->kind == ENGINE_STMT_SELECT && st->base.info.effect == BACKEND_READS && !st->wrap &&
           !st->numeric && !st->literals && !info->unresolved && info->ncolumns >= DIRECT_COLUMNS_LEAST;
}

/* What its tokens say before the engine is asked. */
static int read_tokens(struct local_stmt *st, const struct sql_tokens *sql, struct err *e)
{
    st->whole_tables = sql_selects_all(*sql);
    st->blind = sql_inserts_values(*sql);
    return sql_params_find(&st->arena, *sql, &st->params, e);
}

static int prepare_on(struct local_stmt *st, struct sql_tokens *sql, const uint32_t *oids, size_t noids,
                      struct err *e)
{
    struct local_conn *c = NULL;
    struct engine_stmt *es = NULL;
    CLEANUP(engine_stmt_freep) struct engine_stmt *sample = NULL;
    if (noids > BACKEND_PARAMS_MAX)
        return err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "a statement can have at most %d parameters",
                       BACKEND_PARAMS_MAX);
    TRY(local_claim(st->session, &c, e));
    TRY(local_enum_literals(st, sql, e));
    st->sql = sql->text;
    TRY(local_fit_values(st, sql, e));
    TRY(read_tokens(st, sql, e));
    st->catalog = local_catalog_now(st->session);
    TRY(local_plan(st, c, oids, noids, &es, &sample, e));
    const struct engine_stmt_info *info = engine_stmt_info(es);
    TRY(describe_params(st, info, noids, e));
    if (sample)
        info = engine_stmt_info(sample);
    TRY(local_classify(st, sql, info, e));
    TRY(local_find_keys(st, sql, e));
    if (!st->base.info.returns_rows)
        return ST_OK;
    TRY(row_desc_check_columns(info->ncolumns, e));
    struct row_desc *known = sample || st->numeric ? NULL : local_cached_desc(st->session, es);
    if (known)
        st->base.info.desc = row_desc_ref(known);
    else
        TRY(describe_rows(st, sql, info, e));
    if (!known && !sample && !st->numeric && !st->shown)
        local_cache_desc(st->session, es, st->base.info.desc);
    TRY(wrap_if_needed(st, info, e));
    st->direct = !sample && can_be_direct(st, info);
    st->decodes = st->direct && row_decoder_takes(info->types, info->ncolumns);
    return ST_OK;
}

static int stmt_new(struct local_session *s, struct str sql, struct local_stmt **out, struct err *e)
{
    struct local_stmt *st = mem_calloc(1, sizeof *st);
    if (!st)
        return err_oom(e);
    st->refs = 1;
    st->session = s;
    arena_init_of(&st->arena, LOCAL_STATEMENT_MEMORY, s->base.memory);
    char *copy = arena_strndup(&st->arena, sql.p, sql.n);
    if (!copy) {
        stmt_unref(st);
        return err_oom(e);
    }
    st->sql = st->sent = (struct str){copy, sql.n};
    *out = st;
    return ST_OK;
}

/* sql: st's text and tokens. */
static int prepare(struct local_stmt *st, struct sql_tokens *sql, const uint32_t *oids, size_t noids,
                   struct err *e)
{
    struct local_session *s = st->session;
    sql_shape(*sql, &st->shape); /* of what is written down of the call */
    local_enter_for(s, st, s->on_main ? NULL : s->main);
    local_plans_begin(s);
    int status = prepare_on(st, sql, oids, noids, e);
    return local_leave(s) && status == ST_OK ? local_cancelled(e) : status;
}

/* The row of a SELECT of literals that is kept. */
static void describe_kept(struct local_stmt *st)
{
    st->base.info = (struct backend_stmt_info){.effect = BACKEND_READS,
                                               .repeats = true,
                                               .tag = "SELECT",
                                               .tag_count = true,
                                               .returns_rows = true,
                                               .desc = row_desc_ref(local_literals_desc(st->literals_row))};
}

/* What was planned is left on the connection (local_cache.h), where the first run finds it. */
int local_prepare(struct backend_session *bs, const struct sql_tokens *sql, const uint32_t *oids,
                  size_t noids, struct backend_stmt **out, struct err *e)
{
    struct local_session *s = (struct local_session *)bs;
    CLEANUP(stmt_unrefp) struct local_stmt *st = NULL;
    CLEANUP(arena_releasep) struct arena kept;
    arena_init_of(&kept, LOCAL_STATEMENT_MEMORY, s->base.memory);
    TRY(stmt_new(s, sql->text, &st, e));
    assert(st);
    struct sql_tokens tokens = {.text = st->sql, .marks = sql->marks};
    if (sql->marks.n == 0)
        TRY(sql_tokens_keep(&kept, st->sql, &tokens, e));
    st->literals = noids == 0 && sql_selects_literals(tokens);
    st->literals_row = st->literals ? local_literals_find(s->local, st->sql) : NULL;
    if (st->literals_row)
        describe_kept(st);
    else
        TRY(prepare(st, &tokens, oids, noids, e));
    *out = &TAKE_PTR(st)->base;
    return ST_OK;
}
