/* TLS on a conn. OpenSSL gets at the socket through a BIO of our own: it sends without SIGPIPE, reads a
 * record's head and a small record's body in one call, and takes the bytes that direct TLS has read already.
 * OpenSSL asks for more only when everything read ahead is used up, so after a read that answered ST_AGAIN
 * nothing is left in it: conn_has_buffered can trust it. */
#include "net/conn_tls.h"

#include "net/conn_priv.h"

#include <assert.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <poll.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "net/conn_tls_priv.h"
#include "net/tls_priv.h"

/* ---- what OpenSSL's calls come back with ---- */

/* ST_AGAIN with *events, ST_EOF, or ST_ERR. */
static int outcome(struct conn_tls *t, int ret, const char *what, short *events, struct err *e)
{
    char room[128];
    switch (SSL_get_error(t->ssl, ret)) {
    case SSL_ERROR_WANT_READ: *events = POLLIN; return ST_AGAIN;
    case SSL_ERROR_WANT_WRITE: *events = POLLOUT; return ST_AGAIN;
    case SSL_ERROR_ZERO_RETURN: return ST_EOF;
    case SSL_ERROR_SYSCALL:
        t->broken = true;
        ERR_clear_error();
        if (t->io_errno)
            return conn_failed(e, what, t->io_errno);
        return err_set(e, SQLSTATE_CONNECTION_FAILURE, "could not %s: the client closed the connection",
                       what);
    default: break;
    }
    t->broken = true;
    long verified = SSL_get_verify_result(t->ssl);
    const char *reason = tls_reason(room, sizeof room);
    if (!t->established && verified != X509_V_OK)
        return err_set(e, SQLSTATE_INVALID_AUTHORIZATION_SPECIFICATION,
                       "could not %s: client certificate: %s", what, X509_verify_cert_error_string(verified));
    return err_set(e, t->established ? SQLSTATE_CONNECTION_FAILURE : SQLSTATE_PROTOCOL_VIOLATION,
                   "could not %s: %s", what, reason);
}

static int is_broken(struct err *e)
{
    return err_set(e, SQLSTATE_CONNECTION_FAILURE, "TLS connection has failed before");
}

/* ---- handshake ---- */

static int tls_new(struct conn *c, struct tls_context *context, struct err *e)
{
    struct conn_tls *t = mem_calloc(1, sizeof *t);
    if (!t)
        return err_oom(e);
    c->tls = t;
    t->broken = true; /* until it is whole */
    t->context = tls_context_ref(context);
    t->ssl = SSL_new(context->ssl);
    BIO *b = t->ssl ? BIO_new(context->method) : NULL;
    if (!b) {
        ERR_clear_error();
        return err_oom(e);
    }
    BIO_set_data(b, c);
    BIO_set_init(b, 1);
    SSL_set_bio(t->ssl, b, b);
    SSL_set_accept_state(t->ssl);
    t->broken = false;
    return ST_OK;
}

/* Direct TLS: what was read so far is the beginning of the handshake. */
static void give_early(struct conn *c)
{
    if (c->in_end == c->in_start)
        return;
    struct conn_tls *t = c->tls;
    t->early = TAKE_PTR(c->in);
    t->early_at = c->in_start;
    t->early_len = c->in_end;
    c->in_start = c->in_end = c->in_cap = 0;
    c->last_full = false;
}

