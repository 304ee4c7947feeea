/* A table may be gone by the time of the commit, or another have its name; so the catalog is asked, by the
 * sessions alone that have such tables. */
#include "session/on_commit.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "session/session_priv.h"

#include <assert.h>
#include <string.h>

static void forget(struct on_commit *all, unsigned i)
{
    assert(i < all->n);
    all->tables[i] = all->tables[--all->n];
}

int on_commit_note(struct session *s, const char *name, bool drops, struct err *e)
{
    struct on_commit *all = &s->on_commit;
    assert(all->n <= ON_COMMIT_MAX && s->tx.in_engine);
    for (unsigned i = all->n; i-- > 0;)
        if (str_ieq(str_of(all->tables[i].name), str_of(name)))
            forget(all, i);
    if (all->n == ON_COMMIT_MAX)
        return err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED,
                       "too many temporary tables with ON COMMIT in this session (%d)", ON_COMMIT_MAX);
    if (!all->tables && !(all->tables = mem_calloc(ON_COMMIT_MAX, sizeof *all->tables)))
        return err_oom(e);
    struct ask_rows rows;
    const char *literal = step_literal(s, name);
    TRY(literal ? session_ask(s,
                              step_text(s,
                                        "SELECT table_oid FROM system.main.duckdb_tables() WHERE "
                                        "database_name = 'temp' AND table_name = %s",
                                        literal),
                              &rows, e)
                : err_oom(e));
    if (rows.n != 1)
        return ST_OK; /* it is gone already */
    struct on_commit_table *t = &all->tables[all->n++];
    *t = (struct on_commit_table){.drops = drops, .since = s->tx.number};
    (void)str_copy(str_of(name), t->name, sizeof t->name);
    (void)str_copy(str_of(ask_text(&rows, 0, 0)), t->oid, sizeof t->oid);
    return ST_OK;
}

/* As step_run does, which is told of transactions itself. */
static int run(struct session *s, const char *sql, struct err *e)
{
    struct backend_stmt *stmt = NULL;
    if (!sql)
        return err_oom(e);
    TRY(session_hand_over_own(s, sql, &stmt, e));
    int st = session_run_prepared(s, stmt, e);
    s->engine->ops->stmt_free(stmt);
    return st;
}

/* tables: names and numbers of all temporary ones. */
static bool is_there(const struct ask_rows *tables, const struct on_commit_table *t)
{
    for (size_t i = 0; i < tables->n; i++)
        if (strcmp(ask_text(tables, i, 0), t->name) == 0 && strcmp(ask_text(tables, i, 1), t->oid) == 0)
            return true;
    return false;
}

static int run_one(struct session *s, const struct on_commit_table *t, struct err *e)
{
    const char *name = step_name(s, t->name);
    if (!name)
        return err_oom(e);
    return run(s, step_text(s, t->drops ? "DROP TABLE temp.main.%s" : "DELETE FROM temp.main.%s", name), e);
}

int on_commit_run(struct session *s, struct err *e)
{
    struct on_commit *all = &s->on_commit;
    struct ask_rows tables;
    assert(all->n > 0 && s->tx.writes > 0);
    TRY(session_ask(s,
                    "SELECT table_name, table_oid FROM system.main.duckdb_tables() WHERE "
                    "database_name = 'temp'",
                    &tables, e));
    for (unsigned i = all->n; i-- > 0;) {
        bool there = is_there(&tables, &all->tables[i]);
        if (there)
            TRY(run_one(s, &all->tables[i], e));
        if (!there || all->tables[i].drops)
            forget(all, i);
    }
    return ST_OK;
}

void on_commit_rolled_back(struct session *s)
{
    for (unsigned i = s->on_commit.n; i-- > 0;)
        if (s->on_commit.tables[i].since == s->tx.number)
            forget(&s->on_commit, i);
}

void on_commit_release(struct session *s)
{
    mem_free(TAKE_PTR(s->on_commit.tables));
    s->on_commit.n = 0;
}
