/* protobuf-c reads a message from one piece of memory, so gRPC's slices are joined first; batches of rows do
 * not come this way (batch.c). Its structs come from our heap by an allocator that notes when there was no
 * memory: that is 53200 and our own fault, while bytes that cannot be read are 08P01 and the peer's. Texts of
 * errors and names of columns are lent to a message; what is not UTF-8 in them becomes question marks, since
 * the other side would refuse it. */
#include "rpc/message.h"

#include "base/alloc.h"
#include "rows/row_desc.h"

#include <grpc/byte_buffer_reader.h>
#include <grpc/slice.h>

#include <string.h>

/* ---- bytes ---- */

grpc_byte_buffer *rpc_pack(const ProtobufCMessage *m)
{
    grpc_slice s = grpc_slice_malloc(protobuf_c_message_get_packed_size(m));
    (void)protobuf_c_message_pack(m, GRPC_SLICE_START_PTR(s));
    grpc_byte_buffer *b = grpc_raw_byte_buffer_create(&s, 1);
    grpc_slice_unref(s);
    return b;
}

/* A peer that sends what cannot be read has lied; that there was no memory to read it is no fault of the
 * peer. */
struct unpacking {
    bool no_memory;
};

static void *unpack_alloc(void *arg, size_t n)
{
    struct unpacking *u = arg;
    void *p = mem_alloc(n ? n : 1);
    u->no_memory |= !p;
    return p;
}

static void heap_free(void *unused, void *p)
{
    (void)unused;
    mem_free(p);
}

int rpc_unpack(const ProtobufCMessageDescriptor *type, grpc_byte_buffer *b, ProtobufCMessage **out,
               struct err *e)
{
    grpc_byte_buffer_reader r;
    struct unpacking u = {0};
    ProtobufCAllocator heap = {unpack_alloc, heap_free, &u};
    if (!b || !grpc_byte_buffer_reader_init(&r, b))
        return err_set(e, SQLSTATE_PROTOCOL_VIOLATION, "%s is missing", type->short_name);
    grpc_slice s = grpc_byte_buffer_reader_readall(&r);
    *out = protobuf_c_message_unpack(type, &heap, GRPC_SLICE_LENGTH(s), GRPC_SLICE_START_PTR(s));
    grpc_slice_unref(s);
    grpc_byte_buffer_reader_destroy(&r);
    if (*out)
        return ST_OK;
    return u.no_memory ? err_oom(e)
                       : err_set(e, SQLSTATE_PROTOCOL_VIOLATION, "%s cannot be read", type->short_name);
}

void rpc_message_free(ProtobufCMessage *m)
{
    ProtobufCAllocator heap = {NULL, heap_free, NULL};
    if (m)
        protobuf_c_message_free_unpacked(m, &heap);
}

int rpc_bytes_text(struct arena *a, const ProtobufCBinaryData *b, struct str *out, struct err *e)
{
    char *copy = arena_strndup(a, b->len ? (const char *)b->data : "", b->len);
    if (!copy)
        return err_oom(e);
    *out = (struct str){copy, b->len};
    return ST_OK;
}

/* ---- errors ---- */

/* protobuf-c takes its strings unqualified and changes nothing of them. */
static char *lent(const char *s)
{
    union {
        const char *in;
        char *out;
    } u = {.in = s};
    return u.out;
}

/* What is no UTF-8 becomes question marks: the engine quotes files and values as they are. */
static char *utf8(char *text)
{
    size_t at, n = strlen(text);
    for (char *p = text; !utf8_valid(p, n, &at); p += at + 1, n -= at + 1)
        p[at] = '?';
    return text;
}

void rpc_error_put(Tavana__V1__Error *out, struct err *e)
{
    tavana__v1__error__init(out);
    out->sqlstate = lent(sqlstate_code(e->code));
    out->message = utf8(e->message);
    out->detail = utf8(e->detail);
    out->hint = utf8(e->hint);
    out->context = utf8(e->context);
    out->position = e->position;
    out->table = utf8(e->table);
    out->column = utf8(e->column);
    out->constraint = utf8(e->constraint);
    out->schema = utf8(e->schema);
    out->type = utf8(e->type);
}

