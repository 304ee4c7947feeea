/* From the first packet to a session that is ready: TLS, who it is, its parameters. Of front/ alone. The
 * session's own thread. */
#ifndef TAVANA_FRONT_STARTUP_H
#define TAVANA_FRONT_STARTUP_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pg_client;
struct scram_server;
struct scram_verifier;

/* Bytes of a cancel key, by the protocol's version. */
enum { STARTUP_KEY_3_0 = 4, STARTUP_KEY_3_2 = 32 };

/* Where a connection is before it is ready; every phase that needs input is parked between messages. */
enum phase {
    PHASE_FIRST_PACKET,
    PHASE_TLS_HANDSHAKE,
    PHASE_SASL_FIRST, /* the mechanism and client-first */
    PHASE_SASL_FINAL, /* client-final */
    PHASE_READY,
};

struct startup_state {
    enum phase phase;
    int64_t deadline_us; /* authentication_timeout */
    uint32_t protocol;
    bool direct_tls, saw_ssl_request, saw_gss_request;
    uint8_t *packet; /* its payload, until the log-in is over: nothing in there is looked up before */
    size_t packet_len;
    struct scram_server *scram;
    struct scram_verifier *verifier; /* until the log-in is over */
    bool scram_doomed;
};

/* Of a connection that has said nothing. */
void startup_init(struct startup_state *st, int64_t deadline_us);
/* One step. ST_OK go on, ST_AGAIN park for *events, ST_EOF the connection is over. */
int startup_step(struct pg_client *c, short *events, struct err *e);
/* Frees what the log-in needed, and wipes its secrets. */
void startup_forget(struct pg_client *c);

#endif
