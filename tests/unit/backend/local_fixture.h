/* A backend in memory and a session's usual steps, for the tests of local*.c. */
#ifndef TAVANA_TESTS_BACKEND_LOCAL_FIXTURE_H
#define TAVANA_TESTS_BACKEND_LOCAL_FIXTURE_H

#include "backend/local.h"

#include "base/bytes.h"
#include "rows/row_batch.h"
#include "rows/row_desc.h"
#include "rows/row_stream.h"
#include "sql/token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { TEXT_MAX = 64 * 1024, SPOOL_BYTES = 32 * 1024 * 1024 };

static struct backend *backend;
static struct err err;

static inline struct backend_session *session(void)
{
    static const struct backend_identity who = {"u", "db", "test"};
    struct backend_session *s = NULL;
    err_init(&err);
    assert_int_equal(backend->ops->session_open(backend, &who, &s, &err), ST_OK);
    return s;
}

static inline struct backend_stmt *prepared_as(struct backend_session *s, const char *sql,
                                               const uint32_t *oids, size_t n)
{
    struct backend_stmt *st = NULL;
    err_init(&err);
    int status = s->ops->prepare(s, &(struct sql_tokens){.text = str_of(sql)}, oids, n, &st, &err);
    if (status != ST_OK)
        print_error("%s: %s %s\n", sql, sqlstate_code(err.code), err.message);
    assert_int_equal(status, ST_OK);
    return st;
}

static inline struct backend_stmt *prepared(struct backend_session *s, const char *sql)
{
    return prepared_as(s, sql, NULL, 0);
}

static inline struct backend_portal *bound(struct backend_session *s, struct backend_stmt *st,
                                           const char *const *values)
{
    struct backend_param params[8];
    for (size_t i = 0; i < st->info.nparams; i++)
        params[i] = (struct backend_param){(const uint8_t *)values[i],
                                           values[i] ? (int32_t)strlen(values[i]) : -1, 0};
    struct backend_portal *p = NULL;
    err_init(&err);
    int status = s->ops->open(s, st, params, st->info.nparams, &p, &err);
    if (status != ST_OK)
        print_error("open: %s %s\n", sqlstate_code(err.code), err.message);
    assert_int_equal(status, ST_OK);
    return p;
}

static inline struct backend_portal *started_with(struct backend_session *s, struct backend_stmt *st,
                                                  const char *const *values)
{
    struct backend_portal *p = bound(s, st, values);
    err_init(&err);
    int status = s->ops->start(p, &err);
    if (status != ST_OK)
        print_error("start: %s %s\n", sqlstate_code(err.code), err.message);
    assert_int_equal(status, ST_OK);
    return p;
}

static inline struct backend_portal *started(struct backend_session *s, const char *sql)
{
    struct backend_stmt *st = prepared(s, sql);
    struct backend_portal *p = started_with(s, st, NULL);
    s->ops->stmt_free(st);
    return p;
}

/* DataRow messages as "a|b\n". */
static inline void put_rows(char *text, const struct row_batch *b)
{
    size_t n = strlen(text);
    for (const uint8_t *p = b->data; p < b->data + b->len;) {
        assert_int_equal(p[0], 'D');
        const uint8_t *at = p + 7;
        for (unsigned c = 0; c < get_be16(p + 5); c++) {
            int32_t len = (int32_t)get_be32(at);
            at += 4;
            n += (size_t)snprintf(text + n, TEXT_MAX - n, "%s%.*s", c ? "|" : "", len < 0 ? 4 : len,
                                  len < 0 ? "NULL" : (const char *)at);
            at += len < 0 ? 0 : len;
        }
        n += (size_t)snprintf(text + n, TEXT_MAX - n, "\n");
        p += 1 + get_be32(p + 1);
        assert_ptr_equal(at, p);
    }
}

/* Up to max rows as text; their number in *nrows. */
static inline int fetched(struct backend_session *s, struct backend_portal *p, uint64_t max, char *text,
                          uint64_t *nrows)
{
    const struct backend_fetch how = {.max_rows = max, .batch_bytes = 65536};
    struct row_stream *rs = NULL;
    struct row_batch *b = NULL;
    if (text)
        text[0] = '\0';
    *nrows = 0;
    err_init(&err);
    int st = s->ops->fetch(p, &how, &rs, &err);
    if (st != ST_OK)
        return st;
    while ((st = row_stream_next(rs, &b, &err)) == ST_OK) {
        *nrows += b->nrows;
        if (text)
            put_rows(text, b);
    }
    row_stream_close(rs);
    return st;
}

static inline const char *all(struct backend_session *s, struct backend_portal *p)
{
    static char text[TEXT_MAX];
    uint64_t n;
    int st = fetched(s, p, 0, text, &n);
    if (st != ST_EOF)
        print_error("fetch: %s %s\n", sqlstate_code(err.code), err.message);
    assert_int_equal(st, ST_EOF);
    assert_true(p->complete);
    return text;
}

static inline const char *query(struct backend_session *s, const char *sql)
{
    struct backend_portal *p = started(s, sql);
    const char *text = all(s, p);
    s->ops->portal_close(p);
    return text;
}

static inline void assert_fails(struct backend_session *s, const char *sql, const char *code)
{
    struct backend_stmt *st = NULL;
    struct backend_portal *p = NULL;
    err_init(&err);
    int status = s->ops->prepare(s, &(struct sql_tokens){.text = str_of(sql)}, NULL, 0, &st, &err);
    if (status == ST_OK)
        status = s->ops->open(s, st, NULL, 0, &p, &err);
    if (status == ST_OK)
        status = s->ops->start(p, &err);
    if (status != ST_ERR || strcmp(sqlstate_code(err.code), code) != 0)
        fail_msg("%s: %s %s, not %s", sql, sqlstate_code(err.code), err.message, code);
    if (p)
        s->ops->portal_close(p);
    if (st)
        s->ops->stmt_free(st);
}

static inline int open_backend(void **state)
{
    (void)state;
    struct local_options o = {.engine = {.threads = 2},
                              .spool_directory = P_tmpdir,
                              .spool_bytes = SPOOL_BYTES,
                              .batch_rows = 3000}; /* so that chunks are cut */
    err_init(&err);
    if (local_backend_new(&backend, &o, &err) != ST_OK) {
        print_error("%s\n", err.message);
        return -1;
    }
    return 0;
}

static inline int close_backend(void **state)
{
    (void)state;
    local_backend_free(backend);
    return 0;
}

#endif
