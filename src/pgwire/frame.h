/* Cutting a byte stream into frontend messages: [type u8][length u32, itself included][payload].
 * The first packet of a connection (start-up, SSLRequest, CancelRequest) has no type byte.
 * Bytes in, answers out; no I/O. Source: PostgreSQL manual, 55.2 and 55.7. */
#ifndef TAVANA_PGWIRE_FRAME_H
#define TAVANA_PGWIRE_FRAME_H

#include "base/err.h"
#include "base/str.h"

#include <stddef.h>
#include <stdint.h>

enum {
    FRAME_HEADER = 5,
    FRAME_STARTUP_MAX = 10000,    /* as PostgreSQL's MAX_STARTUP_PACKET_LENGTH */
    FRAME_AUTH_MAX = 65535,       /* a password or SASL message */
    FRAME_SMALL_MAX = 30000,      /* messages that have no reason to be large: Sync, Describe … */
    FRAME_LARGE_MAX = 0x3fffffff, /* Query, Parse, Bind, CopyData */
};

struct frame {
    char type; /* 0 for the first packet */
    const uint8_t *payload;
    size_t len;   /* of the payload */
    size_t total; /* bytes to consume */
};

/* ST_OK *f is whole (lent: points into in); ST_AGAIN more bytes are needed, *need says how many in all;
 * ST_ERR 08P01: a length below the least or above the bound of its type, or an unknown type. The stream is
 * then lost. */
int frame_next(const uint8_t *in, size_t n, struct frame *f, size_t *need, struct err *e);
/* The same of the first packet, which has no type: f->type is 0. */
int frame_next_startup(const uint8_t *in, size_t n, struct frame *f, size_t *need, struct err *e);
/* A SASL or password message: type 'p', at most FRAME_AUTH_MAX. */
int frame_next_auth(const uint8_t *in, size_t n, struct frame *f, size_t *need, struct err *e);

#endif
