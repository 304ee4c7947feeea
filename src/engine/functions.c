/* Each line of a list becomes a scalar function of the engine, and the lines of a name its overloads. The
 * engine hands over flat vectors of up to 2,048 rows; a row's values are read into pg_value, the function is
 * called, and its result is written. A failure ends the statement; its SQLSTATE goes in front of its message,
 * since the engine keeps only text. */
#include "engine/functions.h"

#include "base/alloc.h"
#include "engine/column_view.h"
#include "engine/engine_priv.h"
#include "pgfunc/function.h"
#include "pgtype/tz.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* ---- types ---- */

static const struct {
    duckdb_type type;
    const char *alias;
} types[] = {
    [PG_BOOL] = {DUCKDB_TYPE_BOOLEAN, NULL},
    [PG_INT2] = {DUCKDB_TYPE_SMALLINT, NULL},
    [PG_INT4] = {DUCKDB_TYPE_INTEGER, NULL},
    [PG_INT8] = {DUCKDB_TYPE_BIGINT, NULL},
    [PG_FLOAT4] = {DUCKDB_TYPE_FLOAT, NULL},
    [PG_FLOAT8] = {DUCKDB_TYPE_DOUBLE, NULL},
    [PG_HUGEINT] = {DUCKDB_TYPE_HUGEINT, NULL},
    [PG_NUMERIC] = {DUCKDB_TYPE_DECIMAL, NULL},
    [PG_NUMERIC_6] = {DUCKDB_TYPE_DECIMAL, NULL},
    [PG_TEXT] = {DUCKDB_TYPE_VARCHAR, NULL},
    [PG_BYTEA] = {DUCKDB_TYPE_BLOB, NULL},
    [PG_DATE] = {DUCKDB_TYPE_DATE, NULL},
    [PG_TIME] = {DUCKDB_TYPE_TIME, NULL},
    [PG_TIMESTAMP] = {DUCKDB_TYPE_TIMESTAMP, NULL},
    [PG_TIMESTAMPTZ] = {DUCKDB_TYPE_TIMESTAMP_TZ, NULL},
    [PG_INTERVAL] = {DUCKDB_TYPE_INTERVAL, NULL},
    [PG_UUID] = {DUCKDB_TYPE_UUID, NULL},
    [PG_JSON] = {DUCKDB_TYPE_VARCHAR, "JSON"},
    [PG_JSONB] = {DUCKDB_TYPE_VARCHAR, "pg_jsonb"},
    [PG_TEXTS] = {DUCKDB_TYPE_LIST, NULL},
    [PG_TEXTS_LIST] = {DUCKDB_TYPE_LIST, NULL},
};

static duckdb_logical_type list_of(duckdb_logical_type child)
{
    duckdb_logical_type list = duckdb_create_list_type(child);
    duckdb_destroy_logical_type(&child);
    return list;
}

/* What a function of pgfunc/ declares, as a type of the engine. An alias tells JSON and jsonb from plain
 * text: to the engine all three are VARCHAR. */
static duckdb_logical_type type_of(enum pg_kind kind)
{
    assert(kind > PG_END && kind < sizeof types / sizeof *types);
    if (kind == PG_NUMERIC)
        return duckdb_create_decimal_type(PG_NUMERIC_WIDTH, PG_NUMERIC_SCALE);
    if (kind == PG_NUMERIC_6)
        return duckdb_create_decimal_type(PG_NUMERIC_WIDTH, PG_MICROS_SCALE);
    if (kind == PG_TEXTS)
        return list_of(duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR));
    if (kind == PG_TEXTS_LIST)
        return list_of(type_of(PG_TEXTS));
    duckdb_logical_type t = duckdb_create_logical_type(types[kind].type);
    if (types[kind].alias)
        duckdb_logical_type_set_alias(t, types[kind].alias);
    return t;
}

/* ---- values ---- */

struct column {
    enum pg_kind kind;
    const void *data;
    const uint64_t *validity; /* NULL: no NULLs */
};

static __int128 wide_at(const void *data, size_t row)
{
    const duckdb_hugeint *v = (const duckdb_hugeint *)data + row;
    return (__int128)(((unsigned __int128)(uint64_t)v->upper << 64) | v->lower);
}

