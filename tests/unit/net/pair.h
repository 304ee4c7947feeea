/* For tests of connections: two connected sockets, over TCP on loopback or as a Unix pair. */
#ifndef TAVANA_TESTS_NET_PAIR_H
#define TAVANA_TESTS_NET_PAIR_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* fds[0]: accepted (the server's), fds[1]: connected (the client's, blocking). */
static inline void tcp_pair(int fds[2], int family)
{
    struct sockaddr_storage a = {.ss_family = (sa_family_t)family};
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    socklen_t len = family == AF_INET ? sizeof in : sizeof in6;
    memcpy(&a, family == AF_INET ? (void *)&in : (void *)&in6, len);
    int l = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(l >= 0);
    assert_int_equal(bind(l, (struct sockaddr *)&a, len), 0);
    assert_int_equal(listen(l, 1), 0);
    assert_int_equal(getsockname(l, (struct sockaddr *)&a, &len), 0);
    fds[1] = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fds[1], (struct sockaddr *)&a, len), 0);
    fds[0] = accept(l, NULL, NULL);
    assert_true(fds[0] >= 0);
    (void)close(l);
}

static inline void unix_pair(int fds[2])
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
}

#endif
