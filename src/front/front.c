#include "front/front.h"

#include "base/alloc.h"
#include "front/front_priv.h"

#include <assert.h>

int pg_front_new(struct pg_front **out, const struct pg_front_wiring *w, struct err *e)
{
    struct pg_front *f = mem_calloc(1, sizeof *f);
    if (!f)
        return err_oom(e);
    f->magic = PG_FRONT_MAGIC;
    f->wiring = *w;
    (void)pthread_mutex_init(&f->lock, NULL);
    if (peers_new(&f->peers, w->peers, w->npeers, e) < 0) {
        pg_front_free(f);
        return ST_ERR;
    }
    *out = f;
    return ST_OK;
}

void pg_front_set_users(struct pg_front *f, struct user_file *users)
{
    (void)pthread_mutex_lock(&f->lock);
    struct user_file *old = f->users;
    f->users = users;
    (void)pthread_mutex_unlock(&f->lock);
    user_file_unref(old);
}

void pg_front_set_tls(struct pg_front *f, struct tls_context *tls)
{
    (void)pthread_mutex_lock(&f->lock);
    struct tls_context *old = f->tls;
    f->tls = tls;
    (void)pthread_mutex_unlock(&f->lock);
    tls_context_unref(old);
}

struct user_file *pg_front_users(struct pg_front *f)
{
    (void)pthread_mutex_lock(&f->lock);
    struct user_file *users = f->users ? user_file_ref(f->users) : NULL;
    (void)pthread_mutex_unlock(&f->lock);
    return users;
}

struct tls_context *pg_front_tls(struct pg_front *f)
{
    (void)pthread_mutex_lock(&f->lock);
    struct tls_context *tls = f->tls ? tls_context_ref(f->tls) : NULL;
    (void)pthread_mutex_unlock(&f->lock);
    return tls;
}

void pg_front_free(struct pg_front *f)
{
    if (!f)
        return;
    assert(f->magic == PG_FRONT_MAGIC);
    user_file_unref(f->users);
    tls_context_unref(f->tls);
    peers_free(f->peers);
    (void)pthread_mutex_destroy(&f->lock);
    f->magic = 0;
    mem_free(f);
}
