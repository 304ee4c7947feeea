/* All rows of the query come first, in the formats that the client wants, but for the calls' own columns,
 * which are arrays of texts; then row by row the functions are called and the row is written with what they
 * say. So a wait for a lock keeps no statement of the engine open. */
#include "session/calls.h"

#include "base/bytes.h"
#include "base/hash.h"
#include "pgtype/oid.h"
#include "pgwire/message.h"
#include "rows/row_batch.h"
#include "rows/row_desc.h"
#include "rows/row_stream.h"
#include "session/sequence.h"
#include "session/session_priv.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

int calls_text(struct session *s, struct statement *st, struct sql_rewritten *out, struct err *e)
{
    assert(st->sql.kind == SQL_CALLS && !st->engine);
    TRY(statement_parse(s, st, e));
    *out = st->sql.parsed->calls.made;
    return ST_OK;
}

/* Where an item of the target list is among the columns: its * may be several of them. */
static size_t column_of(const struct sql_calls *all, size_t place, size_t ncolumns)
{
    return place > all->star ? place + ncolumns - all->nitems : place;
}

/* How a result is described to the client: PostgreSQL's number of its type, and the size of a value, -1 when
 * that varies. */
static const struct {
    uint32_t oid;
    int16_t size;
} results[] = {
    [SQL_CALL_VOID] = {PGTYPE_VOID, 4},
    [SQL_CALL_BOOL] = {PGTYPE_BOOL, 1},
    [SQL_CALL_INT8] = {PGTYPE_INT8, 8},
    [SQL_CALL_TEXT] = {PGTYPE_TEXT, -1},
};

/* The client sees the query's columns. Only where a call stands, whose column holds the arguments as an
 * array, its result is described instead. */
int calls_describe(struct session *s, struct statement *st, struct err *e)
{
    assert(st->engine && st->sql.parsed && !st->desc);
    const struct sql_calls *all = &st->sql.parsed->calls;
    const struct row_desc *has = st->engine->info.desc;
    if (!has || has->ncolumns + (size_t)1 < all->nitems)
        return err_set(e, SQLSTATE_INTERNAL_ERROR, "the query of the calls has no such columns");
    struct column_desc *columns = arena_calloc(&s->message_arena, has->ncolumns, sizeof *columns);
    if (!columns)
        return err_oom(e);
    memcpy(columns, has->columns, has->ncolumns * sizeof *columns);
    for (size_t i = 0; i < all->n; i++) {
        const struct sql_call_item *item = &all->items[i];
        columns[column_of(all, item->place, has->ncolumns)] =
            (struct column_desc){.name = item->column,
                                 .type_oid = results[item->function->result].oid,
                                 .type_size = results[item->function->result].size,
                                 .typmod = -1};
    }
    return row_desc_new(&st->desc, columns, has->ncolumns, e);
}

/* ---- arguments ---- */

/* The texts of an array's text form; NULL: NULL. */
static int read_array(struct session *s, struct str text, const char **out, size_t most, struct err *e)
{
    size_t at = 1, n = 0;
    if (text.n < 2 || text.p[0] != '{')
        return err_set(e, SQLSTATE_INTERNAL_ERROR, "the arguments of a call cannot be read");
    while (at + 1 < text.n && n < most) {
        char *value = arena_alloc(&s->message_arena, text.n - at + 1);
        bool quoted = text.p[at] == '"';
        size_t length = 0;
        if (!value)
            return err_oom(e);
        at += quoted;
        while (at + 1 < text.n && text.p[at] != (quoted ? '"' : ',')) {
            at += quoted && text.p[at] == '\\';
            value[length++] = text.p[at++];
        }
        value[length] = '\0';
        out[n++] = !quoted && strcmp(value, "NULL") == 0 ? NULL : value;
        at += (size_t)quoted + 1; /* the comma */
    }
    return n == most ? ST_OK : err_set(e, SQLSTATE_INTERNAL_ERROR, "a call has too few arguments");
}

/* Of a text that the engine made of a number. */
static int64_t number(const char *text)
{
    int64_t v = 0;
    bool ok = str_to_i64(str_of(text), INT64_MIN, INT64_MAX, &v);
    assert(ok);
    return v;
}

/* ---- what is called ---- */

struct answer {
    bool null, boolean;
    int64_t number;
};

