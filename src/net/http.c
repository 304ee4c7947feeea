/* A small HTTP server for the operator's pages, by libmicrohttpd, in one thread of its own. Everything is
 * bounded: connections, their memory, how long they are silent, and how old they get when others want in. */
#include "net/http.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/list.h"
#include "net/address.h"

enum { BACKLOG = 64, CONNECTION_MEMORY = 16 * 1024, HTTP_STACK = 256 * 1024 };

struct http_server {
    struct MHD_Daemon *daemon;
    struct list by_age; /* connections, the oldest first; of the daemon's thread, as the next */
    unsigned kept;
    int port;
    http_handler handler;
    void *arg;
};

/* Takes what is in body over. */
static enum MHD_Result answer(struct MHD_Connection *c, unsigned status, struct buf *body, const char *type)
{
    size_t n = body->len;
    void *data = TAKE_PTR(body->data);
    struct MHD_Response *r = data ? MHD_create_response_from_buffer_with_free_callback(n, data, mem_free)
                                  : MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    if (!r) {
        mem_free(data);
        return MHD_NO; /* closes the connection */
    }
    enum MHD_Result ok = MHD_YES;
    if (type)
        ok = MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    if (ok == MHD_YES && status == MHD_HTTP_METHOD_NOT_ALLOWED)
        ok = MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    if (ok == MHD_YES)
        ok = MHD_queue_response(c, status, r);
    MHD_destroy_response(r);
    return ok;
}

static enum MHD_Result answer_plain(struct MHD_Connection *c, unsigned status, const char *text)
{
    struct buf body;
    buf_init(&body, HTTP_BODY_MAX);
    buf_put(&body, text, strlen(text));
    enum MHD_Result ok = answer(c, status, &body, "text/plain; charset=utf-8");
    buf_release(&body);
    return ok;
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *c, const char *url, const char *method,
                                  const char *version, const char *upload, size_t *upload_size, void **seen)
{
    (void)version, (void)upload, (void)upload_size;
    const struct http_server *s = arg;
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return answer_plain(c, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD\n");
    if (!*seen) { /* the head alone has come; answered now, the connection could not be used again */
        *seen = arg;
        return MHD_YES;
    }
    if (*upload_size > 0)
        return MHD_NO; /* a GET with a body */
    struct buf body;
    const char *type = NULL;
    buf_init(&body, HTTP_BODY_MAX);
    unsigned status = s->handler(s->arg, url, &body, &type);
    enum MHD_Result ok = buf_ok(&body) ? answer(c, status, &body, type)
                                       : answer_plain(c, MHD_HTTP_INTERNAL_SERVER_ERROR,
                                                      "the page does not fit into memory\n");
    buf_release(&body);
    return ok;
}

struct http_peer {
    struct list link;
    int fd;
};

static void forget(struct http_server *s, struct http_peer *p)
{
    if (list_is_empty(&p->link)) /* it had to go already */
        return;
    assert(s->kept > 0);
    list_remove(&p->link);
    s->kept--;
}

/* The daemon's time limit is one of silence, and a byte a second is none: it is age that counts here. */
static void on_connection(void *arg, struct MHD_Connection *c, void **of_connection,
                          enum MHD_ConnectionNotificationCode what)
{
    struct http_server *s = arg;
    struct http_peer *p = *of_connection;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        if (p)
            forget(s, p);
        mem_free(p);
        return;
    }
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
    *of_connection = p = info ? mem_alloc(sizeof *p) : NULL;
    if (!p)
        return; /* it is left to the daemon's limits */
    p->fd = info->connect_fd;
    list_append(&s->by_age, &p->link);
    if (++s->kept <= HTTP_CONNECTIONS_KEPT)
        return;
    struct http_peer *oldest = list_entry(s->by_age.next, struct http_peer, link);
    forget(s, oldest);
    (void)shutdown(oldest->fd, SHUT_RDWR); /* which the daemon meets as the peer's end, and closes */
}

/* All addresses: one IPv6 socket that serves IPv4 too, or IPv4 alone where there is no IPv6. */
static int listen_all(int *fd, uint16_t port)
{
    struct sockaddr_in6 six = {
        .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_ANY_INIT, .sin6_port = htons(port)};
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_storage a = {0};
    memcpy(&a, &six, sizeof six);
    int err = address_listen(fd, &a, sizeof six, BACKLOG, true);
    if (err != EAFNOSUPPORT && err != EADDRNOTAVAIL)
        return err;
    memset(&a, 0, sizeof a);
    memcpy(&a, &four, sizeof four);
    return address_listen(fd, &a, sizeof four, BACKLOG, false);
}

/* A name with several addresses: the first that can be had. */
int http_listen(int *fd, const char *text, struct err *e)
{
    struct address a;
    struct address_list list;
    int err = EADDRNOTAVAIL;
    TRY(address_parse(&a, text, e));
    if (!*a.host) {
        err = listen_all(fd, a.port);
    } else {
        TRY(address_resolve(&list, &a, e));
        for (int i = 0; err && i < list.n; i++)
            err = address_listen(fd, &list.at[i], list.len[i], BACKLOG, false);
    }
    return err ? err_set(e, SQLSTATE_IO_ERROR, "could not listen on \"%s\" for HTTP: %s", text,
                         strerrordesc_np(err))
               : ST_OK;
}

/* Its thread inherits the mask: signals are not its business, SIGPIPE included. */
static struct MHD_Daemon *start_daemon(struct http_server *s, int fd)
{
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    struct MHD_Daemon *d = MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_AUTO, 0, NULL, NULL, on_request, s,
        MHD_OPTION_LISTEN_SOCKET, (MHD_socket)fd, MHD_OPTION_CONNECTION_LIMIT, (unsigned)HTTP_CONNECTIONS_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)HTTP_TIMEOUT_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)CONNECTION_MEMORY, MHD_OPTION_NOTIFY_CONNECTION, on_connection, s,
        MHD_OPTION_THREAD_STACK_SIZE, (size_t)HTTP_STACK, MHD_OPTION_END);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return d;
}

DEFINE_CLEANUP(struct http_server, http_server_free)

int http_server_on(struct http_server **out, int socket, http_handler handler, void *arg, struct err *e)
{
    CLEANUP(fd_closep) int fd = socket;
    CLEANUP(http_server_freep) struct http_server *s = mem_calloc(1, sizeof *s);
    if (!s)
        return err_oom(e);
    struct sockaddr_storage a;
    socklen_t len = sizeof a;
    list_init(&s->by_age);
    s->handler = handler;
    s->arg = arg;
    s->port = getsockname(fd, (struct sockaddr *)&a, &len) == 0 ? address_port(&a) : 0;
    s->daemon = start_daemon(s, fd);
    if (!s->daemon)
        return err_set(e, SQLSTATE_INSUFFICIENT_RESOURCES, "could not start the HTTP server");
    fd = -1; /* the daemon's now */
    *out = TAKE_PTR(s);
    return ST_OK;
}

int http_server_new(struct http_server **out, const char *address, http_handler handler, void *arg,
                    struct err *e)
{
    int fd = -1;
    TRY(http_listen(&fd, address, e));
    return http_server_on(out, fd, handler, arg, e);
}

int http_server_port(const struct http_server *s)
{
    return s->port;
}

void http_server_free(struct http_server *s)
{
    if (!s)
        return;
    if (s->daemon)
        MHD_stop_daemon(s->daemon);
    mem_free(s);
}
