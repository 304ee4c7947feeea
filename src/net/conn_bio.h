/* OpenSSL's way to the socket of a conn: a BIO whose data is the struct conn. It sends without SIGPIPE,
 * reads a record's head and a small record's body in one call, and takes first what direct TLS has read
 * already. Threads: the conn's. Of net/ alone. */
#ifndef TAVANA_NET_CONN_BIO_H
#define TAVANA_NET_CONN_BIO_H

#include <openssl/bio.h>

/* NULL when memory is out. Free with BIO_meth_free. */
BIO_METHOD *conn_tls_method(void);

#endif
