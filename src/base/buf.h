/* Growing bytes with a bound. A failed growth is sticky: later puts do nothing, buf_ok() tells, once, at the
 * end (pgbouncer's packet writer does so). One thread at a time. The owner keeps the struct. */
#ifndef TAVANA_BASE_BUF_H
#define TAVANA_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct account;

struct buf {
    uint8_t *data;
    size_t len;
    size_t cap;
    size_t max;              /* never grows beyond; puts that would are failures */
    bool failed;             /* by the bound or by memory */
    struct account *account; /* that its memory counts against; NULL: none */
};

/* Allocates nothing yet. */
void buf_init(struct buf *b, size_t max);
/* The same, bounded by an account too, which has to outlive it. */
void buf_init_of(struct buf *b, size_t max, struct account *account);
/* Gives the memory back; the buffer is empty then and may be used again. */
void buf_release(struct buf *b);
/* Empty and unfailed again, the memory kept. */
void buf_clear(struct buf *b);
/* Gives back the memory that its bytes do not need, as far as that can be done. */
void buf_trim(struct buf *b);
static inline bool buf_ok(const struct buf *b)
{
    return !b->failed;
}
/* Room for n more at the end, or NULL (and failed); buf_commit says how much was used. */
uint8_t *buf_reserve(struct buf *b, size_t n);
/* n bytes that were written into the room of buf_reserve count from now on. */
void buf_commit(struct buf *b, size_t n);
/* Appends n bytes. */
void buf_put(struct buf *b, const void *p, size_t n);
/* Appends a byte. */
void buf_put_u8(struct buf *b, uint8_t v);
/* Appends two bytes, the high one first. */
void buf_put_be16(struct buf *b, uint16_t v);
/* Appends four bytes, the high one first. */
void buf_put_be32(struct buf *b, uint32_t v);
/* Appends eight bytes, the high one first. */
void buf_put_be64(struct buf *b, uint64_t v);
/* With its NUL. */
void buf_put_cstr(struct buf *b, const char *s);
/* Appends formatted text, without its NUL. */
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Cuts n bytes off the front. */
void buf_consume(struct buf *b, size_t n);

#endif
