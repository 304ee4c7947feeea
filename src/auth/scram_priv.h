/* For scram.c and its test alone. */
#ifndef TAVANA_AUTH_SCRAM_PRIV_H
#define TAVANA_AUTH_SCRAM_PRIV_H

#include "auth/scram.h"

enum { SCRAM_NONCE_TEXT_MAX = 64 };

/* Another nonce than the base64 of options.nonce, before the first message: published examples have nonces
 * that are no base64. At most SCRAM_NONCE_TEXT_MAX characters. */
void scram_server_set_nonce(struct scram_server *s, const char *nonce);

#endif
