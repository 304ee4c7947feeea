/* Text from a peer: the check that PostgreSQL does on every string that it takes in, with its words. */
#ifndef TAVANA_PGWIRE_TEXT_H
#define TAVANA_PGWIRE_TEXT_H

#include "base/err.h"
#include "base/str.h"

/* ST_OK for valid UTF-8 without NUL; else 22021 with the bytes of the first bad character. */
int wire_text_check(struct str s, struct err *e);

#endif
