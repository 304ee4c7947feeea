/* "HOST:PORT" as options write it: listening addresses of TCP, workers, peers. Any thread. */
#ifndef TAVANA_NET_ADDRESS_H
#define TAVANA_NET_ADDRESS_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

enum { ADDRESS_HOST_MAX = 256, ADDRESS_RESOLVED_MAX = 128 };

struct address {
    char host[ADDRESS_HOST_MAX]; /* "": all of this machine */
    uint16_t port;
};

struct address_list {
    struct sockaddr_storage at[ADDRESS_RESOLVED_MAX];
    socklen_t len[ADDRESS_RESOLVED_MAX];
    int n;
};

/* "HOST:PORT", "[IPv6]:PORT", ":PORT" and "*:PORT" (all addresses); 22023 when it is neither. */
int address_parse(struct address *out, const char *text, struct err *e);
/* To listen on; IPv4 and IPv6, each address once. At least one, or 22023 with the resolver's text.
 * Addresses beyond ADDRESS_RESOLVED_MAX are an error (54000). */
int address_resolve(struct address_list *out, const struct address *a, struct err *e);
/* 127/8 and ::1. */
bool address_is_loopback(const struct sockaddr_storage *a);
/* In the host's byte order. Not of a Unix socket. */
uint16_t address_port(const struct sockaddr_storage *a);
/* In the host's byte order. */
void address_set_port(struct sockaddr_storage *a, uint16_t port);

/* A listening, non-blocking socket; *fd. IPv6 sockets serve IPv6 alone, unless dual. Returns 0 or an errno.
 */
int address_listen(int *fd, const struct sockaddr_storage *a, socklen_t len, int backlog, bool dual);

#endif
