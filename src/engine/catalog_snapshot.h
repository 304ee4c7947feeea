/* Lists of the catalog (sql/catalog_lists.h) as one transaction sees them. Each is read when a statement
 * first needs it, on that statement's connection, and then stays: with the connection, or with all that see
 * the same.
 *
 * A statement says at its bind which lists it reads (catalog_slot_need), and takes what its connection has
 * when it starts (catalog_slot_take); between the two, engine_catalog_load sees to it that they are there.
 * What a connection has is changed by its session's thread alone, while nothing runs on it. */
#ifndef TAVANA_ENGINE_CATALOG_SNAPSHOT_H
#define TAVANA_ENGINE_CATALOG_SNAPSHOT_H

#include "engine/engine_priv.h"
#include "sql/catalog_lists.h"

enum { CATALOG_COLUMNS_MAX = 128 };

struct catalog_chunks {
    duckdb_data_chunk *chunks;
    size_t nchunks, nrows, bytes;
};

/* Where a number lies in a list's first column. */
struct catalog_index {
    uint32_t *rows; /* 1 + row, by hash; 0: none */
    size_t mask;
};

struct catalog_list {
    bool loaded;
    struct catalog_chunks own;
    struct catalog_index by_number, by_name; /* the latter of SQL_LIST_NAMES alone */
};

struct catalog_snapshot;

/* Which list has that name; SQL_LISTS_MAX: none. */
size_t catalog_list_find(const char *name);
/* Its columns, those of sql_catalog_rows if it has none of its own. */
const struct sql_catalog_column *catalog_list_columns(size_t list, size_t *n);
/* About how many rows it has. */
size_t catalog_list_rows(size_t list);

/* The statement that is bound in this context reads the list. False: it is not of a connection of ours. */
bool catalog_slot_need(struct engine *en, duckdb_client_context context, size_t list, struct engine_conn **c);
/* What the connection has, counted; NULL: nothing. */
struct catalog_snapshot *catalog_slot_take(const struct engine_conn *c);
void catalog_snapshot_unref(struct catalog_snapshot *s);
/* NULL: it is not loaded. Lent for as long as the snapshot is held. */
const struct catalog_list *catalog_snapshot_list(const struct catalog_snapshot *s, size_t list);

/* The vector of a column and the place in it. */
duckdb_vector catalog_list_at(const struct catalog_list *l, size_t row, size_t column, size_t *at);
/* The row with that number; false: none. */
bool catalog_list_row(const struct catalog_list *l, int64_t number, size_t *row);
/* The next row of SQL_LIST_NAMES with that name; *from: where to begin, 0 at first. */
bool catalog_list_named(const struct catalog_list *l, struct str name, size_t *from, size_t *row);

/* All that is kept goes with the engine. */
void catalog_cache_release(struct engine *en);

#endif
