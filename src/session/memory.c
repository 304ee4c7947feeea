/* What a session may take (session_memory_max). Beside what is counted here its buffers of answers, rows on
 * their way and rows put aside have bounds of their own (docs/operations.md, "Memory"). */
#include "session/memory.h"

#include "session/session_priv.h"

#include <assert.h>

void memory_init(struct session_memory *m, size_t max, struct account_pool *pool)
{
    *m = (struct session_memory){.all.pool = pool, .unnamed.part_of = &m->all, .named.part_of = &m->unnamed};
    memory_begin(m, max);
}

void memory_leave_pool(struct session_memory *m)
{
    account_join(&m->all, NULL);
}

void memory_begin(struct session_memory *m, size_t max)
{
    m->all.max = max;
    m->unnamed.max = max - MEMORY_RESERVE;
    m->named.max = max - 2 * (size_t)MEMORY_RESERVE;
    m->all.refused = false;
    m->all.refused_by = NULL;
}

struct account *memory_of(struct session *s, const char *name)
{
    return name[0] ? &s->memory.named : &s->memory.unnamed;
}

int memory_count(struct account *a, size_t *counted, size_t n, struct err *e)
{
    if (!account_take(a, n))
        return err_oom(e);
    *counted += n;
    assert(*counted <= a->used);
    return ST_OK;
}

/* A small message has to have room always. */
size_t memory_input_max(const struct session_memory *m, size_t least)
{
    const struct account *all = &m->all;
    assert(all->used >= m->input);
    size_t others = all->used - m->input;
    size_t left = all->max > others ? all->max - others : 0;
    if (all->pool) { /* what it has is its own already */
        size_t pool = account_pool_left(all->pool), mine = all->used > ACCOUNT_OWN ? all->used : ACCOUNT_OWN;
        size_t together = pool < SIZE_MAX - mine ? pool + mine - others : SIZE_MAX;
        left = left < together ? left : together;
    }
    return left > least ? left : least;
}

/* It is there: counted even where nothing else would find room. */
void memory_count_input(struct session_memory *m, size_t now)
{
    assert(m->all.used >= m->input);
    account_set(&m->all, m->all.used - m->input + now);
    m->input = now;
}

void memory_refuse(struct session_memory *m, size_t wanted)
{
    size_t others = m->all.used - m->input;
    bool fits = others <= m->all.max && wanted <= m->all.max - others;
    m->all.refused = true;
    m->all.refused_by = fits ? account_pool_fullest(m->all.pool) : NULL;
}

void memory_name_limit(struct session *s, struct err *e)
{
    const struct account *all = &s->memory.all;
    if (e->code != SQLSTATE_OUT_OF_MEMORY || !all->refused)
        return;
    const struct account_pool *pool = all->refused_by;
    err_init(e);
    if (!pool)
        (void)err_set(e, SQLSTATE_OUT_OF_MEMORY,
                      "the session would take more than %zu kB (session_memory_max)", all->max / 1024);
    else if (pool->part_of)
        (void)err_set(e, SQLSTATE_OUT_OF_MEMORY,
                      "the sessions of role \"%s\" would take more than %zu kB (client_memory, user_share)",
                      s->user, pool->max / 1024);
    else
        (void)err_set(e, SQLSTATE_OUT_OF_MEMORY, "the sessions would take more than %zu kB (client_memory)",
                      pool->max / 1024);
    err_detail(
        e,
        "Statements, portals with their parameters, cursors, results of commands and the message under way "
        "count.");
    err_hint(e, "Close what is not needed any more, or raise %s.",
             pool ? "client_memory" : "session_memory_max");
}
