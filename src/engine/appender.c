/* COPY FROM's way into a table. Fields go straight into vectors of a heap of chunks; a full heap is
 * inserted by a thread of its own while the caller fills the other one. The engine reads the chunks where
 * they lie (copied_rows.h), so a heap is the inserting thread's until that is done. */
#include "engine/appender.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/thread.h"
#include "engine/appender_carrier.h"
#include "engine/appender_field.h"
#include "engine/appender_priv.h"
#include "engine/guard_conns.h"
#include "engine/lake_lock.h"
#include "pgtype/oid.h"
#include "pgtype/tz.h"
#include "sql/name.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    TEXT_MAX = 16 * 1024 * 1024, /* bytes of a statement that we make */
    SCRATCH_MAX = 0x7fffffff,    /* of one value being decoded */
    STRINGS_MAX = 0x7fffffff,    /* of a heap: APPENDER_BYTES, and the chunk that got it there */
    SHOWN_MAX = 200,
};

DEFINE_CLEANUP(struct engine_appender, engine_appender_free)

/* ---- what is filled ---- */

static void put_names(struct buf *b, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (i)
            buf_put(b, ", ", 2);
        sql_name_put(b, str_of(names[i]));
    }
}

static struct str text_of(const struct buf *b)
{
    return (struct str){(const char *)b->data, b->len};
}

/* SELECT of the columns tells names and types, the search path included. n 0: of all. */
static int describe(struct engine_appender *ap, const char *const *names, size_t n, struct err *e)
{
    struct buf b;
    buf_init(&b, TEXT_MAX);
    buf_printf(&b, "SELECT ");
    put_names(&b, names, n);
    buf_printf(&b, "%s FROM %s", n ? "" : "*", ap->table);
    struct engine_stmt *shape = NULL;
    int st = buf_ok(&b) ? engine_prepare(ap->conn, text_of(&b), &shape, e) : err_oom(e);
    buf_release(&b);
    TRY(st);
    engine_stmt_free(ap->shape); /* names may have been its */
    ap->shape = shape;
    const struct engine_stmt_info *info = engine_stmt_info(ap->shape);
    ap->info = (struct engine_appender_info){info->ncolumns, info->names, info->types};
    return ST_OK;
}

/* The whole table: what is wrong with it is said in PostgreSQL's words. */
static int describe_table(struct engine_appender *ap, struct err *e)
{
    struct err *why = mem_alloc(sizeof *why);
    if (!why)
        return err_oom(e);
    err_init(why);
    int st = describe(ap, NULL, 0, why);
    if (st < 0 && why->code == SQLSTATE_UNDEFINED_TABLE)
        (void)err_set(e, why->code, "relation \"%s\" does not exist", ap->table);
    else if (st < 0)
        *e = *why;
    mem_free(why);
    return st;
}

/* Whether the engine would insert into these columns. */
static int try_insert(struct engine_appender *ap, const char *const *names, size_t n, struct err *e)
{
    struct buf b;
    struct engine_stmt *insert = NULL;
    buf_init(&b, TEXT_MAX);
    buf_printf(&b, "INSERT INTO %s (", ap->table);
    put_names(&b, names, n);
    buf_printf(&b, ") SELECT NULL");
    for (size_t i = 1; i < n; i++)
        buf_put(&b, ", NULL", 6);
    int st = buf_ok(&b) ? engine_prepare(ap->conn, text_of(&b), &insert, e) : err_oom(e);
    engine_stmt_free(insert);
    buf_release(&b);
    return st;
}

/* In the engine's words: it has no list of such columns that says more. */
static bool about_generated(const struct err *e)
{
    return strstr(e->message, "generated column") != NULL;
}

/* Whether the engine generates a column: it tells only by refusing values for it. */
static int is_generated(struct engine_appender *ap, const char *name, bool *yes, struct err *e)
{
    struct err *why = mem_alloc(sizeof *why);
    if (!why)
        return err_oom(e);
    err_init(why);
    int st = try_insert(ap, &name, 1, why);
    *yes = st < 0 && about_generated(why);
    if (st < 0 && why->code == SQLSTATE_OUT_OF_MEMORY)
        st = err_oom(e);
    else
        st = ST_OK;
    mem_free(why);
    return st;
}

