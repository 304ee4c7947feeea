/* A list is read by a SELECT like any other, whose bind says which lists it needs itself: those are read
 * before it. Rows are copied into chunks of ours, since a result's memory goes with it. The lock of a
 * snapshot is held while one of its lists is read, so that sessions that see the same read it once. */
#include "engine/catalog_snapshot.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/hash.h"
#include "engine/catalog_type_make.h"
#include "engine/column_view.h"

#include <assert.h>
#include <stdatomic.h>
#include <string.h>

enum {
    CHUNK_ROWS = 2048,
    TEXT_MAX = 16 * 1024, /* of a SELECT of ours */
    VALUE_BYTES = 16,     /* of a column in a row, about */
    KEPT_MAX = 8,         /* snapshots that nobody may use just now */
    KEPT_BYTES_MAX = 64 * 1024 * 1024,
};

struct catalog_snapshot {
    atomic_uint refs; /* one is the engine's, of one that is kept */
    struct list link; /* in engine.catalogs; alone: it is of one connection */
    uint64_t version;
    char *path;
    pthread_mutex_t lock; /* of reading lists */
    struct catalog_list lists[SQL_LISTS_MAX];
    atomic_size_t bytes;
};

DEFINE_CLEANUP(struct engine_stmt, engine_stmt_free)

/* ---- names ---- */

size_t catalog_list_find(const char *name)
{
    for (size_t i = 0; sql_catalog_lists[i].name; i++)
        if (strcmp(sql_catalog_lists[i].name, name) == 0)
            return i;
    return SQL_LISTS_MAX;
}

/* A list has columns of its own, or it continues fixed rows of the same name and has theirs. */
const struct sql_catalog_column *catalog_list_columns(size_t list, size_t *n)
{
    const struct sql_catalog_list *l = &sql_catalog_lists[list];
    assert(list < SQL_LISTS_MAX && l->name);
    *n = l->ncolumns;
    if (l->columns)
        return l->columns;
    for (const struct sql_catalog_rows *r = sql_catalog_rows; r->name; r++)
        if (strcmp(r->name, l->name) == 0) {
            *n = r->ncolumns;
            return r->columns;
        }
    return NULL;
}

static atomic_size_t last_rows[SQL_LISTS_MAX]; /* a hint for the engine's plans */

size_t catalog_list_rows(size_t list)
{
    size_t n = atomic_load_explicit(&last_rows[list], memory_order_relaxed);
    return n ? n : 64;
}

/* ---- chunks ---- */

static void chunks_release(struct catalog_chunks *c)
{
    for (size_t i = 0; i < c->nchunks; i++)
        duckdb_destroy_data_chunk(&c->chunks[i]);
    mem_free(c->chunks);
    *c = (struct catalog_chunks){0};
}

static duckdb_data_chunk new_chunk(size_t list)
{
    duckdb_logical_type types[CATALOG_COLUMNS_MAX];
    size_t n;
    const struct sql_catalog_column *columns = catalog_list_columns(list, &n);
    assert(columns && n <= CATALOG_COLUMNS_MAX);
    for (size_t i = 0; i < n; i++)
        types[i] = catalog_types_make(columns[i].type);
    duckdb_data_chunk chunk = duckdb_create_data_chunk(types, n);
    for (size_t i = 0; i < n; i++)
        duckdb_destroy_logical_type(&types[i]);
    return chunk;
}

/* What a chunk takes is counted when it is made, by a rough size of its values: the sum only has to keep
 * the snapshots within KEPT_BYTES_MAX, not to be exact. */
static bool add_chunk(struct catalog_chunks *c, size_t list)
{
    void *grown = mem_realloc(c->chunks, (c->nchunks + 1) * sizeof(void *));
    if (!grown)
        return false;
    c->chunks = grown;
    c->chunks[c->nchunks] = new_chunk(list);
    if (!c->chunks[c->nchunks])
        return false;
    c->bytes += duckdb_data_chunk_get_column_count(c->chunks[c->nchunks]) * CHUNK_ROWS * VALUE_BYTES;
    c->nchunks++;
    return true;
}

