/* Decoding what a client sends. Structs point into the payload (lent); arrays of counted items are walked by
 * accessor or lie in the caller's arrays. Every function: payload in, ST_OK or 08P01 (22021 for text that is
 * not UTF-8). A trailing byte too many is an error as well. Source: PostgreSQL manual, 55.7. */
#ifndef TAVANA_PGWIRE_FRONTEND_H
#define TAVANA_PGWIRE_FRONTEND_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WIRE_NAME_MAX = 8192 }; /* bytes of a statement's or portal's name; longer is 54000 */

struct fe_query {
    struct str sql; /* p[n] is NUL */
};

struct fe_parse {
    const char *name;
    struct str sql;
    size_t noids;
    const uint8_t *oids; /* big-endian; fe_parse_oid */
};

struct fe_bind_value {
    const uint8_t *data;
    int32_t len; /* -1: NULL */
};

struct fe_bind {
    const char *portal, *statement;
    size_t nformats;
    const uint8_t *formats; /* big-endian int16; values other than 0 and 1 are refused (22023) */
    size_t nvalues;
    const uint8_t *values; /* walk a copy of the pointer with fe_bind_next; text ones are valid UTF-8 */
    size_t nresult_formats;
    const uint8_t *result_formats;
};

struct fe_target { /* Describe and Close */
    char kind;     /* 'S' or 'P' */
    const char *name;
};

struct fe_execute {
    const char *portal;
    int32_t max_rows;
};

struct fe_function_call {
    uint32_t function; /* its OID */
    size_t nvalues;
    struct fe_bind_value first; /* the first argument; len -1: NULL, or none */
    bool first_is_binary, result_is_binary;
};

/* Query. */
int fe_query_decode(const uint8_t *p, size_t n, struct fe_query *out, struct err *e);
/* Parse. */
int fe_parse_decode(const uint8_t *p, size_t n, struct fe_parse *out, struct err *e);
/* Bind; every length is within the message then. */
int fe_bind_decode(const uint8_t *p, size_t n, struct fe_bind *out, struct err *e);
/* Of a Describe; fe_close_decode: of a Close. They differ in the words for an unknown kind. */
int fe_target_decode(const uint8_t *p, size_t n, struct fe_target *out, struct err *e);
/* Close. */
int fe_close_decode(const uint8_t *p, size_t n, struct fe_target *out, struct err *e);
/* Execute. */
int fe_execute_decode(const uint8_t *p, size_t n, struct fe_execute *out, struct err *e);
/* FunctionCall; every length is within the message then, and there is a format for each argument. */
int fe_function_call_decode(const uint8_t *p, size_t n, struct fe_function_call *out, struct err *e);
/* Sync, Flush, Terminate, CopyDone: no payload. */
int fe_empty_decode(size_t n, struct err *e);
/* CopyFail: its message. */
int fe_copy_fail_decode(const uint8_t *p, size_t n, const char **message, struct err *e);

/* Declared type i < noids; 0: left open. */
uint32_t fe_parse_oid(const struct fe_parse *m, size_t i);
/* The next value; the message was checked whole by fe_bind_decode, so this cannot fail. */
struct fe_bind_value fe_bind_next(const uint8_t **at);
/* The format of parameter or column i of n: none given is text, one given is for all. */
int16_t fe_bind_param_format(const struct fe_bind *m, size_t i);
/* The format of result column i: 0 text, 1 binary. */
int16_t fe_bind_result_format(const struct fe_bind *m, size_t i);

/* SASLInitialResponse: mechanism and the first client message (data NULL, len -1: none). */
struct fe_sasl_initial {
    const char *mechanism;
    const uint8_t *data;
    int32_t len;
};
/* SASLInitialResponse. */
int fe_sasl_initial_decode(const uint8_t *p, size_t n, struct fe_sasl_initial *out, struct err *e);

#endif
