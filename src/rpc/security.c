/* Certificates, keys and tokens are read when a channel or a server is made. A key is overwritten before its
 * memory is given back. A configuration that looks safe and is not ends the start with an error: a token or a
 * certificate that would be shown to whoever answers, or encryption that lets everybody in. */
#include "rpc/security.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/file.h"

#include <grpc/grpc.h>
#include <grpc/grpc_security.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { FILE_MAX = 1024 * 1024, TOKEN_MIN = 16 };

/* NULL for NULL. */
static int read_file(const char *path, char **out, struct err *e)
{
    *out = NULL;
    return path ? file_read_all(path, FILE_MAX, out, e) : ST_OK;
}

/* Without white space at its end. */
static int read_token(const struct rpc_security *s, char **out, struct err *e)
{
    TRY(read_file(s->token_file, out, e));
    if (!*out)
        return ST_OK;
    size_t n = strlen(*out);
    while (n > 0 && isspace((unsigned char)(*out)[n - 1]))
        (*out)[--n] = '\0';
    for (size_t i = 0; i < n; i++)
        if (!isgraph((unsigned char)(*out)[i]))
            n = 0;
    if (n >= TOKEN_MIN)
        return ST_OK;
    mem_free(*out);
    *out = NULL;
    return err_set(e, SQLSTATE_CONFIG_FILE_ERROR,
                   "the token in \"%s\" has to be one word of at least %d characters", s->token_file,
                   TOKEN_MIN);
}

int rpc_authorization(const struct rpc_security *s, char **out, struct err *e)
{
    CLEANUP(mem_freep) char *token = NULL;
    *out = NULL;
    TRY(read_token(s, &token, e));
    if (!token)
        return ST_OK;
    size_t n = strlen("Bearer ") + strlen(token) + 1;
    *out = mem_alloc(n);
    if (!*out)
        return err_oom(e);
    (void)snprintf(*out, n, "Bearer %s", token);
    return ST_OK;
}

struct pem {
    char *ca, *cert, *key;
};

static void pem_release(struct pem *p)
{
    if (p->key)
        explicit_bzero(p->key, strlen(p->key));
    mem_free(p->ca);
    mem_free(p->cert);
    mem_free(p->key);
}

static int pem_read(const struct rpc_security *s, struct pem *p, struct err *e)
{
    *p = (struct pem){0};
    if (!s->cert_file != !s->key_file)
        return err_set(e, SQLSTATE_CONFIG_FILE_ERROR, "a certificate and its key belong together");
    int rc = read_file(s->ca_file, &p->ca, e);
    if (rc == ST_OK)
        rc = read_file(s->cert_file, &p->cert, e);
    if (rc == ST_OK)
        rc = read_file(s->key_file, &p->key, e);
    if (rc < 0)
        pem_release(p);
    return rc;
}

/* Who sends a certificate or a token has to know to whom: without a CA anybody could take it. */
int rpc_channel_credentials(const struct rpc_security *s, grpc_channel_credentials **out, struct err *e)
{
    if (!s->ca_file && (s->cert_file || s->token_file))
        return err_set(e, SQLSTATE_CONFIG_FILE_ERROR,
                       "rpc_cert_file and rpc_token_file of a gateway need rpc_ca_file, to know its workers");
    if (!s->ca_file) {
        *out = grpc_insecure_credentials_create();
        return ST_OK;
    }
    struct pem p;
    TRY(pem_read(s, &p, e));
    grpc_ssl_pem_key_cert_pair pair = {p.key, p.cert};
    *out = grpc_ssl_credentials_create(p.ca, p.cert ? &pair : NULL, NULL, NULL);
    pem_release(&p);
    return *out ? ST_OK : err_set(e, SQLSTATE_CONFIG_FILE_ERROR, "the certificates cannot be used");
}

/* Encryption alone keeps nobody out: a worker with a certificate has to know its gateways, by a CA or a
 * token. */
int rpc_server_credentials(const struct rpc_security *s, grpc_server_credentials **out, struct err *e)
{
    if ((s->ca_file || s->token_file) && !s->cert_file)
        return err_set(e, SQLSTATE_CONFIG_FILE_ERROR,
                       "rpc_ca_file and rpc_token_file of a worker need rpc_cert_file and rpc_key_file");
    if (s->cert_file && !s->ca_file && !s->token_file)
        return err_set(e, SQLSTATE_CONFIG_FILE_ERROR,
                       "rpc_cert_file of a worker needs rpc_ca_file or rpc_token_file, to know its gateways");
    if (!s->cert_file) {
        *out = grpc_insecure_server_credentials_create();
        return ST_OK;
    }
    struct pem p;
    TRY(pem_read(s, &p, e));
    grpc_ssl_pem_key_cert_pair pair = {p.key, p.cert};
    *out = grpc_ssl_server_credentials_create_ex(
        p.ca, &pair, 1,
        s->token_file ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
                      : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY,
        NULL);
    pem_release(&p);
    return *out ? ST_OK : err_set(e, SQLSTATE_CONFIG_FILE_ERROR, "the certificates cannot be used");
}