static const unsigned __int128 uuid_flip = (unsigned __int128)1 << 127; /* of the engine's: it sorts so */

/* Between the engine's vectors and the values that functions of pgfunc/ see. Those know nothing of the
 * engine; what its vectors look like is known only here. */
static void read_value(const struct column *c, size_t row, struct pg_value *v)
{
    *v = (struct pg_value){.is_null = c->validity && !(c->validity[row / 64] >> row % 64 & 1)};
    if (v->is_null)
        return;
    switch (c->kind) {
    case PG_END:
    case PG_NUMERIC_6:
    case PG_TEXTS:
    case PG_TEXTS_LIST: break;
    case PG_BOOL: v->boolean = ((const bool *)c->data)[row]; break;
    case PG_INT2: v->integer = ((const int16_t *)c->data)[row]; break;
    case PG_INT4:
    case PG_DATE: v->integer = ((const int32_t *)c->data)[row]; break;
    case PG_INT8:
    case PG_TIME:
    case PG_TIMESTAMP:
    case PG_TIMESTAMPTZ: v->integer = ((const int64_t *)c->data)[row]; break;
    case PG_FLOAT4: v->real = (double)((const float *)c->data)[row]; break;
    case PG_FLOAT8: v->real = ((const double *)c->data)[row]; break;
    case PG_HUGEINT:
    case PG_NUMERIC: v->wide = wide_at(c->data, row); break;
    case PG_UUID: v->wide = (__int128)((unsigned __int128)wide_at(c->data, row) ^ uuid_flip); break;
    case PG_TEXT:
    case PG_BYTEA:
    case PG_JSON:
    case PG_JSONB: {
        const struct engine_string *s = (const struct engine_string *)c->data + row;
        v->text = (struct str){engine_string_data(s), s->len};
        break;
    }
    case PG_INTERVAL: {
        const duckdb_interval *i = (const duckdb_interval *)c->data + row;
        v->interval = (struct pg_interval){i->months, i->days, i->micros};
        break;
    }
    }
}

static void write_wide(void *data, size_t row, unsigned __int128 v)
{
    ((duckdb_hugeint *)data)[row] =
        (duckdb_hugeint){.lower = (uint64_t)v, .upper = (int64_t)(uint64_t)(v >> 64)};
}

static const __int128 micros_of_numeric = 10000; /* PG_NUMERIC_SCALE less PG_MICROS_SCALE digits */

static void write_value(duckdb_vector out, enum pg_kind kind, size_t row, const struct pg_value *v)
{
    void *data = duckdb_vector_get_data(out);
    switch (kind) {
    case PG_END:
    case PG_TEXTS:
    case PG_TEXTS_LIST: break;
    case PG_BOOL: ((bool *)data)[row] = v->boolean; break;
    case PG_INT2: ((int16_t *)data)[row] = (int16_t)v->integer; break;
    case PG_INT4:
    case PG_DATE: ((int32_t *)data)[row] = (int32_t)v->integer; break;
    case PG_INT8:
    case PG_TIME:
    case PG_TIMESTAMP:
    case PG_TIMESTAMPTZ: ((int64_t *)data)[row] = v->integer; break;
    case PG_FLOAT4: ((float *)data)[row] = (float)v->real; break;
    case PG_FLOAT8: ((double *)data)[row] = v->real; break;
    case PG_HUGEINT:
    case PG_NUMERIC: write_wide(data, row, (unsigned __int128)v->wide); break;
    case PG_NUMERIC_6: write_wide(data, row, (unsigned __int128)(v->wide / micros_of_numeric)); break;
    case PG_UUID: write_wide(data, row, (unsigned __int128)v->wide ^ uuid_flip); break;
    case PG_TEXT:
    case PG_BYTEA:
    case PG_JSON:
    case PG_JSONB: duckdb_vector_assign_string_element_len(out, row, v->text.p, v->text.n); break;
    case PG_INTERVAL:
        ((duckdb_interval *)data)[row] =
            (duckdb_interval){v->interval.months, v->interval.days, v->interval.micros};
        break;
    }
}

static void set_null(duckdb_vector v, size_t row)
{
    duckdb_vector_ensure_validity_writable(v);
    duckdb_validity_set_row_invalid(duckdb_vector_get_validity(v), row);
}

