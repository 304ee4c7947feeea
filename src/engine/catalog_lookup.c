/* A statement's connection is known at the bind of a function, its snapshot when the function starts: a
 * snapshot that is not there yet is no error before a value is asked for, since the engine starts functions
 * of constants while it plans, and leaves what fails there for later. */
#include "engine/catalog_lookup.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "engine/catalog_snapshot.h"
#include "engine/column_view.h"
#include "engine/nulls.h"
#include "pgtype/oid.h"

#include <assert.h>
#include <string.h>

enum { NAME_MAX = 256, PARTS_MAX = 3, TYPE_TEXT_MAX = 512, TYPMOD_BASE = 4, NO_PLACE = 1000 };
enum { TYPE_ARRAY_AT = 2, TYPE_BASE_AT, TYPE_NAME_AT, TYPE_VISIBLE_AT = 6 }; /* columns of SQL_LIST_TYPES */
enum { NAME_SCHEMA_AT = 2, NAME_COMMENT_AT = 4, NAME_VISIBLE_AT, NAME_PLACE_AT, NAME_SHOWN_AT };

enum kind { BY_NUMBER, ELEMENT, TYPE, RELATION };

static const struct lookup {
    const char *name;
    size_t list, column;
    enum kind kind;
    duckdb_type result;
    duckdb_type arguments[2]; /* INVALID: none */
} lookups[] = {
#define OF(name, list, column)                                                                               \
    {                                                                                                        \
        "tavana_of_" name, list, column, BY_NUMBER, DUCKDB_TYPE_VARCHAR,                                     \
        {                                                                                                    \
            DUCKDB_TYPE_BIGINT                                                                               \
        }                                                                                                    \
    }
    OF("relation_name", SQL_LIST_NAMES, NAME_SHOWN_AT),
    OF("relation_comment", SQL_LIST_NAMES, NAME_COMMENT_AT),
    OF("constraint", SQL_LIST_CONSTRAINTS, 8),
    OF("index", SQL_LIST_INDEXES, 5),
    OF("view", SQL_LIST_VIEWS, 3),
    OF("comment", SQL_LIST_COMMENTS, 1),
    OF("schema", SQL_LIST_SCHEMAS, 1),
    OF("function_name", SQL_LIST_FUNCTIONS, 1),
    OF("function_arguments", SQL_LIST_FUNCTIONS, 2),
    OF("function_body", SQL_LIST_FUNCTIONS, 3),
    OF("function_result", SQL_LIST_FUNCTIONS, 5),
    OF("function_identity", SQL_LIST_FUNCTIONS, 6),
    OF("function_schema", SQL_LIST_FUNCTIONS, 7),
    OF("function_language", SQL_LIST_FUNCTIONS, 8),
    OF("function_kind", SQL_LIST_FUNCTIONS, 9),
    {"tavana_of_function_is_macro",
     SQL_LIST_FUNCTIONS,
     4,
     BY_NUMBER,
     DUCKDB_TYPE_BOOLEAN,
     {DUCKDB_TYPE_BIGINT}},
    {"tavana_of_relation_visible",
     SQL_LIST_NAMES,
     NAME_VISIBLE_AT,
     BY_NUMBER,
     DUCKDB_TYPE_BOOLEAN,
     {DUCKDB_TYPE_BIGINT}},
    {"tavana_of_type_visible",
     SQL_LIST_TYPES,
     TYPE_VISIBLE_AT,
     BY_NUMBER,
     DUCKDB_TYPE_BOOLEAN,
     {DUCKDB_TYPE_BIGINT}},
    {"tavana_of_index_column",
     SQL_LIST_INDEXES,
     9,
     ELEMENT,
     DUCKDB_TYPE_VARCHAR,
     {DUCKDB_TYPE_BIGINT, DUCKDB_TYPE_BIGINT}},
    {"tavana_of_type",
     SQL_LIST_TYPES,
     TYPE_NAME_AT,
     TYPE,
     DUCKDB_TYPE_VARCHAR,
     {DUCKDB_TYPE_BIGINT, DUCKDB_TYPE_BIGINT}},
    {"tavana_of_relation", SQL_LIST_NAMES, 0, RELATION, DUCKDB_TYPE_BIGINT, {DUCKDB_TYPE_VARCHAR}},
};

