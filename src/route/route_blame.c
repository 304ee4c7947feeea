/* Between the calls of a session and poison.c. While no statement is suspected in the gateway a run
 * costs a clock and a load here; the keys of a statement are made when they are first needed. The
 * seat is taken before a suspect runs, and given back when it ends, when it fails, or while it still
 * runs: once its rows are beyond the point where its worker died, and the worker had the time to die
 * of what it had made ahead. */
#include "route/route_blame.h"

#include "route/route_priv.h"

#include "base/clock.h"

#include <assert.h>

enum { LOOK_EVERY_US = 100 * 1000 };

/* ---- what the call is about ---- */

static struct poison_keys keys_of_stmt(struct route_stmt *st)
{
    if (!st->has_keys)
        st->keys = poison_keys_of(st->sql);
    st->has_keys = true;
    return st->keys;
}

/* What identifies a run: the statement with its parameters. A slice has none, and is never run again. */
static struct poison_keys keys_of_portal(const struct route_portal *p)
{
    if (!p->stmt)
        return (struct poison_keys){0};
    struct poison_keys k = keys_of_stmt(p->stmt);
    for (size_t i = 0; i < p->nparams; i++)
        poison_keys_add(&k, p->params[i].data, p->params[i].len < 0 ? 0 : (size_t)p->params[i].len);
    return k;
}

static struct poison_keys keys_of(const struct route_session *s)
{
    const struct route_suspect *about = &s->suspect;
    return about->portal ? keys_of_portal(about->portal)
           : about->stmt ? keys_of_stmt(about->stmt)
                         : (struct poison_keys){0};
}

void route_suspect(struct route_session *s, struct route_stmt *stmt, struct route_portal *portal)
{
    assert(!stmt || !portal);
    assert(!portal || portal->session == s);
    assert(!stmt || stmt->session == s);
    s->suspect.stmt = stmt;
    s->suspect.portal = portal;
}

void route_suspect_no_more(struct route_session *s, const void *stmt_or_portal)
{
    if (s->suspect.stmt == stmt_or_portal || s->suspect.portal == stmt_or_portal)
        route_suspect(s, NULL, NULL);
}

static void try_portal(struct route_session *s, bool suspected, uint64_t rows)
{
    if (s->suspect.portal)
        s->suspect.portal->trial = (struct route_trial){.is = suspected, .rows = rows};
}

/* ---- before and during a run ---- */

int route_admit(struct route_session *s, struct err *e)
{
    struct poison *p = s->route->poison;
    s->suspect.ran_since_us = clock_now_us();
    if (!poison_is_about(p)) {
        try_portal(s, false, 0);
        return ST_OK;
    }
    const struct poison_keys k = keys_of(s);
    TRY(poison_check(p, &k, e));
    const struct poison_suspicion about = poison_suspects(p, &k);
    try_portal(s, about.is, about.rows);
    if (!about.is)
        return ST_OK;
    poison_take_seat(p, s, s->on ? s->worker : "", about.seat_us, &s->ticket.cancelled);
    s->suspect.seated = true;
    s->suspect.ran_since_us = clock_now_us();
    return poison_check(p, &k, e); /* the one before it may have shown what it is */
}

void route_runs_on(struct route_session *s)
{
    assert(s->on && s->at);
    s->suspect.ran_since_us = clock_now_us();
    if (poison_is_about(s->route->poison))
        poison_seat_is_on(s->route->poison, s, s->worker);
}

static void leave_seat(struct route_session *s)
{
    if (s->suspect.seated)
        poison_leave_seat(s->route->poison, s);
    s->suspect.seated = false;
}

/* The worker may have been ahead of what the client had seen, so the seat is kept for a moment. */
void route_went_on(struct route_portal *p)
{
    struct route_trial *t = &p->trial;
    if (!t->is || p->handed <= t->rows)
        return;
    const int64_t now = clock_now_us();
    if (!t->beyond_us)
        t->beyond_us = t->look_us = now;
    if (now < t->look_us + LOOK_EVERY_US)
        return;
    t->look_us = now;
    if (now >= t->beyond_us + (int64_t)POISON_AHEAD_MS * 1000)
        leave_seat(p->session);
    const struct poison_keys k = keys_of_portal(p);
    t->is = poison_went_on(p->session->route->poison, &k, now - t->beyond_us);
}

/* ---- how a run ended ---- */

void route_ended(struct route_session *s)
{
    leave_seat(s);
    if (!poison_is_about(s->route->poison))
        return;
    const struct poison_keys k = keys_of(s);
    poison_ended(s->route->poison, &k);
    try_portal(s, false, 0);
}

void route_failed(struct route_session *s)
{
    leave_seat(s);
}

static bool lives(void *arg, const char *worker)
{
    return workers_have(arg, worker);
}

void route_blame(struct route_session *s)
{
    const struct route_suspect *about = &s->suspect;
    const struct poison_run r = {.who = s,
                                 .keys = keys_of(s),
                                 .worker = s->worker,
                                 .rows = about->portal ? about->portal->handed : 0,
                                 .ran_us = about->ran_since_us ? clock_now_us() - about->ran_since_us : 0};
    s->suspect.seated = false; /* poison_died takes the seat back */
    if (r.keys.shape)
        poison_died(s->route->poison, &r, lives, s->route->workers);
}
