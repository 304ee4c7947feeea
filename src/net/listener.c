/* One thread accepts from all sockets and hands each connection on. Sockets are opened in a parent that keeps
 * them when a child dies, so a client that comes meanwhile waits in the backlog. */
#include "net/listener.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/thread.h"
#include "base/waker.h"
#include "net/address.h"
#include "net/unix_socket.h"

enum {
    ACCEPTS_MAX = 64, /* of one socket before the others get their turn */
    PAUSE_MS = 200,   /* when descriptors or memory are out */
    LISTENER_STACK = 256 * 1024,
};

struct listener {
    void (*on_accept)(void *arg, int fd);
    void *arg;
    struct pollfd polls[LISTENER_SOCKETS_MAX + 1]; /* the last one used is the bell */
    struct unix_socket units[LISTENER_SOCKETS_MAX];
    size_t nsockets, nunix;
    int port;
    bool is_public;
    bool stopping; /* atomic */
    bool has_thread;
    bool pausing; /* the log knows */
    pthread_t thread;
    struct waker waker;
};

DEFINE_CLEANUP(struct listener, listener_free)

/* ---- opening ---- */

static int too_many(struct err *e)
{
    return err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "more than %d sockets to listen on",
                   LISTENER_SOCKETS_MAX);
}

static int add_fd(struct listener *l, int fd, struct err *e)
{
    if (l->nsockets == LISTENER_SOCKETS_MAX) {
        (void)close(fd);
        return too_many(e);
    }
    l->polls[l->nsockets++] = (struct pollfd){.fd = fd, .events = POLLIN};
    return ST_OK;
}

static int open_unix(struct listener *l, const char *dir, const struct listener_options *o, struct err *e)
{
    if (l->nsockets == LISTENER_SOCKETS_MAX)
        return too_many(e);
    struct unix_socket *u = &l->units[l->nunix];
    TRY(unix_socket_open(u, dir, o->unix_port, o->backlog, e));
    l->nunix++;
    return add_fd(l, u->fd, e);
}

static int bound_port(int fd)
{
    struct sockaddr_storage a;
    socklen_t len = sizeof a;
    return getsockname(fd, (struct sockaddr *)&a, &len) == 0 ? address_port(&a) : 0;
}

/* The machine has no such address: no reason to fail when the name has others. */
static bool is_absent(int errnum)
{
    return errnum == EAFNOSUPPORT || errnum == EADDRNOTAVAIL || errnum == EPROTONOSUPPORT;
}

static int open_tcp(struct listener *l, const char *text, const struct listener_options *o, struct err *e)
{
    struct address a;
    struct address_list list;
    TRY(address_parse(&a, text, e));
    TRY(address_resolve(&list, &a, e));
    int opened = 0, errnum = 0;
    for (int i = 0; i < list.n; i++) {
        int fd = -1;
        int err = address_listen(&fd, &list.at[i], list.len[i], o->backlog, false);
        if (is_absent(err)) {
            errnum = err;
            continue;
        }
        if (err)
            return err_set(e, SQLSTATE_IO_ERROR, "could not listen on \"%s\": %s", text,
                           strerrordesc_np(err));
        int port = bound_port(fd);
        TRY(add_fd(l, fd, e));
        l->is_public |= !address_is_loopback(&list.at[i]);
        if (l->port == 0)
            l->port = port;
        for (int k = i + 1; a.port == 0 && opened == 0 && k < list.n; k++)
            address_set_port(&list.at[k], (uint16_t)port); /* one name, one port */
        opened++;
    }
    return opened ? ST_OK
                  : err_set(e, SQLSTATE_IO_ERROR, "could not listen on \"%s\": %s", text,
                            strerrordesc_np(errnum));
}

int listener_new(struct listener **out, const struct listener_options *o, struct err *e)
{
    CLEANUP(listener_freep) struct listener *l = mem_calloc(1, sizeof *l);
    if (!l)
        return err_oom(e);
    l->on_accept = o->on_accept;
    l->arg = o->arg;
    TRY(waker_init(&l->waker, e));
    for (size_t i = 0; i < o->naddresses; i++)
        TRY(*o->addresses[i] == '/' ? open_unix(l, o->addresses[i], o, e)
                                    : open_tcp(l, o->addresses[i], o, e));
    assert(l->nunix <= l->nsockets && l->nsockets <= LISTENER_SOCKETS_MAX);
    l->polls[l->nsockets] = (struct pollfd){.fd = waker_fd(&l->waker), .events = POLLIN};
    *out = TAKE_PTR(l);
    return ST_OK;
}

