/* How a message of the server is framed, and a DataRow inside its frame: for whoever makes rows, or walks
 * over them without decoding a value. Header only, since it is used for every row. Nothing is checked here:
 * who reads what another process sent does that first.
 *
 *   message   [type u8][length u32: of itself and the body][body]
 *   DataRow   'D', body: [columns u16], of each column [length i32, -1 for NULL][bytes]
 *   CopyData  'd', body: bytes of the file, cut anywhere
 *
 * Source: PostgreSQL manual, 55.7. */
#ifndef TAVANA_PGWIRE_MESSAGE_H
#define TAVANA_PGWIRE_MESSAGE_H

#include "base/bytes.h"

#include <stddef.h>
#include <stdint.h>

enum {
    MESSAGE_HEAD = 1 + 4,
    DATA_ROW_HEAD = MESSAGE_HEAD + 2, /* the first column's length lies behind it */
    DATA_ROW_LENGTH = 4,              /* bytes of a column's length */
};

/* Bytes of the whole message at p. */
static inline size_t message_size(const uint8_t *p)
{
    return 1 + (size_t)get_be32(p + 1);
}

/* The message that begins at start ends in front of end: its head is written. Returns end. */
static inline uint8_t *message_close(uint8_t *start, uint8_t type, uint8_t *end)
{
    (void)put_be32(put_u8(start, type), (uint32_t)(end - start - 1));
    return end;
}

/* The number of columns is written; returns where the first one's length goes. message_close at the end. */
static inline uint8_t *data_row_open(uint8_t *start, uint16_t ncolumns)
{
    return put_be16(start + MESSAGE_HEAD, ncolumns);
}

/* Of the DataRow at p. */
static inline uint16_t data_row_columns(const uint8_t *p)
{
    return get_be16(p + MESSAGE_HEAD);
}

#endif
