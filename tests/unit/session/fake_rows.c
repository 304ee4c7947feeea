#include "fake_priv.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "pgtype/oid.h"
#include "rows/row_desc.h"
#include "rows/rows_hash.h"
#include "sql/token.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { WIDE = 1000 };

/* ---- statements ---- */

static bool is_of(const char *pattern, struct str sql)
{
    size_t n = strlen(pattern);
    if (n > 0 && pattern[n - 1] == '*')
        return sql.n >= n - 1 && memcmp(sql.p, pattern, n - 1) == 0;
    return str_eq(sql, str_of(pattern));
}

static const struct fake_statement *find(const struct fake *f, struct str sql)
{
    for (size_t i = f->nscripts; i > 0; i--)
        for (size_t j = 0; j < f->lengths[i - 1]; j++)
            if (is_of(f->scripts[i - 1][j].sql, sql))
                return &f->scripts[i - 1][j];
    return NULL;
}

static bool select_of_rows(struct fake_stmt *st, struct str sql)
{
    int64_t rows;
    const struct str head = STR("select ");
    if (sql.n <= head.n || sql.n >= sizeof st->text || !str_eq((struct str){sql.p, head.n}, head) ||
        !str_to_i64((struct str){sql.p + head.n, sql.n - head.n}, 0, INT64_MAX, &rows))
        return false;
    memcpy(st->text, sql.p, sql.n);
    st->script = (struct fake_statement){.sql = st->text, .columns = "i", .rows = (uint64_t)rows};
    return true;
}

static int describe(const char *letters, struct row_desc **out, struct err *e)
{
    struct column_desc columns[FAKE_COLUMNS_MAX];
    char text[FAKE_COLUMNS_MAX][8];
    size_t n = strlen(letters);
    assert(n <= FAKE_COLUMNS_MAX);
    for (size_t i = 0; i < n; i++) {
        bool number = letters[i] == 'i';
        (void)snprintf(text[i], sizeof text[i], "%c%zu", letters[i], i + 1);
        columns[i] = (struct column_desc){.name = text[i],
                                          .type_oid = number ? PGTYPE_INT4 : PGTYPE_TEXT,
                                          .type_size = number ? 4 : -1,
                                          .typmod = -1};
    }
    return row_desc_new(out, columns, n, e);
}

static int fill_info(struct fake_stmt *st, struct err *e)
{
    const struct fake_statement *script = &st->script;
    struct backend_stmt_info *info = &st->base.info;
    info->effect = script->effect;
    info->tag = script->tag;
    info->tag_count = script->tag_count;
    info->repeats = script->effect == BACKEND_READS;
    info->returns_rows = script->columns != NULL;
    info->nparams = script->nparams;
    assert(script->nparams <= FAKE_COLUMNS_MAX);
    for (size_t i = 0; i < script->nparams; i++)
        st->oids[i] = PGTYPE_INT4;
    info->param_oids = st->oids;
    return script->columns ? describe(script->columns, &info->desc, e) : ST_OK;
}

static void stmt_release(struct fake_stmt *st)
{
    row_desc_unref(st->base.info.desc);
    mem_free(st);
}

/* A backend makes passes over the tokens that it gets; those that were not kept count as found again. */
static void look_at(struct sql_tokens tokens)
{
    struct sql_lexer l;
    struct sql_token t;
    sql_lexer_init(&l, tokens);
    while (sql_lexer_next(&l, &t) != SQL_TOK_END)
        ;
}

