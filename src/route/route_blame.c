/* What workers die of: which of a session's runs are suspected, and what speaks for them. */
#include "route/route_blame.h"

#include "route/route_priv.h"

#include "base/clock.h"
#include "route/route_portal.h"
#include "route/route_stmt.h"

enum { LOOK_EVERY_US = 100 * 1000 };

static struct poison_keys keys_of(const struct route_session *s)
{
    return s->portal ? route_portal_keys(s->portal)
           : s->stmt ? route_stmt_keys(s->stmt)
                     : (struct poison_keys){0};
}

static void suspect(struct route_session *s, bool is, uint64_t rows)
{
    if (!s->portal)
        return;
    s->portal->trial = (struct route_trial){.is = is, .rows = rows};
}

int route_admit(struct route_session *s, struct err *e)
{
    struct poison *p = s->route->poison;
    s->ran_since_us = clock_now_us();
    if (!poison_is_about(p)) {
        suspect(s, false, 0);
        return ST_OK;
    }
    const struct poison_keys k = keys_of(s);
    TRY(poison_check(p, &k, e));
    const struct poison_suspicion about = poison_suspects(p, &k);
    suspect(s, about.is, about.rows);
    if (!about.is)
        return ST_OK;
    poison_take_seat(p, s, s->on ? s->worker : "", about.seat_us, &s->ticket.cancelled);
    s->seated = true;
    s->ran_since_us = clock_now_us();
    return poison_check(p, &k, e); /* the one before it may have shown what it is */
}

static void leave_seat(struct route_session *s)
{
    if (s->seated)
        poison_leave_seat(s->route->poison, s);
    s->seated = false;
}

/* Rows came. The worker may have been ahead of what the client had seen, so the seat is kept for a moment. */
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
    const struct poison_keys k = route_portal_keys(p);
    t->is = poison_went_on(p->session->route->poison, &k, now - t->beyond_us);
}

void route_ended(struct route_session *s)
{
    leave_seat(s);
    if (!poison_is_about(s->route->poison))
        return;
    const struct poison_keys k = keys_of(s);
    poison_ended(s->route->poison, &k);
    suspect(s, false, 0);
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
    const struct poison_run r = {.who = s,
                                 .keys = keys_of(s),
                                 .worker = s->worker,
                                 .rows = s->portal ? s->portal->handed : 0,
                                 .ran_us = s->ran_since_us ? clock_now_us() - s->ran_since_us : 0};
    s->seated = false;
    if (r.keys.shape)
        poison_died(s->route->poison, &r, lives, s->route->workers);
}
