/* Shared by appender*.c only. */
#ifndef TAVANA_ENGINE_APPENDER_PRIV_H
#define TAVANA_ENGINE_APPENDER_PRIV_H

#include "engine/appender.h"
#include "engine/copied_rows.h"
#include "engine/engine_priv.h"
#include "pgtype/value.h"

#include <pthread.h>

enum {
    APPEND_HEAP_BLOCK = 64 * 1024,
};

/* How a field becomes a value; decided once a column. Each takes what it knows at sight and leaves the rest,
 * errors too, to the way of APPEND_VALUE. */
enum append_op {
    APPEND_VALUE,       /* decoded by pgtype, then stored */
    APPEND_TEXT,        /* the bytes themselves */
    APPEND_BINARY_TEXT, /* the same, once they are known to be text */
    APPEND_BOOL,
    APPEND_INT,
    APPEND_DECIMAL,
    APPEND_DOUBLE,
    APPEND_DATE,
    APPEND_TIMESTAMP,
    APPEND_BINARY_INT16,
    APPEND_BINARY_INT32,
    APPEND_BINARY_INT64,
    APPEND_BINARY_DOUBLE,
    APPEND_BINARY_DECIMAL,
    APPEND_BINARY_DATE,
    APPEND_BINARY_TIMESTAMP,
};

struct append_column {
    enum append_op op;
    uint32_t oid;
    const struct engine_column_type *type; /* of the table */
    duckdb_vector vector;
    uint8_t *data;
    uint64_t *validity;             /* NULL: no NULL yet in this chunk */
    duckdb_prepared_statement cast; /* of forms that the engine alone reads; NULL: not needed yet */
};

/* Rows that have not gone in. */
struct append_heap {
    duckdb_data_chunk chunks[COPIED_CHUNKS_MAX]; /* made when they are first needed, then kept */
    size_t nchunks;
    uint64_t rows;
    size_t bytes;
    struct arena strings;
};

/* function(value, n) around a column's values; function NULL: nothing. */
struct append_fit {
    const char *function;
    int32_t n;
};

struct engine_appender {
    struct append_fit *fits; /* one a column; NULL: none */
    struct engine_conn *conn;
    struct engine_stmt *shape; /* SELECT of the columns: their names and types */
    struct engine_appender_info info;
    char *table;
    bool binary;
    const struct tz *zone;
    struct append_column *columns;
    duckdb_logical_type *carriers;

    struct append_heap heaps[2];
    unsigned filling;        /* which of the two */
    duckdb_data_chunk chunk; /* of it, being filled */
    size_t row;
    size_t row_bytes;               /* without strings */
    size_t chunk_bytes, chunk_room; /* besides those: there are, there may be */
    char *string_at;                /* what is left of the last block of strings */
    size_t string_left;
    struct arena scratch; /* of one value */

    struct copied_rows source; /* what goes in */
    bool has_source;
    bool by_function;
    duckdb_prepared_statement insert;
    uint64_t rows; /* gone in */

    pthread_t thread;
    bool has_thread;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    struct append_heap *flushing; /* NULL: none */
    bool stop;
    struct err flush_err;
};

/* So many more bytes have come into the chunk that is being filled: strings, or items of lists. */
static inline void append_count_bytes(struct engine_appender *ap, size_t n)
{
    ap->chunk_bytes += n;
}

/* appender.c: the engine's own reading of text as a type. */
int append_engine_cast(struct engine_appender *ap, struct append_column *c, size_t row, struct str text,
                       struct err *e);

#endif
