/* SCRAM-SHA-256 verifiers in PostgreSQL's own format:
 * SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>. Source: RFC 5802, RFC 7677; PostgreSQL
 * manual, 53.4 (pg_authid.rolpassword). */
#ifndef TAVANA_AUTH_VERIFIER_H
#define TAVANA_AUTH_VERIFIER_H

#include "base/err.h"
#include "base/str.h"

#include <stdint.h>

enum {
    SCRAM_KEY_LEN = 32,
    SCRAM_SALT_LEN = 16,
    SCRAM_SALT_MAX = 64,
    SCRAM_ITERATIONS = 4096,
    SCRAM_ITERATIONS_MAX = 1000000,
    SCRAM_VERIFIER_TEXT_MAX = 256,
    PASSWORD_MAX = 1024,
};

struct scram_verifier {
    int iterations;
    size_t salt_len;
    uint8_t salt[SCRAM_SALT_MAX];
    uint8_t stored_key[SCRAM_KEY_LEN];
    uint8_t server_key[SCRAM_KEY_LEN];
};

/* PostgreSQL's form, SCRAM-SHA-256$iterations:salt$stored:server. F0000 for any other. */
int scram_verifier_parse(struct scram_verifier *out, struct str text, struct err *e);
/* From a password (normalised by SASLprep as PostgreSQL does: plain bytes when it cannot be) and a salt. */
int scram_verifier_make(struct scram_verifier *out, struct str password, const uint8_t *salt, size_t salt_len,
                        int iterations, struct err *e);
/* The other way; terminated. */
int scram_verifier_format(char out[static SCRAM_VERIFIER_TEXT_MAX], const struct scram_verifier *v,
                          struct err *e);

#endif