/* All but those that the engine generates. */
static int leave_out_generated(struct engine_appender *ap, const char **names, size_t *n, struct err *e)
{
    *n = 0;
    for (size_t i = 0; i < ap->info.ncolumns; i++) {
        bool generated;
        TRY(is_generated(ap, ap->info.names[i], &generated, e));
        if (!generated)
            names[(*n)++] = ap->info.names[i];
    }
    return *n ? ST_OK
              : err_set(e, SQLSTATE_WRONG_OBJECT_TYPE, "table %s has no column that can be filled",
                        ap->table);
}

/* One of the given columns is generated. Which one is found by asking for each of them, so that the error
 * can name it as PostgreSQL does. */
static int generated_column(struct engine_appender *ap, const char *const *names, size_t n, struct err *e)
{
    for (size_t i = 0; i < n; i++) {
        bool generated;
        TRY(is_generated(ap, names[i], &generated, e));
        if (!generated)
            continue;
        (void)err_set(e, SQLSTATE_INVALID_COLUMN_REFERENCE, "column \"%s\" is a generated column", names[i]);
        err_detail(e, "Generated columns cannot be used in COPY.");
        return ST_ERR;
    }
    return ST_OK;
}

/* The engine does not tell a column's name in another case from it. */
static int find_columns(struct engine_appender *ap, const char *name, const char *const *given, size_t n,
                        const char **names, struct err *e)
{
    for (size_t i = 0; i < n; i++) {
        size_t c = 0;
        while (c < ap->info.ncolumns && !cstr_ieq(ap->info.names[c], given[i]))
            c++;
        if (c == ap->info.ncolumns)
            return err_set(e, SQLSTATE_UNDEFINED_COLUMN, "column \"%s\" of relation \"%s\" does not exist",
                           given[i], name);
        names[i] = ap->info.names[c];
    }
    return ST_OK;
}

/* Narrows what is filled down to the columns that were given, or to those that can be. */
static int choose_columns(struct engine_appender *ap, const char *name, const char *const *given, size_t n,
                          struct err *e)
{
    size_t all = ap->info.ncolumns;
    struct err *why = mem_alloc(sizeof *why);
    const char **names = mem_calloc(n ? n : all, sizeof *names);
    int st = names && why ? ST_OK : err_oom(e);
    if (st == ST_OK && n)
        st = find_columns(ap, name, given, n, names, e);
    if (st == ST_OK) {
        err_init(why);
        bool ok = try_insert(ap, n ? names : ap->info.names, n ? n : all, why) == ST_OK;
        bool generated = !ok && about_generated(why);
        if (generated && n)
            st = generated_column(ap, names, n, e);
        else if (generated)
            st = leave_out_generated(ap, names, &n, e);
        if (st == ST_OK && !ok && !(generated && n != all)) {
            *e = *why;
            st = ST_ERR;
        }
    }
    if (st == ST_OK && n)
        st = describe(ap, names, n, e);
    mem_free(names);
    mem_free(why);
    return st;
}

int engine_appender_open(struct engine_conn *c, struct str table, const char *name,
                         const char *const *columns, size_t ncolumns, struct engine_appender **out,
                         struct err *e)
{
    struct engine_appender *made = mem_calloc(1, sizeof *made);
    if (!made)
        return err_oom(e);
    (void)pthread_mutex_init(&made->lock, NULL); /* neither can fail without attributes */
    (void)pthread_cond_init(&made->changed, NULL);
    arena_init(&made->heaps[0].strings, STRINGS_MAX);
    arena_init(&made->heaps[1].strings, STRINGS_MAX);
    arena_init(&made->scratch, SCRATCH_MAX);
    err_init(&made->flush_err);
    CLEANUP(engine_appender_freep) struct engine_appender *ap = made;
    ap->conn = c;
    ap->table = mem_strndup(table.p, table.n);
    if (!ap->table)
        return err_oom(e);
    TRY(describe_table(ap, e));
    TRY(choose_columns(ap, name, columns, ncolumns, e));
    *out = TAKE_PTR(ap);
    return ST_OK;
}

