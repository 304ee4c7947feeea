#include "session/lost_rows.h"

#include "base/hash.h"
#include "session/index_again.h"
#include "session/rebuild.h"
#include "session/session_priv.h"

#include <assert.h>

static uint64_t hash_name(const char *name)
{
    uint64_t h = HASH_BEGIN;
    for (; *name; name++) {
        char c = *name >= 'A' && *name <= 'Z' ? (char)(*name - 'A' + 'a') : *name;
        h = hash_bytes(h, &c, 1);
    }
    return h;
}

static bool has(const uint64_t *all, size_t n, uint64_t hash)
{
    for (size_t i = 0; i < n; i++)
        if (all[i] == hash)
            return true;
    return false;
}

static struct lost_rows *seen(struct session *s)
{
    if (s->lost.transaction != s->tx.number)
        s->lost = (struct lost_rows){.transaction = s->tx.number};
    return &s->lost;
}

void lost_rows_note(struct session *s, const char *name)
{
    struct lost_rows *k = seen(s);
    uint64_t hash = hash_name(name);
    assert(k->nchanged <= LOST_ROWS_MAX && s->tx.in_engine);
    if (has(k->changed, k->nchanged, hash))
        return;
    if (k->nchanged < LOST_ROWS_MAX)
        k->changed[k->nchanged++] = hash;
    else
        k->many = true;
}

void lost_rows_many(struct session *s)
{
    seen(s)->many = true;
}

bool lost_rows_any(struct session *s)
{
    const struct lost_rows *k = seen(s);
    return k->many || k->nchanged > 0;
}

void lost_rows_fresh(struct session *s, const struct relation *table)
{
    struct lost_rows *k = seen(s);
    assert(table->full);
    if (k->nfresh < LOST_ROWS_MAX)
        k->fresh[k->nfresh++] = hash_name(table->full);
}

static bool has_lost(struct session *s, const struct relation *table)
{
    const struct lost_rows *k = seen(s);
    return (k->many || has(k->changed, k->nchanged, hash_name(table->name))) &&
           !has(k->fresh, k->nfresh, hash_name(table->full));
}

int lost_rows_refresh(struct session *s, const struct relation *of, struct referring *others, struct err *e)
{
    assert(of->found && of->sql);
    bool itself = rebuild_refers_to_itself(of) && has_lost(s, of), any = itself;
    for (size_t i = 0; i < others->n; i++)
        any |= others->tables[i].directly && has_lost(s, &others->tables[i].relation);
    if (!any)
        return ST_OK;
    TRY(referring_put_aside(s, others, e));
    if (itself) {
        struct relation table = *of;
        TRY(relation_indexes(s, &table, e));
        TRY(rebuild_table(s, &table, NULL, e));
        TRY(index_again_put(s, &table, table.full, e));
        lost_rows_fresh(s, &table);
    }
    TRY(referring_put_back(s, others, e));
    for (size_t i = 0; i < others->n; i++)
        lost_rows_fresh(s, &others->tables[i].relation);
    return referring_find(s, of, others, e);
}
