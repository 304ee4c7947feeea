#include "pgtype/binary_text.h"

#include "pgtype/oid.h"

enum { RECORD = 2249, RECORD_ARRAY = 2287, CSTRING = 2275, JSONPATH = 4072 };

enum binary_text binary_text_of(uint32_t oid)
{
    switch (oid) {
    case PGTYPE_TEXT:
    case PGTYPE_VARCHAR:
    case PGTYPE_BPCHAR:
    case PGTYPE_NAME:
    case PGTYPE_UNKNOWN:
    case PGTYPE_JSON:
    case CSTRING:
    case PGTYPE_XML: return BINARY_TEXT_WHOLE;
    case PGTYPE_JSONB:
    case JSONPATH: return BINARY_TEXT_VERSION;
    case RECORD: return BINARY_TEXT_RECORD;
    case RECORD_ARRAY: return BINARY_TEXT_ARRAY;
    default: break;
    }
    if (oid >= BINARY_TEXT_FIRST_NAMED)
        return BINARY_TEXT_NAMED;
    const struct pgtype_info *element = pgtype_element(oid);
    return element && binary_text_of(element->oid) != BINARY_TEXT_NONE ? BINARY_TEXT_ARRAY : BINARY_TEXT_NONE;
}