/* Adds the rows of a result's chunk behind those that are there. */
static bool append(struct catalog_chunks *c, size_t list, duckdb_data_chunk from, duckdb_selection_vector all)
{
    idx_t n = duckdb_data_chunk_get_size(from), ncolumns = duckdb_data_chunk_get_column_count(from);
    for (idx_t done = 0, took; done < n; done += took) {
        idx_t at = c->nrows % CHUNK_ROWS, room = CHUNK_ROWS - at;
        if (at == 0 && !add_chunk(c, list))
            return false;
        duckdb_data_chunk to = c->chunks[c->nchunks - 1];
        assert(duckdb_data_chunk_get_column_count(to) == ncolumns);
        took = n - done < room ? n - done : room;
        for (idx_t i = 0; i < ncolumns; i++)
            duckdb_vector_copy_sel(duckdb_data_chunk_get_vector(from, i), duckdb_data_chunk_get_vector(to, i),
                                   all, done + took, done, at);
        duckdb_data_chunk_set_size(to, at + took);
        c->nrows += took;
    }
    return true;
}

/* The engine copies vectors by a selection. */
static duckdb_selection_vector select_all(void)
{
    duckdb_selection_vector all = duckdb_create_selection_vector(CHUNK_ROWS);
    for (uint32_t i = 0; all && i < CHUNK_ROWS; i++)
        duckdb_selection_vector_get_data_ptr(all)[i] = i;
    return all;
}

static bool read_rows(struct catalog_chunks *c, size_t list, duckdb_result *r)
{
    duckdb_selection_vector all = select_all();
    bool ok = all != NULL;
    for (duckdb_data_chunk from; ok && (from = duckdb_fetch_chunk(*r));) {
        ok = append(c, list, from, all);
        duckdb_destroy_data_chunk(&from);
    }
    if (all)
        duckdb_destroy_selection_vector(all);
    return ok;
}

/* ---- looking rows up ---- */

duckdb_vector catalog_list_at(const struct catalog_list *l, size_t row, size_t column, size_t *at)
{
    assert(row < l->own.nrows);
    *at = row % CHUNK_ROWS;
    return duckdb_data_chunk_get_vector(l->own.chunks[row / CHUNK_ROWS], column);
}

static int64_t number_at(const struct catalog_list *l, size_t row)
{
    size_t at;
    duckdb_vector v = catalog_list_at(l, row, 0, &at);
    return ((const int64_t *)duckdb_vector_get_data(v))[at];
}

static struct str name_at(const struct catalog_list *l, size_t row)
{
    size_t at;
    duckdb_vector v = catalog_list_at(l, row, 1, &at);
    const struct engine_string *s = (const struct engine_string *)duckdb_vector_get_data(v) + at;
    return (struct str){engine_string_data(s), s->len};
}

static uint64_t hash_number(int64_t number)
{
    uint64_t h = (uint64_t)number * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ h >> 32;
}

/* Numbers and names of a list are looked up by open addressing: half of the places stay empty. */
static bool index_make(const struct catalog_list *l, bool by_name, struct catalog_index *out)
{
    size_t places = 16;
    while (places < 2 * l->own.nrows)
        places *= 2;
    out->rows = mem_calloc(places, sizeof *out->rows);
    out->mask = places - 1;
    for (size_t row = 0; out->rows && row < l->own.nrows; row++) {
        uint64_t h = by_name ? hash_text(name_at(l, row)) : hash_number(number_at(l, row));
        while (out->rows[h & out->mask])
            h++;
        out->rows[h & out->mask] = (uint32_t)row + 1;
    }
    return out->rows != NULL;
}

bool catalog_list_row(const struct catalog_list *l, int64_t number, size_t *row)
{
    for (uint64_t h = hash_number(number); l->by_number.rows[h & l->by_number.mask]; h++) {
        *row = l->by_number.rows[h & l->by_number.mask] - 1;
        if (number_at(l, *row) == number)
            return true;
    }
    return false;
}

/* Several rows may have one name, in different schemas: *from is how far the search has come, so that the
 * next call goes on behind the row that this one gave. */
bool catalog_list_named(const struct catalog_list *l, struct str name, size_t *from, size_t *row)
{
    uint64_t h = hash_text(name);
    while (l->by_name.rows[(h + *from) & l->by_name.mask]) {
        *row = l->by_name.rows[(h + *from) & l->by_name.mask] - 1;
        (*from)++;
        if (str_eq(name_at(l, *row), name))
            return true;
    }
    return false;
}

/* ---- snapshots ---- */