/* Room for n more elements of a list; where they begin, or an error. */
static int grow_list(duckdb_vector list, size_t n, size_t *at, struct err *e)
{
    *at = duckdb_list_vector_get_size(list);
    bool ok = duckdb_list_vector_reserve(list, *at + n) == DuckDBSuccess &&
              duckdb_list_vector_set_size(list, *at + n) == DuckDBSuccess;
    return ok ? ST_OK : err_oom(e);
}

static int write_items(duckdb_vector list, size_t row, const struct pg_item *items, size_t n,
                       const struct buf *text, struct err *e)
{
    size_t at;
    TRY(grow_list(list, n, &at, e));
    duckdb_vector child = duckdb_list_vector_get_child(list);
    for (size_t i = 0; i < n; i++)
        assert(items[i].is_null || (items[i].at <= text->len && items[i].n <= text->len - items[i].at));
    for (size_t i = 0; i < n; i++)
        if (items[i].is_null)
            set_null(child, at + i);
        else
            duckdb_vector_assign_string_element_len(
                child, at + i, items[i].n ? (const char *)text->data + items[i].at : "", items[i].n);
    ((duckdb_list_entry *)duckdb_vector_get_data(list))[row] = (duckdb_list_entry){at, n};
    return ST_OK;
}

static int write_list(duckdb_vector out, enum pg_kind kind, size_t row, const struct pg_call *call)
{
    const struct pg_item *items = (const struct pg_item *)(const void *)call->items->data;
    size_t n = call->items->len / sizeof *items, at;
    if (kind == PG_TEXTS)
        return write_items(out, row, items, n, call->out, call->e);
    assert(kind == PG_TEXTS_LIST && (n == 0 || call->width > 0));
    size_t lists = call->width ? n / call->width : 0;
    TRY(grow_list(out, lists, &at, call->e));
    duckdb_vector child = duckdb_list_vector_get_child(out);
    for (size_t i = 0; i < lists; i++)
        TRY(write_items(child, at + i, items + i * call->width, call->width, call->out, call->e));
    ((duckdb_list_entry *)duckdb_vector_get_data(out))[row] = (duckdb_list_entry){at, lists};
    return ST_OK;
}

/* ---- a call ---- */

enum { RUN_MAGIC = 0x70676675 };

/* What one executor of a statement keeps between chunks. */
struct run {
    uint32_t magic;
    struct buf out, items;
    void *kept;
    void (*forget)(void *kept);
    const struct tz *zone;
    size_t max; /* of columns and values */
    struct column *columns;
    struct pg_value *values;
    struct err err;
};

static void run_free(void *p)
{
    struct run *r = p;
    assert(r->magic == RUN_MAGIC);
    buf_release(&r->out);
    buf_release(&r->items);
    if (r->kept && r->forget)
        r->forget(r->kept);
    tz_unref(r->zone);
    mem_free(r->columns);
    mem_free(r->values);
    mem_free(r);
}

/* NULL: it is not set. To be freed by duckdb_free. */
static char *option_of(duckdb_client_context context, const char *option)
{
    duckdb_value value = duckdb_client_context_get_config_option(context, option, NULL);
    char *text = value ? duckdb_get_varchar(value) : NULL;
    duckdb_destroy_value(&value);
    return text;
}

/* The session's time zone, with the style of its dates. A zone that we do not know becomes UTC: the engine
 * has accepted the setting, so it is no error of the call. Frees the context. */
static const struct tz *zone_of(duckdb_client_context context, struct err *e)
{
    char *name = option_of(context, "TimeZone"), *styled = option_of(context, ENGINE_STYLE_OPTION);
    char both[TZ_NAME_MAX] = "";
    const char *style = styled ? strchr(styled, ';') : NULL;
    const struct tz *zone = NULL;
    if (name)
        (void)snprintf(both, sizeof both, "%s%s", name, style ? style : "");
    if (!name || tz_find_styled(&zone, both, e) < 0)
        zone = NULL;
    duckdb_free(name);
    duckdb_free(styled);
    duckdb_destroy_client_context(&context);
    return zone ? zone : tz_ref(tz_utc());
}