int fake_prepare(struct backend_session *b, const struct sql_tokens *tokens, const uint32_t *oids,
                 size_t noids, struct backend_stmt **out, struct err *e)
{
    const struct str sql = tokens->text;
    struct fake_session *s = (struct fake_session *)b;
    const struct fake_statement *script = find(s->fake, sql);
    char text[2048];
    (void)oids, (void)noids;
    look_at(*tokens);
    (void)snprintf(text, sizeof text, "%.*s", (int)sql.n, sql.p);
    TRY(fake_enter(s, FAKE_PREPARE, text, script, e));
    struct fake_stmt *st = mem_calloc(1, sizeof *st);
    if (!st)
        return err_oom(e);
    st->session = s;
    if (script)
        st->script = *script;
    bool known = script || select_of_rows(st, sql);
    int rc = known ? fill_info(st, e) : err_set(e, SQLSTATE_UNDEFINED_TABLE, "nothing is known of %s", text);
    if (rc < 0) {
        stmt_release(st);
        return rc;
    }
    fake_lock(s->fake);
    fake_count(s, FAKE_STMTS, 1);
    fake_unlock(s->fake);
    *out = &st->base;
    return ST_OK;
}

void fake_stmt_free(struct backend_stmt *b)
{
    struct fake_stmt *st = (struct fake_stmt *)b;
    if (!st)
        return;
    fake_unmake(st->session, FAKE_STMTS, "stmt_free", st->script.sql);
    stmt_release(st);
}

/* ---- portals ---- */

static void portal_release(struct fake_portal *p)
{
    row_desc_unref(p->base.desc);
    row_batch_release(&p->stream.batch);
    mem_free(p);
}

/* Its own text, if it is not the script's. */
static void take_script(struct fake_portal *p, const struct fake_statement *script, const char *text)
{
    p->script = *script;
    if (script->sql == text) {
        (void)snprintf(p->text, sizeof p->text, "%s", text);
        p->script.sql = p->text;
    }
}

static int check_params(const struct fake_stmt *st, const struct backend_param *params, size_t n,
                        struct err *e)
{
    if (n != st->script.nparams)
        return err_set(e, SQLSTATE_PROTOCOL_VIOLATION, "%zu parameters", n);
    for (size_t i = 0; i < n; i++) {
        int64_t ignored;
        struct str text = {(const char *)params[i].data, params[i].len > 0 ? (size_t)params[i].len : 0};
        if (params[i].len >= 0 && params[i].format == 0 && !str_to_i64(text, INT32_MIN, INT32_MAX, &ignored))
            return err_set(e, SQLSTATE_INVALID_TEXT_REPRESENTATION, "no integer: \"%.*s\"", (int)text.n,
                           text.p);
    }
    return ST_OK;
}

int fake_open_portal(struct backend_session *b, struct backend_stmt *stmt, const struct backend_param *params,
                     size_t nparams, struct backend_portal **out, struct err *e)
{
    struct fake_session *s = (struct fake_session *)b;
    struct fake_stmt *st = (struct fake_stmt *)stmt;
    TRY(fake_enter(s, FAKE_OPEN, st->script.sql, &st->script, e));
    TRY(check_params(st, params, nparams, e));
    struct fake_portal *p = fake_make(s, FAKE_PORTALS, sizeof *p, e);
    if (!p)
        return ST_ERR;
    p->session = s;
    take_script(p, &st->script, st->text);
    p->base.desc = st->base.info.desc ? row_desc_ref(st->base.info.desc) : NULL;
    row_batch_init(&p->stream.batch);
    *out = &p->base;
    return ST_OK;
}

int fake_start(struct backend_portal *b, struct err *e)
{
    struct fake_portal *p = (struct fake_portal *)b;
    if (b->started)
        return ST_OK;
    TRY(fake_enter(p->session, FAKE_START, p->script.sql, &p->script, e));
    fake_lock(p->session->fake);
    fake_expect(p->session->fake, !b->scroll || p->script.effect == BACKEND_READS,
                "a write that scrolls:", p->script.sql);
    fake_unlock(p->session->fake);
    b->started = true;
    b->rows_affected = p->script.affected;
    p->slow_parks = p->session->fake->slow_parks;
    p->tx = p->session->tx;
    return ST_OK;
}

