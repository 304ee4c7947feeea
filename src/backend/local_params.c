/* Parameters of a statement and their types.
 *
 * One of a declared type is cast to it in the text, so that the engine plans what the client means. One
 * that is left open gets the type that the engine resolves; else text, as in PostgreSQL; else, where text
 * cannot be planned, the type of the other operand, or the first of a short list that can. A table function
 * has no columns before its arguments have values: there the description is that of the statement with
 * samples in their place. */
#include "backend/local_params.h"

#include "backend/local_cache.h"
#include "backend/local_composites.h"
#include "backend/local_conn.h"
#include "backend/local_enums.h"
#include "backend/local_guess.h"
#include "backend/local_priv.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "pgtype/composite_type.h"
#include "pgtype/enum_type.h"
#include "pgtype/oid.h"
#include "sql/params.h"

#include <stdio.h>
#include <string.h>

DEFINE_CLEANUP(struct engine_stmt, engine_stmt_free)

/* ---- declared types ---- */

/* The engine's name for a declared type; NULL: the engine has none, or the type was left open. */
static int cast_name(struct arena *a, uint32_t oid, const char **out, struct err *e)
{
    const struct pgtype_info *element = pgtype_element(oid);
    const struct pgtype_info *t = element ? element : pgtype_find(oid);
    *out = NULL;
    if (!t || !t->engine_name[0])
        return ST_OK;
    if (t->oid == PGTYPE_NUMERIC) {
        *out = element ? local_numeric_list_cast : local_numeric_cast;
        return ST_OK;
    }
    const char *name = t->engine_name;
    if (!element) {
        *out = name;
        return ST_OK;
    }
    size_t n = strlen(name);
    char *list = arena_alloc(a, n + sizeof "[]");
    if (!list)
        return err_oom(e);
    memcpy(list, name, n);
    memcpy(list + n, "[]", sizeof "[]");
    *out = list;
    return ST_OK;
}

/* One that was made is looked up: its name is the engine's. */
static int cast_name_of(struct local_stmt *st, uint32_t oid, const char **out, struct err *e)
{
    if (enum_type_is(oid) || enum_type_is_array(oid))
        return local_enum_name(st->session, &st->arena, oid, out, e);
    if (composite_type_is(oid) || composite_type_is_array(oid))
        return local_composite_name(st->session, &st->arena, oid, out, e);
    return cast_name(&st->arena, oid, out, e);
}

static int declare(struct local_stmt *st, const uint32_t *oids, size_t noids, size_t nparams, struct err *e)
{
    uint32_t *declared = arena_calloc(&st->arena, nparams, sizeof *declared);
    const char **casts = arena_calloc(&st->arena, nparams, sizeof *casts);
    if (!declared || !casts)
        return err_oom(e);
    for (size_t i = 0; i < nparams && i < noids; i++) {
        declared[i] = oids[i] == PGTYPE_UNKNOWN ? 0 : oids[i];
        TRY(cast_name_of(st, declared[i], &casts[i], e));
        st->numeric |= casts[i] == local_numeric_cast || casts[i] == local_numeric_list_cast;
    }
    st->oids = declared;
    st->casts = casts;
    return ST_OK;
}

/* ---- planning ---- */

void local_map_position(const struct local_stmt *st, const struct sql_rewritten *text, struct err *e)
{
    if (e->position > 0 && text->nedits)
        e->position = sql_rewrite_position(text, st->sql, e->position);
    if (st->fitted.nedits)
        e->position =
            sql_rewrite_position(&st->fitted, st->typed.nedits ? st->typed.text : st->sent, e->position);
    if (st->typed.nedits)
        e->position = sql_rewrite_position(&st->typed, st->sent, e->position);
    local_enum_explain(st, e);
    local_composite_explain(st->session, e);
}

