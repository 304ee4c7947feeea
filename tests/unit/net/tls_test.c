/* What tls_context_new says to good and bad files. The handshakes are conn_tls_test.c's. */
#include "base/alloc.h"
#include "net/tls.h"
#include "net/tls_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "certs.h"

static const char *cert_file, *key_file, *other_key_file;

static int begin(void **state)
{
    (void)state;
    certs_begin();
    EVP_PKEY *key = key_ec(), *other = key_ec();
    X509 *cert = cert_make(key, "server", -1, NULL, NULL, EVP_sha256());
    cert_file = cert_save("server.crt", cert);
    key_file = key_save("server.key", key);
    other_key_file = key_save("other.key", other);
    X509_free(cert);
    EVP_PKEY_free(key);
    EVP_PKEY_free(other);
    return 0;
}

static int end(void **state)
{
    (void)state;
    certs_remove();
    return 0;
}

static int load(struct tls_context **out, const char *cert, const char *key, const char *ca, struct err *e)
{
    struct tls_options o = {.cert_file = cert, .key_file = key, .ca_file = ca, .min_version = "TLSv1.2"};
    err_init(e);
    *out = NULL;
    return tls_context_new(out, &o, e);
}

/* It is refused, and the message names the file and the reason. */
static void assert_refused(const char *cert, const char *key, const char *ca, const char *file,
                           const char *reason)
{
    struct tls_context *t;
    struct err e;
    assert_int_equal(load(&t, cert, key, ca, &e), ST_ERR);
    assert_null(t);
    assert_int_equal(e.code, SQLSTATE_CONFIG_FILE_ERROR);
    if (!strstr(e.message, file) || !strstr(e.message, reason) || strchr(e.message, '\n'))
        fail_msg("\"%s\" does not say \"%s\" and \"%s\"", e.message, file, reason);
}

static void test_good(void **state)
{
    (void)state;
    struct tls_context *t;
    struct err e;
    assert_int_equal(load(&t, cert_file, key_file, cert_file, &e), ST_OK);
    assert_ptr_equal(tls_context_ref(t), t);
    tls_context_unref(t);
    tls_context_unref(t);
    tls_context_unref(NULL);
    struct tls_options o = {.cert_file = cert_file, .key_file = key_file};
    assert_int_equal(tls_context_new(&t, &o, &e), ST_OK); /* no version: the least we have */
    assert_int_equal(SSL_CTX_get_min_proto_version(t->ssl), TLS1_2_VERSION);
    tls_context_unref(t);
    o.min_version = "TLSv1.3";
    assert_int_equal(tls_context_new(&t, &o, &e), ST_OK);
    assert_int_equal(SSL_CTX_get_min_proto_version(t->ssl), TLS1_3_VERSION);
    tls_context_unref(t);
    o.min_version = "TLSv1.1";
    assert_int_equal(tls_context_new(&t, &o, &e), ST_ERR);
    assert_int_equal(e.code, SQLSTATE_INVALID_PARAMETER_VALUE);
}

static void test_bad_files(void **state)
{
    (void)state;
    const char *junk = cert_write("junk", "not a certificate\n", 18);
    const char *none = cert_path("none");
    assert_refused(none, key_file, NULL, none, "No such file");
    assert_refused(cert_file, none, NULL, none, "No such file");
    assert_refused(cert_file, key_file, none, none, "No such file");
    assert_refused(junk, key_file, NULL, junk, "no start line");
    assert_refused(cert_file, junk, NULL, junk, "");
    assert_refused(cert_file, key_file, junk, junk, "");
    assert_refused(cert_file, other_key_file, NULL, other_key_file, "does not belong");
    assert_refused(cert_file, "/dev/null", NULL, "/dev/null", "regular file");
    assert_refused("/tmp", key_file, NULL, "/tmp", "");
    assert_int_equal(ERR_peek_error(), 0); /* nothing left for the next caller to trip over */
}

