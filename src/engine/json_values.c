/* Each argument's type is known when the first rows come; what is made for it then stays until the statement
 * ends. A result that is jsonb is written as JSON first, and then sorted. The blanks are PostgreSQL's: those
 * of json_agg, json_build_object and json_object_agg differ. */
#include "engine/json_values.h"

#include "base/alloc.h"
#include "base/arena.h"
#include "engine/engine_priv.h"
#include "engine/functions.h"
#include "engine/shown.h"
#include "engine/view.h"
#include "pgfunc/json_tree.h"
#include "pgtype/tz.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
    JSON_VALUES_MAGIC = 0x6a736f6e,
    TYPES_MAX = 16 * 1024 * 1024,
    TEXT_MAX = 256 * 1024 * 1024,
    TREE_MAX = 512 * 1024 * 1024,
};

enum what {
    WHAT_VALUE,      /* x */
    WHAT_LINES,      /* a list or struct, and whether its members stand on lines of their own */
    WHAT_ARRAY,      /* values */
    WHAT_OBJECT,     /* keys and values in turn */
    WHAT_AGG,        /* a list */
    WHAT_OBJECT_AGG, /* a list of pairs */
};

struct maker {
    const char *name;
    enum what what;
    bool jsonb;
    const struct engine_text_ops *ops;
};

/* The values of an argument, or of a list that is one. */
struct source {
    const struct engine_column_type *type;
    struct column_view *view;
    void *state; /* of ops */
    bool composite;
};

struct run {
    uint32_t magic;
    const struct maker *maker;
    struct arena arena, tree;
    struct buf text, key, sorted;
    const struct tz *zone;
    size_t n;                 /* arguments; 0: no rows yet */
    struct column_view *args; /* their vectors */
    struct source *sources;   /* of WHAT_AGG and WHAT_OBJECT_AGG what is in the list, else of each argument */
    size_t nsources;
};

static void run_free(void *p)
{
    struct run *r = p;
    assert(r->magic == JSON_VALUES_MAGIC);
    for (size_t i = 0; i < r->nsources; i++)
        r->maker->ops->end(r->sources[i].state);
    buf_release(&r->text);
    buf_release(&r->key);
    buf_release(&r->sorted);
    arena_release(&r->arena);
    arena_release(&r->tree);
    tz_unref(r->zone);
    mem_free(r);
}

static void on_init(duckdb_init_info info)
{
    struct run *r = mem_calloc(1, sizeof *r);
    struct err e;
    if (!r) {
        duckdb_scalar_function_init_set_error(info, ENGINE_ERROR_MARK "53200 out of memory");
        return;
    }
    err_init(&e);
    r->magic = JSON_VALUES_MAGIC;
    r->maker = duckdb_scalar_function_init_get_extra_info(info);
    arena_init(&r->arena, TYPES_MAX);
    arena_init(&r->tree, TREE_MAX);
    buf_init(&r->text, TEXT_MAX);
    buf_init(&r->key, TEXT_MAX);
    buf_init(&r->sorted, TEXT_MAX);
    r->zone = functions_zone(info, &e);
    duckdb_scalar_function_init_set_state(info, r, run_free);
}

/* ---- arguments ---- */

static bool is_list(const struct engine_column_type *t)
{
    return t->type == ENGINE_LIST || t->type == ENGINE_ARRAY;
}

/* What one argument, or what is in it, is written with. */
static int add_source(struct run *r, const struct engine_column_type *t, const struct column_view *v,
                      struct err *e)
{
    struct source *s = &r->sources[r->nsources];
    *s = (struct source){.type = t,
                         .view = (struct column_view *)(uintptr_t)v,
                         .composite = is_list(t) || t->type == ENGINE_STRUCT || t->type == ENGINE_MAP};
    TRY(r->maker->ops->begin(&s->state, t, r->zone, e));
    r->nsources++;
    return ST_OK;
}

/* At the first rows: the types of the arguments are known now. An aggregate's list is looked through: its
 * elements are what is written, and what stands between them depends on their type. */