const struct engine_appender_info *engine_appender_info(const struct engine_appender *ap)
{
    return &ap->info;
}

/* ---- start ---- */

static enum append_op op_of(const struct engine_column_type *t, uint32_t oid, bool binary)
{
    switch (t->type) {
    case ENGINE_BOOL: return binary ? APPEND_VALUE : APPEND_BOOL;
    case ENGINE_INT8:
    case ENGINE_UINT8:
    case ENGINE_UINT16:
    case ENGINE_UINT32: return binary ? APPEND_VALUE : APPEND_INT;
    case ENGINE_INT16: return binary ? APPEND_BINARY_INT16 : APPEND_INT;
    case ENGINE_INT32: return binary ? APPEND_BINARY_INT32 : APPEND_INT;
    case ENGINE_INT64: return oid == PGTYPE_OID ? APPEND_VALUE : binary ? APPEND_BINARY_INT64 : APPEND_INT;
    case ENGINE_DECIMAL: return binary ? APPEND_BINARY_DECIMAL : APPEND_DECIMAL;
    case ENGINE_DOUBLE: return binary ? APPEND_BINARY_DOUBLE : APPEND_DOUBLE;
    case ENGINE_DATE: return binary ? APPEND_BINARY_DATE : APPEND_DATE;
    case ENGINE_TIMESTAMP: return binary ? APPEND_BINARY_TIMESTAMP : APPEND_TIMESTAMP;
    case ENGINE_TIMESTAMP_TZ: return binary ? APPEND_BINARY_TIMESTAMP : APPEND_VALUE;
    case ENGINE_VARCHAR:
        if (!binary)
            return APPEND_TEXT; /* was checked by its reader */
        return oid == PGTYPE_TEXT || oid == PGTYPE_VARCHAR ? APPEND_BINARY_TEXT : APPEND_VALUE;
    default: return APPEND_VALUE;
    }
}

/* Bytes of a value in a vector, without what it points to: by these a heap's bound is kept, so they need
 * not be exact for nested types. */
static size_t fixed_bytes(enum engine_type t)
{
    switch (t) {
    case ENGINE_BOOL:
    case ENGINE_INT8:
    case ENGINE_UINT8: return 1;
    case ENGINE_INT16:
    case ENGINE_UINT16: return 2;
    case ENGINE_INT32:
    case ENGINE_UINT32:
    case ENGINE_FLOAT:
    case ENGINE_DATE: return 4;
    case ENGINE_INT64:
    case ENGINE_UINT64:
    case ENGINE_DOUBLE:
    case ENGINE_TIME:
    case ENGINE_TIMESTAMP:
    case ENGINE_TIMESTAMP_TZ: return 8;
    default: return 16;
    }
}

static int init_columns(struct engine_appender *ap, const uint32_t *oids, struct err *e)
{
    size_t n = ap->info.ncolumns;
    ap->columns = mem_calloc(n, sizeof *ap->columns);
    ap->carriers = mem_calloc(n, sizeof(void *));
    if (!ap->columns || !ap->carriers)
        return err_oom(e);
    ap->by_function = true;
    for (size_t i = 0; i < n; i++) {
        struct append_column *c = &ap->columns[i];
        c->type = ap->info.types[i];
        c->oid = oids[i];
        c->op = op_of(c->type, oids[i], ap->binary);
        duckdb_logical_type own = duckdb_prepared_statement_column_logical_type(ap->shape->prepared, i);
        ap->carriers[i] = append_carrier_type(c->type, own);
        duckdb_destroy_logical_type(&own);
        if (!ap->carriers[i])
            return err_oom(e);
        ap->by_function &= copied_rows_has_function(ap->carriers[i]);
        ap->row_bytes += fixed_bytes(append_carrier(c->type));
    }
    return ST_OK;
}

