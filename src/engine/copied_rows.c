/* Rows of COPY FROM as the engine reads them where they lie: INSERT … SELECT of functions that hand a
 * vector of ours on without copying it. A function can take no pointer, so a source has a number, random,
 * that nobody guesses; and the rows are counted by a table of numbers, whose scan the engine cuts among its
 * threads. */
#include "engine/copied_rows.h"

#include <assert.h>
#include <stdio.h>
#include <sys/random.h>

#define NUMBERS "tavana_catalog_copy"

enum { NAME_MAX = 64, DECIMAL_WIDTH_MAX = 18, ID_BITS = 62 };

/* The types that have functions, and DECIMALs up to DECIMAL_WIDTH_MAX. */
static const struct {
    duckdb_type type;
    const char *name;
} simple[] = {
    {DUCKDB_TYPE_BOOLEAN, "bool"},
    {DUCKDB_TYPE_TINYINT, "int8"},
    {DUCKDB_TYPE_SMALLINT, "int16"},
    {DUCKDB_TYPE_INTEGER, "int32"},
    {DUCKDB_TYPE_BIGINT, "int64"},
    {DUCKDB_TYPE_UTINYINT, "uint8"},
    {DUCKDB_TYPE_USMALLINT, "uint16"},
    {DUCKDB_TYPE_UINTEGER, "uint32"},
    {DUCKDB_TYPE_UBIGINT, "uint64"},
    {DUCKDB_TYPE_HUGEINT, "int128"},
    {DUCKDB_TYPE_UHUGEINT, "uint128"},
    {DUCKDB_TYPE_FLOAT, "float"},
    {DUCKDB_TYPE_DOUBLE, "double"},
    {DUCKDB_TYPE_VARCHAR, "varchar"},
    {DUCKDB_TYPE_BLOB, "blob"},
    {DUCKDB_TYPE_BIT, "bit"},
    {DUCKDB_TYPE_DATE, "date"},
    {DUCKDB_TYPE_TIME, "time"},
    {DUCKDB_TYPE_TIME_TZ, "time_tz"},
    {DUCKDB_TYPE_TIMESTAMP, "timestamp"},
    {DUCKDB_TYPE_TIMESTAMP_TZ, "timestamp_tz"},
    {DUCKDB_TYPE_INTERVAL, "interval"},
    {DUCKDB_TYPE_UUID, "uuid"},
};

enum { SIMPLE_COUNT = sizeof simple / sizeof *simple };

/* false: it has none. */
static bool function_name(char name[static NAME_MAX], duckdb_logical_type type)
{
    duckdb_type id = duckdb_get_type_id(type);
    if (id == DUCKDB_TYPE_DECIMAL && duckdb_decimal_width(type) <= DECIMAL_WIDTH_MAX) {
        (void)snprintf(name, NAME_MAX, "tavana_copied_decimal_%u_%u", (unsigned)duckdb_decimal_width(type),
                       (unsigned)duckdb_decimal_scale(type));
        return true;
    }
    for (size_t i = 0; i < SIMPLE_COUNT; i++)
        if (simple[i].type == id) {
            (void)snprintf(name, NAME_MAX, "tavana_copied_%s", simple[i].name);
            return true;
        }
    return false;
}

bool copied_rows_has_function(duckdb_logical_type type)
{
    char name[NAME_MAX];
    return function_name(name, type);
}

/* ---- sources ---- */

int copied_rows_add(struct engine *en, struct copied_rows *r, struct err *e)
{
    if (getrandom(&r->id, sizeof r->id, 0) != (ssize_t)sizeof r->id)
        return err_set(e, SQLSTATE_INTERNAL_ERROR, "no random numbers");
    r->id >>= 64 - ID_BITS; /* BIGINT's positive side */
    assert(r->ncolumns > 0 && r->types);
    (void)pthread_mutex_lock(&en->copied_lock);
    list_append(&en->copied, &r->link);
    (void)pthread_mutex_unlock(&en->copied_lock);
    return ST_OK;
}

void copied_rows_remove(struct engine *en, struct copied_rows *r)
{
    (void)pthread_mutex_lock(&en->copied_lock);
    list_remove(&r->link);
    (void)pthread_mutex_unlock(&en->copied_lock);
}

