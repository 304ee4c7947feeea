/* Decoding the first packet of a connection. Bytes in, struct out.
 * Source: PostgreSQL manual, 55.7 (StartupMessage, CancelRequest, SSLRequest, GSSENCRequest), protocol 3.0
 * and 3.2. */
#ifndef TAVANA_PGWIRE_STARTUP_H
#define TAVANA_PGWIRE_STARTUP_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PROTOCOL_3_0 = 196608,
    PROTOCOL_3_2 = 196610,
    STARTUP_PARAMS_MAX = 64,  /* pairs; more is 08P01 */
    STARTUP_OPTIONS_MAX = 64, /* -c settings in `options` */
    CANCEL_KEY_MAX = 256,     /* bytes, protocol 3.2 */
};

enum startup_kind { STARTUP_SSL, STARTUP_GSSENC, STARTUP_CANCEL, STARTUP_SESSION };

struct startup_pair {
    const char *name, *value; /* terminated; lent from the packet (options: from the arena of the caller) */
};

struct startup {
    enum startup_kind kind;
    /* session */
    uint32_t version;            /* as asked for */
    const char *user, *database; /* database defaults to user; user never NULL or empty (28000) */
    size_t nparams;
    struct startup_pair
        params[STARTUP_PARAMS_MAX]; /* all but user, database, options, replication and _pq_.* */
    size_t nunknown;                /* _pq_.* protocol options, none of which we know */
    const char *unknown[STARTUP_PARAMS_MAX];
    const char *options; /* "" without */
    bool replication;    /* asked for: 0A000 is the session's answer */
    /* cancel */
    uint32_t cancel_pid;
    const uint8_t *cancel_key;
    size_t cancel_key_len;
};

/* payload: of frame_next_startup. 08P01 for a malformed packet, 0A000 for another major version, 22021 bad
 * UTF-8. */
int startup_decode(const uint8_t *payload, size_t n, struct startup *out, struct err *e);

/* The `options` parameter, as a command line: `-c name=value`, `-cname=value`, `--name=value`, backslash
 * escapes a blank or itself; dashes in names become underscores. scratch: strlen(options) +
 * 1 bytes, which the pairs point into. 42601 for another switch, 54000 beyond STARTUP_OPTIONS_MAX. */
int startup_options_parse(const char *options, char *scratch, struct startup_pair *out, size_t *n,
                          struct err *e);

#endif
