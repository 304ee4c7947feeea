/* HOST:PORT, [IPv6]:PORT, *:PORT and what names resolve to. All addresses of a name count: to listen on,
 * and to tell whether others than this machine can reach it. */
#include "net/address.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"

static int not_an_address(struct err *e, const char *text)
{
    return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE, "\"%s\" is not an address of the form HOST:PORT",
                   text);
}

int address_parse(struct address *out, const char *text, struct err *e)
{
    const char *colon = strrchr(text, ':');
    int64_t port;
    if (!colon || !str_to_i64(str_of(colon + 1), 0, UINT16_MAX, &port))
        return not_an_address(e, text);
    struct str host = {text, (size_t)(colon - text)};
    if (host.n >= 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
        host = (struct str){host.p + 1, host.n - 2};
    else if (memchr(host.p, ':', host.n))
        return not_an_address(e, text); /* "::1:80" could mean two things */
    else if (str_eq(host, STR("*")))
        host.n = 0;
    if (host.n >= sizeof out->host)
        return not_an_address(e, text);
    memcpy(out->host, host.p, host.n);
    out->host[host.n] = '\0';
    out->port = (uint16_t)port;
    return ST_OK;
}

/* A resolver may give an address twice, from /etc/hosts and from DNS: the second bind of it would fail. */
static bool is_listed(const struct address_list *l, const struct addrinfo *ai)
{
    for (int i = 0; i < l->n; i++)
        if (l->len[i] == ai->ai_addrlen && memcmp(&l->at[i], ai->ai_addr, ai->ai_addrlen) == 0)
            return true;
    return false;
}

static int take_all(struct address_list *out, const struct addrinfo *first, const struct address *a,
                    struct err *e)
{
    out->n = 0;
    for (const struct addrinfo *ai = first; ai; ai = ai->ai_next) {
        if ((ai->ai_family != AF_INET && ai->ai_family != AF_INET6) || is_listed(out, ai))
            continue;
        if (out->n == ADDRESS_RESOLVED_MAX)
            return err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "\"%s\" has more than %d addresses", a->host,
                           ADDRESS_RESOLVED_MAX);
        assert(ai->ai_addrlen <= sizeof out->at[0]); /* the storage holds any family's */
        memcpy(&out->at[out->n], ai->ai_addr, ai->ai_addrlen);
        out->len[out->n++] = ai->ai_addrlen;
    }
    return out->n > 0 ? ST_OK
                      : err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE, "\"%s\" has no address", a->host);
}

int address_resolve(struct address_list *out, const struct address *a, struct err *e)
{
    struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *first = NULL;
    int err = getaddrinfo(*a->host ? a->host : NULL, "0", &hints, &first);
    if (err)
        return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE, "could not resolve host \"%s\": %s", a->host,
                       err == EAI_SYSTEM ? strerrordesc_np(errno) : gai_strerror(err));
    int st = take_all(out, first, a, e);
    freeaddrinfo(first);
    for (int i = 0; st == ST_OK && i < out->n; i++)
        address_set_port(&out->at[i], a->port);
    return st;
}

/* Through copies: a sockaddr_storage is bytes, its real type is what ss_family says. */
bool address_is_loopback(const struct sockaddr_storage *a)
{
    if (a->ss_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, a, sizeof in);
        return ntohl(in.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
    }
    struct sockaddr_in6 in6;
    memcpy(&in6, a, sizeof in6);
    return a->ss_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr);
}

uint16_t address_port(const struct sockaddr_storage *a)
{
    if (a->ss_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, a, sizeof in);
        return ntohs(in.sin_port);
    }
    struct sockaddr_in6 in6;
    memcpy(&in6, a, sizeof in6);
    return ntohs(in6.sin6_port);
}

void address_set_port(struct sockaddr_storage *a, uint16_t port)
{
    assert(a->ss_family == AF_INET || a->ss_family == AF_INET6);
    in_port_t p = htons(port);
    size_t at = a->ss_family == AF_INET ? offsetof(struct sockaddr_in, sin_port)
                                        : offsetof(struct sockaddr_in6, sin6_port);
    memcpy((char *)a + at, &p, sizeof p);
}

/* SO_REUSEADDR lets a server that starts again have its port while connections of the last one still wait out
 * their end. */
int address_listen(int *out, const struct sockaddr_storage *a, socklen_t len, int backlog, bool dual)
{
    CLEANUP(fd_closep) int fd = socket(a->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int one = 1, v6only = !dual;
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0)
        return errno;
    if (a->ss_family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6only, sizeof v6only) < 0)
        return errno;
    if (bind(fd, (const struct sockaddr *)a, len) < 0 || listen(fd, backlog) < 0)
        return errno;
    *out = fd;
    fd = -1;
    return 0;
}
