/* SASLprep of passwords, with the choices that PostgreSQL made: what may not be in a password (or is not
 * UTF-8) is no error, the password is then taken byte by byte. Source: RFC 4013, RFC 3454; PostgreSQL manual,
 * 55.3.1. */
#ifndef TAVANA_AUTH_SASLPREP_H
#define TAVANA_AUTH_SASLPREP_H

#include "base/err.h"
#include "base/str.h"

/* *out: the prepared password, in *room when it had to be changed, else in itself. *room is NULL or memory of
 * *room_len bytes that the caller wipes and frees, also after a failure. Only memory can fail. */
int saslprep(struct str password, struct str *out, char **room, size_t *room_len, struct err *e);

#endif