/* Prepares the text with the casts as they are now. */
static int plan(struct local_stmt *st, size_t nparams, struct engine_stmt **out, struct err *e)
{
    TRY(sql_cast_params(&st->arena, &st->params, st->casts, nparams, &st->text, e));
    if (local_conn_prepare(st->session, st->text.text, st->blind, out, e) == ST_OK)
        return ST_OK;
    local_map_position(st, &st->text, e);
    return ST_ERR;
}

/* ---- guesses ---- */

static const struct local_guess text_guess = {"VARCHAR", PGTYPE_TEXT};
static const struct local_guess guesses[] = {
    {"INTEGER", PGTYPE_INT4},
    {"DOUBLE", PGTYPE_FLOAT8},
    {"TIMESTAMP", PGTYPE_TIMESTAMP},
    {"DATE", PGTYPE_DATE}, /* behind moments, which would lose their time */
    {"INTERVAL", PGTYPE_INTERVAL},
    {"VARCHAR[]", 1009},
    {"INTEGER[]", 1007},
    {"BIGINT[]", 1016},
};
enum { GUESSES = sizeof guesses / sizeof guesses[0] };

/* Whether another type for a parameter might help. */
static bool is_about_types(const struct err *e)
{
    switch (e->code) {
    case SQLSTATE_UNDEFINED_FUNCTION:
    case SQLSTATE_DATATYPE_MISMATCH:
    case SQLSTATE_INVALID_TEXT_REPRESENTATION:
    case SQLSTATE_INVALID_DATETIME_FORMAT:
    case SQLSTATE_INVALID_PARAMETER_VALUE:
    case SQLSTATE_SYNTAX_ERROR_OR_ACCESS_RULE_VIOLATION: return true;
    default: return false;
    }
}

static void take_guess(struct local_stmt *st, size_t i, const struct local_guess *g)
{
    st->casts[i] = g->name;
    st->oids[i] = g->oid;
    st->numeric |= g->oid == PGTYPE_NUMERIC;
}

static int try_guess(struct local_stmt *st, size_t i, const struct local_guess *g, size_t nparams,
                     struct engine_stmt **out, struct err *e)
{
    take_guess(st, i, g);
    return plan(st, nparams, out, e);
}

/* What takes operands of any types says nothing about a text among them: the engine is asked about a
 * statement with another call in its place, which says more. */
struct stand_in_call {
    const char *call, *asked;
    uint32_t only; /* the one type that is believed then; 0: any */
};

static const struct stand_in_call stand_ins[] = {
    {"pg_quotient(", "pg_modulo(", 0},
    {"pg_divide(", "pg_modulo(", 0},
    {"pg_quotient_digits(", "pg_modulo(", 0},
    {"pg_modulo_digits(", "pg_modulo(", 0},
    {"pg_real_add(", "pg_modulo(", 0},
    {"pg_real_subtract(", "pg_modulo(", 0},
    {"pg_real_multiply(", "pg_modulo(", 0},
    {"pg_sqrt_sent(", "sqrt(", 0},
    {"pg_exp_sent(", "exp(", 0},
    {"pg_ln_sent(", "ln(", 0},
    {"pg_power_sent(", "power(", 0},
    {"||", "@>", PGTYPE_JSONB},
};
enum { STAND_INS = sizeof stand_ins / sizeof *stand_ins };

/* The first of them in the text; NULL: there is none. */
static const struct stand_in_call *find_call(struct str text, size_t *at)
{
    const struct stand_in_call *first = NULL;
    *at = text.n;
    for (size_t k = 0; k < STAND_INS; k++) {
        const char *found = memmem(text.p, *at, stand_ins[k].call, strlen(stand_ins[k].call));
        if (!found)
            continue;
        *at = (size_t)(found - text.p);
        first = &stand_ins[k];
    }
    return first;
}