static void test_key_mode(void **state)
{
    (void)state;
    struct tls_context *t;
    struct err e;
    bool root = geteuid() == 0;
    for (mode_t mode = 0600; mode <= 0677; mode++) {
        assert_int_equal(chmod(key_file, mode), 0);
        if (mode == 0600 || (root && mode == 0640)) {
            assert_int_equal(load(&t, cert_file, key_file, NULL, &e), ST_OK);
            tls_context_unref(t);
        } else {
            assert_refused(cert_file, key_file, NULL, key_file, "open to others");
        }
    }
    assert_int_equal(chmod(key_file, 0600), 0);
    if (root) { /* somebody else's key */
        assert_int_equal(chown(key_file, 12345, 12345), 0);
        assert_refused(cert_file, key_file, NULL, key_file, "must belong");
        assert_int_equal(chown(key_file, 0, 0), 0);
    }
}

/* A key that wants a passphrase is an error, not a question on a terminal that nobody watches. */
static void test_encrypted_key(void **state)
{
    (void)state;
    EVP_PKEY *key = key_ec();
    BIO *b = BIO_new(BIO_s_mem());
    char *bytes;
    assert_true(
        PEM_write_bio_PrivateKey(b, key, EVP_aes_128_cbc(), (const unsigned char *)"secret", 6, NULL, NULL));
    long n = BIO_get_mem_data(b, &bytes);
    const char *path = cert_write("encrypted.key", bytes, (size_t)n);
    assert_refused(cert_file, path, NULL, path, "");
    BIO_free(b);
    EVP_PKEY_free(key);
}

/* RFC 5929: by the signature's digest, SHA-256 for MD5 and SHA-1. */
static void test_channel_binding(void **state)
{
    (void)state;
    struct {
        EVP_PKEY *key;
        const EVP_MD *sign, *bind;
    } cases[] = {{key_ec(), EVP_sha256(), EVP_sha256()},
                 {key_ec(), EVP_sha384(), EVP_sha384()},
                 {key_ec(), EVP_sha512(), EVP_sha512()},
                 {key_ec(), EVP_sha1(), EVP_sha256()},
                 {EVP_RSA_gen(2048), EVP_sha384(), EVP_sha384()},
                 {EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), NULL, NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct tls_context *t;
        struct err e;
        unsigned char want[EVP_MAX_MD_SIZE];
        unsigned n = 0;
        X509 *cert = cert_make(cases[i].key, "binding", -1, NULL, NULL, cases[i].sign);
        const char *cert_name = cert_save("binding.crt", cert);
        const char *key_name = key_save("binding.key", cases[i].key);
        int st = load(&t, cert_name, key_name, NULL, &e);
        if (st == ST_OK) { /* a library that refuses SHA-1 by policy is right too */
            if (cases[i].bind)
                assert_true(X509_digest(cert, cases[i].bind, want, &n));
            assert_int_equal(t->binding_len, n);
            assert_memory_equal(t->binding, want, n);
        } else {
            assert_ptr_equal(cases[i].sign, EVP_sha1());
        }
        tls_context_unref(t);
        X509_free(cert);
        EVP_PKEY_free(cases[i].key);
    }
}

static void test_every_allocation_fails_once(void **state)
{
    (void)state;
    unsigned failures = 0;
    for (unsigned nth = 1, more = 1; more; nth++) {
        struct tls_context *t;
        struct err e;
        alloc_fail_nth(nth);
        int st = load(&t, cert_file, key_file, cert_file, &e);
        more = alloc_failed();
        failures += more;
        assert_int_equal(st, more ? ST_ERR : ST_OK);
        tls_context_unref(t);
    }
    assert_int_equal(failures, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad_files),
        cmocka_unit_test(test_key_mode),
        cmocka_unit_test(test_encrypted_key),
        cmocka_unit_test(test_channel_binding),
        cmocka_unit_test(test_every_allocation_fails_once),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
