/* Binary format: signature, flags and an extension, rows of [count u16]{[length i32][bytes]}, -1. */
#include "copy/binary.h"

#include "base/bytes.h"
#include "copy/reader_priv.h"

#include <string.h>

enum { FLAG_OIDS = 1 << 16, FLAGS_CRITICAL = 0x7fff0000 & ~FLAG_OIDS, COUNT = 2, LENGTH = 4 };

/* A row, or what comes before the rows, as far as it is there: one piece of memory. */
static struct str held(const struct copy_reader *r)
{
    const struct copy_input *in = &r->in;
    return in->carry.len ? (struct str){(const char *)in->carry.data, in->carry.len}
                         : (struct str){in->next, in->left};
}

static const uint8_t *bytes_at(const struct copy_reader *r, size_t at)
{
    return (const uint8_t *)held(r).p + at;
}

static int too_long(struct copy_reader *r, struct err *e)
{
    (void)err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "a row of COPY data is longer than %d bytes",
                  COPY_ROW_MAX);
    copy_reader_context(r, COPY_WHOLE_LINE, e);
    return ST_ERR;
}

/* Sees to n bytes in one piece. ST_AGAIN: they are not there yet; what is, is carried. */
static int hold(struct copy_reader *r, size_t n, struct err *e)
{
    if (n > COPY_ROW_MAX)
        return too_long(r, e);
    if (held(r).n >= n)
        return ST_OK;
    struct copy_input *in = &r->in;
    size_t missing = n - in->carry.len;
    if (!copy_input_carry(in, missing < in->left ? missing : in->left))
        return err_oom(e);
    return in->carry.len >= n ? ST_OK : ST_AGAIN;
}

/* The n bytes that are held are done with; in carry they stay until the next call. */
static void use(struct copy_reader *r, size_t n)
{
    if (r->in.carry.len)
        copy_input_lend_carry(&r->in);
    else
        copy_input_pass(&r->in, n);
}

static int bad_header(struct copy_reader *r, const char *what, struct err *e)
{
    return copy_bad_form(r, e, "%s", what);
}

static int read_signature(struct copy_reader *r, struct err *e)
{
    int st = hold(r, COPY_BINARY_HEADER, e);
    size_t n = held(r).n;
    if (st < 0)
        return st;
    if (n > COPY_BINARY_SIGNATURE_LEN)
        n = COPY_BINARY_SIGNATURE_LEN;
    if (n && memcmp(bytes_at(r, 0), COPY_BINARY_SIGNATURE, n) != 0)
        return bad_header(r, "COPY file signature not recognized", e);
    if (st == ST_AGAIN && r->ended)
        return bad_header(r,
                          n < COPY_BINARY_SIGNATURE_LEN ? "COPY file signature not recognized"
                          : held(r).n < COPY_BINARY_HEADER - LENGTH
                              ? "invalid COPY file header (missing flags)"
                              : "invalid COPY file header (missing length)",
                          e);
    if (st != ST_OK)
        return st;
    uint32_t flags = get_be32(bytes_at(r, COPY_BINARY_SIGNATURE_LEN)),
             extension = get_be32(bytes_at(r, COPY_BINARY_SIGNATURE_LEN + LENGTH));
    if (flags & FLAG_OIDS)
        return bad_header(r, "invalid COPY file header (WITH OIDS)", e);
    if (flags & FLAGS_CRITICAL)
        return bad_header(r, "unrecognized critical flags in COPY file header", e);
    if (extension > INT32_MAX)
        return bad_header(r, "invalid COPY file header (missing length)", e);
    use(r, COPY_BINARY_HEADER);
    copy_drop_line(r);
    r->skip = extension;
    r->part = PART_EXTENSION;
    return ST_OK;
}

static int skip_extension(struct copy_reader *r, struct err *e)
{
    size_t n = r->skip < r->in.left ? r->skip : r->in.left;
    r->skip -= n;
    copy_input_pass(&r->in, n);
    if (r->skip)
        return r->ended ? bad_header(r, "invalid COPY file header (wrong length)", e) : ST_AGAIN;
    r->part = PART_ROWS;
    return ST_OK;
}

/* The bytes that a row needs are not all there. */
static int cut_short(struct copy_reader *r, int st, struct err *e)
{
    return st == ST_AGAIN && r->ended ? copy_bad_form(r, e, "unexpected EOF in COPY data") : st;
}