static bool put_stand_ins(struct buf *b, struct str text, uint32_t only)
{
    const struct stand_in_call *c;
    bool any = false;
    for (size_t at; text.n > 0;) {
        c = find_call(text, &at);
        buf_put(b, text.p, at);
        size_t skip = c ? strlen(c->call) : 0;
        bool takes = c && c->only == only;
        if (c)
            buf_put(b, takes ? c->asked : c->call, takes ? strlen(c->asked) : skip);
        any |= takes;
        text = (struct str){text.p + at + skip, text.n - at - skip};
    }
    return any && buf_ok(b);
}

static const struct local_guess *ask_about(struct local_conn *c, struct str text, uint32_t only)
{
    CLEANUP(engine_stmt_freep) struct engine_stmt *es = NULL;
    CLEANUP(buf_release) struct buf b;
    struct err why;
    buf_init(&b, LOCAL_STATEMENT_MEMORY);
    err_init(&why);
    if (!put_stand_ins(&b, text, only) ||
        engine_prepare(c->conn, (struct str){(const char *)b.data, b.len}, &es, &why) == ST_OK)
        return NULL;
    const struct local_guess *g = local_guess_from(why.message);
    return g && (!only || g->oid == only) ? g : NULL;
}

/* Parameter i as an operand of what takes any type. */
static const struct local_guess *guess_operand(struct local_stmt *st, struct local_conn *c, size_t i,
                                               size_t nparams)
{
    struct sql_rewritten text;
    struct err why;
    err_init(&why);
    st->casts[i] = text_guess.name;
    bool made = sql_cast_params(&st->arena, &st->params, st->casts, nparams, &text, &why) == ST_OK;
    st->casts[i] = NULL;
    if (!made)
        return NULL;
    const struct local_guess *g = ask_about(c, text.text, 0);
    return g ? g : ask_about(c, text.text, PGTYPE_JSONB);
}

/* Those that the engine leaves without a type. */
static int guess_operands(struct local_stmt *st, struct local_conn *c, size_t nparams,
                          struct engine_stmt **out, struct err *e)
{
    size_t at;
    if (!find_call(st->sql, &at))
        return ST_OK;
    for (size_t i = 0; i < nparams && i < LOCAL_GUESSES_MAX; i++) {
        if (st->casts[i] || engine_stmt_info(*out)->params[i])
            continue;
        const struct local_guess *g = guess_operand(st, c, i, nparams);
        if (g)
            TRY(try_guess(st, i, g, nparams, out, e));
    }
    return ST_OK;
}

/* Gives parameter i the first type that can be planned. The first failure is the one to tell. */
static int guess_one(struct local_stmt *st, size_t i, size_t nparams, struct engine_stmt **out, struct err *e)
{
    struct err first, why;
    err_init(&first);
    if (try_guess(st, i, &text_guess, nparams, out, &first) == ST_OK)
        return ST_OK;
    const struct local_guess *near = local_guess_from(first.message);
    bool more = is_about_types(&first);
    err_init(&why);
    if (near && try_guess(st, i, near, nparams, out, &why) == ST_OK)
        return ST_OK;
    for (size_t g = 0; more && g < GUESSES; g++) {
        err_init(&why);
        if (try_guess(st, i, &guesses[g], nparams, out, &why) == ST_OK)
            return ST_OK;
        more = is_about_types(&why);
    }
    *e = first;
    return ST_ERR;
}

/* ---- samples ---- */

