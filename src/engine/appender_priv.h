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

struct engine_appender {
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
    size_t chunk_bytes, chunk_room; /* of strings: there are, there may be */
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

/* appender_carrier.c */
/* What a column's vector holds: the column's own type where we can fill it, else text or bytes that the
 * INSERT casts. */
enum engine_type append_carrier(const struct engine_column_type *t);
/* The same as the engine's type, the caller's. own: the column's. NULL without memory. */
duckdb_logical_type append_carrier_type(const struct engine_column_type *t, duckdb_logical_type own);
/* Columns of composite types come as json. "JSON", "JSON[]" …, NULL: no cast needed. */
int append_cast_name(struct arena *a, const struct engine_column_type *t, const char **out, struct err *e);

/* appender_value.c */
/* Decodes a field and stores it. */
int append_value(struct engine_appender *ap, struct append_column *c, size_t row, struct str field,
                 struct err *e);
/* magnitude × 10^by, rounded half away from nought. false: it overflows. */
bool append_scale(unsigned __int128 *v, int by);
/* Stores a decimal's digits in the width that the engine keeps it in. false: it has too many. */
bool append_put_decimal(const struct engine_column_type *t, void *data, size_t row, __int128 v);
bool append_int_fits(const struct engine_column_type *t, int64_t v);

/* appender_field.c: the first n fields of a row, each in the quickest way that takes it. *column: that
 * failed. */
int append_fields(struct engine_appender *ap, size_t row, const struct str *fields, size_t n, size_t *column,
                  struct err *e);
/* A string's bytes into the chunk's memory. */
int append_string(struct engine_appender *ap, struct engine_string *to, const char *p, size_t n,
                  struct err *e);

/* appender.c: the engine's own reading of text as a type. */
int append_engine_cast(struct engine_appender *ap, struct append_column *c, size_t row, struct str text,
                       struct err *e);

#endif
