/* SHA-256 and HMAC-SHA-256, and the wiping of keys: where this room meets OpenSSL's digests. XX000 when the
 * library refuses, which it does only when it is out of memory or broken. */
#ifndef TAVANA_AUTH_DIGEST_H
#define TAVANA_AUTH_DIGEST_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SHA256_LEN = 32 };

/* SHA-256 of n bytes. ST_ERR: OpenSSL refuses. */
int digest_sha256(uint8_t out[static SHA256_LEN], const void *in, size_t n, struct err *e);
/* HMAC with SHA-256. ST_ERR: OpenSSL refuses. */
int digest_hmac(uint8_t out[static SHA256_LEN], const uint8_t *key, size_t key_len, const void *in, size_t n,
                struct err *e);
/* PBKDF2 with HMAC-SHA-256, one block: Hi() of RFC 5802. */
int digest_pbkdf2(uint8_t out[static SHA256_LEN], struct str password, const uint8_t *salt, size_t salt_len,
                  int iterations, struct err *e);
/* Takes the same time wherever they differ. */
bool digest_equal(const uint8_t *a, const uint8_t *b, size_t n);
/* Overwrites in a way that the compiler keeps. p may be NULL when n is 0. */
void digest_wipe(void *p, size_t n);

#endif