static const char *sample_of(uint32_t oid)
{
    switch (oid) {
    case PGTYPE_BOOL: return "true";
    case PGTYPE_INT2:
    case PGTYPE_INT4:
    case PGTYPE_INT8:
    case PGTYPE_OID:
    case PGTYPE_FLOAT4:
    case PGTYPE_FLOAT8:
    case PGTYPE_NUMERIC: return "1";
    case PGTYPE_DATE: return "DATE '2000-01-01'";
    case PGTYPE_TIMESTAMP: return "TIMESTAMP '2000-01-01 00:00:00'";
    case PGTYPE_TIMESTAMPTZ: return "TIMESTAMPTZ '2000-01-01 00:00:00+00'";
    case PGTYPE_INTERVAL: return "INTERVAL '1 day'";
    case PGTYPE_TIME: return "TIME '00:00:00'";
    case PGTYPE_TIMETZ: return "TIMETZ '00:00:00+00'";
    case PGTYPE_UUID: return "UUID '00000000-0000-0000-0000-000000000000'";
    case 0:
    case PGTYPE_TEXT:
    case PGTYPE_VARCHAR:
    case PGTYPE_BPCHAR:
    case PGTYPE_NAME: return "''";
    default:
        return pgtype_element(oid) || enum_type_is_array(oid) || composite_type_is_array(oid) ? "[]" : "NULL";
    }
}

/* The client's text with a literal for each parameter. */
static void put_sample_text(struct buf *b, const struct local_stmt *st, size_t nparams)
{
    size_t done = 0;
    for (size_t i = 0; i < st->params.n; i++) {
        const struct sql_param *p = &st->params.items[i];
        if ((size_t)p->number > nparams)
            continue;
        buf_put(b, st->sql.p + done, p->at - done);
        const char *cast = st->casts[p->number - 1], *sample = sample_of(st->oids[p->number - 1]);
        if (cast && *sample != '\'') /* a string is left open */
            buf_printf(b, "CAST(%s AS %s)", sample, cast);
        else
            buf_printf(b, "%s", sample);
        done = p->at + p->n;
    }
    buf_put(b, st->sql.p + done, st->sql.n - done);
}

/* ST_AGAIN: the engine plans it, but still leaves its columns open. */
static int plan_sample(struct local_stmt *st, struct local_conn *c, size_t nparams, struct engine_stmt **out,
                       struct err *e)
{
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, LOCAL_STATEMENT_MEMORY);
    put_sample_text(&b, st, nparams);
    if (!buf_ok(&b))
        return err_oom(e);
    CLEANUP(engine_stmt_freep) struct engine_stmt *es = NULL;
    TRY(engine_prepare(c->conn, (struct str){(const char *)b.data, b.len}, &es, e));
    if (engine_stmt_info(es)->unresolved)
        return ST_AGAIN;
    *out = TAKE_PTR(es);
    return ST_OK;
}

/* With the types as they are; else with one type for all that were guessed. */
static int guess_by_sample(struct local_stmt *st, struct local_conn *c, const uint8_t *guessed,
                           size_t nparams, struct engine_stmt **es, struct engine_stmt **sample,
                           struct err *e)
{
    struct err why;
    err_init(&why);
    bool any = memchr(guessed, 1, nparams) != NULL;
    if (plan_sample(st, c, nparams, sample, &why) == ST_OK)
        return ST_OK;
    for (size_t g = 0; any && g < GUESSES; g++) {
        for (size_t i = 0; i < nparams; i++)
            if (guessed[i])
                take_guess(st, i, &guesses[g]);
        err_init(&why);
        if (plan(st, nparams, es, &why) == ST_OK && plan_sample(st, c, nparams, sample, &why) == ST_OK)
            return ST_OK;
    }
    err_set(e, SQLSTATE_INDETERMINATE_DATATYPE,
            "could not determine the columns of the result before its parameters have values");
    if (err_is_set(&why))
        err_detail(e, "%s", why.message);
    return ST_ERR;
}

/* ---- all of it ---- */

static uint32_t oid_of(const struct engine_column_type *t)
{
    struct column_desc d = {.type_oid = PGTYPE_TEXT};
    encode_describe(t, &d);
    return d.type_oid;
}

/* Parameters that the engine has given types, and still leaves the columns open (nullif($1, 3)), are cast to
 * those: it gives types to more then. *did: some were. */
