/* The prepared statements that a session has: found by their names, counted, shared with the portals that run
 * them. statement.c makes them. */
#include "session/statements.h"

#include "base/alloc.h"
#include "rows/row_desc.h"
#include "session/session_priv.h"

#include <assert.h>
#include <string.h>

void statements_init(struct statements *all)
{
    *all = (struct statements){0};
    list_init(&all->list);
}

int statement_set_source(struct statement *st, struct str source, struct err *e)
{
    const char *copy = arena_strndup(&st->arena, source.p, source.n);
    if (!copy)
        return err_oom(e);
    st->source = (struct str){copy, source.n};
    return ST_OK;
}

struct statement *statement_ref(struct statement *st)
{
    assert(st->refs > 0);
    st->refs++;
    return st;
}

void statement_free(struct statement *st)
{
    assert(!st || st->refs > 0);
    if (!st || --st->refs > 0)
        return;
    if (st->engine)
        st->backend->ops->stmt_free(st->engine);
    row_desc_unref(st->desc);
    arena_release(&st->arena);
    account_give(st->memory, st->counted);
    mem_free(st->name);
    mem_free(st);
}

struct statement *statement_find(struct session *s, const char *name)
{
    list_for_each (link, &s->statements.list) {
        struct statement *st = list_entry(link, struct statement, link);
        if (strcmp(st->name, name) == 0)
            return st;
    }
    return NULL;
}

int statement_add(struct session *s, struct statement *st, struct err *e)
{
    struct statement *old = statement_find(s, st->name);
    if (old && st->name[0])
        return err_set(e, SQLSTATE_DUPLICATE_PREPARED_STATEMENT, "prepared statement \"%s\" already exists",
                       st->name);
    if (old)
        statement_drop(s, old);
    unsigned max = session_config(s)->statements_max;
    if (s->statements.n >= max)
        return err_set(e, SQLSTATE_CONFIGURATION_LIMIT_EXCEEDED,
                       "too many prepared statements in this session (%u)", max);
    assert(list_is_empty(&st->link));
    list_append(&s->statements.list, &st->link);
    s->statements.n++;
    return ST_OK;
}

void statement_drop(struct session *s, struct statement *st)
{
    assert(s->statements.n > 0 && !list_is_empty(&st->link));
    list_remove(&st->link);
    s->statements.n--;
    statement_free(st);
}

void statements_drop_all(struct session *s)
{
    while (!list_is_empty(&s->statements.list))
        statement_drop(s, list_entry(s->statements.list.next, struct statement, link));
}
