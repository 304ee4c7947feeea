/* Any bytes as the data of a COPY FROM STDIN, in each of the three formats and with several options: what is
 * read, and the error it ends with, does not depend on where the bytes were cut. */
#include "base/buf.h"
#include "copy/reader.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OPTION_BYTES = 3, OUT_MAX = 64 << 20 };

static const char *const names[] = {"a", "b", "c"};

static struct copy_options options_of(const uint8_t *data)
{
    static const char delimiters[] = {'\t', ',', 'a', '.'}, quotes[] = {'"', '\'', '"', 'x'},
                      escapes[] = {'"', '\'', '\\', '"'};
    struct copy_options o = {.format = (enum copy_format)(data[0] % 4 % 3),
                             .header = (enum copy_header)(data[0] / 4 % 3)};
    if (o.format == COPY_BINARY)
        o.header = COPY_HEADER_NONE;
    o.delimiter = delimiters[data[0] / 16 % 4];
    o.quote = quotes[data[0] / 64 % 4];
    o.escape = escapes[data[0] / 64 % 4];
    o.null = o.format == COPY_CSV ? STR("") : STR("\\N");
    return o;
}

static void put_field(struct buf *out, struct str f)
{
    buf_printf(out, "%s%zu:", f.p ? "" : "NULL", f.n);
    buf_put(out, f.p, f.n);
}

/* All that a caller sees. piece 0: at once; else in pieces of up to so many bytes, each a copy of its own
 * size, so that reading past it is found. */
static void read_all(struct copy_reader *r, size_t ncolumns, const uint8_t *data, size_t size, size_t piece,
                     struct buf *out)
{
    struct err e;
    err_init(&e);
    size_t at = 0;
    uint8_t *fed = NULL;
    for (bool more = true; more;) {
        const struct str *fields;
        int st;
        while ((st = copy_reader_next(r, &fields, &e)) == ST_OK) {
            for (size_t i = 0; i < ncolumns; i++)
                put_field(out, fields[i]);
            buf_printf(out, "|%llu\n", (unsigned long long)copy_reader_line(r));
        }
        if (st == ST_ERR) {
            assert(e.message[0]);
            buf_printf(out, "%s %s %s %zu\n", sqlstate_code(e.code), e.message, e.context,
                       copy_reader_fields(r));
        }
        more = st == ST_AGAIN;
        free(fed);
        fed = NULL;
        if (!more)
            break;
        size_t n = piece ? 1 + (at * 7 + piece) % piece : size;
        if (n > size - at)
            n = size - at;
        if (n == 0) {
            copy_reader_end(r);
            continue;
        }
        fed = malloc(n);
        memcpy(fed, data + at, n);
        copy_reader_feed(r, fed, n);
        at += n;
    }
    free(fed);
}

static void run(const struct copy_options *o, const struct copy_target *t, const uint8_t *data, size_t size,
                size_t piece, struct buf *out)
{
    struct copy_reader *r = NULL;
    struct err e;
    err_init(&e);
    buf_init(out, OUT_MAX);
    assert(copy_reader_new(&r, o, t, &e) == ST_OK);
    read_all(r, t->ncolumns, data, size, piece, out);
    copy_reader_free(r);
    assert(buf_ok(out));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < OPTION_BYTES)
        return 0;
    struct copy_options o = options_of(data);
    static const bool marks[] = {true, false, true};
    struct copy_target t = {.table = "t", .ncolumns = 1 + data[1] % 3, .columns = names};
    if (o.format == COPY_CSV && data[1] & 8)
        t.force_not_null = marks;
    if (o.format == COPY_CSV && data[1] & 16)
        t.force_null = marks;
    struct buf whole, cut;
    run(&o, &t, data + OPTION_BYTES, size - OPTION_BYTES, 0, &whole);
    run(&o, &t, data + OPTION_BYTES, size - OPTION_BYTES, 1 + data[2] % 64, &cut);
    assert(whole.len == cut.len && (whole.len == 0 || memcmp(whole.data, cut.data, whole.len) == 0));
    buf_release(&whole);
    buf_release(&cut);
    return 0;
}
