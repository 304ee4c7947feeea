/* Messages of the client taken apart, in the order of the manual's fields (55.7). Counts and lengths are
 * compared with what is left of the payload before they are used; text is UTF-8 or refused (22021). What is
 * handed out points into the payload. */
#include "pgwire/frontend.h"

#include "base/bytes.h"
#include "pgwire/text.h"

#include <assert.h>
#include <string.h>

/* What is left of a payload. */
struct reader {
    const uint8_t *p;
    size_t left;
    struct err *e;
};

static int violation(struct err *e, const char *message)
{
    err_set(e, SQLSTATE_PROTOCOL_VIOLATION, "%s", message);
    return ST_ERR;
}

static int take_bytes(struct reader *r, size_t n, const uint8_t **out)
{
    if (n > r->left)
        return violation(r->e, "insufficient data left in message");
    *out = r->p;
    r->p += n;
    r->left -= n;
    return ST_OK;
}

static int take_u8(struct reader *r, uint8_t *out)
{
    const uint8_t *p;
    if (r->left == 0)
        return violation(r->e, "no data left in message");
    TRY(take_bytes(r, 1, &p));
    *out = *p;
    return ST_OK;
}

static int take_count(struct reader *r, size_t *out)
{
    const uint8_t *p;
    TRY(take_bytes(r, 2, &p));
    *out = get_be16(p);
    return ST_OK;
}

static int take_i32(struct reader *r, int32_t *out)
{
    const uint8_t *p;
    TRY(take_bytes(r, 4, &p));
    *out = (int32_t)get_be32(p);
    return ST_OK;
}

/* Up to a NUL that must be there; valid UTF-8. */
static int take_text(struct reader *r, struct str *out)
{
    const uint8_t *nul = r->left ? memchr(r->p, 0, r->left) : NULL;
    if (!nul)
        return violation(r->e, "invalid string in message");
    struct str s = {(const char *)r->p, (size_t)(nul - r->p)};
    *out = s;
    r->p += s.n + 1;
    r->left -= s.n + 1;
    return wire_text_check(s, r->e);
}

static int take_name(struct reader *r, const char **out)
{
    struct str s = {0};
    TRY(take_text(r, &s));
    if (s.n > WIRE_NAME_MAX) {
        err_set(r->e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "name of a prepared statement or portal is too long");
        err_detail(r->e, "It has %zu bytes, the limit is %d.", s.n, WIRE_NAME_MAX);
        return ST_ERR;
    }
    *out = s.p;
    return ST_OK;
}

static int take_end(const struct reader *r)
{
    return r->left ? violation(r->e, "invalid message format") : ST_OK;
}

int fe_query_decode(const uint8_t *p, size_t n, struct fe_query *out, struct err *e)
{
    struct reader r = {p, n, e};
    TRY(take_text(&r, &out->sql));
    return take_end(&r);
}

int fe_parse_decode(const uint8_t *p, size_t n, struct fe_parse *out, struct err *e)
{
    struct reader r = {p, n, e};
    TRY(take_name(&r, &out->name));
    TRY(take_text(&r, &out->sql));
    TRY(take_count(&r, &out->noids));
    TRY(take_bytes(&r, out->noids * 4, &out->oids));
    return take_end(&r);
}

/* Format codes: 0 text, 1 binary. None at all means text for all, one stands for all. */
static int take_formats(struct reader *r, size_t *n, const uint8_t **formats)
{
    TRY(take_count(r, n));
    TRY(take_bytes(r, *n * 2, formats));
    for (size_t i = 0; i < *n; i++) {
        int16_t format = (int16_t)get_be16(*formats + i * 2);
        if (format != 0 && format != 1)
            return err_set(r->e, SQLSTATE_INVALID_PARAMETER_VALUE, "unsupported format code: %d", format);
    }
    return ST_OK;
}

/* Walks over the values once, so that fe_bind_next need not check anything. */
static int take_values(struct reader *r, struct fe_bind *m)
{
    TRY(take_count(r, &m->nvalues));
    if (m->nformats > 1 && m->nformats != m->nvalues)
        return err_set(r->e, SQLSTATE_PROTOCOL_VIOLATION,
                       "bind message has %zu parameter formats but %zu parameters", m->nformats, m->nvalues);
    m->values = r->p;
    for (size_t i = 0; i < m->nvalues; i++) {
        int32_t len;
        const uint8_t *data;
        TRY(take_i32(r, &len));
        if (len == -1)
            continue;
        if (len < 0)
            return violation(r->e, "insufficient data left in message");
        TRY(take_bytes(r, (size_t)len, &data));
        if (fe_bind_param_format(m, i) == 0)
            TRY(wire_text_check((struct str){(const char *)data, (size_t)len}, r->e));
    }
    return ST_OK;
}