/* It stays while a statement of its owner runs; others do not know its number. */
static struct copied_rows *find(struct engine *en, uint64_t id)
{
    struct copied_rows *found = NULL;
    (void)pthread_mutex_lock(&en->copied_lock);
    list_for_each (link, &en->copied) {
        struct copied_rows *r = list_entry(link, struct copied_rows, link);
        if (r->id == id)
            found = r;
    }
    (void)pthread_mutex_unlock(&en->copied_lock);
    return found;
}

void copied_rows_put_column(struct buf *b, const struct copied_rows *r, bool by_function, size_t i)
{
    char name[NAME_MAX];
    if (by_function && function_name(name, r->types[i]))
        buf_printf(b, "system.main.%s(%llu, %zu, i)", name, (unsigned long long)r->id, i);
    else
        buf_printf(b, "c%zu", i);
}

void copied_rows_put_source(struct buf *b, const struct copied_rows *r, bool by_function)
{
    if (by_function)
        buf_printf(b, NUMBERS ".numbers WHERE i < $1");
    else
        buf_printf(b, "system.main.tavana_copied(%llu)", (unsigned long long)r->id);
}

/* ---- a column ---- */

static const int64_t *numbers(duckdb_data_chunk in, idx_t column)
{
    return duckdb_vector_get_data(duckdb_data_chunk_get_vector(in, column));
}

/* (source, column, number of the row): the engine asks for whole vectors, in which the numbers follow one
 * another. */
static void give_column(duckdb_function_info info, duckdb_data_chunk in, duckdb_vector out)
{
    struct engine *en = duckdb_scalar_function_get_extra_info(info);
    idx_t n = duckdb_data_chunk_get_size(in);
    if (n == 0)
        return;
    const struct copied_rows *r = find(en, (uint64_t)numbers(in, 0)[0]);
    uint64_t column = (uint64_t)numbers(in, 1)[0], row = (uint64_t)numbers(in, 2)[0],
             chunk = row / COPIED_CHUNK_ROWS;
    char type[NAME_MAX], want[NAME_MAX];
    duckdb_logical_type result = duckdb_vector_get_column_type(out);
    bool ok = r && column < r->ncolumns && chunk < r->nchunks && row % COPIED_CHUNK_ROWS == 0 &&
              n <= duckdb_data_chunk_get_size(r->chunks[chunk]) && function_name(type, result) &&
              function_name(want, r->types[column]) && strcmp(type, want) == 0;
    duckdb_destroy_logical_type(&result);
    if (ok)
        duckdb_vector_reference_vector(out, duckdb_data_chunk_get_vector(r->chunks[chunk], column));
    else
        duckdb_scalar_function_set_error(info, "there are no such copied rows");
}

static int register_function(struct engine *en, struct engine_conn *c, duckdb_logical_type type,
                             struct err *e)
{
    char name[NAME_MAX];
    if (!function_name(name, type))
        return err_set(e, SQLSTATE_INTERNAL_ERROR, "a type has no function for copied rows");
    duckdb_scalar_function f = duckdb_create_scalar_function();
    duckdb_logical_type number = duckdb_create_logical_type(DUCKDB_TYPE_BIGINT);
    duckdb_scalar_function_set_name(f, name);
    for (int i = 0; i < 3; i++)
        duckdb_scalar_function_add_parameter(f, number);
    duckdb_scalar_function_set_return_type(f, type);
    duckdb_scalar_function_set_volatile(f);
    duckdb_scalar_function_set_special_handling(f);
    duckdb_scalar_function_set_extra_info(f, en, NULL);
    duckdb_scalar_function_set_function(f, give_column);
    duckdb_state state = duckdb_register_scalar_function(c->conn, f);
    duckdb_destroy_logical_type(&number);
    duckdb_destroy_scalar_function(&f);
    return state == DuckDBSuccess
               ? ST_OK
               : err_set(e, SQLSTATE_INTERNAL_ERROR, "could not register function %s", name);
}

static int register_simple(struct engine *en, struct engine_conn *c, struct err *e)
{
    for (size_t i = 0; i < SIMPLE_COUNT; i++) {
        duckdb_logical_type type = duckdb_create_logical_type(simple[i].type);
        int st = register_function(en, c, type, e);
        duckdb_destroy_logical_type(&type);
        TRY(st);
    }
    return ST_OK;
}

