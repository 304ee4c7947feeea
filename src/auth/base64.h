/* Base64 as RFC 4648, section 4, has it: padded, no line ends. Decoding is strict: one text for one value. */
#ifndef TAVANA_AUTH_BASE64_H
#define TAVANA_AUTH_BASE64_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BASE64_LEN(n) (((n) + 2) / 3 * 4)

/* Writes BASE64_LEN(n) characters and a NUL; returns their number. */
size_t base64_encode(char *out, const uint8_t *in, size_t n);
/* Decodes at most room bytes; false for anything but the one right spelling of a value that fits. */
bool base64_decode(struct str in, uint8_t *out, size_t room, size_t *n);

#endif
