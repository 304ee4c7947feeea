/* When a plan must not be used any more. The engine bakes what it knows of the data into a plan: the least
 * and the greatest value of a column decide how many bytes of it a sort carries ("compressed
 * materialization"). A prepared statement keeps that, and when larger values have come since, its rows are
 * wrong, without a word. So a plan holds for a snapshot in which nothing is newer than the plan:
 *
 *   a commit of changed data   counts itself in `commits`, commits, raises data_version, counts itself out
 *   a reader                   notes data_version, plans (or has a plan with its note), starts, and then,
 *                              with its snapshot taken, looks whether no commit is under way and the version
 *                              is still that; if not, it plans and starts again, at last with the gate closed
 *
 * Whatever is in the snapshot and not in the plan was committed between the note and the snapshot, so that
 * the look finds it. Changes of the session's own transaction count in local_session.changes; and what
 * changes data itself is planned inside its transaction, whose snapshot the plan shares. With files or
 * other databases in reach, which change without a word to us, nothing is run by an old plan. Any thread;
 * what takes a session, its own. */
#include "backend/local_version.h"

#include "backend/local_priv.h"

struct local_version local_version_now(const struct local_session *s)
{
    return (struct local_version){.committed = __atomic_load_n(&s->local->data_version, __ATOMIC_SEQ_CST),
                                  .own = s->changes};
}

bool local_version_holds(const struct local_session *s, const struct local_version *v)
{
    const struct local *l = s->local;
    return v->own == s->changes && __atomic_load_n(&l->commits, __ATOMIC_SEQ_CST) == 0 &&
           __atomic_load_n(&l->data_version, __ATOMIC_SEQ_CST) == v->committed;
}

void local_version_outdate(struct local_session *s)
{
    s->changes++;
}

void local_gate_close(struct local *l)
{
    (void)pthread_rwlock_wrlock(&l->commit_gate);
}

void local_gate_open(struct local *l)
{
    (void)pthread_rwlock_unlock(&l->commit_gate);
}

void local_data_changed(struct local *l)
{
    (void)__atomic_fetch_add(&l->data_version, 1, __ATOMIC_SEQ_CST);
}

int local_commit_changes(struct local *l, struct engine_conn *c, struct err *e)
{
    (void)pthread_rwlock_rdlock(&l->commit_gate);
    (void)__atomic_fetch_add(&l->commits, 1, __ATOMIC_SEQ_CST);
    int st = engine_end_transaction(c, "COMMIT", e);
    local_data_changed(l);
    (void)__atomic_fetch_sub(&l->commits, 1, __ATOMIC_SEQ_CST);
    (void)pthread_rwlock_unlock(&l->commit_gate);
    return st;
}
