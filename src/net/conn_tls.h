/* OpenSSL's side of a conn. Threads: the conn's. Of net/ alone. */
#ifndef TAVANA_NET_CONN_TLS_H
#define TAVANA_NET_CONN_TLS_H

#include <stdbool.h>
#include <stddef.h>

struct conn;
struct err;

/* The cipher's name; NULL without TLS. Lent. */
const char *conn_tls_cipher(const struct conn *c);
/* Reads into at most n bytes, n > 0: ST_OK and *got > 0, ST_AGAIN, ST_EOF, ST_ERR. */
int conn_tls_read(struct conn *c, void *p, size_t n, size_t *got, struct err *e);
/* ST_OK and *done > 0; ST_AGAIN: wait for *events and call again with at least the same bytes; ST_ERR. */
int conn_tls_write(struct conn *c, const void *p, size_t n, size_t *done, short *events, struct err *e);
/* Bytes were decrypted and not yet taken. */
bool conn_tls_has_buffered(const struct conn *c);
/* Says goodbye as far as that goes without waiting, frees c->tls. */
void conn_tls_free(struct conn *c);

#endif
