/* A row_source without an engine, of one bigint column with the values 0, 1, 2 …, and a portal that reads it. */
#ifndef TAVANA_TESTS_BACKEND_FAKE_SOURCE_H
#define TAVANA_TESTS_BACKEND_FAKE_SOURCE_H

#include "backend/local_park.h"
#include "backend/local_portal.h"
#include "backend/local_priv.h"

#include "base/bytes.h"
#include "rows/row_batch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { FAKE_CHUNK = 4, FAKE_INT8 = 20, FAKE_NEVER = 1 << 30 };

struct fake_source {
    struct row_source source;
    int64_t rows, at; /* how many there are, and were given */
    int64_t fails_at; /* instead of this row; FAKE_NEVER */
    int64_t ready;    /* encoded rows, from `at` on */
    bool undecodable; /* it cannot be made typed */
    bool typed;       /* it was */
    unsigned closed;  /* how often */
    int64_t values[FAKE_CHUNK];
    struct column_view column;
    struct chunk_view chunk;
};

static const struct engine_column_type fake_bigint = {.type = ENGINE_INT64};
static const struct engine_column_type *const fake_types[] = {&fake_bigint};

static const struct engine_column_type *const *fake_types_of(struct row_source *s, size_t *n)
{
    (void)s;
    *n = 1;
    return fake_types;
}

/* How many rows come next. */
static int fake_more(const struct fake_source *f, int64_t from, int64_t *n, struct err *e)
{
    *n = f->rows - from < FAKE_CHUNK ? f->rows - from : FAKE_CHUNK;
    if (f->fails_at >= from && f->fails_at < from + *n)
        *n = f->fails_at - from;
    if (*n > 0)
        return ST_OK;
    return from == f->fails_at ? err_set(e, SQLSTATE_DIVISION_BY_ZERO, "the fake has failed") : ST_EOF;
}

static int fake_next(struct row_source *s, const struct chunk_view **out, struct err *e)
{
    struct fake_source *f = (struct fake_source *)s;
    int64_t n;
    int st = fake_more(f, f->at, &n, e);
    if (st != ST_OK)
        return st;
    for (int64_t i = 0; i < n; i++)
        f->values[i] = f->at + i;
    f->at += n;
    f->column = (struct column_view){.type = &fake_bigint, .data = f->values};
    f->chunk = (struct chunk_view){.nrows = (size_t)n, .ncolumns = 1, .columns = &f->column};
    *out = &f->chunk;
    return ST_OK;
}

static void fake_close(struct row_source *s)
{
    ((struct fake_source *)s)->closed++;
}

static int fake_pull(struct row_source *s, struct err *e)
{
    struct fake_source *f = (struct fake_source *)s;
    int64_t n;
    int st = fake_more(f, f->at + f->ready, &n, e);
    if (st == ST_OK)
        f->ready += n;
    return st;
}

static bool fake_ready(struct row_source *s)
{
    return ((struct fake_source *)s)->ready > 0;
}

static size_t fake_ready_bytes(struct row_source *s)
{
    return (size_t)((struct fake_source *)s)->ready;
}

static int fake_take(struct row_source *s, uint64_t most, struct row_batch *out, uint64_t *rows,
                     struct err *e)
{
    struct fake_source *f = (struct fake_source *)s;
    char text[32];
    *rows = 0;
    while (f->ready > 0 && *rows < most) {
        size_t n = (size_t)snprintf(text, sizeof text, "%lld", (long long)f->at);
        TRY(row_batch_reserve(out, 11 + n, e));
        uint8_t *p = out->data + out->len;
        p = put_be32(put_be16(put_be32(put_u8(p, 'D'), (uint32_t)(10 + n)), 1), (uint32_t)n);
        memcpy(p, text, n);
        row_batch_commit(out, p + n, 1);
        f->at++;
        f->ready--;
        (*rows)++;
    }
    return ST_OK;
}

static bool fake_suits(struct row_source *s, const int16_t *formats, const struct encode_settings *settings)
{
    (void)s;
    (void)settings;
    return !formats;
}

static int fake_make_typed(struct row_source *s, struct err *e)
{
    struct fake_source *f = (struct fake_source *)s;
    if (f->undecodable)
        return err_set(e, SQLSTATE_OBJECT_NOT_IN_PREREQUISITE_STATE, "the fake cannot be decoded");
    if (f->rows == 0)
        return ST_EOF;
    f->typed = true;
    return ST_OK;
}

static const struct encoded_source_ops fake_encoded = {.pull = fake_pull,
                                                       .ready = fake_ready,
                                                       .ready_bytes = fake_ready_bytes,
                                                       .take = fake_take,
                                                       .suits = fake_suits,
                                                       .make_typed = fake_make_typed};
static const struct row_source_ops fake_typed_ops = {
    .types = fake_types_of, .next = fake_next, .close = fake_close};
static const struct row_source_ops fake_encoded_ops = {
    .types = fake_types_of, .next = fake_next, .encoded = &fake_encoded, .close = fake_close};

static inline struct fake_source fake_of(int64_t rows, bool encoded)
{
    return (struct fake_source){.source = {.ops = encoded ? &fake_encoded_ops : &fake_typed_ops},
                                .rows = rows,
                                .fails_at = FAKE_NEVER};
}

/* ---- a session without an engine ---- */

static struct local fake_local;
static struct local_conn fake_conn;
static struct local_session fake_session;
static struct local_stmt fake_stmt;
static struct err err;

static inline int fake_open(void **state)
{
    (void)state;
    const struct column_desc column = {.name = "i", .type_oid = FAKE_INT8, .typmod = -1};
    err_init(&err);
    fake_local.rows.batch_rows = LOCAL_BATCH_ROWS;
    (void)pthread_mutex_init(&fake_local.plans_lock, NULL);
    (void)pthread_mutex_init(&fake_local.literals_lock, NULL);
    list_init(&fake_local.by_use);
    fake_session.local = &fake_local;
    fake_session.main = &fake_conn;
    fake_session.encode = (struct encode_settings){.zone = tz_utc(), .extra_float_digits = 1};
    (void)pthread_mutex_init(&fake_session.lock, NULL);
    list_init(&fake_session.by_use);
    list_init(&fake_session.detached);
    fake_stmt.session = &fake_session;
    fake_stmt.refs = 1;
    fake_stmt.sql = STR("select i from fake");
    return row_desc_new(&fake_stmt.base.info.desc, &column, 1, &err);
}

static inline int fake_shut(void **state)
{
    (void)state;
    row_desc_unref(fake_stmt.base.info.desc);
    tz_unref(fake_session.encode.zone);
    return 0;
}

static inline struct local_portal *fake_portal(void)
{
    struct local_portal *p;
    if (local_portal_new(&fake_session, fake_stmt.base.info.desc, &p, &err) != ST_OK)
        return NULL;
    p->stmt = &fake_stmt;
    fake_stmt.refs++;
    return p;
}

/* As local_start does, when the source has begun to stream. NULL: without memory. */
static inline struct local_portal *fake_streaming(struct fake_source *f)
{
    struct local_portal *p = fake_portal();
    if (!p)
        return NULL;
    p->stream.source = &f->source;
    local_conn_use(&fake_session, &p->user, &local_portal_user_ops);
    local_portal_become(p, f->source.ops->encoded ? LOCAL_STREAMS_ENCODED : LOCAL_STREAMS_TYPED);
    return p;
}

#endif
