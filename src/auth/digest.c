/* The digests that SCRAM-SHA-256 is made of, by OpenSSL. */
#include "auth/digest.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

/* OpenSSL's own queue of errors is per thread: emptied here, or a later TLS call would read it as its own. */
static int refused(struct err *e, const char *what)
{
    ERR_clear_error();
    err_set(e, SQLSTATE_INTERNAL_ERROR, "could not compute %s", what);
    return ST_ERR;
}

int digest_sha256(uint8_t out[static SHA256_LEN], const void *in, size_t n, struct err *e)
{
    if (EVP_Digest(in, n, out, NULL, EVP_sha256(), NULL) != 1)
        return refused(e, "SHA-256");
    return ST_OK;
}

int digest_hmac(uint8_t out[static SHA256_LEN], const uint8_t *key, size_t key_len, const void *in, size_t n,
                struct err *e)
{
    if (key_len > INT_MAX || !HMAC(EVP_sha256(), key, (int)key_len, in, n, out, NULL))
        return refused(e, "HMAC-SHA-256");
    return ST_OK;
}

int digest_pbkdf2(uint8_t out[static SHA256_LEN], struct str password, const uint8_t *salt, size_t salt_len,
                  int iterations, struct err *e)
{
    if (password.n > INT_MAX || salt_len > INT_MAX ||
        PKCS5_PBKDF2_HMAC(password.p, (int)password.n, salt, (int)salt_len, iterations, EVP_sha256(),
                          SHA256_LEN, out) != 1)
        return refused(e, "PBKDF2");
    return ST_OK;
}

bool digest_equal(const uint8_t *a, const uint8_t *b, size_t n)
{
    return CRYPTO_memcmp(a, b, n) == 0;
}

void digest_wipe(void *p, size_t n)
{
    if (n)
        OPENSSL_cleanse(p, n);
}
