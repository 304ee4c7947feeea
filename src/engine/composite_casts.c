/* A text is cut into its fields, column by column, and each column's texts are read as its type: the usual
 * types here, others by the engine's own cast, many rows at once, on a connection of its own. */
#include "engine/composite_casts.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "engine/bytes_casts.h"
#include "engine/cast.h"
#include "engine/column_view.h"
#include "engine/engine_priv.h"
#include "engine/error.h"
#include "engine/literal_zone.h"
#include "engine/nulls.h"
#include "engine/shown.h"
#include "pgfunc/array_text.h"
#include "pgtype/composite_type.h"
#include "pgtype/oid.h"
#include "pgtype/record.h"
#include "pgtype/tz.h"
#include "pgtype/value.h"

#include <assert.h>
#include <string.h>

enum { SCRATCH_MAX = 512 * 1024 * 1024, STATEMENT_MAX = 1024 * 1024 };

/* A type whose casts are known. */
struct composite {
    struct engine *engine;
    struct arena arena; /* of type */
    const struct engine_column_type *type;
};

/* A cast under way. */
struct reading {
    struct engine *engine;
    duckdb_connection conn; /* of the engine's own casts; NULL: none yet */
    struct arena scratch;
    struct literal_zone where;
    struct err *e;
};

static int fill(struct reading *r, const struct engine_column_type *t, duckdb_vector out, size_t at,
                const struct str *texts, size_t n);

/* ---- the usual types ---- */

/* PostgreSQL's number of a type that is read here; 0: the engine reads it. */
static uint32_t known_oid(const struct engine_column_type *t)
{
    if (t->alias)
        return 0;
    switch (t->type) {
    case ENGINE_BOOL: return PGTYPE_BOOL;
    case ENGINE_INT16: return PGTYPE_INT2;
    case ENGINE_INT32: return PGTYPE_INT4;
    case ENGINE_INT64: return PGTYPE_INT8;
    case ENGINE_FLOAT: return PGTYPE_FLOAT4;
    case ENGINE_DOUBLE: return PGTYPE_FLOAT8;
    case ENGINE_DATE: return PGTYPE_DATE;
    case ENGINE_TIMESTAMP: return PGTYPE_TIMESTAMP;
    case ENGINE_TIMESTAMP_TZ: return PGTYPE_TIMESTAMPTZ;
    case ENGINE_UUID: return PGTYPE_UUID;
    case ENGINE_VARCHAR: return PGTYPE_TEXT;
    case ENGINE_BLOB: return PGTYPE_BYTEA;
    default: return 0;
    }
}

static int decode(struct reading *r, uint32_t oid, struct str text, struct pg_value *out)
{
    const struct tz *zone = r->where.zone ? r->where.zone : tz_utc();
    struct pg_value other;
    if (text.n > INT32_MAX)
        return err_set(r->e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "a field of a record is too long");
    const uint8_t *p = (const uint8_t *)text.p;
    TRY(pg_value_decode(&r->scratch, oid, 0, p, (int32_t)text.n, zone, out, r->e));
    if (oid != PGTYPE_TIMESTAMPTZ || !r->where.elsewhere)
        return ST_OK;
    TRY(pg_value_decode(&r->scratch, oid, 0, p, (int32_t)text.n, r->where.elsewhere, &other, r->e));
    return other.kind == out->kind && other.v.i == out->v.i
               ? ST_OK
               : err_set(r->e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                         "a text that names no time zone is not read as a timestamp with time zone within a "
                         "record here, unless it is a literal");
}

static int put(struct reading *r, const struct engine_column_type *t, duckdb_vector out, void *data,
               size_t row, const struct pg_value *v)
{
    switch (v->kind) {
    case PG_BOOL: ((uint8_t *)data)[row] = v->v.b; return ST_OK;
    case PG_FLOAT: ((float *)data)[row] = v->v.f; return ST_OK;
    case PG_DOUBLE: ((double *)data)[row] = v->v.d; return ST_OK;
    case PG_DATE: ((int32_t *)data)[row] = (int32_t)v->v.i; return ST_OK;
    case PG_INT64:
    case PG_TIMESTAMP:
    case PG_TIMESTAMPTZ: engine_put_int(t, data, row, v->v.i); return ST_OK;
    case PG_UUID: engine_put_uuid(data, row, v->v.uuid); return ST_OK;
    case PG_TEXT:
    case PG_BYTES:
        duckdb_vector_assign_string_element_len(out, row, v->v.text.p ? v->v.text.p : "", v->v.text.n);
        return ST_OK;
    default: return err_set(r->e, SQLSTATE_INTERNAL_ERROR, "a field of a record is of another kind");
    }
}