static int begin(struct run *r, duckdb_data_chunk input, struct err *e)
{
    size_t n = duckdb_data_chunk_get_column_count(input);
    enum what what = r->maker->what;
    if (!r->maker->ops)
        return err_set(e, SQLSTATE_INTERNAL_ERROR, "values have no text here");
    r->args = arena_alloc(&r->arena, (n + 2) * sizeof *r->args);
    r->sources = arena_alloc(&r->arena, (n + 2) * sizeof *r->sources);
    if (!r->args || !r->sources)
        return err_oom(e);
    for (size_t i = 0; i < n; i++) {
        const struct engine_column_type *t;
        duckdb_logical_type type = duckdb_vector_get_column_type(duckdb_data_chunk_get_vector(input, i));
        int st = engine_type_new(&r->arena, type, &t, e);
        duckdb_destroy_logical_type(&type);
        if (st == ST_OK)
            st = engine_view_new(&r->arena, t, &r->args[i], e);
        if (st < 0)
            return st;
        const struct column_view *v = &r->args[i];
        if (what == WHAT_AGG || what == WHAT_OBJECT_AGG) {
            if (t->type != ENGINE_LIST)
                return err_set(e, SQLSTATE_INTERNAL_ERROR, "%s takes a list", r->maker->name);
            t = t->children;
            v = v->children;
        }
        if (what != WHAT_OBJECT_AGG) {
            TRY(add_source(r, t, v, e));
        } else {
            if (t->type != ENGINE_STRUCT || t->nchildren != 2)
                return err_set(e, SQLSTATE_UNDEFINED_FUNCTION,
                               "function %s does not exist with these arguments: it takes pairs",
                               r->maker->name);
            TRY(add_source(r, &t->children[0], &v->children[0], e));
            TRY(add_source(r, &t->children[1], &v->children[1], e));
        }
    }
    r->n = n;
    return ST_OK;
}

/* A bare NULL has a type of its own, whose vector has no validity to ask. */
static bool is_null(const struct source *s, size_t row)
{
    return s->type->type == ENGINE_NULL || !column_view_valid(s->view, row);
}

static int put(struct run *r, const struct source *s, size_t row, struct buf *out, struct err *e)
{
    if (!is_null(s, row))
        return r->maker->ops->put_json(s->state, s->view, row, out, e);
    buf_put(out, "null", 4);
    return ST_OK;
}

/* A key is what the value's JSON says, as a string. */
static int put_key(struct run *r, const struct source *s, size_t row, size_t number, struct err *e)
{
    if (is_null(s, row))
        return number == 0 ? err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE, "field name must not be null")
               : r->maker->jsonb
                   ? err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE, "argument %zu: key must not be null",
                             number)
                   : err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE, "argument %zu cannot be null", number);
    const char *alias = s->type->alias;
    if (s->composite || (alias && (strcmp(alias, "JSON") == 0 || strcmp(alias, "pg_jsonb") == 0)))
        return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE,
                       "key value must be scalar, not array, composite, or json");
    buf_clear(&r->key);
    TRY(put(r, s, row, &r->key, e));
    bool quoted = r->key.len && r->key.data[0] == '"';
    if (!quoted)
        buf_put_u8(&r->text, '"');
    buf_put(&r->text, r->key.data, r->key.len);
    if (!quoted)
        buf_put_u8(&r->text, '"');
    return ST_OK;
}

/* ---- values ---- */

static int put_array(struct run *r, size_t row, struct err *e)
{
    buf_put_u8(&r->text, '[');
    for (size_t i = 0; i < r->n; i++) {
        if (i)
            buf_put(&r->text, ", ", 2);
        TRY(put(r, &r->sources[i], row, &r->text, e));
    }
    buf_put_u8(&r->text, ']');
    return ST_OK;
}

static int put_object(struct run *r, size_t row, struct err *e)
{
    if (r->n % 2)
        return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE,
                       "argument list must have even number of elements");
    buf_put_u8(&r->text, '{');
    for (size_t i = 0; i < r->n; i += 2) {
        if (i)
            buf_put(&r->text, ", ", 2);
        TRY(put_key(r, &r->sources[i], row, i + 1, e));
        buf_put(&r->text, " : ", 3);
        TRY(put(r, &r->sources[i + 1], row, &r->text, e));
    }
    buf_put_u8(&r->text, '}');
    return ST_OK;
}

