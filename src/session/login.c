/* Connections that have not logged in: bounded apart from sessions, so that who never says who he is keeps
 * nobody out. At the bound the peer that has most of them loses the one that has been silent for longest: an
 * attacker with one address pays for its own flood, and a log-in that makes progress is left alone.
 *
 * Peers are told apart by a keyed hash into LOGIN_SHARES shares, which needs no memory of its own and cannot
 * be aimed at. Two peers share one now and then. Source: McKenney, Stochastic Fairness Queueing (1990). */
#include "session/login.h"

#include "auth/digest.h"
#include "base/log.h"
#include "base/metric.h"
#include "session/session_priv.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
    SILENCE_US = 100 * 1000,        /* between two steps of a log-in, which are never held against it */
    WAIT_US = 2 * SILENCE_US,       /* of a new connection for its place; others wait in the backlog */
    LOG_EVERY_US = 10 * 1000 * 1000 /* lines about connections that were dropped */
};

void logins_init(struct logins *l, unsigned max, const uint8_t secret[static LOGIN_SECRET])
{
    l->max = max;
    memcpy(l->secret, secret, LOGIN_SECRET);
    for (size_t i = 0; i < LOGIN_SHARES; i++)
        list_init(&l->shares[i].silent);
}

unsigned login_share(const struct session_server *v, const uint8_t *key, size_t n)
{
    uint8_t digest[SHA256_LEN];
    struct err ignored;
    err_init(&ignored);
    if (digest_hmac(digest, v->logins.secret, LOGIN_SECRET, key, n, &ignored) < 0)
        return 0; /* out of memory: all are one peer */
    return (digest[0] | (unsigned)digest[1] << 8) % LOGIN_SHARES;
}

void login_add(struct logins *l, struct session *s, unsigned share)
{
    assert(!s->place.logging_in && !s->place.counted && share < LOGIN_SHARES);
    s->place.logging_in = true;
    s->place.share = (uint16_t)share;
    s->place.heard_us = clock_now_us();
    list_append(&l->shares[share].silent, &s->place.login);
    l->shares[share].n++;
    l->n++;
    metric_gauge_add(METRIC_LOGINS, 1);
}

void login_remove(struct logins *l, struct session *s)
{
    if (!s->place.logging_in)
        return;
    s->place.logging_in = false;
    assert(l->n > 0 && l->shares[s->place.share].n > 0);
    list_remove(&s->place.login);
    l->shares[s->place.share].n--;
    l->n--;
    metric_gauge_add(METRIC_LOGINS, -1);
}

void login_heard(struct session *s)
{
    struct session_server *v = s->server;
    (void)pthread_mutex_lock(&v->lock);
    if (s->place.logging_in) {
        s->place.heard_us = clock_now_us();
        list_remove(&s->place.login);
        list_append(&v->logins.shares[s->place.share].silent, &s->place.login);
    }
    (void)pthread_mutex_unlock(&v->lock);
}

static struct session *most_silent(const struct logins *l)
{
    size_t most = 0;
    for (size_t i = 1; i < LOGIN_SHARES; i++)
        if (l->shares[i].n > l->shares[most].n)
            most = i;
    return l->shares[most].n ? list_entry(l->shares[most].silent.next, struct session, place.login) : NULL;
}

static void drop(struct session_server *v, struct session *s, struct login_dropped *dropped)
{
    login_remove(&v->logins, s);
    metric_add(METRIC_LOGINS_DROPPED, 1);
    dropped->n++;
    dropped->silent_us = clock_now_us() - s->place.heard_us;
    (void)snprintf(dropped->peer, sizeof dropped->peer, "%s", s->client->ops->name(s->client));
    session_interrupt(s, INT_LOGIN_DROPPED);
    s->client->ops->wake(s->client);
}

bool login_make_room(struct session_server *v, struct login_dropped *dropped)
{
    int64_t give_up = clock_now_us() + WAIT_US;
    while (!atomic_load(&v->draining)) {
        int64_t now = clock_now_us(), until = give_up;
        bool full = v->logins.n >= v->logins.max;
        if (!full && v->nfree > 0)
            return true;
        struct session *s = full ? most_silent(&v->logins) : NULL;
        if (s && s->place.heard_us + SILENCE_US <= now) {
            drop(v, s, dropped);
            continue;
        }
        if (now >= give_up)
            return false;
        if (s && s->place.heard_us + SILENCE_US < until)
            until = s->place.heard_us + SILENCE_US;
        struct timespec at = {.tv_sec = until / 1000000, .tv_nsec = until % 1000000 * 1000};
        (void)pthread_cond_timedwait(&v->room, &v->lock, &at);
    }
    return false;
}

void login_log_dropped(const struct session_server *v, const struct login_dropped *dropped)
{
    static struct log_limit limit;
    unsigned left_out;
    if (dropped->n && log_limit_passes(&limit, LOG_EVERY_US, &left_out))
        log_line(LOG_WARNING, "login_dropped",
                 "peer=%s silent_s=%.1f login_connections_max=%u lines_left_out=%u", dropped->peer,
                 (double)dropped->silent_us / 1e6, v->logins.max, left_out);
}
