/* Binary format: signature, flags and an extension, rows of fields with their lengths. Of copy/ alone. */
#ifndef TAVANA_COPY_BINARY_H
#define TAVANA_COPY_BINARY_H

struct copy_reader;
struct err;

/* The next row → r->fields. ST_OK, ST_AGAIN, ST_EOF; ST_ERR 22P04. */
int copy_next_binary(struct copy_reader *r, struct err *e);

#endif