static struct catalog_snapshot *snapshot_new(uint64_t version, const char *path)
{
    struct catalog_snapshot *s = mem_calloc(1, sizeof *s);
    char *copy = s ? mem_strdup(path) : NULL;
    if (!copy) {
        mem_free(s);
        return NULL;
    }
    atomic_init(&s->refs, 1);
    list_init(&s->link);
    s->version = version;
    s->path = copy;
    (void)pthread_mutex_init(&s->lock, NULL); /* cannot fail without attributes */
    return s;
}

void catalog_snapshot_unref(struct catalog_snapshot *s)
{
    if (!s || atomic_fetch_sub(&s->refs, 1) != 1)
        return;
    for (size_t i = 0; i < SQL_LISTS_MAX; i++) {
        chunks_release(&s->lists[i].own);
        mem_free(s->lists[i].by_number.rows);
        mem_free(s->lists[i].by_name.rows);
    }
    (void)pthread_mutex_destroy(&s->lock);
    mem_free(s->path);
    mem_free(s);
}

static struct catalog_snapshot *ref(struct catalog_snapshot *s)
{
    (void)atomic_fetch_add(&s->refs, 1);
    return s;
}

const struct catalog_list *catalog_snapshot_list(const struct catalog_snapshot *s, size_t list)
{
    assert(list < SQL_LISTS_MAX);
    return s && __atomic_load_n(&s->lists[list].loaded, __ATOMIC_ACQUIRE) ? &s->lists[list] : NULL;
}

/* ---- those that are kept: the one used last is the last ---- */

static void drop_kept(struct catalog_snapshot *s)
{
    list_remove(&s->link);
    catalog_snapshot_unref(s);
}

/* Older versions are of no use to anybody who begins now. */
static void trim_kept(struct engine *en, const struct catalog_snapshot *newest)
{
    size_t n = 0, bytes = 0;
    for (struct list *link = en->catalogs.prev, *before; link != &en->catalogs; link = before) {
        struct catalog_snapshot *s = list_entry(link, struct catalog_snapshot, link);
        before = link->prev;
        bytes += atomic_load(&s->bytes);
        if (++n > KEPT_MAX || bytes > KEPT_BYTES_MAX || (newest && s->version < newest->version))
            drop_kept(s);
    }
}

/* That of the key, made if there is none, and counted for the caller. NULL: no memory. */
static struct catalog_snapshot *find_kept(struct engine *en, const struct engine_catalog_key *key)
{
    struct catalog_snapshot *found = NULL;
    (void)pthread_mutex_lock(&en->catalogs_lock);
    list_for_each (link, &en->catalogs) {
        struct catalog_snapshot *s = list_entry(link, struct catalog_snapshot, link);
        if (s->version == key->version && strcmp(s->path, key->path) == 0)
            found = s;
    }
    if (!found && (found = snapshot_new(key->version, key->path)))
        list_append(&en->catalogs, &found->link);
    if (found) {
        list_remove(&found->link);
        list_append(&en->catalogs, &found->link);
        (void)ref(found);
        trim_kept(en, found);
    }
    (void)pthread_mutex_unlock(&en->catalogs_lock);
    return found;
}

void catalog_cache_release(struct engine *en)
{
    while (!list_is_empty(&en->catalogs))
        drop_kept(list_entry(en->catalogs.next, struct catalog_snapshot, link));
}

/* ---- reading a list ---- */

/* Each column is cast to the type that it is declared with, so that the rows can be copied into chunks of
 * exactly these types. */
static int put_select(struct buf *b, size_t list, struct err *e)
{
    size_t n;
    const struct sql_catalog_column *columns = catalog_list_columns(list, &n);
    assert(columns);
    for (size_t i = 0; i < n; i++)
        buf_printf(b, "%s\"%s\"::%s", i ? ", " : "SELECT ", columns[i].name, columns[i].type);
    buf_printf(b, " FROM %s", sql_catalog_lists[list].from);
    return buf_ok(b) ? ST_OK : err_oom(e);
}

static int run_select(struct engine_stmt *st, struct catalog_chunks *out, size_t list, struct err *e)
{
    duckdb_result r = {0};
    struct helped_call call;
    int status = ST_OK;
    helpers_call_begin(st->conn->engine->helpers, &call);
    duckdb_state state = duckdb_execute_prepared(st->prepared, &r);
    helpers_call_end(st->conn->engine->helpers, &call);
    if (state != DuckDBSuccess)
        status = engine_error(e, duckdb_result_error(&r), st->sql);
    else if (!read_rows(out, list, &r))
        status = err_oom(e);
    duckdb_destroy_result(&r);
    return status;
}