static int register_decimals(struct engine *en, struct engine_conn *c, struct err *e)
{
    for (unsigned width = 1; width <= DECIMAL_WIDTH_MAX; width++)
        for (unsigned scale = 0; scale <= width; scale++) {
            duckdb_logical_type type = duckdb_create_decimal_type((uint8_t)width, (uint8_t)scale);
            int st = register_function(en, c, type, e);
            duckdb_destroy_logical_type(&type);
            TRY(st);
        }
    return ST_OK;
}

/* ---- whole rows ---- */

static void bind_rows(duckdb_bind_info info)
{
    struct engine *en = duckdb_bind_get_extra_info(info);
    duckdb_value id = duckdb_bind_get_parameter(info, 0);
    struct copied_rows *r = find(en, (uint64_t)duckdb_get_int64(id));
    duckdb_destroy_value(&id);
    if (!r) {
        duckdb_bind_set_error(info, "there are no such copied rows");
        return;
    }
    for (size_t i = 0; i < r->ncolumns; i++) {
        char name[NAME_MAX];
        (void)snprintf(name, sizeof name, "c%zu", i);
        duckdb_bind_add_result_column(info, name, r->types[i]);
    }
    duckdb_bind_set_bind_data(info, r, NULL);
}

static void start_rows(duckdb_init_info info)
{
    struct copied_rows *r = duckdb_init_get_bind_data(info);
    duckdb_init_set_max_threads(info, 1);
    r->next = 0;
}

static void give_rows(duckdb_function_info info, duckdb_data_chunk out)
{
    struct copied_rows *r = duckdb_function_get_bind_data(info);
    if (r->next == r->nchunks) {
        duckdb_data_chunk_set_size(out, 0);
        return;
    }
    assert(r->next < r->nchunks);
    duckdb_data_chunk in = r->chunks[r->next++];
    for (size_t i = 0; i < r->ncolumns; i++)
        duckdb_vector_reference_vector(duckdb_data_chunk_get_vector(out, i),
                                       duckdb_data_chunk_get_vector(in, i));
    duckdb_data_chunk_set_size(out, duckdb_data_chunk_get_size(in));
}

static int register_rows(struct engine *en, struct engine_conn *c, struct err *e)
{
    duckdb_table_function f = duckdb_create_table_function();
    duckdb_logical_type number = duckdb_create_logical_type(DUCKDB_TYPE_BIGINT);
    duckdb_table_function_set_name(f, "tavana_copied");
    duckdb_table_function_add_parameter(f, number);
    duckdb_table_function_set_extra_info(f, en, NULL);
    duckdb_table_function_set_bind(f, bind_rows);
    duckdb_table_function_set_init(f, start_rows);
    duckdb_table_function_set_function(f, give_rows);
    duckdb_state state = duckdb_register_table_function(c->conn, f);
    duckdb_destroy_logical_type(&number);
    duckdb_destroy_table_function(&f);
    return state == DuckDBSuccess
               ? ST_OK
               : err_set(e, SQLSTATE_INTERNAL_ERROR, "could not register function tavana_copied");
}

/* ---- all ---- */

int copied_rows_register(struct engine *en, struct engine_conn *c, struct err *e)
{
    char sql[128];
    if (duckdb_vector_size() != COPIED_CHUNK_ROWS)
        return err_set(e, SQLSTATE_INTERNAL_ERROR, "the engine's vectors have %llu rows, not %d",
                       (unsigned long long)duckdb_vector_size(), COPIED_CHUNK_ROWS);
    TRY(engine_exec(c, "ATTACH ':memory:' AS " NUMBERS " (READ_WRITE)", e));
    (void)snprintf(sql, sizeof sql, "CREATE TABLE %s.numbers AS SELECT i FROM range(%d) t(i)", NUMBERS,
                   COPIED_ROWS_MAX);
    TRY(engine_exec(c, sql, e));
    TRY(engine_exec(c, "BEGIN TRANSACTION", e)); /* one instead of one a function */
    TRY(register_simple(en, c, e));
    TRY(register_decimals(en, c, e));
    TRY(register_rows(en, c, e));
    return engine_exec(c, "COMMIT", e);
}
