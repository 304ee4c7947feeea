/* Lines of text and csv as rows: the header, and the number of fields. Of copy/ alone. */
#ifndef TAVANA_COPY_ROWS_H
#define TAVANA_COPY_ROWS_H

struct copy_reader;
struct err;

/* A line of text or csv → r->fields. */
int copy_next_text(struct copy_reader *r, struct err *e);

#endif
