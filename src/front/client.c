#include "front/client.h"

#include "base/alloc.h"
#include "base/encoding.h"

#include <assert.h>
#include <stdatomic.h>

void pg_client_free(struct pg_client *c)
{
    assert(c->magic == PG_CLIENT_MAGIC);
    session_release(&c->session);
    recoder_free(c->recoder);
    c->magic = 0;
    mem_free(c);
}

void pg_client_ends(struct pg_client *c)
{
    c->closing = true;
}

bool pg_client_is_gone(const struct pg_client *c, const struct err *e)
{
    return e->code == SQLSTATE_CONNECTION_FAILURE &&
           (c->closing || atomic_load(&c->session.shared.interrupts) & INT_CLIENT_GONE);
}
