/* What tls.c and conn_tls.c share: OpenSSL's side of a tls_context. Nobody else includes this. */
#ifndef TAVANA_NET_TLS_PRIV_H
#define TAVANA_NET_TLS_PRIV_H

#include "net/tls.h"

#include <openssl/ssl.h>
#include <stddef.h>
#include <stdint.h>

enum { CHANNEL_BINDING_MAX = 64 };

struct tls_context {
    unsigned refs; /* atomic */
    SSL_CTX *ssl;
    BIO_METHOD *method;                   /* of the BIO between an SSL and its conn */
    size_t binding_len;                   /* 0: the certificate's signature names no digest (Ed25519) */
    uint8_t binding[CHANNEL_BINDING_MAX]; /* tls-server-end-point */
};

/* What OpenSSL says went wrong first; empties its queue. Static memory or `room`. */
const char *tls_reason(char *room, size_t n);

#endif
