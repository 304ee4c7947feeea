/* Floats as PostgreSQL prints them. Each stores at p and returns the end. Pure. Of encode/ alone. */
#ifndef TAVANA_ENCODE_FLOAT_H
#define TAVANA_ENCODE_FLOAT_H

#include <stdint.h>

/* extra_float_digits as PostgreSQL's; from 1: the shortest text that reads back. */
uint8_t *text_double(uint8_t *p, double v, int extra_float_digits);
/* The same of a float4. */
uint8_t *text_float(uint8_t *p, float v, int extra_float_digits);

#endif