/* A bigint is one lock, two integers of the same bits are another. */
static struct advisory_key key_of(const struct session *s, const char *const *args, unsigned n)
{
    struct advisory_key key = {
        .is_pair = n == 2, .number = number(args[0]), .database = hash_text(str_of(s->database))};
    if (key.is_pair)
        key.number = (int64_t)((uint64_t)(uint32_t)key.number << 32 | (uint32_t)number(args[1]));
    return key;
}

/* Locks, tries, gives back. PostgreSQL warns whoever gives back what it does not hold. */
static int call_lock(struct session *s, const struct sql_call_item *item, const char *const *args,
                     struct answer *out, struct err *e)
{
    const struct sql_call_function *f = item->function;
    const struct advisory_key key = key_of(s, args, item->nargs);
    const struct advisory_mode mode = {.shared = f->shared, .transaction = f->transaction};
    switch (f->what) {
    case SQL_CALL_LOCK: return advisory_lock(s, &key, mode, e);
    case SQL_CALL_TRY_LOCK: return advisory_try(s, &key, mode, &out->boolean, e);
    default: break;
    }
    out->boolean = advisory_unlock(s, &key, f->shared);
    if (!out->boolean)
        session_notice(s, REPLY_WARNING, SQLSTATE_WARNING, "you don't own a lock of type %s",
                       f->shared ? "ShareLock" : "ExclusiveLock");
    return ST_OK;
}

/* PostgreSQL lets a user end the sessions of its own. */
static int call_signal(struct session *s, const struct sql_call_item *item, const char *const *args,
                       struct answer *out, struct err *e)
{
    const bool terminate = item->function->what == SQL_CALL_TERMINATE;
    int64_t pid = number(args[0]), timeout_ms = item->nargs > 1 ? number(args[1]) : 0;
    if (timeout_ms < 0)
        return err_set(e, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE, "\"timeout\" must not be negative");
    switch (registry_signal(s, pid, terminate)) {
    case REGISTRY_SIGNALLED: out->boolean = true; break;
    case REGISTRY_FOREIGN:
        (void)err_set(e, SQLSTATE_INSUFFICIENT_PRIVILEGE, "permission denied to %s",
                      terminate ? "terminate process" : "cancel query");
        err_detail(e, "Only the user of a session may do that.");
        return ST_ERR;
    case REGISTRY_NOBODY:
        session_notice(s, REPLY_WARNING, SQLSTATE_WARNING, "PID %lld is not a PostgreSQL backend process",
                       (long long)pid);
        break;
    }
    if (!out->boolean || timeout_ms == 0)
        return session_check_interrupts(s, e); /* it may have been this one */
    out->boolean = registry_wait_gone(s, (uint32_t)pid, clock_now_us() + timeout_ms * 1000);
    return session_check_interrupts(s, e);
}

/* One call. A NULL among its arguments makes NULL, as of most of PostgreSQL's functions. */
static int call(struct session *s, const struct sql_call_item *item, const char *const *args,
                struct answer *out, struct err *e)
{
    const struct sql_call_function *f = item->function;
    *out = (struct answer){0};
    for (unsigned i = 0; i < item->nargs; i++)
        out->null |= !args[i] && !f->takes_null;
    if (out->null)
        return ST_OK;
    switch (f->what) {
    case SQL_CALL_LOCK:
    case SQL_CALL_TRY_LOCK:
    case SQL_CALL_UNLOCK: return call_lock(s, item, args, out, e);
    case SQL_CALL_UNLOCK_ALL: advisory_unlock_all(s); return ST_OK;
    case SQL_CALL_CANCEL:
    case SQL_CALL_TERMINATE: return call_signal(s, item, args, out, e);
    case SQL_CALL_NOTIFY: return notify_send(s, args[0], args[1], e);
    case SQL_CALL_SETVAL:
        out->number = number(args[1]);
        return sequence_set(s, args[0], out->number, item->nargs < 3 || args[2][0] == 't', e);
    case SQL_CALL_REFUSED: break;
    }
    return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED, "%s is not supported", f->name);
}

/* ---- rows ---- */

