/* Versions of the engine's catalog, so that a statement is compared with it only when it may have changed.
 * They are counts, looked at without asking the engine:
 *
 *   local.catalog_version   transactions of this process that ended, either way, and had changed the catalog
 *   local_session.catalog   what the session did to it: each CREATE, ALTER, DROP, SET of a path …, and each
 *                           end of a transaction in which it did, or in which something was compared with it
 *
 * What another process changes in a catalog that several share is not counted. */
#include "backend/local_catalog.h"

#include "backend/local_priv.h"
#include "backend/local_version.h"

#include <string.h>

struct local_catalog local_catalog_now(const struct local_session *s)
{
    return (struct local_catalog){.all = __atomic_load_n(&s->local->catalog_version, __ATOMIC_SEQ_CST),
                                  .own = s->catalog};
}

bool local_catalog_holds(const struct local_session *s, const struct local_catalog *c)
{
    struct local_catalog now = local_catalog_now(s);
    return now.all == c->all && now.own == c->own;
}

static bool changes_catalog(enum engine_kind kind)
{
    switch (kind) {
    case ENGINE_STMT_SELECT:
    case ENGINE_STMT_INSERT:
    case ENGINE_STMT_UPDATE:
    case ENGINE_STMT_DELETE:
    case ENGINE_STMT_MERGE:
    case ENGINE_STMT_EXPLAIN:
    case ENGINE_STMT_COPY:
    case ENGINE_STMT_PREPARE:
    case ENGINE_STMT_VACUUM: return false;
    default: return true;
    }
}

/* CREATE TYPE, ATTACH, SET of a path and others may. */
static bool brings_no_types(const char *tag)
{
    static const char *const tags[] = {"CREATE TABLE", "CREATE VIEW", "CREATE INDEX", "CREATE SEQUENCE",
                                       "DROP TABLE",   "DROP VIEW",   "DROP INDEX",   "DROP SEQUENCE",
                                       "ALTER TABLE",  "ALTER VIEW",  "COMMENT"};
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        if (strcmp(tags[i], tag) == 0)
            return true;
    return false;
}

void local_catalog_changes(struct local_session *s, const struct local_stmt *st, enum engine_kind kind)
{
    if (!changes_catalog(kind))
        return;
    s->catalog++;
    s->catalog_open = true;
    if (!st->base.info.tag || !brings_no_types(st->base.info.tag))
        (void)__atomic_fetch_add(&s->local->types, 1, __ATOMIC_SEQ_CST);
    if (st->base.info.effect != BACKEND_WRITES)
        return; /* temporary objects, settings: nobody else's */
    s->catalog_changed = true;
    if (st->way == LOCAL_WAY_AT_ONCE)
        local_catalog_settled(s);
}

void local_catalog_outdate(struct local_session *s)
{
    s->catalog++;
}

void local_catalog_compared(struct local_session *s)
{
    s->catalog_open |= s->tx != LOCAL_TX_NONE;
}

void local_catalog_settled(struct local_session *s)
{
    if (s->catalog_changed)
        (void)__atomic_fetch_add(&s->local->catalog_version, 1, __ATOMIC_SEQ_CST);
    if (s->catalog_open) {
        s->catalog++;
        local_version_outdate(s); /* what was planned meanwhile was planned by another catalog */
    }
    s->catalog_open = s->catalog_changed = false;
}
