/* Where a line ends. Of copy/ alone. */
#ifndef TAVANA_COPY_LINES_H
#define TAVANA_COPY_LINES_H

struct copy_reader;
struct err;

/* The next line, without its end, in r->line. ST_OK, ST_AGAIN, ST_EOF. */
int copy_next_line(struct copy_reader *r, struct err *e);

#endif