static int declare_resolved(struct local_stmt *st, size_t nparams, struct engine_stmt **es, bool *did,
                            struct err *e)
{
    const struct engine_stmt_info *info = engine_stmt_info(*es);
    const char **casts = arena_calloc(&st->arena, nparams, sizeof *casts), **before = st->casts;
    uint32_t *oids = arena_calloc(&st->arena, nparams, sizeof *oids), *oids_before = st->oids;
    struct err why;
    *did = false;
    if (!casts || !oids)
        return err_oom(e);
    for (size_t i = 0; i < nparams; i++) {
        casts[i] = before[i];
        oids[i] = oids_before[i];
        if (casts[i] || !info->params[i])
            continue;
        uint32_t oid = oid_of(info->params[i]);
        TRY(cast_name_of(st, oid, &casts[i], e));
        if (!casts[i])
            continue;
        oids[i] = oid;
        st->numeric |= oid == PGTYPE_NUMERIC;
        *did = true;
    }
    if (!*did)
        return ST_OK;
    st->casts = casts;
    st->oids = oids;
    err_init(&why);
    *did = plan(st, nparams, es, &why) == ST_OK;
    if (!*did) {
        st->casts = before;
        st->oids = oids_before;
    }
    return ST_OK;
}

static int resolve(struct local_stmt *st, struct local_conn *c, size_t nparams, struct engine_stmt **es,
                   struct engine_stmt **sample, struct err *e)
{
    uint8_t *guessed = arena_calloc(&st->arena, nparams, 1);
    if (!guessed)
        return err_oom(e);
    TRY(guess_operands(st, c, nparams, es, e));
    for (size_t i = 0, rounds = 0; engine_stmt_info(*es)->unresolved; rounds++) {
        bool did;
        TRY(declare_resolved(st, nparams, es, &did, e));
        if (did)
            continue;
        const struct engine_stmt_info *info = engine_stmt_info(*es);
        while (i < nparams && (st->casts[i] || info->params[i]))
            i++;
        if (i == nparams)
            return guess_by_sample(st, c, guessed, nparams, es, sample, e);
        if (rounds == LOCAL_GUESSES_MAX)
            return err_set(e, SQLSTATE_INDETERMINATE_DATATYPE,
                           "could not determine data type of parameter $%zu", i + 1);
        TRY(guess_one(st, i, nparams, es, e));
        guessed[i] = 1;
    }
    return ST_OK;
}

static uint32_t list_of(const struct engine_column_type *t)
{
    uint32_t oid = t ? oid_of(t) : PGTYPE_TEXT;
    if (enum_type_is(oid))
        return enum_type_array(oid);
    if (composite_type_is(oid))
        return composite_type_array(oid);
    const struct pgtype_info *element = pgtype_find(oid);
    return element && element->array_oid ? element->array_oid : pgtype_find(PGTYPE_TEXT)->array_oid;
}

/* x = ANY ($1), its type left open: the engine wants to know it at once. It is that of x, many times.
 * ST_AGAIN: there is no such parameter, or the engine cannot tell. */
static int declare_lists(struct local_stmt *st, struct local_conn *c, const uint32_t *oids, size_t *noids,
                         struct err *e)
{
    CLEANUP(engine_stmt_freep) struct engine_stmt *scalar = NULL;
    struct sql_rewritten text;
    struct err ignored;
    err_init(&ignored);
    bool *marks = arena_calloc(&st->arena, BACKEND_PARAMS_MAX, sizeof *marks);
    if (!marks)
        return err_oom(e);
    TRY(sql_any_params(&st->arena, &st->params, marks, BACKEND_PARAMS_MAX, &text, e));
    if (!text.nedits || engine_prepare(c->conn, text.text, &scalar, &ignored) != ST_OK)
        return ST_AGAIN;
    const struct engine_stmt_info *info = engine_stmt_info(scalar);
    size_t n = info->nparams > *noids ? info->nparams : *noids;
    uint32_t *all = arena_calloc(&st->arena, n, sizeof *all);
    if (!all)
        return err_oom(e);
    for (size_t i = 0; i < n; i++) {
        all[i] = i < *noids ? oids[i] : 0;
        if (marks[i] && !all[i])
            all[i] = list_of(i < info->nparams ? info->params[i] : NULL);
    }
    *noids = n;
    return declare(st, all, n, n, e);
}