static int fill_known(struct reading *r, const struct engine_column_type *t, uint32_t oid, duckdb_vector out,
                      size_t at, const struct str *texts, size_t n)
{
    void *data = duckdb_vector_get_data(out);
    for (size_t i = 0; i < n; i++) {
        struct pg_value v;
        if (!texts[i].p) {
            put_null(out, at + i);
            continue;
        }
        TRY(decode(r, oid, texts[i], &v));
        TRY(put(r, t, out, data, at + i, &v));
    }
    return ST_OK;
}

/* ---- the engine's ---- */

static const char *plain_name(enum engine_type t)
{
    switch (t) {
    case ENGINE_BOOL: return "BOOLEAN";
    case ENGINE_INT8: return "TINYINT";
    case ENGINE_INT16: return "SMALLINT";
    case ENGINE_INT32: return "INTEGER";
    case ENGINE_INT64: return "BIGINT";
    case ENGINE_UINT8: return "UTINYINT";
    case ENGINE_UINT16: return "USMALLINT";
    case ENGINE_UINT32: return "UINTEGER";
    case ENGINE_UINT64: return "UBIGINT";
    case ENGINE_INT128: return "HUGEINT";
    case ENGINE_UINT128: return "UHUGEINT";
    case ENGINE_BIGNUM: return "BIGNUM";
    case ENGINE_FLOAT: return "FLOAT";
    case ENGINE_DOUBLE: return "DOUBLE";
    case ENGINE_VARCHAR: return "VARCHAR";
    case ENGINE_BLOB: return "BLOB";
    case ENGINE_BIT: return "BIT";
    case ENGINE_DATE: return "DATE";
    case ENGINE_TIME: return "TIME";
    case ENGINE_TIME_TZ: return "TIMETZ";
    case ENGINE_TIMESTAMP: return "TIMESTAMP";
    case ENGINE_TIMESTAMP_TZ: return "TIMESTAMPTZ";
    case ENGINE_INTERVAL: return "INTERVAL";
    case ENGINE_UUID: return "UUID";
    default: return NULL;
    }
}

/* A type as SQL. false: it has no spelling here. */
static bool spell(struct buf *b, const struct engine_column_type *t)
{
    const char *name = t->alias ? t->alias : plain_name(t->type);
    if (t->type == ENGINE_DECIMAL) {
        buf_printf(b, "DECIMAL(%u,%u)", t->width, t->scale);
        return true;
    }
    if (t->type == ENGINE_ENUM) {
        for (size_t i = 0; i < t->nnames; i++) {
            buf_printf(b, i ? ", '" : "ENUM('");
            for (size_t k = 0; k < t->names[i].n; k++)
                buf_printf(b, t->names[i].p[k] == '\'' ? "''" : "%c", t->names[i].p[k]);
            buf_put_u8(b, '\'');
        }
        buf_put_u8(b, ')');
        return t->nnames > 0;
    }
    if (!name)
        return false;
    buf_put_u8(b, '"');
    buf_printf(b, "%s", name);
    buf_put_u8(b, '"');
    return true;
}

static duckdb_value list_of(const struct str *texts, size_t n)
{
    duckdb_value *values = mem_calloc(n, sizeof(void *)), list = NULL;
    duckdb_logical_type text = duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
    for (size_t i = 0; values && i < n; i++)
        values[i] =
            texts[i].p ? duckdb_create_varchar_length(texts[i].p, texts[i].n) : duckdb_create_null_value();
    if (values)
        list = duckdb_create_list_value(text, values, n);
    for (size_t i = 0; values && i < n; i++)
        duckdb_destroy_value(&values[i]);
    duckdb_destroy_logical_type(&text);
    mem_free(values);
    return list;
}

static int take_result(duckdb_result *result, duckdb_vector out, size_t at, size_t n, struct err *e)
{
    size_t rows = 0;
    duckdb_selection_vector all = duckdb_create_selection_vector(n);
    for (size_t i = 0; i < n; i++)
        duckdb_selection_vector_get_data_ptr(all)[i] = (sel_t)i;
    for (duckdb_data_chunk c; (c = duckdb_fetch_chunk(*result)) != NULL;) {
        size_t more = duckdb_data_chunk_get_size(c);
        if (more <= n - rows)
            duckdb_vector_copy_sel(duckdb_data_chunk_get_vector(c, 0), out, all, more, 0, at + rows);
        rows += more;
        duckdb_destroy_data_chunk(&c);
        if (rows > n)
            break;
    }
    duckdb_destroy_selection_vector(all);
    return rows == n ? ST_OK : err_set(e, SQLSTATE_INTERNAL_ERROR, "fields of records were lost");
}

