/* What conn_tls.c (the handshake and what is said over it) and conn_bio.c (the socket below) share. */
#ifndef TAVANA_NET_CONN_TLS_PRIV_H
#define TAVANA_NET_CONN_TLS_PRIV_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tls_context;

enum { AHEAD_MAX = 512, ALPN_MAX = 32 };

struct conn_tls {
    struct tls_context *context;
    SSL *ssl;
    uint8_t *early; /* heap; direct TLS: what was read before the handshake */
    size_t early_at, early_len;
    uint16_t ahead_at, ahead_len;
    bool established;
    bool broken;  /* after a fatal error OpenSSL must not be called again, not even to say goodbye */
    bool got_eof; /* the socket's */
    int io_errno; /* of the last read or write that failed for good */
    char *cert_name;
    char alpn[ALPN_MAX];
    uint8_t ahead[AHEAD_MAX];
};

#endif
