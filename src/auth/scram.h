/* The server's side of SCRAM-SHA-256 and SCRAM-SHA-256-PLUS: two messages in, two out. No I/O, no clock;
 * randomness and channel binding data are passed in. A user who does not exist goes through the same steps
 * with a made-up verifier (the same for the same name) and fails at the end like a wrong password: same
 * bytes, same time. Source: RFC 5802, 7677, 5929; PostgreSQL manual, 55.3. */
#ifndef TAVANA_AUTH_SCRAM_H
#define TAVANA_AUTH_SCRAM_H

#include "auth/verifier.h"
#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCRAM_MECHANISM      "SCRAM-SHA-256"
#define SCRAM_MECHANISM_PLUS "SCRAM-SHA-256-PLUS"

enum { SCRAM_NONCE_LEN = 18, SCRAM_MESSAGE_MAX = 4096 };

struct scram_server;

struct scram_options {
    bool plus;                      /* the mechanism chosen was -PLUS */
    const uint8_t *channel_binding; /* tls-server-end-point; NULL without TLS */
    size_t channel_binding_len;
    uint8_t nonce[SCRAM_NONCE_LEN]; /* random */
    bool doomed;                    /* no such user: run through and fail */
};

/* 08P01 for -PLUS without channel binding data: a certificate that has none must not be offered with it. */
int scram_server_new(struct scram_server **out, const struct scram_verifier *v, const struct scram_options *o,
                     struct err *e);
/* client-first → server-first appended to reply. 08P01 malformed; 28000 for a channel binding downgrade. */
int scram_server_first(struct scram_server *s, const uint8_t *in, size_t n, struct buf *reply, struct err *e);
/* client-final → server-final appended. 28P01 with an empty message for a wrong proof (the session words it).
 */
int scram_server_final(struct scram_server *s, const uint8_t *in, size_t n, struct buf *reply, struct err *e);
/* Wipes keys. NULL is fine. */
void scram_server_free(struct scram_server *s);

/* The made-up verifier of a user who does not exist. secret: of the process, random, 32 bytes. */
int scram_mock_verifier(struct scram_verifier *out, struct str user, const uint8_t secret[static 32],
                        struct err *e);

#endif
