/* Any payload as a Bind. A good one is walked and put together again: the bytes must be those that came. */
#include "pgwire/frontend.h"

#include "base/buf.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put_formats(struct buf *b, const uint8_t *formats, size_t n)
{
    buf_put_be16(b, (uint16_t)n);
    buf_put(b, formats, n * 2);
}

static void put_values(struct buf *b, const struct fe_bind *m)
{
    const uint8_t *at = m->values;
    buf_put_be16(b, (uint16_t)m->nvalues);
    for (size_t i = 0; i < m->nvalues; i++) {
        struct fe_bind_value v = fe_bind_next(&at);
        int16_t format = fe_bind_param_format(m, i);
        size_t bad;
        assert(format == 0 || format == 1);
        assert((v.len == -1) == (v.data == NULL));
        buf_put_be32(b, (uint32_t)v.len);
        if (v.len < 0)
            continue;
        assert(format == 1 || utf8_valid((const char *)v.data, (size_t)v.len, &bad));
        buf_put(b, v.data, (size_t)v.len);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fe_bind m;
    struct err e;
    err_init(&e);
    if (fe_bind_decode(data, size, &m, &e) != ST_OK) {
        assert(err_is_set(&e) && e.message[0]);
        return 0;
    }
    struct buf b;
    buf_init(&b, size);
    buf_put_cstr(&b, m.portal);
    buf_put_cstr(&b, m.statement);
    put_formats(&b, m.formats, m.nformats);
    put_values(&b, &m);
    put_formats(&b, m.result_formats, m.nresult_formats);
    for (size_t i = 0; i < m.nresult_formats; i++)
        assert(fe_bind_result_format(&m, i) == 0 || fe_bind_result_format(&m, i) == 1);
    assert(buf_ok(&b) && b.len == size && memcmp(b.data, data, size) == 0);
    buf_release(&b);
    return 0;
}
