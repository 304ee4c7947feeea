/* What a session may take (session_memory_max). Beside what is counted here its buffers of answers, rows on
 * their way and rows put aside have bounds of their own (docs/operations.md, "Memory"). */
#include "session/memory.h"

#include "session/session_priv.h"

#include <assert.h>

void memory_init(struct session_memory *m, size_t max)
{
    *m = (struct session_memory){.unnamed.part_of = &m->all, .named.part_of = &m->unnamed};
    memory_begin(m, max);
}

void memory_begin(struct session_memory *m, size_t max)
{
    m->all.max = max;
    m->unnamed.max = max - MEMORY_RESERVE;
    m->named.max = max - 2 * (size_t)MEMORY_RESERVE;
    m->all.refused = false;
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
    return left > least ? left : least;
}

/* It is there: counted even where nothing else would find room. */
void memory_count_input(struct session_memory *m, size_t now)
{
    assert(m->all.used >= m->input);
    m->all.used = m->all.used - m->input + now;
    m->input = now;
}

void memory_refuse(struct session_memory *m)
{
    m->all.refused = true;
}

void memory_name_limit(struct session *s, struct err *e)
{
    if (e->code != SQLSTATE_OUT_OF_MEMORY || !s->memory.all.refused)
        return;
    err_init(e);
    (void)err_set(e, SQLSTATE_OUT_OF_MEMORY, "the session would take more than %zu kB (session_memory_max)",
                  s->memory.all.max / 1024);
    err_detail(
        e,
        "Statements, portals with their parameters, cursors, results of commands and the message under way "
        "count.");
    err_hint(e, "Close what is not needed any more, or raise session_memory_max.");
}
