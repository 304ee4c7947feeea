/* The bytes of a COPY on their way through a reader: what was fed and is not used yet, and in front of it
 * what earlier feeds left of a line or row that is not whole ("carried"). A reader looks at the fields, and
 * moves them on by the calls below alone. One thread at a time. Of copy/ alone. */
#ifndef TAVANA_COPY_INPUT_H
#define TAVANA_COPY_INPUT_H

#include "base/buf.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>

struct copy_input {
    const char *next; /* lent by whoever feeds */
    size_t left;      /* bytes there */
    struct buf carry;
    bool carry_is_lent; /* fields point into it: it is dropped when the next row is asked for */
};

/* An empty input, whose carry may have `most` bytes. memory: what they count against; NULL: nothing. */
void copy_input_init(struct copy_input *in, size_t most, struct account *memory);
/* Gives the carry's memory back. */
void copy_input_release(struct copy_input *in);

/* The next n bytes, lent until all are used. */
static inline void copy_input_feed(struct copy_input *in, const void *data, size_t n)
{
    assert(in->left == 0); /* else bytes of the client would be lost */
    in->next = data;
    in->left = n;
}

/* The next n bytes, at most those that are left, are used. */
static inline void copy_input_pass(struct copy_input *in, size_t n)
{
    assert(n <= in->left);
    in->next += n;
    in->left -= n;
}

/* The next n bytes are carried. False: they are not, since that is beyond the bound or there is no memory. */
bool copy_input_carry(struct copy_input *in, size_t n);

/* All that is carried was handed out: it lives until copy_input_drop_lent. */
static inline void copy_input_lend_carry(struct copy_input *in)
{
    in->carry_is_lent = true;
}

/* What was handed out is not needed any more. */
void copy_input_drop_lent(struct copy_input *in);

#endif
