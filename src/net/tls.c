/* What all TLS connections share: certificate, key, policy. Reference-counted, since SIGHUP puts another
 * one in its place while connections still use the old. */
#include "net/tls.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "net/conn_bio.h"
#include "net/tls_priv.h"

static const unsigned char alpn_protocols[] = "\012postgresql";

const char *tls_reason(char *room, size_t n)
{
    unsigned long code = ERR_get_error();
    ERR_clear_error();
    if (!code)
        return "unknown error";
    const char *reason = ERR_reason_error_string(code);
    if (reason)
        return reason;
    if (ERR_SYSTEM_ERROR(code))
        return strerror_r(ERR_GET_REASON(code), room, n);
    ERR_error_string_n(code, room, n);
    return room;
}

static int bad_file(struct err *e, const char *what, const char *path)
{
    char room[128];
    return err_set(e, SQLSTATE_CONFIG_FILE_ERROR, "could not load %s \"%s\": %s", what, path,
                   tls_reason(room, sizeof room));
}

static int bad_open(struct err *e, const char *what, const char *path, int errnum)
{
    return err_set(e, SQLSTATE_CONFIG_FILE_ERROR, "could not open %s \"%s\": %s", what, path,
                   strerrordesc_np(errnum));
}

/* OpenSSL would ask on the terminal; a daemon has none. */
static int no_passphrase(char *out, int size, int writing, void *arg)
{
    (void)out, (void)size, (void)writing, (void)arg;
    return -1;
}

/* A client that speaks ALPN but not ours is turned away: it may be a victim of a cross-protocol attack. */
static int select_alpn(SSL *ssl, const unsigned char **out, unsigned char *len, const unsigned char *offered,
                       unsigned offered_len, void *arg)
{
    (void)ssl, (void)arg;
    unsigned char *found = NULL;
    if (SSL_select_next_proto(&found, len, alpn_protocols, sizeof alpn_protocols - 1, offered, offered_len) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = found;
    return SSL_TLSEXT_ERR_OK;
}

static int set_policy(SSL_CTX *ssl, const char *min_version, struct err *e)
{
    int least = TLS1_2_VERSION;
    if (min_version && strcmp(min_version, "TLSv1.3") == 0)
        least = TLS1_3_VERSION;
    else if (min_version && strcmp(min_version, "TLSv1.2") != 0)
        return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE,
                       "least TLS version \"%s\" is not one of TLSv1.2, TLSv1.3", min_version);
    if (!SSL_CTX_set_min_proto_version(ssl, least))
        return err_oom(e);
    /* No tickets and no cache: a session is resumed by nobody, so its keys need not be kept. An end without
     * a closure alert is how most clients leave; the protocol has its own Terminate. */
    (void)SSL_CTX_set_options(ssl, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET |
                                       SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
    (void)SSL_CTX_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                    SSL_MODE_RELEASE_BUFFERS);
    (void)SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
    (void)SSL_CTX_set_num_tickets(ssl, 0);
    SSL_CTX_set_alpn_select_cb(ssl, select_alpn, NULL);
    SSL_CTX_set_default_passwd_cb(ssl, no_passphrase);
    return ST_OK;
}

/* The rules of PostgreSQL's ssl_key_file: a file of ours or of root, closed to others; root's may be read by
 * its group. */
static int check_key_file(int fd, const char *path, struct err *e)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return bad_open(e, "TLS key", path, errno);
    if (!S_ISREG(st.st_mode))
        return err_set(e, SQLSTATE_CONFIG_FILE_ERROR, "TLS key \"%s\" is not a regular file", path);
    if (st.st_uid != geteuid() && st.st_uid != 0)
        return err_set(e, SQLSTATE_CONFIG_FILE_ERROR,
                       "TLS key \"%s\" must belong to the server's user or to root", path);
    mode_t open_to = st.st_uid == 0 ? S_IWGRP | S_IXGRP | S_IRWXO : S_IRWXG | S_IRWXO;
    if (st.st_mode & open_to)
        return err_set(e, SQLSTATE_CONFIG_FILE_ERROR,
                       "TLS key \"%s\" is open to others: its mode must be 0600, or 0640 when it is root's",
                       path);
    return ST_OK;
}

static int use_key(SSL_CTX *ssl, EVP_PKEY *key, const struct tls_options *o, struct err *e)
{
    if (X509_check_private_key(SSL_CTX_get0_certificate(ssl),
                               key)) /* SSL_CTX_use_PrivateKey would say less */
        return SSL_CTX_use_PrivateKey(ssl, key) ? ST_OK : bad_file(e, "TLS key", o->key_file);
    ERR_clear_error();
    return err_set(e, SQLSTATE_CONFIG_FILE_ERROR, "TLS key \"%s\" does not belong to the certificate \"%s\"",
                   o->key_file, o->cert_file);
}