int local_plan(struct local_stmt *st, struct local_conn *c, const uint32_t *oids, size_t noids,
               struct engine_stmt **out, struct engine_stmt **sample, struct err *e)
{
    TRY(declare(st, oids, noids, noids, e));
    TRY(plan(st, noids, out, e));
    if (engine_stmt_info(*out)->unresolved) {
        int lists = declare_lists(st, c, oids, &noids, e);
        if (lists == ST_OK)
            lists = plan(st, noids, out, e);
        if (lists == ST_ERR)
            return lists;
    }
    size_t nparams = engine_stmt_info(*out)->nparams;
    if (nparams > noids)
        TRY(declare(st, st->oids, noids, nparams, e));
    return resolve(st, c, nparams, out, sample, e);
}

/* A numeric is planned with the digits that its value has: DECIMAL(38,10) would cut some and add others. */
static int numeric_name(struct arena *a, const struct pg_value *v, const char *otherwise, const char **out,
                        struct err *e)
{
    unsigned width, scale;
    *out = otherwise;
    switch (engine_numeric_shape(v, &width, &scale)) {
    case ENGINE_DOUBLE:
        return err_set(e, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE,
                       "NaN and infinity are not supported in a numeric");
    case ENGINE_OTHER:
        return err_set(e, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE,
                       "a numeric parameter has more digits than the engine can hold (38)");
    case ENGINE_DECIMAL: break;
    default: return ST_OK;
    }
    char name[sizeof "DECIMAL(38,38)[]"];
    (void)snprintf(name, sizeof name, "DECIMAL(%u,%u)%s", width % 100, scale % 100,
                   v->kind == PG_ARRAY ? "[]" : "");
    *out = arena_strdup(a, name);
    return *out ? ST_OK : err_oom(e);
}

/* An array of more dimensions than the one that its parameter's type tells: a list of lists. */
static int deep_name(struct arena *a, const struct pg_value *v, const char **name, struct err *e)
{
    enum { LEVEL = sizeof "[]" - 1 };
    size_t n = strlen(*name), more = (size_t)(v->v.array.ndims - 1);
    char *deep = arena_alloc(a, n + more * LEVEL + 1);
    if (!deep)
        return err_oom(e);
    memcpy(deep, *name, n);
    for (size_t i = 0; i < more; i++)
        memcpy(deep + n + i * LEVEL, "[]", LEVEL);
    deep[n + more * LEVEL] = '\0';
    *name = deep;
    return ST_OK;
}

static bool is_deep(const struct pg_value *v)
{
    return v->kind == PG_ARRAY && v->v.array.ndims > 1;
}

static bool any_deep(const struct pg_value *params, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (is_deep(&params[i]))
            return true;
    return false;
}

int local_run_text(const struct local_stmt *st, const struct pg_value *params, struct arena *a,
                   struct sql_rewritten *out, struct err *e)
{
    *out = st->text;
    size_t n = st->base.info.nparams;
    if (st->wrap || (!st->numeric && !any_deep(params, n)))
        return ST_OK;
    const char **casts = arena_calloc(a, n, sizeof *casts);
    if (!casts)
        return err_oom(e);
    for (size_t i = 0; i < n; i++) {
        casts[i] = st->casts[i];
        if (casts[i] == local_numeric_cast || casts[i] == local_numeric_list_cast)
            TRY(numeric_name(a, &params[i], casts[i], &casts[i], e));
        if (casts[i] && is_deep(&params[i]))
            TRY(deep_name(a, &params[i], &casts[i], e));
    }
    return sql_cast_params(a, &st->params, casts, n, out, e);
}