int rpc_error_take(const Tavana__V1__Error *m, struct err *e)
{
    if (!m)
        return ST_OK;
    enum sqlstate code = sqlstate_find(m->sqlstate);
    if (code == SQLSTATE_SUCCESSFUL_COMPLETION)
        code = SQLSTATE_INTERNAL_ERROR;
    (void)err_set(e, code, "%s", m->message);
    if (*m->detail)
        err_detail(e, "%s", m->detail);
    if (*m->hint)
        err_hint(e, "%s", m->hint);
    if (*m->context)
        err_context(e, "%s", m->context);
    e->position = m->position > 0 ? m->position : 0;
    if (*m->table)
        err_names(e, m->table, m->column, m->constraint);
    if (*m->type)
        err_type_names(e, m->schema, m->type, m->constraint);
    if (*m->table && *m->schema)
        err_schema(e, m->schema);
    return ST_ERR;
}

/* ---- columns ---- */

int rpc_columns_put(struct arena *a, const struct row_desc *d, Tavana__V1__Columns **out, struct err *e)
{
    *out = NULL;
    if (!d)
        return ST_OK;
    Tavana__V1__Columns *m = arena_calloc(a, 1, sizeof *m);
    Tavana__V1__Column *columns = arena_calloc(a, d->ncolumns, sizeof *columns);
    Tavana__V1__Column **list = arena_calloc(a, d->ncolumns, sizeof(void *));
    if (!m || (d->ncolumns && (!columns || !list)))
        return err_oom(e);
    tavana__v1__columns__init(m);
    for (size_t i = 0; i < d->ncolumns; i++) {
        const struct column_desc *c = &d->columns[i];
        size_t at, n = strlen(c->name);
        char *name = utf8_valid(c->name, n, &at) ? lent(c->name) : arena_strndup(a, c->name, n);
        if (!name)
            return err_oom(e);
        tavana__v1__column__init(&columns[i]);
        columns[i].name = (ProtobufCBinaryData){n, (uint8_t *)(name == c->name ? name : utf8(name))};
        columns[i].type_oid = c->type_oid;
        columns[i].type_size = c->type_size;
        columns[i].typmod = c->typmod;
        columns[i].table_oid = c->table_oid;
        columns[i].attnum = c->attnum;
        list[i] = &columns[i];
    }
    m->n_column = d->ncolumns;
    m->column = list;
    *out = m;
    return ST_OK;
}

static int take_columns(const Tavana__V1__Columns *m, struct arena *a, struct row_desc **out, struct err *e)
{
    struct column_desc *columns = arena_calloc(a, m->n_column, sizeof *columns);
    if (m->n_column && !columns)
        return err_oom(e);
    for (size_t i = 0; i < m->n_column; i++) {
        const Tavana__V1__Column *c = m->column[i];
        struct str name = {0};
        TRY(rpc_bytes_text(a, &c->name, &name, e));
        if (c->type_size < INT16_MIN || c->type_size > INT16_MAX)
            return err_set(e, SQLSTATE_PROTOCOL_VIOLATION, "a column's type has the size %d", c->type_size);
        columns[i] = (struct column_desc){.name = name.p,
                                          .type_oid = c->type_oid,
                                          .type_size = (int16_t)c->type_size,
                                          .typmod = c->typmod,
                                          .table_oid = c->table_oid,
                                          .attnum = (int16_t)c->attnum};
    }
    return row_desc_new(out, columns, m->n_column, e);
}

enum { COLUMNS_MEMORY = 64 * 1024 * 1024 }; /* names and descriptions of one result */

int rpc_columns_take(const Tavana__V1__Columns *m, struct row_desc **out, struct err *e)
{
    *out = NULL;
    if (!m)
        return ST_OK;
    struct arena a;
    arena_init(&a, COLUMNS_MEMORY);
    int st = take_columns(m, &a, out, e);
    arena_release(&a);
    return st;
}

/* ---- portals ---- */

void rpc_state_put(Tavana__V1__PortalState *out, const struct backend_portal *p)
{
    tavana__v1__portal_state__init(out);
    out->started = p->started;
    out->complete = p->complete;
    out->rows = p->rows;
    out->rows_affected = p->rows_affected;
    out->position = p->position;
}

void rpc_state_take(const Tavana__V1__PortalState *m, struct backend_portal *p)
{
    if (!m)
        return;
    p->started = m->started;
    p->complete = m->complete;
    p->rows = m->rows;
    p->rows_affected = m->rows_affected;
    p->position = m->position;
}