/* Rows and arrays stand on lines of their own, as PostgreSQL has them; a NULL among them does not. */
static int put_agg(struct run *r, size_t row, struct err *e)
{
    const struct engine_list_entry *l = (const struct engine_list_entry *)r->args[0].data + row;
    const struct source *s = r->sources;
    assert(r->n == 1 && r->nsources == 1);
    buf_put_u8(&r->text, '[');
    for (uint64_t i = 0; i < l->length; i++) {
        if (i)
            buf_put(&r->text, ", ", 2);
        if (i && s->composite && !is_null(s, l->offset + i))
            buf_put(&r->text, "\n ", 2);
        TRY(put(r, s, l->offset + i, &r->text, e));
    }
    buf_put_u8(&r->text, ']');
    return ST_OK;
}

/* json_object_agg has blanks within its brackets, which json_build_object has not. */
static int put_object_agg(struct run *r, size_t row, struct err *e)
{
    const struct engine_list_entry *l = (const struct engine_list_entry *)r->args[0].data + row;
    assert(r->n == 1 && r->nsources == 2);
    buf_put(&r->text, "{ ", 2);
    for (uint64_t i = l->offset; i < l->offset + l->length; i++) {
        if (i > l->offset)
            buf_put(&r->text, ", ", 2);
        TRY(put_key(r, &r->sources[0], i, 0, e));
        buf_put(&r->text, " : ", 3);
        TRY(put(r, &r->sources[1], i, &r->text, e));
    }
    buf_put(&r->text, " }", 2);
    return ST_OK;
}

/* A line feed behind each comma of the outermost level. */
static int put_lines(struct run *r, size_t row, struct err *e)
{
    size_t depth = 0;
    assert(r->n == 2 && r->nsources == 2);
    bool wide = !is_null(&r->sources[1], row) && ((const bool *)r->args[1].data)[row];
    if (!wide)
        return put(r, r->sources, row, &r->text, e);
    buf_clear(&r->key);
    TRY(put(r, r->sources, row, &r->key, e));
    for (size_t i = 0; i < r->key.len; i++) {
        char c = (char)r->key.data[i];
        size_t from = i;
        if (c == '"')
            for (i++; i < r->key.len && r->key.data[i] != '"'; i++)
                i += r->key.data[i] == '\\';
        depth += c == '[' || c == '{';
        depth -= (c == ']' || c == '}') && depth > 0;
        buf_put(&r->text, r->key.data + from, (i < r->key.len ? i + 1 : r->key.len) - from);
        if (c == ',' && depth == 1)
            buf_put(&r->text, "\n ", 2);
    }
    return ST_OK;
}

static int make(struct run *r, size_t row, struct err *e)
{
    switch (r->maker->what) {
    case WHAT_VALUE: return put(r, r->sources, row, &r->text, e);
    case WHAT_LINES: return put_lines(r, row, e);
    case WHAT_ARRAY: return put_array(r, row, e);
    case WHAT_OBJECT: return put_object(r, row, e);
    case WHAT_AGG: return put_agg(r, row, e);
    case WHAT_OBJECT_AGG: return put_object_agg(r, row, e);
    }
    return ST_OK;
}

/* The same text as jsonb shows it: keys in order, the last of equal ones alone. */
static int sort(struct run *r, struct err *e)
{
    struct json j;
    arena_clear(&r->tree);
    buf_clear(&r->sorted);
    TRY(json_parse(&r->tree, (struct str){(const char *)r->text.data, r->text.len}, &j, e));
    json_put(&r->sorted, &j);
    return ST_OK;
}

/* A NULL as the first argument gives NULL. The functions that take any number of arguments write it as a
 * member instead. */
static int make_rows(struct run *r, duckdb_data_chunk input, duckdb_vector output, struct err *e)
{
    bool spreads = r->maker->what == WHAT_ARRAY || r->maker->what == WHAT_OBJECT;
    if (!r->sources)
        TRY(begin(r, input, e));
    for (size_t i = 0; i < r->n; i++)
        engine_view_point(&r->args[i], duckdb_data_chunk_get_vector(input, i),
                          duckdb_data_chunk_get_size(input));
    for (size_t row = 0; row < duckdb_data_chunk_get_size(input); row++) {
        if (!spreads && !column_view_valid(&r->args[0], row)) {
            duckdb_vector_ensure_validity_writable(output);
            duckdb_validity_set_row_invalid(duckdb_vector_get_validity(output), row);
            continue;
        }
        buf_clear(&r->text);
        TRY(make(r, row, e));
        if (!buf_ok(&r->text))
            return err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "a value of %s is too long", r->maker->name);
        if (r->maker->jsonb)
            TRY(sort(r, e));
        const struct buf *out = r->maker->jsonb ? &r->sorted : &r->text;
        if (!buf_ok(out))
            return err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "a value of %s is too long", r->maker->name);
        duckdb_vector_assign_string_element_len(output, row, (const char *)out->data, out->len);
    }
    return ST_OK;
}