/* The INSERT that takes a heap's rows. A column that is carried as another type than the table's is cast
 * there, and the values of a column go through the function that engine_appender_fit was given for it. */
static int put_insert(struct engine_appender *ap, struct buf *b, struct err *e)
{
    buf_printf(b, "INSERT INTO %s (", ap->table);
    put_names(b, ap->info.names, ap->info.ncolumns);
    buf_printf(b, ") SELECT ");
    for (size_t i = 0; i < ap->info.ncolumns; i++) {
        const char *cast;
        TRY(append_cast_name(&ap->scratch, ap->info.types[i], &cast, e));
        const struct append_fit *fit = ap->fits ? &ap->fits[i] : NULL;
        buf_printf(b, i ? ", " : "");
        if (fit && fit->function)
            buf_printf(b, "%s(", fit->function);
        buf_printf(b, cast ? "CAST(" : "");
        copied_rows_put_column(b, &ap->source, ap->by_function, i);
        if (cast)
            buf_printf(b, " AS %s)", cast);
        if (fit && fit->function)
            buf_printf(b, ", %d)", (int)fit->n);
    }
    buf_printf(b, " FROM ");
    copied_rows_put_source(b, &ap->source, ap->by_function);
    buf_put_u8(b, 0);
    return buf_ok(b) ? ST_OK : err_oom(e);
}

static int prepare_insert(struct engine_appender *ap, struct err *e)
{
    struct buf sql;
    buf_init(&sql, TEXT_MAX);
    int st = put_insert(ap, &sql, e);
    guard_own_statement(ap->conn);
    bool locked = lake_lock_enter(ap->conn->engine);
    if (st == ST_OK && duckdb_prepare(ap->conn->conn, (const char *)sql.data, &ap->insert) != DuckDBSuccess)
        st = engine_error(e, ap->insert ? duckdb_prepare_error(ap->insert) : NULL, NULL);
    lake_lock_leave(ap->conn->engine, locked);
    buf_release(&sql);
    arena_release(&ap->scratch);
    return st;
}

/* The next chunk of the heap that is being filled. */
static int next_chunk(struct engine_appender *ap, struct err *e)
{
    struct append_heap *h = &ap->heaps[ap->filling];
    assert(h->nchunks < COPIED_CHUNKS_MAX); /* a full heap has been handed over */
    if (!h->chunks[h->nchunks])
        h->chunks[h->nchunks] = duckdb_create_data_chunk(ap->carriers, ap->info.ncolumns);
    ap->chunk = h->chunks[h->nchunks];
    if (!ap->chunk)
        return err_oom(e);
    for (size_t i = 0; i < ap->info.ncolumns; i++) {
        struct append_column *c = &ap->columns[i];
        c->vector = duckdb_data_chunk_get_vector(ap->chunk, i);
        c->data = duckdb_vector_get_data(c->vector);
        c->validity = NULL;
    }
    ap->row = 0;
    ap->chunk_bytes = 0;
    ap->chunk_room = h->bytes < APPENDER_BYTES ? APPENDER_BYTES - h->bytes : 0;
    return ST_OK;
}

void engine_appender_fit(struct engine_appender *ap, size_t column, const char *function, int32_t n)
{
    assert(!ap->columns && column < ap->info.ncolumns);
    if (!ap->fits)
        ap->fits = mem_calloc(ap->info.ncolumns, sizeof *ap->fits);
    if (ap->fits) /* else the column's CHECK sees to it */
        ap->fits[column] = (struct append_fit){function, n};
}

int engine_appender_start(struct engine_appender *ap, const uint32_t *oids, bool binary,
                          const struct tz *zone, struct err *e)
{
    ap->binary = binary;
    ap->zone = tz_ref(zone);
    TRY(init_columns(ap, oids, e));
    ap->source = (struct copied_rows){.ncolumns = ap->info.ncolumns, .types = ap->carriers};
    TRY(copied_rows_add(ap->conn->engine, &ap->source, e));
    ap->has_source = true;
    TRY(prepare_insert(ap, e));
    return next_chunk(ap, e);
}

