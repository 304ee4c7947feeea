/* Messages of the server are put together in a buffer; whole ones alone stay in it. A length is written
 * when its message has ended, so that nobody counts bytes before. */
#include "pgwire/backend_msg.h"

#include "base/bytes.h"
#include "base/str.h"

#include <stdio.h>
#include <string.h>

enum { TYPE_LEN = 1, MAJOR_3 = 3 };

static size_t begin(struct buf *b, char type)
{
    size_t mark = b->len;
    buf_put_u8(b, (uint8_t)type);
    buf_put_be32(b, 0);
    return mark;
}

/* Writes the length, or takes the whole message back. */
static void end(struct buf *b, size_t mark)
{
    if (buf_ok(b) && b->len - mark - TYPE_LEN > INT32_MAX)
        b->failed = true;
    if (buf_ok(b))
        put_be32(b->data + mark + TYPE_LEN, (uint32_t)(b->len - mark - TYPE_LEN));
    else
        b->len = mark;
}

/* A message that is all type. */
static void bare(struct buf *b, char type)
{
    end(b, begin(b, type));
}

/* A count of 16 bits; more than that cannot be said in this protocol. */
static void put_count(struct buf *b, size_t n)
{
    if (n > UINT16_MAX)
        b->failed = true;
    buf_put_be16(b, (uint16_t)n);
}

void be_auth_ok(struct buf *b)
{
    be_auth_sasl_data(b, BE_AUTH_OK, NULL, 0);
}

void be_auth_sasl(struct buf *b, const char *const *mechanisms, size_t n)
{
    size_t mark = begin(b, 'R');
    buf_put_be32(b, BE_AUTH_SASL);
    for (size_t i = 0; i < n; i++)
        buf_put_cstr(b, mechanisms[i]);
    buf_put_u8(b, 0);
    end(b, mark);
}

void be_auth_sasl_data(struct buf *b, enum be_auth kind, const void *data, size_t n)
{
    size_t mark = begin(b, 'R');
    buf_put_be32(b, kind);
    buf_put(b, data, n);
    end(b, mark);
}

void be_parameter_status(struct buf *b, const char *name, const char *value)
{
    size_t mark = begin(b, 'S');
    buf_put_cstr(b, name);
    buf_put_cstr(b, value);
    end(b, mark);
}

void be_backend_key_data(struct buf *b, uint32_t pid, const uint8_t *key, size_t n)
{
    size_t mark = begin(b, 'K');
    buf_put_be32(b, pid);
    buf_put(b, key, n);
    end(b, mark);
}

void be_negotiate_protocol_version(struct buf *b, uint32_t newest_minor, const char *const *unknown, size_t n)
{
    size_t mark = begin(b, 'v');
    buf_put_be32(b, (uint32_t)MAJOR_3 << 16 | (newest_minor & 0xffff));
    buf_put_be32(b, (uint32_t)n);
    for (size_t i = 0; i < n; i++)
        buf_put_cstr(b, unknown[i]);
    end(b, mark);
}

void be_ready_for_query(struct buf *b, char status)
{
    size_t mark = begin(b, 'Z');
    buf_put_u8(b, (uint8_t)status);
    end(b, mark);
}

void be_row_description_begin(struct buf *b, uint16_t ncolumns, size_t *mark)
{
    *mark = begin(b, 'T');
    buf_put_be16(b, ncolumns);
}

void be_row_description_column(struct buf *b, const struct be_column *c)
{
    buf_put_cstr(b, c->name);
    buf_put_be32(b, c->table_oid);
    buf_put_be16(b, (uint16_t)c->attnum);
    buf_put_be32(b, c->type_oid);
    buf_put_be16(b, (uint16_t)c->type_size);
    buf_put_be32(b, (uint32_t)c->typmod);
    buf_put_be16(b, (uint16_t)c->format);
}

void be_row_description_end(struct buf *b, size_t mark)
{
    end(b, mark);
}

void be_parameter_description(struct buf *b, const uint32_t *oids, size_t n)
{
    size_t mark = begin(b, 't');
    put_count(b, n);
    for (size_t i = 0; i < n && buf_ok(b); i++)
        buf_put_be32(b, oids[i]);
    end(b, mark);
}