const struct tz *functions_zone(duckdb_init_info info, struct err *e)
{
    duckdb_client_context context;
    duckdb_scalar_function_init_get_client_context(info, &context);
    return zone_of(context, e);
}

const struct tz *functions_zone_of(duckdb_connection conn, struct err *e)
{
    duckdb_client_context context;
    duckdb_connection_get_client_context(conn, &context);
    return zone_of(context, e);
}

int functions_register_style(struct engine_conn *c, struct err *e)
{
    duckdb_config_option option = duckdb_create_config_option();
    duckdb_logical_type text = duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
    duckdb_value none = duckdb_create_varchar("");
    duckdb_config_option_set_name(option, ENGINE_STYLE_OPTION);
    duckdb_config_option_set_type(option, text);
    duckdb_config_option_set_default_value(option, none);
    duckdb_config_option_set_default_scope(option, DUCKDB_CONFIG_OPTION_SCOPE_SESSION);
    duckdb_config_option_set_description(option, "Style of dates and intervals of a session");
    bool ok = duckdb_register_config_option(c->conn, option) == DuckDBSuccess;
    duckdb_destroy_value(&none);
    duckdb_destroy_logical_type(&text);
    duckdb_destroy_config_option(&option);
    return ok ? ST_OK
              : err_set(e, SQLSTATE_INTERNAL_ERROR,
                        "the engine does not take the option " ENGINE_STYLE_OPTION);
}

static void on_init(duckdb_init_info info)
{
    const struct pg_function *f = duckdb_scalar_function_init_get_extra_info(info);
    struct run *r = mem_calloc(1, sizeof *r);
    if (!r) {
        duckdb_scalar_function_init_set_error(info, ENGINE_ERROR_MARK "53200 out of memory");
        return;
    }
    r->magic = RUN_MAGIC;
    buf_init(&r->out, PG_RESULT_MAX);
    buf_init(&r->items, PG_RESULT_MAX);
    r->forget = f->forget;
    err_init(&r->err);
    r->zone = f->needs_zone ? functions_zone(info, &r->err) : NULL;
    duckdb_scalar_function_init_set_state(info, r, run_free);
}

static bool room_for(struct run *r, size_t n)
{
    if (n <= r->max)
        return true;
    mem_free(r->columns);
    mem_free(r->values);
    r->columns = mem_calloc(n, sizeof *r->columns);
    r->values = mem_calloc(n, sizeof *r->values);
    r->max = r->columns && r->values ? n : 0;
    return r->max > 0;
}

/* How many arguments a line names. */
static size_t named(const struct pg_function *f)
{
    size_t n = 0;
    while (f->args[n] != PG_END)
        n++;
    return n;
}

/* The engine passes on an error's text and no SQLSTATE, so the text begins with one, behind a mark that
 * engine_error finds and cuts off. */
static void fail(duckdb_function_info info, const struct err *e)
{
    char text[sizeof ENGINE_ERROR_MARK + 8 + ERR_MESSAGE_MAX];
    (void)snprintf(text, sizeof text, ENGINE_ERROR_MARK "%s %s", sqlstate_code(e->code), e->message);
    duckdb_scalar_function_set_error(info, text);
}

static bool is_text(enum pg_kind kind)
{
    return kind == PG_TEXT || kind == PG_BYTEA || kind == PG_JSON || kind == PG_JSONB;
}

/* One row's value. A function that does not take NULLs is not called for a row that has one: its result is
 * NULL then, as that of a STRICT function in PostgreSQL. A text result is what the function has put into the
 * call's buffer, unless it has pointed to another text itself. */