/* ---- rows go in ---- */

enum { PAUSE_US = 200 }; /* between two looks at what the engine's own threads do */

/* Runs what was begun to its end, beside the engine's threads: while they have all of the work, the engine's
 * own loop would burn a processor over asking whether they have done it. */
static int run_pending(struct helpers *h, duckdb_pending_result pending, struct err *e)
{
    duckdb_result result = {0};
    duckdb_pending_state state;
    struct helped_call call;
    helpers_call_begin(h, &call);
    while (!duckdb_pending_execution_is_finished(state = duckdb_pending_execute_task(pending)))
        if (state == DUCKDB_PENDING_NO_TASKS_AVAILABLE)
            (void)usleep(PAUSE_US);
    helpers_call_end(h, &call);
    int st = ST_OK;
    if (state == DUCKDB_PENDING_ERROR)
        st = engine_error(e, duckdb_pending_error(pending), NULL);
    else if (duckdb_execute_pending(pending, &result) != DuckDBSuccess)
        st = engine_error(e, duckdb_result_error(&result), NULL);
    duckdb_destroy_result(&result);
    return st;
}

/* One heap into the table. The heap is empty afterwards, whether or not the INSERT went well: its chunks
 * are kept for the next rows, while the memory of its strings is given back. */
static int flush(struct engine_appender *ap, struct append_heap *h, struct err *e)
{
    duckdb_pending_result pending = NULL;
    assert(h->rows > 0 && h->nchunks > 0 && ap->source.nchunks == 0); /* one INSERT at a time */
    ap->source.chunks = h->chunks;
    ap->source.nchunks = h->nchunks;
    if (ap->by_function)
        (void)duckdb_bind_int64(ap->insert, 1, (int64_t)h->rows);
    int st = ST_OK;
    guard_own_statement(ap->conn);
    bool locked = lake_lock_enter(ap->conn->engine);
    duckdb_state state = duckdb_pending_prepared(ap->insert, &pending);
    lake_lock_leave(ap->conn->engine, locked);
    if (state != DuckDBSuccess)
        st = engine_error(e, pending ? duckdb_pending_error(pending) : NULL, NULL);
    else
        st = run_pending(ap->conn->engine->helpers, pending, e);
    duckdb_destroy_pending(&pending);
    ap->source.nchunks = 0;
    for (size_t i = 0; i < h->nchunks; i++)
        duckdb_data_chunk_reset(h->chunks[i]);
    arena_release(&h->strings);
    h->nchunks = 0;
    h->rows = 0;
    h->bytes = 0;
    return st;
}

/* The second thread of a COPY. It is started with the first heap that is handed over, so that a small COPY
 * does without it. Asked to stop, it first finishes the heap that it has. */
static void *flush_thread(void *arg)
{
    struct engine_appender *ap = arg;
    thread_set_name("copy-insert");
    (void)pthread_mutex_lock(&ap->lock);
    for (;;) {
        while (!ap->flushing && !ap->stop)
            (void)pthread_cond_wait(&ap->changed, &ap->lock);
        if (!ap->flushing)
            break;
        struct append_heap *h = ap->flushing;
        (void)pthread_mutex_unlock(&ap->lock);
        (void)flush(ap, h, &ap->flush_err); /* read by nobody until flushing is NULL */
        (void)pthread_mutex_lock(&ap->lock);
        ap->flushing = NULL;
        (void)pthread_cond_broadcast(&ap->changed);
    }
    (void)pthread_mutex_unlock(&ap->lock);
    return NULL;
}

/* Until nothing is going in. Then the connection is the caller's. */
static int wait_idle(struct engine_appender *ap, struct err *e)
{
    (void)pthread_mutex_lock(&ap->lock);
    while (ap->flushing)
        (void)pthread_cond_wait(&ap->changed, &ap->lock);
    (void)pthread_mutex_unlock(&ap->lock);
    if (!err_is_set(&ap->flush_err))
        return ST_OK;
    if (!err_is_set(e))
        *e = ap->flush_err;
    return ST_ERR;
}