/* Started, with no stream open, and not of a transaction that is over. */
static void check_use(struct fake_portal *p, const char *what)
{
    struct fake *f = p->session->fake;
    fake_lock(f);
    fake_expect(f, p->base.started, "not started:", what);
    fake_expect(f, !p->stream.portal, "a stream is open:", what);
    fake_expect(f, p->tx == 0 || p->parked || p->tx == p->session->tx, "its transaction is over:", what);
    fake_unlock(f);
}

/* How many rows a fetch gives. */
static uint64_t rows_of(const struct fake_portal *p, const struct backend_fetch *how)
{
    uint64_t all = p->script.rows;
    uint64_t there = how->backward     ? (how->from < all ? how->from : all)
                     : how->from < all ? all - how->from
                                       : 0;
    return how->max_rows && how->max_rows < there ? how->max_rows : there;
}

static void check_fetch(struct fake_portal *p, const struct backend_fetch *how)
{
    struct fake *f = p->session->fake;
    check_use(p, fake_names[FAKE_FETCH]);
    fake_lock(f);
    fake_expect(f, p->base.scroll || !how->backward, "backward without scroll:", p->script.sql);
    fake_expect(f, p->base.scroll || how->from >= p->base.position, "rows that have gone:", p->script.sql);
    fake_unlock(f);
}

/* The end has been seen by who asks for more rows than there are. */
static void moved(struct fake_portal *p, const struct backend_fetch *how, uint64_t rows)
{
    p->base.position = how->backward ? how->from - rows : how->from + rows;
    if (!how->backward && p->base.position > p->base.rows)
        p->base.rows = p->base.position;
    if (!how->backward && (how->max_rows == 0 || how->from + how->max_rows > p->script.rows)) {
        p->base.complete = true;
        p->base.rows = p->script.rows;
    }
}

static void detail_of(const struct backend_fetch *how, char *out, size_t n)
{
    char max[32] = "all";
    if (how->max_rows)
        (void)snprintf(max, sizeof max, "%" PRIu64, how->max_rows);
    (void)snprintf(out, n, "%s%" PRIu64 "%c%s",
                   how->copy   ? "copy "
                   : how->skip ? "skip "
                               : "",
                   how->from, how->backward ? '-' : '+', max);
}

/* ---- rows ---- */

static uint8_t *put_text(uint8_t *p, const char *text, size_t n)
{
    p = put_be32(p, (uint32_t)n);
    memcpy(p, text, n);
    return p + n;
}

static uint8_t *put_value(uint8_t *p, char letter, uint64_t number, int16_t format)
{
    char text[32];
    switch (letter) {
    case 'n': return put_be32(p, UINT32_MAX);
    case 'w':
        p = put_be32(p, WIDE);
        memset(p, 'w', WIDE);
        return p + WIDE;
    case 'i':
        if (format == 1)
            return put_be32(put_be32(p, 4), (uint32_t)number);
        return put_text(p, text, (size_t)snprintf(text, sizeof text, "%" PRIu64, number));
    default: return put_text(p, text, (size_t)snprintf(text, sizeof text, "r%" PRIu64, number));
    }
}

static uint8_t *put_row(uint8_t *p, const struct fake_portal *o, const struct backend_fetch *how,
                        uint64_t row)
{
    const char *letters = o->script.columns;
    uint8_t *start = p;
    p = put_be16(p + 5, (uint16_t)strlen(letters));
    uint64_t number = o->backward ? o->first - row : o->first + row + 1;
    for (size_t i = 0; letters[i]; i++)
        p = put_value(p, letters[i], number, how->formats ? how->formats[i] : (int16_t)0);
    (void)put_be32(put_u8(start, 'D'), (uint32_t)(p - start - 1));
    return p;
}

/* A line of a COPY in text. */
static uint8_t *put_line(uint8_t *p, const struct fake_portal *o, uint64_t row)
{
    uint8_t *start = p;
    p += 5;
    for (size_t i = 0; o->script.columns[i]; i++)
        p += snprintf((char *)p, 32, "%s%s%" PRIu64, i ? "\t" : "", o->script.columns[i] == 'i' ? "" : "r",
                      o->first + row + 1);
    p = put_u8(p, '\n');
    (void)put_be32(put_u8(start, 'd'), (uint32_t)(p - start - 1));
    return p;
}