static int run_cast(struct reading *r, const char *sql, duckdb_vector out, size_t at, const struct str *texts,
                    size_t n)
{
    duckdb_prepared_statement st = NULL;
    duckdb_result result = {0};
    int rc = ST_OK;
    duckdb_value list = list_of(texts, n);
    if (!list)
        rc = err_oom(r->e);
    if (rc == ST_OK && duckdb_prepare(r->conn, sql, &st) != DuckDBSuccess)
        rc = engine_error(r->e, st ? duckdb_prepare_error(st) : NULL, NULL);
    if (rc == ST_OK && duckdb_bind_value(st, 1, list) != DuckDBSuccess)
        rc = err_oom(r->e);
    if (rc == ST_OK && duckdb_execute_prepared(st, &result) != DuckDBSuccess)
        rc = engine_error(r->e, duckdb_result_error(&result), NULL);
    if (rc == ST_OK)
        rc = take_result(&result, out, at, n, r->e);
    duckdb_destroy_result(&result);
    duckdb_destroy_prepare(&st);
    duckdb_destroy_value(&list);
    return rc;
}

static int fill_by_engine(struct reading *r, const struct engine_column_type *t, duckdb_vector out, size_t at,
                          const struct str *texts, size_t n)
{
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, STATEMENT_MAX);
    buf_printf(&b, "SELECT CAST(z_x AS ");
    bool spelled = spell(&b, t);
    buf_printf(&b, ") FROM (SELECT unnest($1::VARCHAR[]) AS z_x)");
    buf_put_u8(&b, '\0');
    if (!buf_ok(&b))
        return err_oom(r->e);
    if (!spelled)
        return err_set(r->e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                       "a record with a field of this type is not read from text here");
    if (!r->conn && duckdb_connect(r->engine->db, &r->conn) != DuckDBSuccess)
        return err_set(r->e, SQLSTATE_INSUFFICIENT_RESOURCES, "the engine gives no further connection");
    return run_cast(r, (const char *)b.data, out, at, texts, n);
}

/* ---- arrays ---- */

/* All elements of all rows, one after the other: they are read as one column. */
static int fill_list(struct reading *r, const struct engine_column_type *t, duckdb_vector out, size_t at,
                     const struct str *texts, size_t n)
{
    struct array_text *rows = arena_calloc(&r->scratch, n + 1, sizeof *rows);
    size_t total = 0, from = duckdb_list_vector_get_size(out), done = 0;
    if (!rows)
        return err_oom(r->e);
    for (size_t i = 0; i < n; i++) {
        if (texts[i].p)
            TRY(array_text_read(&r->scratch, texts[i], &rows[i], r->e));
        total += rows[i].n;
    }
    struct str *items = arena_calloc(&r->scratch, total + 1, sizeof *items);
    if (!items || duckdb_list_vector_reserve(out, from + total) != DuckDBSuccess ||
        duckdb_list_vector_set_size(out, from + total) != DuckDBSuccess)
        return err_oom(r->e);
    duckdb_list_entry *entries = duckdb_vector_get_data(out);
    for (size_t i = 0; i < n; i++) {
        entries[at + i] = (duckdb_list_entry){from + done, rows[i].n};
        if (!texts[i].p)
            put_null(out, at + i);
        if (rows[i].n)
            memcpy(items + done, rows[i].items, rows[i].n * sizeof *items);
        done += rows[i].n;
    }
    assert(done == total);
    return total ? fill(r, &t->children[0], duckdb_list_vector_get_child(out), from, items, total) : ST_OK;
}

/* ---- records ---- */

static void null_record(const struct engine_column_type *t, duckdb_vector out, size_t row)
{
    put_null(out, row);
    for (size_t i = 0; t->type == ENGINE_STRUCT && i < t->nchildren; i++)
        null_record(&t->children[i], duckdb_struct_vector_get_child(out, i), row);
}

