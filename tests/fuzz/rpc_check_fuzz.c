/* What a worker or a gateway might send, of every kind of message (the first byte says which): it is refused
 * with an error, or what it says is within the bounds that the rest relies on. */
#include "rpc/check.h"

#include "base/alloc.h"
#include "base/arena.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static ProtobufCMessage *unpack(const ProtobufCMessageDescriptor *type, const uint8_t *p, size_t n)
{
    return protobuf_c_message_unpack(type, NULL, n, p);
}

static struct backend_portal before(uint8_t how, struct row_desc *d)
{
    return (struct backend_portal){.desc = how & 1 ? d : NULL,
                                   .started = how & 2,
                                   .scroll = how & 4,
                                   .complete = how & 8,
                                   .rows = how >> 4,
                                   .position = how >> 5};
}

static void prepared(const Tavana__V1__PrepareReply *m, struct err *e)
{
    struct row_desc *d = NULL;
    if (rpc_check_prepared(m, e) != ST_OK)
        return;
    assert(m->statement && strlen(m->tag) <= RPC_TAG_MAX && m->n_parameter_oids <= BACKEND_PARAMS_MAX);
    assert(rpc_columns_take(m->columns, &d, e) == ST_OK);
    assert(!m->columns == !d && (!d || d->ncolumns == m->columns->n_column));
    for (size_t i = 0; d && i < d->ncolumns; i++)
        assert(d->columns[i].type_oid && strlen(d->columns[i].name) == m->columns->column[i]->name.len);
    row_desc_unref(d);
}

static void error(const Tavana__V1__Error *m, struct err *e)
{
    if (rpc_check_error(m, e) != ST_OK)
        return;
    assert(rpc_error_take(m, e) == ST_ERR && err_is_set(e) && e->position >= 0);
}

static void portal(const Tavana__V1__PortalReply *m, const struct backend_portal *p, unsigned how,
                   struct err *e)
{
    if (rpc_check_state(m->state, p, (enum rpc_portal_step)(how % 4), e) != ST_OK)
        return;
    assert(m->state->rows >= p->rows && m->state->rows <= INT64_MAX);
    assert(p->scroll || !p->desc || m->state->position <= m->state->rows);
}

static void fetched(const Tavana__V1__FetchReply *m, const struct backend_portal *p, unsigned how,
                    struct err *e)
{
    const struct backend_fetch f = {.from = how >> 6, .max_rows = how >> 4, .backward = how & 1};
    if (m->part_case == TAVANA__V1__FETCH_REPLY__PART_TRAILER &&
        rpc_check_trailer(m->trailer, p, &f, how % 8, e) == ST_OK)
        assert(f.backward || m->trailer->state->rows >= how % 8);
}

static void split(const Tavana__V1__SplitReply *m, struct err *e)
{
    if (rpc_check_split(m, 1000, e) != ST_OK)
        return;
    for (size_t i = 0; i < m->n_at; i++)
        assert(m->at[i] + m->length[i] <= 1000 && (i == 0 || m->at[i] >= m->at[i - 1]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const ProtobufCMessageDescriptor *const types[] = {
        &tavana__v1__prepare_reply__descriptor, &tavana__v1__error__descriptor,
        &tavana__v1__portal_reply__descriptor,  &tavana__v1__fetch_reply__descriptor,
        &tavana__v1__split_reply__descriptor,   &tavana__v1__report__descriptor,
        &tavana__v1__copy_in_reply__descriptor, &tavana__v1__fetch_request__descriptor,
        &tavana__v1__open_request__descriptor,  &tavana__v1__configure_request__descriptor,
    };
    static const struct column_desc column = {.name = "a", .type_oid = 23, .type_size = 4, .typmod = -1};
    struct row_desc *d = NULL;
    struct err e;
    if (size < 2)
        return 0;
    const unsigned kind = data[0] % (sizeof types / sizeof *types);
    ProtobufCMessage *m = unpack(types[kind], data + 2, size - 2);
    if (!m)
        return 0;
    err_init(&e);
    if (row_desc_new(&d, &column, 1, &e) != ST_OK)
        abort();
    const struct backend_portal p = before(data[1], d);
    switch (kind) {
    case 0: prepared((const Tavana__V1__PrepareReply *)m, &e); break;
    case 1: error((const Tavana__V1__Error *)m, &e); break;
    case 2: portal((const Tavana__V1__PortalReply *)m, &p, data[1], &e); break;
    case 3: fetched((const Tavana__V1__FetchReply *)m, &p, data[1], &e); break;
    case 4: split((const Tavana__V1__SplitReply *)m, &e); break;
    case 5: (void)rpc_check_report((const Tavana__V1__Report *)m, data[1], &e); break;
    case 6: (void)rpc_check_copy_reply((const Tavana__V1__CopyInReply *)m, data[1] & 1, 7, &e); break;
    case 7: {
        const Tavana__V1__FetchRequest *f = (const Tavana__V1__FetchRequest *)m;
        if (rpc_check_fetch(f, &p, &e) == ST_OK && f->copy)
            (void)rpc_check_copy_format(f->copy, p.desc, &e);
        break;
    }
    case 8: {
        const Tavana__V1__OpenRequest *o = (const Tavana__V1__OpenRequest *)m;
        (void)rpc_check_parameters(o->parameter, o->n_parameter, &e);
        break;
    }
    default: {
        const Tavana__V1__ConfigureRequest *c = (const Tavana__V1__ConfigureRequest *)m;
        if (c->change_case == TAVANA__V1__CONFIGURE_REQUEST__CHANGE_FORMATS)
            (void)rpc_check_formats(c->formats, &e);
    }
    }
    row_desc_unref(d);
    protobuf_c_message_free_unpacked(m, NULL);
    return 0;
}