/* ---- values of a list ---- */

static bool is_null_at(duckdb_vector v, size_t at)
{
    return is_null(duckdb_vector_get_validity(v), at);
}

static struct str text_at(const struct catalog_list *l, size_t row, size_t column)
{
    size_t at;
    duckdb_vector v = catalog_list_at(l, row, column, &at);
    const struct engine_string *s = (const struct engine_string *)duckdb_vector_get_data(v) + at;
    return is_null_at(v, at) ? (struct str){NULL, 0} : (struct str){engine_string_data(s), s->len};
}

static int64_t number_at(const struct catalog_list *l, size_t row, size_t column)
{
    size_t at;
    duckdb_vector v = catalog_list_at(l, row, column, &at);
    return is_null_at(v, at) ? 0 : ((const int64_t *)duckdb_vector_get_data(v))[at];
}

static bool bool_at(const struct catalog_list *l, size_t row, size_t column)
{
    size_t at;
    duckdb_vector v = catalog_list_at(l, row, column, &at);
    return !is_null_at(v, at) && ((const bool *)duckdb_vector_get_data(v))[at];
}

/* text.p NULL: NULL. */
static void put_text(duckdb_vector out, idx_t row, struct str text)
{
    if (text.p)
        duckdb_vector_assign_string_element_len(out, row, text.p, text.n);
    else
        put_null(out, row);
}

/* ---- what each kind gives ---- */

static void give_by_number(const struct lookup *f, const struct catalog_list *l, int64_t number,
                           duckdb_vector out, idx_t row)
{
    size_t found;
    if (!catalog_list_row(l, number, &found))
        put_null(out, row);
    else if (f->result == DUCKDB_TYPE_BOOLEAN)
        ((bool *)duckdb_vector_get_data(out))[row] = bool_at(l, found, f->column);
    else
        put_text(out, row, text_at(l, found, f->column));
}

/* The text at that place, from 1, in the list of a row. */
static void give_element(const struct lookup *f, const struct catalog_list *l, int64_t number, int64_t place,
                         duckdb_vector out, idx_t row)
{
    size_t found, at;
    if (!catalog_list_row(l, number, &found)) {
        put_null(out, row);
        return;
    }
    duckdb_vector v = catalog_list_at(l, found, f->column, &at);
    duckdb_vector child = duckdb_list_vector_get_child(v);
    const duckdb_list_entry *list = (const duckdb_list_entry *)duckdb_vector_get_data(v) + at;
    if (is_null_at(v, at) || place < 1 || (uint64_t)place > list->length ||
        is_null_at(child, list->offset + (size_t)place - 1)) {
        put_null(out, row);
        return;
    }
    const struct engine_string *s =
        (const struct engine_string *)duckdb_vector_get_data(child) + list->offset + place - 1;
    put_text(out, row, (struct str){engine_string_data(s), s->len});
}

/* What stands behind a type's name, or within it: "timestamp(3) without time zone". */
static void put_modifier(struct buf *b, struct str name, int64_t base, int64_t modifier)
{
    const char *blank = memchr(name.p, ' ', name.n);
    size_t before = name.n;
    switch (base) {
    case PGTYPE_NUMERIC:
        if (modifier < TYPMOD_BASE)
            break;
        buf_printf(b, "%.*s(%d,%d)", (int)name.n, name.p, (int)((modifier - TYPMOD_BASE) >> 16 & 0xffff),
                   (int)((modifier - TYPMOD_BASE) & 0x7ff));
        return;
    case PGTYPE_BPCHAR:
    case PGTYPE_VARCHAR:
        if (modifier < TYPMOD_BASE)
            break;
        buf_printf(b, "%.*s(%d)", (int)name.n, name.p, (int)(modifier - TYPMOD_BASE));
        return;
    case PGTYPE_TIME:
    case PGTYPE_TIMETZ:
    case PGTYPE_TIMESTAMP:
    case PGTYPE_TIMESTAMPTZ:
        if (modifier < 0)
            break;
        before = blank ? (size_t)(blank - name.p) : name.n;
        buf_printf(b, "%.*s(%d)%.*s", (int)before, name.p, (int)modifier, (int)(name.n - before),
                   name.p + before);
        return;
    case PGTYPE_BIT:
    case PGTYPE_VARBIT:
        if (modifier < 0)
            break;
        buf_printf(b, "%.*s(%d)", (int)name.n, name.p, (int)modifier);
        return;
    default: break;
    }
    buf_put(b, name.p, name.n);
}