/* The full heap goes in by the thread, the other one is filled meanwhile. */
static int hand_over(struct engine_appender *ap, struct err *e)
{
    struct append_heap *h = &ap->heaps[ap->filling];
    TRY(wait_idle(ap, e));
    ap->rows += h->rows;
    if (!ap->has_thread) {
        if (thread_start(&ap->thread, THREAD_ENGINE_STACK, flush_thread, ap) != 0)
            return flush(ap, h, e); /* without one it takes longer, that is all */
        ap->has_thread = true;
    }
    (void)pthread_mutex_lock(&ap->lock);
    assert(!ap->flushing);
    ap->flushing = h;
    (void)pthread_cond_broadcast(&ap->changed);
    (void)pthread_mutex_unlock(&ap->lock);
    ap->filling = !ap->filling;
    return ST_OK;
}

static void end_chunk(struct engine_appender *ap)
{
    struct append_heap *h = &ap->heaps[ap->filling];
    assert(ap->row > 0 && ap->row <= COPIED_CHUNK_ROWS);
    duckdb_data_chunk_set_size(ap->chunk, ap->row);
    h->nchunks++;
    h->rows += ap->row;
    h->bytes += ap->chunk_bytes + ap->row * ap->row_bytes;
}

/* On to the next chunk, of the other heap when this one has enough. */
static int go_on(struct engine_appender *ap, struct err *e)
{
    end_chunk(ap);
    struct append_heap *h = &ap->heaps[ap->filling];
    bool enough =
        h->bytes >= APPENDER_BYTES || ap->row < COPIED_CHUNK_ROWS; /* no more behind a part of one */
    if (h->nchunks == COPIED_CHUNKS_MAX || enough) {
        TRY(hand_over(ap, e));
        ap->string_left = 0;
    }
    return next_chunk(ap, e);
}

/* The fields are read into the row that comes next, which is not counted then: the next row, if there is
 * one, overwrites it. */
int engine_append_check(struct engine_appender *ap, const struct str *fields, size_t n, size_t *column,
                        struct err *e)
{
    return append_fields(ap, ap->row, fields, n, column, e);
}

int engine_append(struct engine_appender *ap, const struct str *fields, size_t *column, struct err *e)
{
    TRY(append_fields(ap, ap->row, fields, ap->info.ncolumns, column, e));
    *column = SIZE_MAX;
    ap->row++;
    return ap->row == COPIED_CHUNK_ROWS || ap->chunk_bytes >= ap->chunk_room ? go_on(ap, e) : ST_OK;
}

int engine_appender_settle(struct engine_appender *ap, struct err *e)
{
    if (ap->row)
        end_chunk(ap);
    if (ap->heaps[ap->filling].rows) {
        TRY(hand_over(ap, e));
        ap->string_left = 0;
        TRY(next_chunk(ap, e));
    }
    return wait_idle(ap, e);
}

/* The last heap goes in on the caller's own thread: there is nothing left to fill meanwhile. */
int engine_appender_finish(struct engine_appender *ap, uint64_t *rows, struct err *e)
{
    if (ap->row)
        end_chunk(ap);
    struct append_heap *h = &ap->heaps[ap->filling];
    TRY(wait_idle(ap, e));
    ap->rows += h->rows;
    *rows = ap->rows;
    return h->rows ? flush(ap, h, e) : ST_OK;
}

/* ---- forms that the engine alone reads ---- */

/* The connection is free to be asked only when no heap goes in, so each such value waits for that: right, and
 * slow. */
static const char *cast_target(enum engine_type t)
{
    switch (t) {
    case ENGINE_DATE: return "DATE";
    case ENGINE_TIME: return "TIME";
    case ENGINE_TIME_TZ: return "TIMETZ";
    case ENGINE_TIMESTAMP_TZ: return "TIMESTAMPTZ";
    case ENGINE_INTERVAL: return "INTERVAL";
    default: return "TIMESTAMP";
    }
}

