/* Each message is walked once, from the bytes that there are to those that there will be: raw bytes are
 * copied, text goes through the recoder, and a length is written when what it counts is there. All lengths
 * are compared with what is left, since rows may come from a worker; where one is wrong the rest is copied
 * as it is. Output is bounded by the recoder's bound of the whole input: room is looked after once. */
#include "front/recode.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/encoding.h"
#include "front/front_priv.h"
#include "pgtype/binary_text.h"
#include "pgwire/message.h"
#include "rows/row_batch.h"
#include "rows/row_desc.h"
#include "session/settings.h"

#include <assert.h>

typedef uint8_t *convert_fn(struct recoder *r, struct str from, uint8_t *to, const uint8_t *limit,
                            struct err *e);

struct walk {
    struct recoder *recoder;
    convert_fn *convert;
    const uint8_t *p;
    size_t left;
    uint8_t *to;
    const uint8_t *limit;
    struct err *e; /* NULL: lossy */
};

enum { VALUES_DEEP = 16 }; /* arrays and rows in one another; what lies deeper is copied */

int recode_with(struct pg_client *c, struct recoder **out, struct err *e)
{
    const char *name = settings_get(&c->session.settings, SET_CLIENT_ENCODING);
    *out = NULL;
    if (strcmp(name, "UTF8") == 0)
        return ST_OK;
    const struct encoding *enc = encoding_find(name);
    assert(enc); /* it was checked when it was set */
    if (encoding_is_plain(enc))
        return ST_OK;
    if (!c->recoder || recoder_encoding(c->recoder) != enc) {
        recoder_free(TAKE_PTR(c->recoder));
        TRY(recoder_new(&c->recoder, enc, e));
    }
    *out = c->recoder;
    return ST_OK;
}

/* ---- pieces ---- */

/* False: there is not as much. */
static bool raw(struct walk *w, size_t n)
{
    if (n > w->left || n > (size_t)(w->limit - w->to))
        return false;
    memcpy(w->to, w->p, n);
    w->to += n;
    w->p += n;
    w->left -= n;
    return true;
}

static void rest(struct walk *w)
{
    (void)raw(w, w->left);
}

static int text(struct walk *w, size_t n)
{
    assert(n <= w->left);
    uint8_t *end = w->convert(w->recoder, (struct str){(const char *)w->p, n}, w->to, w->limit, w->e);
    if (!end)
        return ST_ERR;
    w->to = end;
    w->p += n;
    w->left -= n;
    return ST_OK;
}

/* With its NUL. ST_AGAIN: there is none. */
static int terminated(struct walk *w)
{
    const uint8_t *nul = w->left ? memchr(w->p, 0, w->left) : NULL;
    if (!nul)
        return ST_AGAIN;
    TRY(text(w, (size_t)(nul - w->p)));
    (void)raw(w, 1);
    return ST_OK;
}

/* Two bytes, most of which are counts. False: they are not there. */
static bool count(struct walk *w, uint16_t *n)
{
    if (w->left < 2)
        return false;
    *n = get_be16(w->p);
    return raw(w, 2);
}

/* ---- values ---- */

static int value(struct walk *w, enum binary_text kind, unsigned depth);

/* A length and so many bytes, or NULL. ST_AGAIN: they are not there. */
static int measured(struct walk *w, enum binary_text kind, unsigned depth)
{
    uint8_t *at = w->to;
    if (w->left < DATA_ROW_LENGTH)
        return ST_AGAIN;
    const int32_t len = (int32_t)get_be32(w->p);
    if (!raw(w, DATA_ROW_LENGTH))
        return ST_AGAIN;
    if (len < 0)
        return ST_OK;
    if ((size_t)len > w->left)
        return ST_AGAIN;
    const size_t behind = w->left - (size_t)len;
    w->left = (size_t)len;
    int st = value(w, kind, depth);
    w->left += behind;
    (void)put_be32(at, (uint32_t)(w->to - at - DATA_ROW_LENGTH));
    return st;
}

/* Dimensions, whether there are NULLs, the elements' type; of each dimension its size and lower bound. */
static int array(struct walk *w, unsigned depth)
{
    enum { HEAD = 12, DIMENSION = 8, DIMENSIONS_MAX = 6 };
    const uint32_t dimensions = w->left >= HEAD ? get_be32(w->p) : 0;
    if (w->left < HEAD || dimensions > DIMENSIONS_MAX)
        return ST_AGAIN;
    const enum binary_text kind = binary_text_of(get_be32(w->p + 8));
    if (!raw(w, HEAD + (size_t)dimensions * DIMENSION))
        return ST_AGAIN;
    int st = ST_OK;
    while (w->left > 0 && st == ST_OK)
        st = measured(w, kind, depth);
    return st;
}

