/* For tests of TLS: keys and certificates made on the spot, as PEM files in a directory of their own. */
#ifndef TAVANA_TESTS_NET_CERTS_H
#define TAVANA_TESTS_NET_CERTS_H

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char cert_dir[] = "/tmp/tavana_certs.XXXXXX";
static char cert_paths[16][64];
static unsigned ncert_paths;

/* The path of a file in the directory; remembered for certs_remove. */
static inline const char *cert_path(const char *name)
{
    char path[64];
    (void)snprintf(path, sizeof path, "%s/%s", cert_dir, name);
    for (unsigned i = 0; i < ncert_paths; i++)
        if (strcmp(cert_paths[i], path) == 0)
            return cert_paths[i];
    assert_true(ncert_paths < 16);
    memcpy(cert_paths[ncert_paths], path, sizeof path);
    return cert_paths[ncert_paths++];
}

static inline void certs_begin(void)
{
    assert_non_null(mkdtemp(cert_dir));
}

static inline void certs_remove(void)
{
    for (unsigned i = 0; i < ncert_paths; i++)
        (void)unlink(cert_paths[i]);
    (void)rmdir(cert_dir);
}

static inline const char *cert_write(const char *name, const void *bytes, size_t n)
{
    const char *path = cert_path(name);
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, 0600), 0);
    return path;
}

static inline const char *key_save(const char *name, EVP_PKEY *key)
{
    BIO *b = BIO_new(BIO_s_mem());
    char *bytes;
    assert_true(PEM_write_bio_PrivateKey(b, key, NULL, NULL, 0, NULL, NULL));
    long n = BIO_get_mem_data(b, &bytes);
    const char *path = cert_write(name, bytes, (size_t)n);
    BIO_free(b);
    return path;
}

static inline const char *cert_save(const char *name, X509 *cert)
{
    BIO *b = BIO_new(BIO_s_mem());
    char *bytes;
    assert_true(PEM_write_bio_X509(b, cert));
    long n = BIO_get_mem_data(b, &bytes);
    const char *path = cert_write(name, bytes, (size_t)n);
    BIO_free(b);
    return path;
}

static inline EVP_PKEY *key_ec(void)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    assert_non_null(key);
    return key;
}

/* cn may hold NULs: its length is given. Signed by the issuer, or by itself; md NULL for Ed25519. */
static inline X509 *cert_make(EVP_PKEY *key, const char *cn, int cn_len, X509 *issuer, EVP_PKEY *issuer_key,
                              const EVP_MD *md)
{
    static long serial;
    X509 *cert = X509_new();
    assert_non_null(cert);
    assert_true(X509_set_version(cert, 2));
    assert_true(ASN1_INTEGER_set(X509_get_serialNumber(cert), ++serial));
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(cert), -60));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(cert), 3600));
    assert_true(X509_set_pubkey(cert, key));
    assert_true(X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_UTF8,
                                           (const unsigned char *)cn, cn_len, -1, 0));
    assert_true(X509_set_issuer_name(cert, X509_get_subject_name(issuer ? issuer : cert)));
    if (!issuer) {
        X509_EXTENSION *ca = X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints, "critical,CA:TRUE");
        assert_non_null(ca);
        assert_true(X509_add_ext(cert, ca, -1));
        X509_EXTENSION_free(ca);
    }
    assert_true(X509_sign(cert, issuer ? issuer_key : key, md));
    return cert;
}

#endif