static int call_row(const struct pg_function *f, struct run *r, size_t n, size_t row, duckdb_vector out)
{
    bool null = false;
    for (size_t i = 0; i < n; i++) {
        read_value(&r->columns[i], row, &r->values[i]);
        null |= r->values[i].is_null;
    }
    struct pg_call call = {.args = r->values,
                           .nargs = n,
                           .zone = r->zone,
                           .out = &r->out,
                           .items = &r->items,
                           .kept = &r->kept,
                           .e = &r->err};
    buf_clear(&r->out);
    buf_clear(&r->items);
    if (null && !f->takes_null) {
        call.result.is_null = true;
    } else {
        if (is_text(f->result))
            call.result.text.p = NULL;
        TRY(f->call(&call));
        if (!buf_ok(&r->out) || !buf_ok(&r->items))
            return err_set(&r->err, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "a value of %s is too long", f->name);
    }
    if (call.result.is_null) {
        set_null(out, row);
        return ST_OK;
    }
    if (f->result == PG_TEXTS || f->result == PG_TEXTS_LIST)
        return write_list(out, f->result, row, &call);
    if (is_text(f->result) && !call.result.text.p)
        call.result.text = (struct str){r->out.len ? (const char *)r->out.data : "", r->out.len};
    write_value(out, f->result, row, &call.result);
    return ST_OK;
}

static void on_rows(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output)
{
    const struct pg_function *f = duckdb_scalar_function_get_extra_info(info);
    struct run *r = duckdb_scalar_function_get_state(info);
    size_t n = duckdb_data_chunk_get_column_count(input), rows = duckdb_data_chunk_get_size(input);
    size_t fixed = named(f);
    assert(r && r->magic == RUN_MAGIC);
    err_init(&r->err);
    if (!room_for(r, n + 1)) {
        (void)err_oom(&r->err);
        fail(info, &r->err);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        duckdb_vector v = duckdb_data_chunk_get_vector(input, i);
        r->columns[i] = (struct column){i < fixed ? f->args[i] : f->variadic, duckdb_vector_get_data(v),
                                        duckdb_vector_get_validity(v)};
    }
    for (size_t row = 0; row < rows; row++)
        if (call_row(f, r, n, row, output) < 0) {
            fail(info, &r->err);
            return;
        }
}

/* ---- making them known ---- */

static duckdb_scalar_function scalar_of(const struct pg_function *f)
{
    duckdb_scalar_function s = duckdb_create_scalar_function();
    duckdb_scalar_function_set_name(s, f->name);
    for (size_t i = 0; f->args[i] != PG_END; i++) {
        duckdb_logical_type t = type_of(f->args[i]);
        duckdb_scalar_function_add_parameter(s, t);
        duckdb_destroy_logical_type(&t);
    }
    if (f->variadic != PG_END) {
        duckdb_logical_type t = type_of(f->variadic);
        duckdb_scalar_function_set_varargs(s, t);
        duckdb_destroy_logical_type(&t);
    }
    duckdb_logical_type result = type_of(f->result);
    duckdb_scalar_function_set_return_type(s, result);
    duckdb_destroy_logical_type(&result);
    duckdb_scalar_function_set_special_handling(s); /* or the engine makes an integer of f(NULL) */
    if (f->is_volatile)
        duckdb_scalar_function_set_volatile(s);
    duckdb_scalar_function_set_extra_info(s, (void *)(uintptr_t)f, NULL);
    duckdb_scalar_function_set_init(s, on_init);
    duckdb_scalar_function_set_function(s, on_rows);
    return s;
}

/* The lines from f on that have its name. *n: how many there are. */
static int register_name(struct engine_conn *c, const struct pg_function *f, size_t *n, struct err *e)
{
    duckdb_scalar_function_set set = duckdb_create_scalar_function_set(f->name);
    bool ok = set != NULL;
    for (*n = 0; f[*n].name && strcmp(f[*n].name, f->name) == 0; ++*n) {
        duckdb_scalar_function s = scalar_of(&f[*n]);
        ok = ok && duckdb_add_scalar_function_to_set(set, s) == DuckDBSuccess;
        duckdb_destroy_scalar_function(&s);
    }
    ok = ok && duckdb_register_scalar_function_set(c->conn, set) == DuckDBSuccess;
    duckdb_destroy_scalar_function_set(&set);
    return ok ? ST_OK
              : err_set(e, SQLSTATE_INTERNAL_ERROR, "the engine does not take the function %s", f->name);
}

int functions_register(struct engine_conn *c, struct err *e)
{
    for (const struct pg_function *const *list = pg_function_lists; *list; list++)
        for (const struct pg_function *f = *list; f->name;) {
            size_t n;
            TRY(register_name(c, f, &n, e));
            f += n;
        }
    return ST_OK;
}