/* How many fields; of each its type and value. */
static int record(struct walk *w, unsigned depth)
{
    int st = raw(w, 4) ? ST_OK : ST_AGAIN;
    while (w->left > 0 && st == ST_OK) {
        const uint32_t oid = w->left >= 4 ? get_be32(w->p) : 0;
        st = raw(w, 4) ? measured(w, binary_text_of(oid), depth) : ST_AGAIN;
    }
    return st;
}

/* A label has no NUL. A row begins with two of them; what a type of a row sends is told from an array by the
 * size that it would have with so many fields or dimensions: an array's third word is a type. */
static enum binary_text named(const struct walk *w)
{
    if (!w->left || w->p[0] != 0)
        return BINARY_TEXT_WHOLE;
    if (w->left < 12)
        return BINARY_TEXT_RECORD;
    const uint32_t flags = get_be32(w->p + 4); /* of an array; of a row the first field's type */
    return flags <= 1 ? BINARY_TEXT_ARRAY : BINARY_TEXT_RECORD;
}

/* All that is left. */
static int value(struct walk *w, enum binary_text kind, unsigned depth)
{
    int st = ST_OK;
    if (kind == BINARY_TEXT_NAMED)
        kind = named(w);
    if (depth == VALUES_DEEP)
        kind = BINARY_TEXT_NONE;
    switch (kind) {
    case BINARY_TEXT_WHOLE: return text(w, w->left);
    case BINARY_TEXT_VERSION: return raw(w, 1) ? text(w, w->left) : ST_OK;
    case BINARY_TEXT_ARRAY: st = array(w, depth + 1); break;
    case BINARY_TEXT_RECORD: st = record(w, depth + 1); break;
    default: break;
    }
    rest(w);
    return st < 0 ? st : ST_OK;
}

/* ---- what the client sends ---- */

/* Formats and values of a Bind, whose names are behind. */
static int parameters(struct walk *w, const struct statement *st)
{
    const uint8_t *formats = w->p + 2;
    uint16_t nformats, n;
    if (!count(w, &nformats) || !raw(w, (size_t)nformats * 2) || !count(w, &n))
        return ST_OK;
    if (nformats > 1 && nformats != n)
        return ST_OK;
    uint16_t own = 0; /* of the statement's own ones */
    for (uint16_t i = 0; i < n; i++) {
        const bool binary = nformats && get_be16(formats + (nformats == 1 ? 0 : (size_t)i * 2)) != 0;
        const bool known = st && !statement_param_is_void(st, i) && own < statement_nparams(st);
        enum binary_text kind = !binary ? BINARY_TEXT_WHOLE
                                : known ? binary_text_of(statement_param_oid(st, own))
                                        : BINARY_TEXT_NONE;
        own += known;
        int rc = measured(w, kind, 0);
        if (rc != ST_OK)
            return rc;
    }
    return ST_OK;
}

static int bind(struct pg_client *c, struct walk *w)
{
    int st = terminated(w);
    const char *name = (const char *)w->to;
    if (st == ST_OK)
        st = terminated(w);
    return st == ST_OK ? parameters(w, statement_find(&c->session, name)) : st;
}

int recode_frame(struct pg_client *c, struct recoder *r, struct frame *f, struct err *e)
{
    static const char of_text[] = "QPBDCEf";
    if (!strchr(of_text, f->type) || f->type == 0)
        return ST_OK;
    const size_t bound = recoder_bound_in(f->len);
    uint8_t *to = arena_alloc(&c->session.message_arena, bound ? bound : 1);
    if (!to)
        return err_oom(e);
    struct walk w = {r, recoder_in, f->payload, f->len, to, to + bound, e};
    int st = ST_OK;
    if (f->type == 'B') {
        st = bind(c, &w);
    } else {
        if (f->type == 'D' || f->type == 'C')
            (void)raw(&w, 1);
        st = terminated(&w);
        if (st == ST_OK && f->type == 'P')
            st = terminated(&w);
    }
    if (st < 0)
        return st;
    rest(&w);
    f->payload = to;
    f->len = (size_t)(w.to - to);
    return ST_OK;
}

/* ---- what it is sent ---- */