/* A column of the answer: its length and its bytes, in the format that the client wants. */
static void put_answer(struct buf *b, enum sql_call_result result, bool binary, const struct answer *a)
{
    char text[24];
    if (a->null) {
        buf_put_be32(b, UINT32_MAX);
    } else if (result == SQL_CALL_VOID) {
        buf_put_be32(b, 0);
    } else if (result == SQL_CALL_BOOL) {
        buf_put_be32(b, 1);
        buf_put_u8(b, binary ? a->boolean : a->boolean ? 't' : 'f');
    } else if (binary) {
        buf_put_be32(b, sizeof a->number);
        buf_put_be64(b, (uint64_t)a->number);
    } else {
        int n = snprintf(text, sizeof text, "%lld", (long long)a->number);
        buf_put_be32(b, (uint32_t)n);
        buf_put(b, text, (size_t)n);
    }
}

/* NULL: the column is the query's own. */
static const struct sql_call_item *item_at(const struct sql_calls *all, size_t column, size_t ncolumns)
{
    for (size_t i = 0; i < all->n; i++)
        if (column_of(all, all->items[i].place, ncolumns) == column)
            return &all->items[i];
    return NULL;
}

/* m: a DataRow of the query. The message's length is put in front of it when it is known. */
static int answer_row(struct session *s, struct portal *p, const struct sql_calls *all, const uint8_t *m,
                      struct err *e)
{
    struct buf *rows = &p->result.rows;
    size_t n = p->result.desc->ncolumns, begin = rows->len;
    assert(data_row_columns(m) == n);
    buf_put(rows, m, DATA_ROW_HEAD);
    m += DATA_ROW_HEAD;
    for (size_t i = 0; i < n; i++) {
        const char *args[SQL_CALL_ARGUMENTS_MAX] = {NULL};
        struct answer answer;
        int32_t len = (int32_t)get_be32(m);
        size_t bytes = len > 0 ? (size_t)len : 0;
        const struct sql_call_item *item = item_at(all, i, n);
        if (!item) {
            buf_put(rows, m, DATA_ROW_LENGTH + bytes);
        } else {
            if (item->nargs)
                TRY(read_array(s, (struct str){(const char *)m + DATA_ROW_LENGTH, bytes}, args, item->nargs,
                               e));
            TRY(call(s, item, args, &answer, e));
            put_answer(rows, item->function->result, p->formats && p->formats[i], &answer);
        }
        m += DATA_ROW_LENGTH + bytes;
    }
    if (!buf_ok(rows))
        return err_oom(e);
    put_be32(rows->data + begin + 1, (uint32_t)(rows->len - begin - 1));
    return ST_OK;
}

/* The query runs to its end; its rows lie in out then, message after message. */
static int take_rows(struct session *s, struct portal *p, const struct sql_calls *all, struct buf *out,
                     struct err *e)
{
    size_t n = p->result.desc->ncolumns;
    struct row_stream *stream;
    struct row_batch *batch;
    int16_t *formats = arena_calloc(&s->message_arena, n, sizeof *formats);
    if (!formats)
        return err_oom(e);
    for (size_t i = 0; i < n && p->formats; i++)
        formats[i] = item_at(all, i, n) ? 0 : p->formats[i];
    const struct backend_fetch how = {.formats = formats, .batch_bytes = session_config(s)->flush_bytes};
    assert(!p->engine->started);
    TRY(s->engine->ops->start(p->engine, e));
    TRY(s->engine->ops->fetch(p->engine, &how, &stream, e));
    int st;
    while ((st = row_stream_next(stream, &batch, e)) == ST_OK) {
        buf_put(out, batch->data, batch->len);
        st = session_check_interrupts(s, e);
        if (st < 0)
            break;
    }
    row_stream_close(stream);
    if (st >= 0 && !buf_ok(out))
        return err_oom(e);
    return st < 0 ? st : ST_OK;
}

int calls_run(struct session *s, struct portal *p, struct err *e)
{
    struct buf rows;
    const struct sql_calls *all = &p->statement->sql.parsed->calls;
    assert(p->engine && p->result.desc);
    TRY(tx_implicit_begin(s, e)); /* what is taken for a transaction is given back at its end */
    TRY(tx_before_statement(s, false, e));
    buf_init_of(&rows, SIZE_MAX, &s->memory.all);
    int st = take_rows(s, p, all, &rows, e);
    portal_close_engine(s, p);
    if (st == ST_OK)
        portal_tell(s, p);
    for (size_t at = 0; st == ST_OK && at < rows.len; at += message_size(rows.data + at))
        st = answer_row(s, p, all, rows.data + at, e);
    buf_release(&rows);
    (void)snprintf(p->result.tag, sizeof p->result.tag, "SELECT");
    return st;
}