/* What format_type() gives: "-" for number 0 and "???" for a type that there is not, as in PostgreSQL. */
static void give_type(const struct catalog_list *l, int64_t number, int64_t modifier, struct buf *b,
                      duckdb_vector out, idx_t row)
{
    size_t found;
    struct str name = {NULL, 0};
    if (catalog_list_row(l, number, &found))
        name = text_at(l, found, TYPE_NAME_AT);
    if (!name.p) {
        put_text(out, row, number == 0 ? STR("-") : STR("???"));
        return;
    }
    buf_clear(b);
    put_modifier(b, name, number_at(l, found, TYPE_BASE_AT), modifier);
    if (bool_at(l, found, TYPE_ARRAY_AT))
        buf_put(b, "[]", 2);
    put_text(out, row, buf_ok(b) ? (struct str){(const char *)b->data, b->len} : STR("???"));
}

/* Names between dots, unquoted ones in lower case. 0: they are too long, or too many. */
static size_t split_name(struct str text, char parts[PARTS_MAX][NAME_MAX])
{
    size_t n = 0;
    for (size_t i = 0; i < text.n;) {
        size_t to = 0;
        if (strchr(". \t\n", text.p[i])) {
            i++;
            continue;
        }
        if (n == PARTS_MAX)
            return 0;
        bool quoted = text.p[i] == '"';
        for (i += quoted; i < text.n; i++) {
            char c = text.p[i];
            if (quoted && c == '"' && (++i == text.n || text.p[i] != '"'))
                break;
            if (!quoted && strchr(". \t\n\"", c))
                break;
            if (to + 1 == NAME_MAX)
                return 0;
            parts[n][to++] = !quoted && c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
        }
        parts[n++][to] = '\0';
    }
    return n;
}

/* Of those with that name the one whose schema comes first on the path; with a schema, the one in it. */
static void give_relation(const struct catalog_list *l, struct str text, duckdb_vector out, idx_t row)
{
    char parts[PARTS_MAX][NAME_MAX];
    size_t n = memchr(text.p, '\0', text.n) ? 0 : split_name(text, parts), from = 0, found, at;
    int64_t best = 0;
    int32_t best_place = INT32_MAX;
    while (n && catalog_list_named(l, str_of(parts[n - 1]), &from, &found)) {
        duckdb_vector places = catalog_list_at(l, found, NAME_PLACE_AT, &at);
        int32_t place =
            is_null_at(places, at) ? NO_PLACE : ((const int32_t *)duckdb_vector_get_data(places))[at];
        bool fits = n > 1 ? str_eq(text_at(l, found, NAME_SCHEMA_AT), str_of(parts[n - 2]))
                          : bool_at(l, found, NAME_VISIBLE_AT);
        if (fits && place < best_place) {
            best = number_at(l, found, 0);
            best_place = place;
        }
    }
    if (best_place == INT32_MAX)
        put_null(out, row);
    else
        ((int64_t *)duckdb_vector_get_data(out))[row] = best;
}

/* ---- the functions ---- */

static void *same(void *p)
{
    return p; /* the connection outlives its statements */
}

/* A function of one engine. */
struct registered {
    struct engine *engine;
    const struct lookup *lookup;
};

static void bind_lookup(duckdb_bind_info info)
{
    const struct registered *f = duckdb_scalar_function_bind_get_extra_info(info);
    duckdb_client_context context;
    struct engine_conn *c = NULL;
    assert(f);
    duckdb_scalar_function_get_client_context(info, &context);
    bool found = catalog_slot_need(f->engine, context, f->lookup->list, &c);
    duckdb_destroy_client_context(&context);
    if (!found)
        duckdb_scalar_function_bind_set_error(info, "this connection has no catalog");
    duckdb_scalar_function_set_bind_data(info, c, NULL);
    duckdb_scalar_function_set_bind_data_copy(info, same);
}

