/* A small file as a whole: keys, tokens, statements. Any thread. */
#ifndef TAVANA_BASE_FILE_H
#define TAVANA_BASE_FILE_H

#include "base/err.h"

#include <stddef.h>

/* Terminated; *out is the caller's, for mem_free. F0000 beyond max bytes, else as err_errno. */
int file_read_all(const char *path, size_t max, char **out, struct err *e);

#endif
