/* Who may talk to whom: mutual TLS, a shared token over TLS, or plain text where that was asked for.
 * Source: grpc_security.h. */
#ifndef TAVANA_RPC_SECURITY_H
#define TAVANA_RPC_SECURITY_H

#include "base/err.h"

#include <stdbool.h>

struct rpc_security {
    const char *cert_file, *key_file; /* of this side; NULL: none */
    const char *ca_file;              /* whom the other side's certificate is of; NULL: plain text */
    const char *token_file;           /* a secret that both sides know, over TLS; NULL: none */
    const char *server_name;          /* of the worker's certificate; NULL: the address's */
};

struct grpc_channel_credentials;
struct grpc_server_credentials;

/* What the token makes of a call's "authorization"; *out is the caller's, for mem_free. NULL: there is none.
 */
int rpc_authorization(const struct rpc_security *s, char **out, struct err *e);
/* Of a client; *out is the caller's, for grpc_channel_credentials_release. */
int rpc_channel_credentials(const struct rpc_security *s, struct grpc_channel_credentials **out,
                            struct err *e);
/* With a CA but no token a client has to show a certificate. */
int rpc_server_credentials(const struct rpc_security *s, struct grpc_server_credentials **out, struct err *e);

#endif
