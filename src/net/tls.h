/* The server's TLS settings: certificate, key, client CA. Counted, so that a reload does not touch running
 * sessions. TLS 1.2 or later; ALPN `postgresql`. Loading says in one line what is wrong with a file. Any
 * thread. */
#ifndef TAVANA_NET_TLS_H
#define TAVANA_NET_TLS_H

#include "base/err.h"

struct tls_context;

struct tls_options {
    const char *cert_file;   /* PEM chain */
    const char *key_file;    /* PEM; refused when others may read it (as PostgreSQL: 0600, or 0640 of root) */
    const char *ca_file;     /* client CA; NULL: client certificates are not asked for */
    const char *min_version; /* "TLSv1.2" or "TLSv1.3" */
};

/* Reads the certificate, its key and the authority of clients. The caller's reference. */
int tls_context_new(struct tls_context **out, const struct tls_options *o, struct err *e);
/* One more user of it; returns it. Any thread. */
struct tls_context *tls_context_ref(struct tls_context *t);
/* One less; the last one frees it. NULL is fine. Any thread. */
void tls_context_unref(struct tls_context *t);

#endif