static void unref(void *p)
{
    catalog_snapshot_unref(p);
}

static void start_lookup(duckdb_init_info info)
{
    const struct engine_conn *c = duckdb_scalar_function_init_get_bind_data(info);
    if (c)
        duckdb_scalar_function_init_set_state(info, catalog_slot_take(c), unref);
}

static void give_row(const struct lookup *f, const struct catalog_list *l, const void *first,
                     const int64_t *second, bool has_second, struct buf *b, duckdb_vector out, idx_t row)
{
    int64_t number = f->kind == RELATION ? 0 : ((const int64_t *)first)[row];
    const struct engine_string *s = (const struct engine_string *)first + (f->kind == RELATION ? row : 0);
    switch (f->kind) {
    case BY_NUMBER: give_by_number(f, l, number, out, row); break;
    case ELEMENT: give_element(f, l, number, second[row], out, row); break;
    case TYPE: give_type(l, number, has_second ? second[row] : -1, b, out, row); break;
    case RELATION: give_relation(l, (struct str){engine_string_data(s), s->len}, out, row); break;
    }
}

static void give(duckdb_function_info info, duckdb_data_chunk in, duckdb_vector out)
{
    const struct registered *registered = duckdb_scalar_function_get_extra_info(info);
    const struct catalog_snapshot *s = duckdb_scalar_function_get_state(info);
    assert(registered);
    const struct lookup *f = registered->lookup;
    const struct catalog_list *l = catalog_snapshot_list(s, f->list);
    if (!l) {
        duckdb_scalar_function_set_error(info, "the catalog was not read before the statement");
        return;
    }
    bool two = f->arguments[1] != DUCKDB_TYPE_INVALID;
    duckdb_vector first = duckdb_data_chunk_get_vector(in, 0);
    duckdb_vector second = two ? duckdb_data_chunk_get_vector(in, 1) : NULL;
    struct buf b;
    buf_init(&b, TYPE_TEXT_MAX);
    for (idx_t row = 0; row < duckdb_data_chunk_get_size(in); row++) {
        bool has_second = two && !is_null_at(second, row);
        if (is_null_at(first, row) || (f->kind == ELEMENT && !has_second))
            put_null(out, row);
        else
            give_row(f, l, duckdb_vector_get_data(first), two ? duckdb_vector_get_data(second) : NULL,
                     has_second, &b, out, row);
    }
    buf_release(&b);
}

static int add(struct engine_conn *c, const struct lookup *f, struct err *e)
{
    struct registered *registered = mem_alloc(sizeof *registered);
    if (!registered)
        return err_oom(e);
    *registered = (struct registered){c->engine, f};
    duckdb_scalar_function s = duckdb_create_scalar_function();
    duckdb_scalar_function_set_name(s, f->name);
    for (size_t i = 0; i < 2 && f->arguments[i] != DUCKDB_TYPE_INVALID; i++) {
        duckdb_logical_type type = duckdb_create_logical_type(f->arguments[i]);
        duckdb_scalar_function_add_parameter(s, type);
        duckdb_destroy_logical_type(&type);
    }
    duckdb_logical_type result = duckdb_create_logical_type(f->result);
    duckdb_scalar_function_set_return_type(s, result);
    duckdb_destroy_logical_type(&result);
    duckdb_scalar_function_set_special_handling(s);
    duckdb_scalar_function_set_extra_info(s, registered, mem_free);
    duckdb_scalar_function_set_bind(s, bind_lookup);
    duckdb_scalar_function_set_init(s, start_lookup);
    duckdb_scalar_function_set_function(s, give);
    duckdb_state state = duckdb_register_scalar_function(c->conn, s);
    duckdb_destroy_scalar_function(&s);
    return state == DuckDBSuccess
               ? ST_OK
               : err_set(e, SQLSTATE_INTERNAL_ERROR, "could not register function %s", f->name);
}

int catalog_lookup_register(struct engine_conn *c, struct err *e)
{
    for (size_t i = 0; i < sizeof lookups / sizeof *lookups; i++)
        TRY(add(c, &lookups[i], e));
    return ST_OK;
}