int listener_port(const struct listener *l)
{
    return l->port;
}

bool listener_is_public(const struct listener *l)
{
    return l->is_public;
}

int listener_address_is_public(const char *address, bool *out, struct err *e)
{
    *out = false;
    if (*address == '/')
        return ST_OK;
    struct address a;
    struct address_list list;
    TRY(address_parse(&a, address, e));
    TRY(address_resolve(&list, &a, e));
    for (int i = 0; i < list.n; i++)
        *out |= !address_is_loopback(&list.at[i]);
    return ST_OK;
}

/* ---- accepting ---- */

static bool is_stopping(struct listener *l)
{
    return __atomic_load_n(&l->stopping, __ATOMIC_ACQUIRE);
}

/* What was accepted before descriptors ran out goes on; the rest waits in the backlog. */
static void pause_accepting(struct listener *l, int errnum)
{
    if (!l->pausing)
        log_line(LOG_ERROR, "accept_paused", "reason=\"%s\"", strerrordesc_np(errnum));
    l->pausing = true;
    (void)poll(&l->polls[l->nsockets], 1, PAUSE_MS);
}

/* One socket's waiting connections. Errors of a single connection (accept(2) passes them on) are not ours. */
static void accept_some(struct listener *l, int from)
{
    for (int i = 0; i < ACCEPTS_MAX && !is_stopping(l); i++) {
        int fd = accept4(from, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0) {
            if (l->pausing)
                log_event(LOG_INFO, "accept_resumed");
            l->pausing = false;
            l->on_accept(l->arg, fd);
            continue;
        }
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            pause_accepting(l, errno);
        if (errno != ECONNABORTED && errno != EINTR)
            return;
    }
}

static void *run(void *arg)
{
    struct listener *l = arg;
    thread_set_name("listener");
    while (!is_stopping(l)) {
        int n = poll(l->polls, l->nsockets + 1, -1);
        assert(n >= 0 || errno == EINTR || errno == ENOMEM);
        for (size_t i = 0; n > 0 && i < l->nsockets; i++)
            if (l->polls[i].revents)
                accept_some(l, l->polls[i].fd);
    }
    return NULL;
}

int listener_start(struct listener *l, struct err *e)
{
    assert(!l->has_thread && !is_stopping(l));
    waker_clear(&l->waker); /* a process before this one may have rung it */
    int err = thread_start(&l->thread, LISTENER_STACK, run, l);
    if (err)
        return err_errno(e, err, "start a thread");
    l->has_thread = true;
    return ST_OK;
}

static void close_sockets(struct listener *l)
{
    for (size_t i = 0; i < l->nunix; i++) {
        for (size_t k = 0; k < l->nsockets; k++)
            if (l->polls[k].fd == l->units[i].fd)
                l->polls[k].fd = -1;
        unix_socket_close(&l->units[i]);
    }
    for (size_t k = 0; k < l->nsockets; k++)
        if (l->polls[k].fd >= 0)
            (void)close(l->polls[k].fd);
    l->nunix = l->nsockets = 0;
}

void listener_pause(struct listener *l)
{
    __atomic_store_n(&l->stopping, true, __ATOMIC_RELEASE);
    if (l->has_thread) {
        waker_ring(&l->waker);
        (void)pthread_join(l->thread, NULL);
        l->has_thread = false;
    }
}

void listener_stop(struct listener *l)
{
    listener_pause(l);
    close_sockets(l);
}

void listener_free(struct listener *l)
{
    if (!l)
        return;
    listener_stop(l);
    waker_release(&l->waker);
    mem_free(l);
}

void listener_forget(struct listener *l)
{
    if (!l)
        return;
    assert(!l->has_thread);
    for (size_t i = 0; i < l->nunix; i++)
        (void)close(l->units[i].lock_fd);
    l->nunix = 0;
    listener_free(l);
}
