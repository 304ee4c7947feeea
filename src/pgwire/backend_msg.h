/* Encoding what a server sends. Each call appends one whole message or, when the buffer's bound or memory
 * says no, leaves the buffer failed (sticky) and cut back to the last message boundary. Source: PostgreSQL
 * manual, 55.7 and 55.8 (error fields). */
#ifndef TAVANA_PGWIRE_BACKEND_MSG_H
#define TAVANA_PGWIRE_BACKEND_MSG_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum be_auth { BE_AUTH_OK = 0, BE_AUTH_SASL = 10, BE_AUTH_SASL_CONTINUE = 11, BE_AUTH_SASL_FINAL = 12 };
enum be_copy { BE_COPY_IN = 'G', BE_COPY_OUT = 'H' };
enum be_severity { BE_NOTICE, BE_WARNING, BE_INFO, BE_ERROR, BE_FATAL };

struct be_column {
    const char *name;
    uint32_t table_oid;
    int16_t attnum;
    uint32_t type_oid;
    int16_t type_size;
    int32_t typmod;
    int16_t format;
};

/* AuthenticationOk. */
void be_auth_ok(struct buf *b);
/* mechanisms: n names. */
void be_auth_sasl(struct buf *b, const char *const *mechanisms, size_t n);
/* AuthenticationSASLContinue or AuthenticationSASLFinal, by kind. */
void be_auth_sasl_data(struct buf *b, enum be_auth kind, const void *data, size_t n);
/* ParameterStatus. */
void be_parameter_status(struct buf *b, const char *name, const char *value);
/* BackendKeyData; n bytes of key: 4, or up to 256 from protocol 3.2 on. */
void be_backend_key_data(struct buf *b, uint32_t pid, const uint8_t *key, size_t n);
/* newest_minor: the lower of what was asked for and what we know. The message carries the whole version, 3 in
 * its upper half, as PostgreSQL sends it and libpq wants it. */
void be_negotiate_protocol_version(struct buf *b, uint32_t newest_minor, const char *const *unknown,
                                   size_t n);
/* ReadyForQuery; status: 'I', 'T' or 'E'. */
void be_ready_for_query(struct buf *b, char status);

/* RowDescription, in parts: ncolumns calls of be_row_description_column follow. *mark is for the end. */
void be_row_description_begin(struct buf *b, uint16_t ncolumns, size_t *mark);
/* The next column. */
void be_row_description_column(struct buf *b, const struct be_column *c);
/* The message is whole. */
void be_row_description_end(struct buf *b, size_t mark);
/* ParameterDescription. */
void be_parameter_description(struct buf *b, const uint32_t *oids, size_t n);
/* NoData. */
void be_no_data(struct buf *b);
/* ParseComplete. */
void be_parse_complete(struct buf *b);
/* BindComplete. */
void be_bind_complete(struct buf *b);
/* CloseComplete. */
void be_close_complete(struct buf *b);
/* PortalSuspended. */
void be_portal_suspended(struct buf *b);
/* EmptyQueryResponse. */
void be_empty_query_response(struct buf *b);
/* All columns in one format. */
void be_copy_response(struct buf *b, enum be_copy kind, bool binary, size_t ncolumns);
/* CopyDone. */
void be_copy_done(struct buf *b);
/* CommandComplete; tag: with its count. */
void be_command_complete(struct buf *b, const char *tag);
/* NotificationResponse. */
void be_notification(struct buf *b, uint32_t pid, const char *channel, const char *payload);
/* A DataRow of text values for answers that we make ourselves (SHOW …): lens[i] -1 is NULL. */
void be_data_row_text(struct buf *b, const char *const *values, const int32_t *lens, size_t n);

/* ErrorResponse for BE_ERROR and BE_FATAL, NoticeResponse otherwise. */
void be_report(struct buf *b, enum be_severity severity, const struct err *e);

#endif