static int copy_common_name(char **out, const X509_NAME *subject, struct err *e)
{
    int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (at < 0)
        return ST_OK;
    unsigned char *name = NULL;
    int n = ASN1_STRING_to_UTF8(&name, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    if (n < 0) {
        ERR_clear_error();
        return err_set(e, SQLSTATE_INVALID_AUTHORIZATION_SPECIFICATION,
                       "client certificate's common name cannot be read");
    }
    int st = ST_OK;
    if (memchr(name, 0, (size_t)n)) /* "admin\0.evil": CVE-2009-4034 */
        st = err_set(e, SQLSTATE_INVALID_AUTHORIZATION_SPECIFICATION,
                     "client certificate's common name contains a NUL byte");
    else if (!(*out = mem_strndup((const char *)name, (size_t)n)))
        st = err_oom(e);
    OPENSSL_free(name);
    return st;
}

static int learn_client(struct conn_tls *t, struct err *e)
{
    const unsigned char *alpn = NULL;
    unsigned len = 0;
    SSL_get0_alpn_selected(t->ssl, &alpn, &len);
    if (len > 0 && len < sizeof t->alpn)
        memcpy(t->alpn, alpn, len);
    X509 *cert = SSL_get0_peer_certificate(t->ssl);
    return cert ? copy_common_name(&t->cert_name, X509_get_subject_name(cert), e) : ST_OK;
}

int conn_tls_accept(struct conn *c, struct tls_context *context, bool direct, short *events, struct err *e)
{
    if (!c->tls) {
        if (!direct && c->in_end > c->in_start)
            return err_set(e, SQLSTATE_PROTOCOL_VIOLATION,
                           "received unencrypted data after the request for TLS");
        TRY(tls_new(c, context, e));
        if (direct)
            give_early(c);
    }
    struct conn_tls *t = c->tls;
    assert(!t->established);
    if (t->broken)
        return is_broken(e);
    ERR_clear_error();
    t->io_errno = 0;
    int ret = SSL_accept(t->ssl);
    if (ret != 1) {
        int st = outcome(t, ret, "accept TLS connection", events, e);
        if (st != ST_EOF)
            return st;
        t->broken = true;
        return err_set(e, SQLSTATE_CONNECTION_FAILURE,
                       "could not accept TLS connection: the client closed the connection");
    }
    t->established = true;
    if (learn_client(t, e) < 0) {
        t->broken = true;
        return ST_ERR;
    }
    return ST_OK;
}

/* ---- reading and writing ---- */

int conn_tls_read(struct conn *c, void *p, size_t n, size_t *got, struct err *e)
{
    struct conn_tls *t = c->tls;
    if (t->broken || !t->established)
        return is_broken(e);
    ERR_clear_error();
    t->io_errno = 0;
    if (SSL_read_ex(t->ssl, p, n, got))
        return ST_OK;
    short events; /* POLLOUT only in a renegotiation, which is off */
    return outcome(t, 0, "receive from the client", &events, e);
}

int conn_tls_write(struct conn *c, const void *p, size_t n, size_t *done, short *events, struct err *e)
{
    struct conn_tls *t = c->tls;
    if (t->broken || !t->established)
        return is_broken(e);
    ERR_clear_error();
    t->io_errno = 0;
    if (SSL_write_ex(t->ssl, p, n, done))
        return ST_OK;
    int st = outcome(t, 0, "send to the client", events, e);
    if (st != ST_EOF)
        return st;
    return err_set(e, SQLSTATE_CONNECTION_FAILURE, "could not send to the client: it has closed TLS");
}

bool conn_tls_has_buffered(const struct conn *c)
{
    const struct conn_tls *t = c->tls;
    if (t->broken)
        return false;
    return t->early || t->ahead_at < t->ahead_len || SSL_pending(t->ssl) > 0;
}

void conn_tls_free(struct conn *c)
{
    struct conn_tls *t = c->tls;
    if (!t)
        return;
    if (t->established && !t->broken) {
        ERR_clear_error();
        (void)SSL_shutdown(t->ssl);
    }
    ERR_clear_error();
    SSL_free(t->ssl);
    tls_context_unref(t->context);
    mem_free(t->early);
    mem_free(t->cert_name);
    mem_free(TAKE_PTR(c->tls));
}

/* ---- what there is to know ---- */

bool conn_is_tls(const struct conn *c)
{
    return c->tls && c->tls->established;
}

size_t conn_channel_binding(const struct conn *c, uint8_t out[static 64])
{
    if (!conn_is_tls(c))
        return 0;
    const struct tls_context *x = c->tls->context;
    memcpy(out, x->binding, x->binding_len);
    return x->binding_len;
}

const char *conn_client_cert_name(const struct conn *c)
{
    return conn_is_tls(c) ? c->tls->cert_name : NULL;
}

const char *conn_tls_version(const struct conn *c)
{
    return conn_is_tls(c) ? SSL_get_version(c->tls->ssl) : NULL;
}

const char *conn_tls_cipher(const struct conn *c)
{
    return conn_is_tls(c) ? SSL_get_cipher_name(c->tls->ssl) : NULL;
}

const char *conn_tls_alpn(const struct conn *c)
{
    return conn_is_tls(c) && c->tls->alpn[0] ? c->tls->alpn : NULL;
}
