/* Where a line ends. Of copy/ alone. */
#ifndef TAVANA_COPY_LINES_H
#define TAVANA_COPY_LINES_H

struct copy_reader;
struct err;

/* There is no line where one has to be: errors show an empty one. */
void copy_take_no_line(struct copy_reader *r);
/* The next line, without its end, in r->line. ST_OK, ST_AGAIN, ST_EOF. */
int copy_next_line(struct copy_reader *r, struct err *e);

#endif
