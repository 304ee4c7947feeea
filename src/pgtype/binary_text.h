/* Where text lies in the binary forms of values: what a client's encoding has to do with.
 * Source: PostgreSQL's send functions (textsend, jsonb_send, array_send, record_send). */
#ifndef TAVANA_PGTYPE_BINARY_TEXT_H
#define TAVANA_PGTYPE_BINARY_TEXT_H

#include <stdint.h>

enum binary_text {
    BINARY_TEXT_NONE,
    BINARY_TEXT_WHOLE,   /* all of it */
    BINARY_TEXT_VERSION, /* behind one byte: jsonb */
    BINARY_TEXT_ARRAY,   /* in the elements, whose type the array names */
    BINARY_TEXT_RECORD,  /* in the fields, each of which names its type */
    BINARY_TEXT_NAMED,   /* of a type that was made: its label, or one of the two before, which hold NULs */
};

enum { BINARY_TEXT_FIRST_NAMED = 16384 }; /* the first OID that PostgreSQL gives to what users make */

enum binary_text binary_text_of(uint32_t oid);

#endif