/* Fields of a row: all that is left. */
static int fields(struct walk *w, const struct recode_rows *how)
{
    uint16_t n;
    if (!count(w, &n))
        return ST_OK;
    for (uint16_t i = 0; i < n && w->left; i++) {
        const bool known = how->desc && i < how->desc->ncolumns;
        const bool binary = known && (how->file_is_binary || (how->formats && how->formats[i]));
        int st = measured(w, binary ? binary_text_of(how->desc->columns[i].type_oid) : BINARY_TEXT_WHOLE, 0);
        if (st != ST_OK)
            return st;
    }
    return ST_OK;
}

/* Of a file in COPY's binary format: its head may lie in front of a row, and a count of -1 is its end. */
static int binary_line(struct walk *w, const struct recode_rows *how)
{
    static const uint8_t signature[] = "PGCOPY\n\377\r\n";
    enum { SIGNATURE = 11, HEAD = SIGNATURE + 4 + 4 };
    const uint16_t end = 0xffff;
    static_assert(sizeof signature == SIGNATURE, "with its NUL");
    if (w->left >= HEAD && memcmp(w->p, signature, SIGNATURE) == 0)
        (void)raw(w, HEAD);
    return w->left >= 2 && get_be16(w->p) != end ? fields(w, how) : ST_OK;
}

static int one_row(struct recoder *r, const struct recode_rows *how, const uint8_t *p, size_t n,
                   struct row_batch *to, struct err *e)
{
    const size_t bound = MESSAGE_HEAD + recoder_bound_out(r, n);
    TRY(row_batch_reserve(to, bound, e));
    uint8_t *start = to->data + to->len;
    struct walk w = {r, recoder_out, p + MESSAGE_HEAD, n - MESSAGE_HEAD, start + MESSAGE_HEAD, start + bound,
                     e};
    int st = p[0] == 'D' ? fields(&w, how) : how->file_is_binary ? binary_line(&w, how) : text(&w, w.left);
    if (st < 0)
        return st;
    rest(&w);
    row_batch_commit(to, message_close(start, p[0], w.to), 1);
    return ST_OK;
}

int recode_rows(struct recoder *r, const struct recode_rows *how, const uint8_t *p, size_t n,
                struct row_batch *to, struct err *e)
{
    while (n >= MESSAGE_HEAD) {
        const size_t size = message_size(p);
        if (size > n || size < MESSAGE_HEAD)
            break;
        TRY(one_row(r, how, p, size, to, e));
        p += size;
        n -= size;
    }
    return n ? err_set(e, SQLSTATE_INTERNAL_ERROR, "rows that are not whole cannot be converted") : ST_OK;
}

/* The body of a message: all that is left. */
static int answer(struct walk *w, uint8_t type)
{
    enum { COLUMN = 18 }; /* bytes of a column's numbers, behind its name */
    int st = ST_OK;
    switch (type) {
    case 'T':
        (void)raw(w, 2);
        while (w->left && st == ST_OK) {
            st = terminated(w);
            (void)raw(w, COLUMN);
        }
        return st;
    case 'E':
    case 'N':
        while (w->left > 1 && st == ST_OK) {
            (void)raw(w, 1);
            st = terminated(w);
        }
        return st;
    case 'A': (void)raw(w, 4); break;
    case 'S': break;
    default: return ST_OK;
    }
    while (w->left && st == ST_OK)
        st = terminated(w);
    return st;
}

int recode_answer(struct recoder *r, struct buf *b, size_t mark, bool lossy, struct err *e)
{
    if (!buf_ok(b) || b->len == mark)
        return ST_OK;
    assert(mark + MESSAGE_HEAD <= b->len);
    const size_t n = b->len - mark, bound = MESSAGE_HEAD + recoder_bound_out(r, n);
    uint8_t *to = mem_alloc(bound);
    if (!to)
        return err_oom(e);
    const uint8_t *p = b->data + mark;
    struct walk w = {r,          recoder_out,     p + MESSAGE_HEAD, n - MESSAGE_HEAD, to + MESSAGE_HEAD,
                     to + bound, lossy ? NULL : e};
    assert(message_size(p) == n); /* one that was just made */
    int st = answer(&w, p[0]);
    if (st >= 0)
        rest(&w);
    uint8_t type = p[0];
    b->len = mark;
    if (st >= 0)
        buf_put(b, to, (size_t)(message_close(to, type, w.to) - to));
    mem_free(to);
    return st < 0 ? st : ST_OK;
}