static int load_lists(struct engine_conn *c, struct catalog_snapshot *s, uint64_t lists, struct err *e);

/* A list is there whole or not at all: readers look at `loaded` without the lock. */
static int load_list(struct engine_conn *c, struct catalog_snapshot *s, size_t i, struct err *e)
{
    CLEANUP(buf_release) struct buf b;
    CLEANUP(engine_stmt_freep) struct engine_stmt *st = NULL;
    struct catalog_list made = {0};
    buf_init(&b, TEXT_MAX);
    TRY(put_select(&b, i, e));
    TRY(engine_prepare(c, (struct str){(const char *)b.data, b.len}, &st, e));
    assert(st && !(st->info.catalog & UINT64_C(1) << i)); /* no list is made of itself */
    TRY(load_lists(c, s, st->info.catalog, e));
    int status = run_select(st, &made.own, i, e);
    bool indexed = i < SQL_LIST_OTHERS;
    if (status == ST_OK && ((indexed && !index_make(&made, false, &made.by_number)) ||
                            (i == SQL_LIST_NAMES && !index_make(&made, true, &made.by_name))))
        status = err_oom(e);
    if (status != ST_OK) {
        chunks_release(&made.own);
        mem_free(made.by_number.rows);
        mem_free(made.by_name.rows);
        return status;
    }
    (void)atomic_fetch_add(&s->bytes, made.own.bytes);
    atomic_store_explicit(&last_rows[i], made.own.nrows, memory_order_relaxed);
    s->lists[i] = made;
    __atomic_store_n(&s->lists[i].loaded, true, __ATOMIC_RELEASE);
    return ST_OK;
}

/* Whoever calls holds the snapshot's lock. A list that reads others has them loaded first by load_list,
 * which calls this again; lists do not read each other in a circle, so that it ends. */
static int load_lists(struct engine_conn *c, struct catalog_snapshot *s, uint64_t lists, struct err *e)
{
    for (size_t i = 0; i < SQL_LISTS_MAX && sql_catalog_lists[i].name; i++)
        if (lists & UINT64_C(1) << i && !s->lists[i].loaded)
            TRY(load_list(c, s, i, e));
    return ST_OK;
}

/* Without the lock: what is there stays. */
static bool has_lists(const struct catalog_snapshot *s, uint64_t lists)
{
    for (size_t i = 0; s && i < SQL_LISTS_MAX && sql_catalog_lists[i].name; i++)
        if (lists & UINT64_C(1) << i && !catalog_snapshot_list(s, i))
            return false;
    return s != NULL;
}

/* ---- a connection's ---- */

/* The engine tells a bind only its context, whose connection has a number; by that our connection is
 * found. What is noted there becomes part of engine_stmt_info when the statement has been prepared. */
bool catalog_slot_need(struct engine *en, duckdb_client_context context, size_t list,
                       struct engine_conn **out)
{
    uint64_t number = duckdb_client_context_get_connection_id(context);
    struct engine_conn *found = NULL;
    (void)pthread_mutex_lock(&en->sinks_lock);
    list_for_each (link, &en->sinks) {
        struct engine_conn *c = list_entry(link, struct engine_conn, by_number);
        if (c->number == number)
            found = c;
    }
    (void)pthread_mutex_unlock(&en->sinks_lock);
    if (found && list < SQL_LISTS_MAX)
        found->catalog_needs |= UINT64_C(1) << list;
    *out = found;
    return found != NULL;
}

struct catalog_snapshot *catalog_slot_take(const struct engine_conn *c)
{
    return c->catalog ? ref(c->catalog) : NULL;
}

void engine_catalog_forget(struct engine_conn *c)
{
    catalog_snapshot_unref(TAKE_PTR(c->catalog));
}

int engine_catalog_load(struct engine_conn *c, uint64_t lists, const struct engine_catalog_key *key,
                        struct err *e)
{
    if (!c->catalog)
        c->catalog = key ? find_kept(c->engine, key) : snapshot_new(0, "");
    if (!c->catalog)
        return err_oom(e);
    if (has_lists(c->catalog, lists))
        return ST_OK;
    (void)pthread_mutex_lock(&c->catalog->lock);
    int status = load_lists(c, c->catalog, lists, e);
    (void)pthread_mutex_unlock(&c->catalog->lock);
    return status;
}
