/* xml from text, into the bytes of packed.h: the text, if it is well-formed. Pure. Of pgtype/ alone.
 * Source: PostgreSQL 15 manual, 8.13; XML 1.0. */
#ifndef TAVANA_PGTYPE_XML_H
#define TAVANA_PGTYPE_XML_H

struct decode;
struct packed_type;

/* Content: elements, texts, comments and instructions in any order. A declaration in front of it is kept
 * without its encoding, and not at all where it says nothing else than version 1.0, as PostgreSQL shows it.
 * 2200N, 54000, 0A000 for a document type declaration. */
int xml_from_text(const struct decode *d, const struct packed_type *t);

#endif