static int add_row(struct fake_stream *rs, struct row_batch *b, uint64_t row, struct err *e)
{
    if (rs->how.skip) {
        b->nrows++;
        return ST_OK;
    }
    TRY(row_batch_reserve(b, 16 + FAKE_COLUMNS_MAX * (WIDE + 4), e));
    uint8_t *at = b->data + b->len;
    row_batch_commit(b, rs->how.copy ? put_line(at, rs->portal, row) : put_row(at, rs->portal, &rs->how, row),
                     1);
    return ST_OK;
}

static uint64_t take_row(struct fake_stream *rs)
{
    rs->left--;
    return rs->how.backward ? --rs->at : rs->at++;
}

static bool fails_here(const struct fake_stream *rs)
{
    const struct fake_statement *script = &rs->portal->script;
    return script->fails_at == FAKE_NEXT && (rs->how.backward ? rs->at - 1 : rs->at) >= script->after_rows;
}

static bool is_full(const struct fake_stream *rs)
{
    uint64_t rows = rs->portal->session->fake->batch_rows;
    uint64_t most = rs->how.batch_rows && (!rows || rs->how.batch_rows < rows) ? rs->how.batch_rows : rows;
    return (most && rs->batch.nrows >= most) || rs->batch.len >= rs->how.batch_bytes;
}

static int fill(struct fake_stream *rs, struct err *e)
{
    struct fake_portal *p = rs->portal;
    TRY(fake_enter(p->session, FAKE_NEXT, NULL, NULL, e));
    row_batch_clear(&rs->batch);
    while (rs->left > 0 && !is_full(rs) && !fails_here(rs))
        TRY(add_row(rs, &rs->batch, take_row(rs), e));
    if (rs->batch.nrows > 0) {
        if (rs->left == 0)
            moved(p, &rs->how, rows_of(p, &rs->how));
        return ST_OK;
    }
    if (rs->left > 0)
        return err_set(e, p->script.code, "a row that fails");
    moved(p, &rs->how, rows_of(p, &rs->how));
    return ST_EOF;
}

static int stream_next(struct row_stream *b, struct row_batch **out, struct err *e)
{
    struct fake_stream *rs = (struct fake_stream *)b;
    if (rs->failed) {
        *e = rs->err;
        return ST_ERR;
    }
    int st = fill(rs, e);
    rs->failed = st < 0;
    if (rs->failed)
        rs->err = *e;
    *out = &rs->batch;
    return st;
}

static void stream_cancel(struct row_stream *b)
{
    (void)b;
}

static void stream_close(struct row_stream *b)
{
    struct fake_stream *rs = (struct fake_stream *)b;
    struct fake_session *s = rs->portal->session;
    uint64_t done = rows_of(rs->portal, &rs->how) - rs->left;
    if (rs->left > 0)
        rs->portal->base.position = rs->how.backward ? rs->how.from - done : rs->how.from + done;
    fake_lock(s->fake);
    fake_count(s, FAKE_STREAMS, -1);
    fake_unlock(s->fake);
    rs->portal = NULL;
}

static const struct row_stream_ops stream_ops = {stream_next, stream_cancel, stream_close};

static int hash_of_passed(struct fake_stream *rs, struct rows_hash *h, struct err *e)
{
    struct row_batch b;
    row_batch_init(&b);
    int st = ST_OK;
    for (uint64_t i = 0; i < rs->how.passed_rows && rs->left > 0 && st == ST_OK; i++) {
        row_batch_clear(&b);
        st = add_row(rs, &b, take_row(rs), e);
        if (st == ST_OK)
            rows_hash_add(h, b.data, b.len);
    }
    row_batch_release(&b);
    return st;
}

