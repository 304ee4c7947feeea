/* Who may talk to whom, as it is configured. */
#ifndef TAVANA_CMD_RPC_OPTIONS_H
#define TAVANA_CMD_RPC_OPTIONS_H

#include "config/config.h"
#include "rpc/security.h"

static inline void rpc_security_from(struct rpc_security *out, const struct config *c)
{
    *out = (struct rpc_security){
        .cert_file = c->rpc_cert_file,
        .key_file = c->rpc_key_file,
        .ca_file = c->rpc_ca_file,
        .token_file = c->rpc_token_file,
    };
}

#endif