int fe_bind_decode(const uint8_t *p, size_t n, struct fe_bind *out, struct err *e)
{
    struct reader r = {p, n, e};
    TRY(take_name(&r, &out->portal));
    TRY(take_name(&r, &out->statement));
    TRY(take_formats(&r, &out->nformats, &out->formats));
    TRY(take_values(&r, out));
    TRY(take_formats(&r, &out->nresult_formats, &out->result_formats));
    return take_end(&r);
}

/* Describe and Close: 'S' names a prepared statement, 'P' a portal. */
static int target_decode(const char *message, const uint8_t *p, size_t n, struct fe_target *out,
                         struct err *e)
{
    struct reader r = {p, n, e};
    uint8_t kind;
    TRY(take_u8(&r, &kind));
    TRY(take_name(&r, &out->name));
    TRY(take_end(&r));
    if (kind != 'S' && kind != 'P')
        return err_set(e, SQLSTATE_PROTOCOL_VIOLATION, "invalid %s message subtype %d", message, kind);
    out->kind = (char)kind;
    return ST_OK;
}

int fe_target_decode(const uint8_t *p, size_t n, struct fe_target *out, struct err *e)
{
    return target_decode("DESCRIBE", p, n, out, e);
}

int fe_close_decode(const uint8_t *p, size_t n, struct fe_target *out, struct err *e)
{
    return target_decode("CLOSE", p, n, out, e);
}

int fe_execute_decode(const uint8_t *p, size_t n, struct fe_execute *out, struct err *e)
{
    struct reader r = {p, n, e};
    TRY(take_name(&r, &out->portal));
    TRY(take_i32(&r, &out->max_rows));
    return take_end(&r);
}

int fe_function_call_decode(const uint8_t *p, size_t n, struct fe_function_call *out, struct err *e)
{
    struct reader r = {p, n, e};
    size_t nformats, format;
    int32_t number;
    const uint8_t *formats, *data;
    *out = (struct fe_function_call){.first = {.len = -1}};
    TRY(take_i32(&r, &number));
    out->function = (uint32_t)number;
    TRY(take_formats(&r, &nformats, &formats));
    TRY(take_count(&r, &out->nvalues));
    if (nformats > 1 && nformats != out->nvalues) {
        err_set(e, SQLSTATE_PROTOCOL_VIOLATION,
                "function call message contains %zu argument formats but %zu arguments", nformats,
                out->nvalues);
        return ST_ERR;
    }
    out->first_is_binary = nformats > 0 && get_be16(formats) == 1;
    for (size_t i = 0; i < out->nvalues; i++) {
        int32_t len;
        TRY(take_i32(&r, &len));
        if (len < -1) {
            err_set(e, SQLSTATE_PROTOCOL_VIOLATION, "invalid argument size %d in function call message", len);
            return ST_ERR;
        }
        TRY(take_bytes(&r, len > 0 ? (size_t)len : 0, &data));
        if (i == 0)
            out->first = (struct fe_bind_value){data, len};
    }
    TRY(take_count(&r, &format));
    if (format > 1)
        return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE, "unsupported format code: %d", (int16_t)format);
    out->result_is_binary = format == 1;
    return take_end(&r);
}

int fe_empty_decode(size_t n, struct err *e)
{
    return n ? violation(e, "invalid message format") : ST_OK;
}

int fe_copy_fail_decode(const uint8_t *p, size_t n, const char **message, struct err *e)
{
    struct reader r = {p, n, e};
    struct str s = {0};
    TRY(take_text(&r, &s));
    TRY(take_end(&r));
    *message = s.p;
    return ST_OK;
}

uint32_t fe_parse_oid(const struct fe_parse *m, size_t i)
{
    assert(i < m->noids);
    return get_be32(m->oids + i * 4);
}

struct fe_bind_value fe_bind_next(const uint8_t **at)
{
    struct fe_bind_value v = {.len = (int32_t)get_be32(*at)};
    *at += 4;
    if (v.len >= 0) {
        v.data = *at;
        *at += v.len;
    }
    return v;
}

static int16_t format_of(const uint8_t *formats, size_t n, size_t i)
{
    if (n == 0)
        return 0;
    if (n == 1)
        return (int16_t)get_be16(formats);
    assert(i < n);
    return (int16_t)get_be16(formats + i * 2);
}

int16_t fe_bind_param_format(const struct fe_bind *m, size_t i)
{
    return format_of(m->formats, m->nformats, i);
}

int16_t fe_bind_result_format(const struct fe_bind *m, size_t i)
{
    return format_of(m->result_formats, m->nresult_formats, i);
}

int fe_sasl_initial_decode(const uint8_t *p, size_t n, struct fe_sasl_initial *out, struct err *e)
{
    struct reader r = {p, n, e};
    TRY(take_name(&r, &out->mechanism));
    TRY(take_i32(&r, &out->len));
    out->data = NULL;
    if (out->len < -1)
        return violation(e, "insufficient data left in message");
    if (out->len >= 0)
        TRY(take_bytes(&r, (size_t)out->len, &out->data));
    return take_end(&r);
}