/* What somebody else has sent already is made again, and compared. */
static int pass_over(struct fake_stream *rs, struct err *e)
{
    if (rs->how.passed_rows == 0)
        return ST_OK;
    struct rows_hash *h = rows_hash_new();
    int st = h ? hash_of_passed(rs, h, e) : err_oom(e);
    if (st == ST_OK && rows_hash_value(h) != rs->how.passed_hash)
        st = rows_hash_differs(rs->how.passed_rows, e);
    rows_hash_free(h);
    return st;
}

int fake_fetch(struct backend_portal *b, const struct backend_fetch *how, struct row_stream **out,
               struct err *e)
{
    struct fake_portal *p = (struct fake_portal *)b;
    char detail[64];
    detail_of(how, detail, sizeof detail);
    TRY(fake_enter(p->session, FAKE_FETCH, detail, &p->script, e));
    check_fetch(p, how);
    struct fake_stream *rs = &p->stream;
    rs->base.ops = &stream_ops;
    rs->how = *how;
    rs->at = how->backward && how->from > p->script.rows ? p->script.rows : how->from;
    rs->left = rows_of(p, how);
    rs->failed = false;
    rs->portal = p;
    if (pass_over(rs, e) < 0) {
        rs->portal = NULL;
        return ST_ERR;
    }
    fake_lock(p->session->fake);
    fake_count(p->session, FAKE_STREAMS, 1);
    fake_unlock(p->session->fake);
    *out = &rs->base;
    return ST_OK;
}

int fake_ahead(struct backend_portal *b)
{
    struct fake_portal *p = (struct fake_portal *)b;
    struct err ignored;
    err_init(&ignored);
    check_use(p, fake_names[FAKE_AHEAD]);
    (void)fake_enter(p->session, FAKE_AHEAD, p->script.sql, NULL, &ignored);
    return ST_OK;
}

int fake_park(struct backend_portal *b, int64_t until_us, struct err *e)
{
    struct fake_portal *p = (struct fake_portal *)b;
    check_use(p, fake_names[FAKE_PARK]);
    TRY(fake_enter(p->session, FAKE_PARK, p->script.sql, &p->script, e));
    if (until_us != CLOCK_NEVER && p->slow_parks > 0) {
        p->slow_parks--;
        return ST_AGAIN;
    }
    p->parked = b->complete = true;
    b->rows = p->script.rows;
    return ST_OK;
}

int fake_slice(struct backend_portal *b, const struct backend_fetch *how, struct backend_portal **out,
               struct err *e)
{
    struct fake_portal *p = (struct fake_portal *)b;
    char detail[64];
    detail_of(how, detail, sizeof detail);
    TRY(fake_enter(p->session, FAKE_SLICE, detail, &p->script, e));
    check_fetch(p, how);
    struct fake_portal *slice = fake_make(p->session, FAKE_PORTALS, sizeof *slice, e);
    if (!slice)
        return ST_ERR;
    slice->session = p->session;
    take_script(slice, &p->script, p->text);
    slice->script.fails_at = FAKE_NO_CALL;
    slice->script.rows = slice->base.rows = rows_of(p, how);
    slice->first = how->backward && how->from > p->script.rows ? p->script.rows : how->from;
    slice->backward = how->backward;
    slice->base.desc = row_desc_ref(b->desc);
    slice->base.started = slice->base.complete = slice->parked = true;
    row_batch_init(&slice->stream.batch);
    moved(p, how, slice->script.rows);
    *out = &slice->base;
    return ST_OK;
}

void fake_portal_close(struct backend_portal *b)
{
    struct fake_portal *p = (struct fake_portal *)b;
    if (!p)
        return;
    struct fake *f = p->session->fake;
    fake_lock(f);
    fake_expect(f, !p->stream.portal, "a stream is open:", "portal_close");
    fake_unlock(f);
    fake_unmake(p->session, FAKE_PORTALS, "close", p->script.sql);
    portal_release(p);
}