static size_t value_size(enum engine_type t)
{
    return t == ENGINE_DATE ? sizeof(int32_t) : t == ENGINE_INTERVAL ? sizeof(struct engine_interval) : 8;
}

static bool take_cast(struct append_column *c, size_t row, duckdb_result *r)
{
    size_t size = value_size(append_carrier(c->type));
    duckdb_data_chunk chunk = duckdb_fetch_chunk(*r);
    if (!chunk)
        return false;
    duckdb_vector v = duckdb_data_chunk_get_vector(chunk, 0);
    uint64_t *validity = duckdb_vector_get_validity(v);
    bool ok = duckdb_data_chunk_get_size(chunk) == 1 && (!validity || (validity[0] & 1));
    if (ok)
        memcpy(c->data + row * size, duckdb_vector_get_data(v), size);
    duckdb_destroy_data_chunk(&chunk);
    return ok;
}

int append_engine_cast(struct engine_appender *ap, struct append_column *c, size_t row, struct str text,
                       struct err *e)
{
    duckdb_result r = {0};
    char sql[64];
    TRY(wait_idle(ap, e));
    (void)snprintf(sql, sizeof sql, "SELECT TRY_CAST($1::VARCHAR AS %s)",
                   cast_target(append_carrier(c->type)));
    if (!c->cast && duckdb_prepare(ap->conn->conn, sql, &c->cast) != DuckDBSuccess) {
        int st = engine_error(e, duckdb_prepare_error(c->cast), NULL);
        duckdb_destroy_prepare(&c->cast);
        c->cast = NULL;
        return st;
    }
    if (duckdb_bind_varchar_length(c->cast, 1, text.p, text.n) != DuckDBSuccess)
        return engine_error(e, duckdb_prepare_error(c->cast), NULL);
    bool ran = duckdb_execute_prepared(c->cast, &r) == DuckDBSuccess;
    int st = ran ? ST_OK : engine_error(e, duckdb_result_error(&r), NULL);
    bool ok = ran && take_cast(c, row, &r);
    duckdb_destroy_result(&r);
    TRY(st);
    const struct pgtype_info *type = pgtype_find(c->oid);
    return ok ? ST_OK
              : err_set(e, SQLSTATE_INVALID_DATETIME_FORMAT, "invalid input syntax for type %s: \"%.*s\"",
                        type ? type->sql_name : "unknown", text.n > SHOWN_MAX ? SHOWN_MAX : (int)text.n,
                        text.p);
}

/* ---- end ---- */

static void stop_thread(struct engine_appender *ap)
{
    if (!ap->has_thread)
        return;
    (void)pthread_mutex_lock(&ap->lock);
    ap->stop = true;
    (void)pthread_cond_broadcast(&ap->changed);
    (void)pthread_mutex_unlock(&ap->lock);
    (void)pthread_join(ap->thread, NULL);
}

void engine_appender_free(struct engine_appender *ap)
{
    if (!ap)
        return;
    stop_thread(ap);
    if (ap->has_source)
        copied_rows_remove(ap->conn->engine, &ap->source);
    duckdb_destroy_prepare(&ap->insert);
    for (unsigned i = 0; i < 2; i++) {
        for (size_t k = 0; k < COPIED_CHUNKS_MAX; k++)
            duckdb_destroy_data_chunk(&ap->heaps[i].chunks[k]);
        arena_release(&ap->heaps[i].strings);
    }
    for (size_t i = 0; ap->columns && i < ap->info.ncolumns; i++)
        duckdb_destroy_prepare(&ap->columns[i].cast);
    for (size_t i = 0; ap->carriers && i < ap->info.ncolumns; i++)
        duckdb_destroy_logical_type(&ap->carriers[i]);
    engine_stmt_free(ap->shape);
    arena_release(&ap->scratch);
    tz_unref(ap->zone);
    (void)pthread_cond_destroy(&ap->changed);
    (void)pthread_mutex_destroy(&ap->lock);
    mem_free(ap->carriers);
    mem_free(ap->columns);
    mem_free(ap->fits);
    mem_free(ap->table);
    mem_free(ap);
}