static int fill_record(struct reading *r, const struct engine_column_type *t, duckdb_vector out, size_t at,
                       const struct str *texts, size_t n)
{
    size_t width = t->nchildren;
    struct str *fields = arena_calloc(&r->scratch, n * width + 1, sizeof *fields);
    struct str *row = arena_calloc(&r->scratch, width + 1, sizeof *row);
    if (!fields || !row)
        return err_oom(r->e);
    for (size_t i = 0; i < n; i++) {
        if (!texts[i].p)
            continue;
        TRY(record_read(&r->scratch, texts[i], width, row, r->e));
        for (size_t k = 0; k < width; k++)
            fields[k * n + i] = row[k];
    }
    for (size_t k = 0; k < width; k++)
        TRY(fill(r, &t->children[k], duckdb_struct_vector_get_child(out, k), at, fields + k * n, n));
    for (size_t i = 0; i < n; i++)
        if (!texts[i].p)
            null_record(t, out, at + i);
    return ST_OK;
}

static int fill(struct reading *r, const struct engine_column_type *t, duckdb_vector out, size_t at,
                const struct str *texts, size_t n)
{
    uint32_t oid = known_oid(t);
    if (oid)
        return fill_known(r, t, oid, out, at, texts, n);
    if (t->type == ENGINE_STRUCT && composite_type_oid(t->alias, NULL))
        return fill_record(r, t, out, at, texts, n);
    if (t->type == ENGINE_LIST && !t->alias)
        return fill_list(r, t, out, at, texts, n);
    return fill_by_engine(r, t, out, at, texts, n);
}

/* ---- from text ---- */

static bool from_text(duckdb_function_info info, idx_t count, duckdb_vector in, duckdb_vector out)
{
    const struct composite *c = duckdb_cast_function_get_extra_info(info);
    const struct engine_string *from = duckdb_vector_get_data(in);
    const uint64_t *validity = duckdb_vector_get_validity(in);
    struct err e;
    struct reading r = {.engine = c->engine, .e = &e, .where = literal_zone_take()};
    struct str *texts = mem_calloc(count, sizeof *texts);
    bool all = true;
    arena_init(&r.scratch, SCRATCH_MAX);
    err_init(&e);
    for (idx_t i = 0; texts && i < count; i++)
        if (!is_null(validity, i))
            texts[i] = (struct str){engine_string_data(&from[i]), from[i].len};
    if (!texts) {
        (void)err_oom(&e);
        all = cast_fail(info, &e);
    } else if (fill_record(&r, c->type, out, 0, texts, count) < 0) {
        for (idx_t i = 0; i < count; i++) { /* which one it is */
            arena_clear(&r.scratch);
            err_init(&e);
            if (fill_record(&r, c->type, out, i, &texts[i], 1) == ST_OK)
                continue;
            all = false;
            if (!cast_refuse(info, out, i, &e))
                break;
        }
    }
    duckdb_disconnect(&r.conn);
    literal_zone_leave(&r.where);
    arena_release(&r.scratch);
    mem_free(texts);
    return all;
}

/* ---- to text ---- */

static bool to_text(duckdb_function_info info, idx_t count, duckdb_vector in, duckdb_vector out)
{
    const struct composite *c = duckdb_cast_function_get_extra_info(info);
    struct err e;
    err_init(&e);
    if (values_show(c->engine->text, c->type, count, in, out, &e) == ST_OK)
        return true;
    return cast_fail(info, &e);
}

/* ---- making them known ---- */

static void composite_free(void *p)
{
    struct composite *c = p;
    arena_release(&c->arena);
    mem_free(c);
}

static int add(struct engine_conn *conn, duckdb_logical_type from, duckdb_logical_type to,
               duckdb_logical_type composite, duckdb_cast_function_t call, struct err *e)
{
    struct composite *c = mem_calloc(1, sizeof *c);
    if (!c)
        return err_oom(e);
    c->engine = conn->engine;
    arena_init(&c->arena, ENGINE_TYPES_MAX);
    if (engine_type_new(&c->arena, composite, &c->type, e) < 0) {
        composite_free(c);
        return ST_ERR;
    }
    const struct cast_spec spec = {from, to, CAST_EXPLICIT, call, c, composite_free};
    return cast_add(conn, &spec)
               ? ST_OK
               : err_set(e, SQLSTATE_INTERNAL_ERROR, "could not register casts of a composite type");
}

int composite_casts_register(struct engine_conn *c, duckdb_logical_type type, struct err *e)
{
    duckdb_logical_type text = duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
    int st = add(c, text, type, type, from_text, e);
    if (st == ST_OK)
        st = add(c, type, text, type, to_text, e);
    duckdb_destroy_logical_type(&text);
    return st;
}
