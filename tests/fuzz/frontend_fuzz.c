/* A byte that chooses the message, then its payload. What was decoded is put together again: the bytes must
 * be those that came. */
#include "pgwire/frontend.h"

#include "base/buf.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same(struct buf *b, const uint8_t *p, size_t n)
{
    assert(buf_ok(b) && b->len == n && memcmp(b->data, p, n) == 0);
}

static void query(const uint8_t *p, size_t n, struct buf *b, struct err *e)
{
    struct fe_query m;
    if (fe_query_decode(p, n, &m, e) != ST_OK)
        return;
    size_t at;
    assert(m.sql.p[m.sql.n] == '\0' && utf8_valid(m.sql.p, m.sql.n, &at));
    buf_put_cstr(b, m.sql.p);
    same(b, p, n);
}

static void parse(const uint8_t *p, size_t n, struct buf *b, struct err *e)
{
    struct fe_parse m;
    if (fe_parse_decode(p, n, &m, e) != ST_OK)
        return;
    buf_put_cstr(b, m.name);
    buf_put_cstr(b, m.sql.p);
    buf_put_be16(b, (uint16_t)m.noids);
    for (size_t i = 0; i < m.noids; i++)
        buf_put_be32(b, fe_parse_oid(&m, i));
    same(b, p, n);
}

static void target(const uint8_t *p, size_t n, struct buf *b, struct err *e)
{
    struct fe_target m, again;
    struct err other;
    err_init(&other);
    int st = fe_target_decode(p, n, &m, e);
    assert(fe_close_decode(p, n, &again, &other) == st && e->code == other.code);
    if (st != ST_OK)
        return;
    assert(m.kind == 'S' || m.kind == 'P');
    buf_put_u8(b, (uint8_t)m.kind);
    buf_put_cstr(b, m.name);
    same(b, p, n);
}

static void execute(const uint8_t *p, size_t n, struct buf *b, struct err *e)
{
    struct fe_execute m;
    if (fe_execute_decode(p, n, &m, e) != ST_OK)
        return;
    buf_put_cstr(b, m.portal);
    buf_put_be32(b, (uint32_t)m.max_rows);
    same(b, p, n);
}

static void copy_fail(const uint8_t *p, size_t n, struct buf *b, struct err *e)
{
    const char *message;
    if (fe_copy_fail_decode(p, n, &message, e) != ST_OK)
        return;
    buf_put_cstr(b, message);
    same(b, p, n);
}

static void sasl_initial(const uint8_t *p, size_t n, struct buf *b, struct err *e)
{
    struct fe_sasl_initial m;
    if (fe_sasl_initial_decode(p, n, &m, e) != ST_OK)
        return;
    buf_put_cstr(b, m.mechanism);
    buf_put_be32(b, (uint32_t)m.len);
    assert((m.len >= 0) == (m.data != NULL));
    if (m.len > 0)
        buf_put(b, m.data, (size_t)m.len);
    same(b, p, n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const decoders[])(const uint8_t *, size_t, struct buf *,
                                    struct err *) = {query, parse, target, execute, copy_fail, sasl_initial};
    struct buf b;
    struct err e;
    if (size == 0)
        return 0;
    err_init(&e);
    buf_init(&b, size + 16);
    decoders[data[0] % (sizeof decoders / sizeof *decoders)](data + 1, size - 1, &b, &e);
    assert(!err_is_set(&e) || e.message[0]);
    buf_release(&b);
    return 0;
}