void be_copy_response(struct buf *b, enum be_copy kind, bool binary, size_t ncolumns)
{
    size_t mark = begin(b, (char)kind);
    buf_put_u8(b, binary);
    put_count(b, ncolumns);
    for (size_t i = 0; i < ncolumns && buf_ok(b); i++)
        buf_put_be16(b, binary);
    end(b, mark);
}

void be_copy_done(struct buf *b)
{
    bare(b, 'c');
}

void be_no_data(struct buf *b)
{
    bare(b, 'n');
}

void be_parse_complete(struct buf *b)
{
    bare(b, '1');
}

void be_bind_complete(struct buf *b)
{
    bare(b, '2');
}

void be_close_complete(struct buf *b)
{
    bare(b, '3');
}

void be_portal_suspended(struct buf *b)
{
    bare(b, 's');
}

void be_empty_query_response(struct buf *b)
{
    bare(b, 'I');
}

void be_command_complete(struct buf *b, const char *tag)
{
    size_t mark = begin(b, 'C');
    buf_put_cstr(b, tag);
    end(b, mark);
}

void be_notification(struct buf *b, uint32_t pid, const char *channel, const char *payload)
{
    size_t mark = begin(b, 'A');
    buf_put_be32(b, pid);
    buf_put_cstr(b, channel);
    buf_put_cstr(b, payload);
    end(b, mark);
}

void be_data_row_text(struct buf *b, const char *const *values, const int32_t *lens, size_t n)
{
    size_t mark = begin(b, 'D');
    put_count(b, n);
    for (size_t i = 0; i < n && buf_ok(b); i++) {
        buf_put_be32(b, (uint32_t)lens[i]);
        if (lens[i] > 0)
            buf_put(b, values[i], (size_t)lens[i]);
    }
    end(b, mark);
}

static const char *const severities[] = {
    [BE_NOTICE] = "NOTICE", [BE_WARNING] = "WARNING", [BE_INFO] = "INFO",
    [BE_ERROR] = "ERROR",   [BE_FATAL] = "FATAL",
};

/* Errors that clients tell apart by the routine that PostgreSQL names in field R: pgjdbc prepares a
 * statement anew and goes on when it reads this one. */
static const struct {
    enum sqlstate code;
    const char *message, *routine;
} routines[] = {
    {SQLSTATE_FEATURE_NOT_SUPPORTED, "cached plan must not change result type", "RevalidateCachedQuery"},
};

static void put_field(struct buf *b, char field, const char *text)
{
    buf_put_u8(b, (uint8_t)field);
    size_t at = b->len, n = strlen(text);
    buf_put_cstr(b, text);
    if (buf_ok(b)) /* it may have come from another process */
        utf8_mend((char *)b->data + at, n);
}

void be_report(struct buf *b, enum be_severity severity, const struct err *e)
{
    size_t mark = begin(b, severity == BE_ERROR || severity == BE_FATAL ? 'E' : 'N');
    put_field(b, 'S', severities[severity]);
    put_field(b, 'V', severities[severity]);
    put_field(b, 'C', sqlstate_code(e->code));
    put_field(b, 'M', e->message);
    if (e->detail[0])
        put_field(b, 'D', e->detail);
    if (e->hint[0])
        put_field(b, 'H', e->hint);
    if (e->position > 0) {
        char number[16];
        (void)snprintf(number, sizeof number, "%d", e->position);
        put_field(b, 'P', number);
    }
    if (e->context[0])
        put_field(b, 'W', e->context);
    const struct {
        char field;
        const char *name;
    } names[] = {{'s', e->schema}, {'t', e->table}, {'c', e->column}, {'d', e->type}, {'n', e->constraint}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].name[0])
            put_field(b, names[i].field, names[i].name);
    for (size_t i = 0; i < sizeof routines / sizeof *routines; i++)
        if (e->code == routines[i].code && strcmp(e->message, routines[i].message) == 0)
            put_field(b, 'R', routines[i].routine);
    buf_put_u8(b, 0);
    end(b, mark);
}