/* Walks over the lengths, from where it last had to stop. */
static int measure_row(struct copy_reader *r, struct err *e)
{
    for (; r->column < r->ncolumns; r->column++) {
        int st = hold(r, r->column_at + LENGTH, e);
        if (st != ST_OK)
            return cut_short(r, st, e);
        int32_t len = (int32_t)get_be32(bytes_at(r, r->column_at));
        if (len < -1)
            return copy_bad_form(r, e, "invalid field size");
        size_t end = r->column_at + LENGTH + (len > 0 ? (size_t)len : 0);
        st = hold(r, end, e);
        if (st != ST_OK)
            return cut_short(r, st, e);
        r->column_at = end;
    }
    return ST_OK;
}

/* The first n fields of the row that is held, whose lengths have been checked. */
static void point_fields(const struct copy_reader *r, struct str *fields, size_t n)
{
    size_t at = COUNT;
    for (size_t i = 0; i < n; i++) {
        int32_t len = (int32_t)get_be32(bytes_at(r, at));
        at += LENGTH;
        fields[i] =
            len < 0 ? (struct str){NULL, 0} : (struct str){(const char *)bytes_at(r, at), (size_t)len};
        if (len > 0)
            at += (size_t)len;
    }
}

static int read_count(struct copy_reader *r, struct err *e)
{
    if (r->ended && held(r).n == 0)
        return ST_EOF; /* without a trailer: PostgreSQL takes it */
    r->line_number++;
    int st = hold(r, COUNT, e);
    if (st != ST_OK) {
        r->line_number--;
        return r->ended && st == ST_AGAIN ? ST_EOF : st;
    }
    int16_t count = (int16_t)get_be16(bytes_at(r, 0));
    if (count == -1) {
        r->part = PART_TRAILER;
        use(r, COUNT);
        copy_drop_line(r);
        return ST_OK;
    }
    if (count < 0 || (size_t)count != r->ncolumns)
        return copy_bad_form(r, e, "row field count is %d, expected %zu", count, r->ncolumns);
    r->column = 0;
    r->column_at = COUNT;
    return ST_OK;
}

/* The usual row: whole and right, in what was fed. One look at each length; whatever is else is left,
 * untouched, to the way that goes on across feeds and words the errors. */
static bool row_at_sight(struct copy_reader *r)
{
    const char *p = r->in.next, *end = p + r->in.left;
    if (r->in.carry.len || r->in.left < COUNT || get_be16((const uint8_t *)p) != r->ncolumns)
        return false;
    p += COUNT;
    for (struct str *f = r->fields, *last = f + r->ncolumns; f < last; f++) {
        if ((size_t)(end - p) < LENGTH)
            return false;
        uint32_t len = get_be32((const uint8_t *)p);
        p += LENGTH;
        if (len == UINT32_MAX) {
            *f = (struct str){NULL, 0};
            continue;
        }
        if (len > (size_t)(end - p)) /* also when it is negative: nothing is that long */
            return false;
        *f = (struct str){p, len};
        p += len;
    }
    if (p - r->in.next > COPY_ROW_MAX)
        return false;
    r->line_number++;
    copy_input_pass(&r->in, (size_t)(p - r->in.next));
    return true;
}

static int read_row(struct copy_reader *r, struct err *e)
{
    if (r->column_at == 0 && row_at_sight(r))
        return ST_OK;
    if (r->column_at == 0) {
        int st = read_count(r, e);
        if (st != ST_OK || r->part == PART_TRAILER)
            return st;
    }
    int st = measure_row(r, e);
    if (st < 0) {
        r->nfields = r->column;
        point_fields(r, r->fields, r->nfields);
    }
    if (st != ST_OK)
        return st;
    point_fields(r, r->fields, r->ncolumns);
    use(r, r->column_at);
    r->column_at = 0;
    return ST_OK;
}

static int after_trailer(struct copy_reader *r, struct err *e)
{
    if (r->in.left)
        return copy_bad_form(r, e, "received copy data after EOF marker");
    return r->ended ? ST_EOF : ST_AGAIN;
}

int copy_next_binary(struct copy_reader *r, struct err *e)
{
    int st = ST_OK;
    if (r->part == PART_SIGNATURE)
        st = read_signature(r, e);
    if (st == ST_OK && r->part == PART_EXTENSION)
        st = skip_extension(r, e);
    if (st == ST_OK && r->part == PART_ROWS)
        st = read_row(r, e);
    if (st == ST_OK && r->part == PART_TRAILER)
        st = after_trailer(r, e);
    return st;
}