/* By descriptor, so that what was checked is what is read. After the certificate. */
static int load_key(SSL_CTX *ssl, const struct tls_options *o, struct err *e)
{
    CLEANUP(fd_closep) int fd = open(o->key_file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return bad_open(e, "TLS key", o->key_file, errno);
    TRY(check_key_file(fd, o->key_file, e));
    BIO *b = BIO_new_fd(fd, BIO_NOCLOSE);
    EVP_PKEY *key = b ? PEM_read_bio_PrivateKey(b, NULL, no_passphrase, NULL) : NULL;
    BIO_free(b);
    int st = key ? use_key(ssl, key, o, e) : bad_file(e, "TLS key", o->key_file);
    EVP_PKEY_free(key);
    return st;
}

static int load_cert(SSL_CTX *ssl, const char *path, struct err *e)
{
    if (access(path, R_OK) < 0)
        return bad_open(e, "TLS certificate", path, errno);
    if (!SSL_CTX_use_certificate_chain_file(ssl, path))
        return bad_file(e, "TLS certificate", path);
    return ST_OK;
}

static int load_ca(SSL_CTX *ssl, const char *path, struct err *e)
{
    if (access(path, R_OK) < 0)
        return bad_open(e, "TLS client CA", path, errno);
    STACK_OF(X509_NAME) *names = NULL;
    if (!SSL_CTX_load_verify_file(ssl, path) || !(names = SSL_load_client_CA_file(path)))
        return bad_file(e, "TLS client CA", path);
    SSL_CTX_set_client_CA_list(ssl, names); /* takes them over */
    SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER | SSL_VERIFY_CLIENT_ONCE, NULL);
    return ST_OK;
}

/* RFC 5929, 4.1: the certificate's hash by its signature's digest, SHA-256 in place of MD5 and SHA-1. */
static int bind_channel(struct tls_context *t, struct err *e)
{
    X509 *cert = SSL_CTX_get0_certificate(t->ssl);
    int nid = NID_undef;
    if (!X509_get_signature_info(cert, &nid, NULL, NULL, NULL) || nid == NID_undef) {
        ERR_clear_error();
        return ST_OK; /* the RFC leaves it open: no channel binding then */
    }
    const EVP_MD *md = nid == NID_md5 || nid == NID_sha1 ? EVP_sha256() : EVP_get_digestbynid(nid);
    unsigned len = 0;
    if (!md || EVP_MD_get_size(md) > CHANNEL_BINDING_MAX)
        return ST_OK;
    if (!X509_digest(cert, md, t->binding, &len)) {
        ERR_clear_error();
        return err_set(e, SQLSTATE_CONFIG_FILE_ERROR, "could not hash the TLS certificate");
    }
    t->binding_len = len;
    return ST_OK;
}

static int load(struct tls_context *t, const struct tls_options *o, struct err *e)
{
    TRY(set_policy(t->ssl, o->min_version, e));
    TRY(load_cert(t->ssl, o->cert_file, e));
    TRY(load_key(t->ssl, o, e));
    if (o->ca_file)
        TRY(load_ca(t->ssl, o->ca_file, e));
    return bind_channel(t, e);
}
DEFINE_CLEANUP(struct tls_context, tls_context_unref)

int tls_context_new(struct tls_context **out, const struct tls_options *o, struct err *e)
{
    CLEANUP(tls_context_unrefp) struct tls_context *t = mem_calloc(1, sizeof *t);
    if (!t)
        return err_oom(e);
    t->refs = 1;
    ERR_clear_error();
    t->ssl = SSL_CTX_new(TLS_server_method());
    t->method = conn_tls_method();
    if (!t->ssl || !t->method) {
        ERR_clear_error();
        return err_oom(e);
    }
    TRY(load(t, o, e));
    *out = TAKE_PTR(t);
    return ST_OK;
}

struct tls_context *tls_context_ref(struct tls_context *t)
{
    unsigned before = __atomic_fetch_add(&t->refs, 1, __ATOMIC_RELAXED);
    assert(before > 0);
    return t;
}

void tls_context_unref(struct tls_context *t)
{
    if (!t || __atomic_fetch_sub(&t->refs, 1, __ATOMIC_ACQ_REL) != 1)
        return;
    SSL_CTX_free(t->ssl);
    BIO_meth_free(t->method);
    mem_free(t);
}