static void on_rows(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output)
{
    struct run *r = duckdb_scalar_function_get_state(info);
    struct err e;
    assert(r && r->magic == JSON_VALUES_MAGIC);
    err_init(&e);
    if (make_rows(r, input, output, &e) == ST_OK)
        return;
    char text[sizeof ENGINE_ERROR_MARK + 8 + ERR_MESSAGE_MAX];
    (void)snprintf(text, sizeof text, ENGINE_ERROR_MARK "%s %s", sqlstate_code(e.code), e.message);
    duckdb_scalar_function_set_error(info, text);
}

/* ---- making them known ---- */

/* All of them see NULLs: one in an array is null, and one as a key is an error. */
static duckdb_scalar_function function_of(const struct maker *m)
{
    duckdb_scalar_function f = duckdb_create_scalar_function();
    duckdb_logical_type any = duckdb_create_logical_type(DUCKDB_TYPE_ANY);
    duckdb_logical_type flag = duckdb_create_logical_type(DUCKDB_TYPE_BOOLEAN);
    duckdb_logical_type result = duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
    duckdb_logical_type_set_alias(result, m->jsonb ? "pg_jsonb" : "JSON");
    duckdb_scalar_function_set_name(f, m->name);
    if (m->what == WHAT_ARRAY || m->what == WHAT_OBJECT)
        duckdb_scalar_function_set_varargs(f, any);
    else
        duckdb_scalar_function_add_parameter(f, any);
    if (m->what == WHAT_LINES)
        duckdb_scalar_function_add_parameter(f, flag);
    duckdb_scalar_function_set_special_handling(f);
    duckdb_scalar_function_set_return_type(f, result);
    duckdb_scalar_function_set_init(f, on_init);
    duckdb_scalar_function_set_function(f, on_rows);
    duckdb_destroy_logical_type(&any);
    duckdb_destroy_logical_type(&flag);
    duckdb_destroy_logical_type(&result);
    return f;
}

/* The ops are known only when the database is opened, so each function has a copy of its line with them,
 * which the engine frees with the function. */
static int register_one(struct engine_conn *c, const struct maker *m, struct err *e)
{
    duckdb_scalar_function f = function_of(m);
    struct maker *kept = mem_calloc(1, sizeof *kept);
    if (!kept) {
        duckdb_destroy_scalar_function(&f);
        return err_oom(e);
    }
    *kept = *m;
    duckdb_scalar_function_set_extra_info(f, kept, mem_free);
    bool ok = duckdb_register_scalar_function(c->conn, f) == DuckDBSuccess;
    duckdb_destroy_scalar_function(&f);
    return ok ? ST_OK
              : err_set(e, SQLSTATE_INTERNAL_ERROR, "the engine does not take the function %s", m->name);
}

int json_values_register(struct engine_conn *c, const struct engine_text_ops *ops, struct err *e)
{
    static const struct maker makers[] = {
        {.name = "pg_to_json", .what = WHAT_VALUE},
        {.name = "pg_to_jsonb", .what = WHAT_VALUE, .jsonb = true},
        {.name = "pg_json_lines", .what = WHAT_LINES},
        {.name = "pg_json_array", .what = WHAT_ARRAY},
        {.name = "pg_jsonb_array", .what = WHAT_ARRAY, .jsonb = true},
        {.name = "pg_json_object", .what = WHAT_OBJECT},
        {.name = "pg_jsonb_object", .what = WHAT_OBJECT, .jsonb = true},
        {.name = "pg_json_agg", .what = WHAT_AGG},
        {.name = "pg_jsonb_agg", .what = WHAT_AGG, .jsonb = true},
        {.name = "pg_json_object_agg", .what = WHAT_OBJECT_AGG},
        {.name = "pg_jsonb_object_agg", .what = WHAT_OBJECT_AGG, .jsonb = true},
    };
    for (size_t i = 0; i < sizeof makers / sizeof *makers; i++) {
        struct maker m = makers[i];
        m.ops = ops;
        TRY(register_one(c, &m, e));
    }
    return ST_OK;
}
