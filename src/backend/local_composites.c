#include "backend/local_composites.h"

#include "backend/local_ask.h"
#include "backend/local_priv.h"
#include "base/cleanup.h"
#include "pgtype/composite_type.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { QUERY_MAX = 1024 };

struct found {
    struct arena *arena;
    bool array;
    const char *name;
};

static int take(void *arg, const struct str *v, size_t n, struct err *e)
{
    struct found *f = arg;
    assert(n == 1 && v[0].p);
    size_t suffix = f->array ? sizeof "[]" - 1 : 0;
    char *name = arena_alloc(f->arena, v[0].n + suffix + 1);
    if (!name)
        return err_oom(e);
    memcpy(name, v[0].p, v[0].n);
    memcpy(name + v[0].n, "[]", suffix);
    name[v[0].n + suffix] = '\0';
    f->name = name;
    return ST_OK;
}

int local_composite_name(struct local_session *s, struct arena *a, uint32_t oid, const char **out,
                         struct err *e)
{
    CLEANUP(buf_release) struct buf b;
    struct found f = {.arena = a, .array = composite_type_is_array(oid)};
    *out = NULL;
    if (!s->local->has_catalog)
        return ST_OK;
    buf_init(&b, QUERY_MAX);
    buf_printf(&b, "SELECT full_name FROM tavana_catalog.pg.composite_types() WHERE oid = %lu",
               (unsigned long)(f.array ? composite_type_element(oid) : oid));
    TRY(local_ask(s, &b, take, &f, e));
    *out = f.name;
    return ST_OK;
}

/* In a transaction that has failed the engine answers nothing; then it goes without the name. */
static const char *shown_name(struct local_session *s, struct arena *a, uint32_t oid)
{
    CLEANUP(buf_release) struct buf b;
    struct found f = {.arena = a};
    struct err ignored;
    err_init(&ignored);
    buf_init(&b, QUERY_MAX);
    buf_printf(
        &b, "SELECT tavana_catalog.pg.quoted(name) FROM tavana_catalog.pg.composite_types() WHERE oid = %lu",
        (unsigned long)oid);
    bool known = s->main && s->local->has_catalog && local_ask(s, &b, take, &f, &ignored) == ST_OK && f.name;
    return known ? f.name : "record";
}

void local_composite_explain(struct local_session *s, struct err *e)
{
    enum { TIMES = 4 }; /* as often as one message names them */
    for (int i = 0; i < TIMES; i++) {
        char alias[COMPOSITE_ALIAS_MAX], message[sizeof e->message];
        char *at = strstr(e->message, COMPOSITE_ALIAS);
        size_t n =
            at ? sizeof COMPOSITE_ALIAS - 1 + strspn(at + sizeof COMPOSITE_ALIAS - 1, "0123456789_") : 0;
        if (n == 0 || n >= sizeof alias)
            return;
        memcpy(alias, at, n);
        alias[n] = '\0';
        uint32_t oid = composite_type_oid(alias, NULL);
        if (!oid)
            return;
        CLEANUP(arena_release) struct arena scratch;
        arena_init(&scratch, QUERY_MAX);
        (void)snprintf(message, sizeof message, "%.*s%s%s", (int)(at - e->message), e->message,
                       shown_name(s, &scratch, oid), at + n);
        memcpy(e->message, message, sizeof message);
    }
}
