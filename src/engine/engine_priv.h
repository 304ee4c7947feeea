/* Shared by the files of engine/ only: the handles, and duckdb.h. */
#ifndef TAVANA_ENGINE_ENGINE_PRIV_H
#define TAVANA_ENGINE_ENGINE_PRIV_H

#include "base/arena.h"
#include "base/list.h"
#include "base/private_dir.h"
#include "engine/engine.h"
#include "engine/guard.h"
#include "engine/helpers.h"

#include <duckdb.h>
#include <pthread.h>

enum {
    ENGINE_TYPES_MAX =
        64 * 1024 * 1024, /* bytes for the types of one statement or result (enum values too) */
    ENGINE_TYPE_DEPTH_MAX = 64,
};

struct engine_text_ops;
struct sequence_values;

struct engine {
    duckdb_database db;
    struct helpers *helpers;     /* NULL: the engine has one thread */
    pthread_mutex_t copied_lock; /* of copied */
    struct list copied;          /* see copied_rows.h */
    pthread_mutex_t sinks_lock;  /* of the next, and of the connections' sinks */
    struct list sinks;           /* connections, for sink.c */
    bool guarded;                /* see guard.h */
    char **allowed;              /* functions that are not refused */
    size_t nallowed;
    pthread_mutex_t catalogs_lock; /* of the next */
    struct list catalogs;          /* snapshots that are kept: catalog_snapshot.h */
    bool has_lake;                 /* with the next: lake_lock.h */
    pthread_mutex_t lake_lock;
    const struct engine_text_ops *text; /* how values are shown; NULL: they are not */
    struct private_dir spill; /* in temp_directory: the engine calls its files the same in all processes */
};

struct engine_conn {
    struct engine *engine;
    duckdb_connection conn;
    struct list by_number; /* in the engine's list */
    uint64_t number;       /* the engine's own for it */
    struct engine_sink *sink;
    const struct engine_result *begun; /* a stream that has not ended; NULL: none */
    struct catalog_snapshot *catalog;  /* NULL: none; with the next: catalog_snapshot.h */
    uint64_t catalog_needs;            /* lists that the statement being bound reads */
    const char *user, *database;       /* of the session, lent; NULL: it is nobody's */
    struct sequence_values *sequences; /* the same */
    struct guard_conn guard;
};

struct engine_stmt {
    struct engine_conn *conn;
    duckdb_prepared_statement prepared;
    char *sql; /* as prepared: positions of errors are found in it */
    struct engine_stmt_info info;
    struct arena arena; /* of info */
};

/* A type as we describe it, of the arena (type.c). 54001 beyond ENGINE_TYPE_DEPTH_MAX, 53200. */
int engine_type_new(struct arena *a, duckdb_logical_type type, const struct engine_column_type **out,
                    struct err *e);

#endif
