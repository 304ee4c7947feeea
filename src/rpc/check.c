/* Each check compares a message with what this side knows already: what was asked for, how the portal
 * stood before, how long the text is. Nothing is allocated and nothing is kept. Rows are the hot part,
 * since every batch of a worker passes here before a client gets it: narrow rows are compared with the
 * row before, wide ones are walked four at a time, because a single chain of lengths leaves the
 * processor waiting for memory. */
#include "rpc/check.h"

#include "base/bytes.h"
#include "copy/options.h"
#include "pgwire/message.h"

#include <string.h>

enum {
    ERROR_TEXT_MAX = 64 * 1024, /* bytes of a message, a detail …; ours are cut far before that */
    SQLSTATE_LENGTH = 5,
    FLOAT_DIGITS_LEAST = -15,
    FLOAT_DIGITS_MOST = 3,
};

static int wrong(struct err *e, const char *what)
{
    return err_set(e, SQLSTATE_PROTOCOL_VIOLATION, "%s", what);
}

static bool is_text(const char *s, size_t most)
{
    size_t at, n = strlen(s);
    return n <= most && utf8_valid(s, n, &at);
}

/* ---- calls ---- */

int rpc_check_name(const char *text, const char *what, struct err *e)
{
    return is_text(text, RPC_NAME_MAX)
               ? ST_OK
               : err_set(e, SQLSTATE_PROTOCOL_VIOLATION, "%s is not UTF-8, or has more than %d bytes", what,
                         (int)RPC_NAME_MAX);
}

int rpc_check_sql(const ProtobufCBinaryData *sql, struct str *out, struct err *e)
{
    size_t at;
    *out = (struct str){sql->len ? (const char *)sql->data : "", sql->len};
    return utf8_valid(out->p, out->n, &at) ? ST_OK : wrong(e, "sql is not UTF-8");
}

int rpc_check_formats(const Tavana__V1__Formats *m, struct err *e)
{
    if (!m || m->extra_float_digits < FLOAT_DIGITS_LEAST || m->extra_float_digits > FLOAT_DIGITS_MOST)
        return wrong(e, "Formats cannot be read");
    return rpc_check_name(m->time_zone, "time_zone", e);
}

int rpc_check_parameters(Tavana__V1__Parameter *const *list, size_t n, struct err *e)
{
    TRY(rpc_check_parameter_oids(n, e));
    for (size_t i = 0; i < n; i++) {
        if (list[i]->format != 0 && list[i]->format != 1)
            return err_set(e, SQLSTATE_PROTOCOL_VIOLATION, "there is no format %d", list[i]->format);
        if (list[i]->value.len > INT32_MAX)
            return wrong(e, "a parameter is too long");
    }
    return ST_OK;
}

int rpc_check_parameter_oids(size_t n, struct err *e)
{
    return n <= BACKEND_PARAMS_MAX ? ST_OK
                                   : err_set(e, SQLSTATE_PROTOCOL_VIOLATION,
                                             "a statement has at most %d parameters", BACKEND_PARAMS_MAX);
}

int rpc_check_fetch(const Tavana__V1__FetchRequest *m, const struct backend_portal *p, struct err *e)
{
    if (!p->started || !p->desc)
        return wrong(e, "the portal has no rows to be fetched: it was not started, or is without");
    if (m->backward && !p->scroll)
        return wrong(e, "the portal does not go backward");
    if (m->copy && (m->backward || m->skip || m->passed_rows || m->n_formats))
        return wrong(e, "COPY takes rows as they come");
    if (m->passed_rows && (m->backward || m->skip))
        return wrong(e, "rows that were passed come forward");
    if (m->from > INT64_MAX || m->max_rows > INT64_MAX || m->passed_rows > INT64_MAX ||
        m->batch_rows > INT64_MAX)
        return wrong(e, "there are no such rows");
    return ST_OK;
}

static bool is_one_byte(uint32_t c)
{
    return c <= UINT8_MAX && c != '\r' && c != '\n';
}

int rpc_check_copy_format(const Tavana__V1__CopyFormat *m, const struct row_desc *d, struct err *e)
{
    size_t at;
    bool known = m->format >= COPY_TEXT && m->format <= COPY_BINARY && m->header >= COPY_HEADER_NONE &&
                 m->header <= COPY_HEADER_MATCH;
    if (!known || !is_one_byte(m->delimiter) || !is_one_byte(m->quote) || !is_one_byte(m->escape))
        return wrong(e, "CopyFormat cannot be read");
    if (m->null.len && !utf8_valid((const char *)m->null.data, m->null.len, &at))
        return wrong(e, "CopyFormat's null is not UTF-8");
    if (m->n_force_quote != 0 && (!d || m->n_force_quote != d->ncolumns))
        return wrong(e, "CopyFormat has marks for other columns");
    return ST_OK;
}

/* ---- replies ---- */

/* Five capitals and digits, not of a class that is no error, and not what ends the client's session. */
static bool is_sqlstate(const char *s)
{
    static const char of[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    return strlen(s) == SQLSTATE_LENGTH && strspn(s, of) == SQLSTATE_LENGTH && strncmp(s, "00", 2) != 0 &&
           strncmp(s, "01", 2) != 0 && strncmp(s, "02", 2) != 0 && strcmp(s, "57P01") != 0;
}

int rpc_check_error(const Tavana__V1__Error *m, struct err *e)
{
    if (!m)
        return ST_OK;
    if (!is_sqlstate(m->sqlstate))
        return wrong(e, "an error has no SQLSTATE");
    if (!is_text(m->message, ERROR_TEXT_MAX) || !is_text(m->detail, ERROR_TEXT_MAX) ||
        !is_text(m->hint, ERROR_TEXT_MAX) || !is_text(m->context, ERROR_TEXT_MAX) ||
        !is_text(m->table, ERROR_TEXT_MAX) || !is_text(m->column, ERROR_TEXT_MAX) ||
        !is_text(m->constraint, ERROR_TEXT_MAX) || !is_text(m->schema, ERROR_TEXT_MAX) ||
        !is_text(m->type, ERROR_TEXT_MAX))
        return wrong(e, "an error's text is not UTF-8, or too long");
    return m->position >= 0 ? ST_OK : wrong(e, "an error's position is negative");
}

static int check_column(const Tavana__V1__Column *c, struct err *e)
{
    size_t at;
    if (c->name.len && !utf8_valid((const char *)c->name.data, c->name.len, &at))
        return wrong(e, "a column's name is not UTF-8");
    if (c->type_oid == 0)
        return wrong(e, "a column has no type");
    if (c->type_size < INT16_MIN || c->type_size > INT16_MAX || c->typmod < -1)
        return wrong(e, "a column's type has no such size");
    if (c->attnum < INT16_MIN || c->attnum > INT16_MAX)
        return wrong(e, "a column's table has no such column");
    return ST_OK;
}

int rpc_check_columns(const Tavana__V1__Columns *m, struct err *e)
{
    if (!m)
        return ST_OK;
    if (m->n_column > ROW_DESC_COLUMNS_MAX)
        return wrong(e, "a result has too many columns");
    for (size_t i = 0; i < m->n_column; i++)
        TRY(check_column(m->column[i], e));
    return ST_OK;
}

/* Capitals, digits and single blanks, as of every command. */
static bool is_tag(const char *s)
{
    static const char of[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ";
    size_t n = strlen(s);
    return n <= RPC_TAG_MAX && strspn(s, of) == n;
}

int rpc_check_prepared(const Tavana__V1__PrepareReply *m, struct err *e)
{
    if (m->statement == 0)
        return wrong(e, "a statement has no id");
    if ((unsigned)m->effect > TAVANA__V1__PREPARE_REPLY__EFFECT__SESSION)
        return wrong(e, "a statement has an unknown effect");
    if (m->keys > BACKEND_KEYS_ALL)
        return wrong(e, "a statement has unknown keys");
    if (m->keys && m->effect == TAVANA__V1__PREPARE_REPLY__EFFECT__READS)
        return wrong(e, "a statement that reads has keys");
    if (!is_tag(m->tag))
        return wrong(e, "a statement's tag is none");
    if (m->n_parameter_oids > BACKEND_PARAMS_MAX)
        return wrong(e, "a statement has too many parameters");
    for (size_t i = 0; i < m->n_parameter_oids; i++)
        if (m->parameter_oids[i] == 0)
            return wrong(e, "a parameter has no type");
    return rpc_check_columns(m->columns, e);
}

int rpc_check_split(const Tavana__V1__SplitReply *m, size_t n, struct err *e)
{
    uint64_t end = 0;
    if (m->n_at != m->n_length)
        return wrong(e, "a text was split into nothing that can be told");
    for (size_t i = 0; i < m->n_at; i++) {
        if (m->at[i] < end || m->at[i] > n || m->length[i] > n - m->at[i])
            return wrong(e, "a statement lies beyond its text, or in another one");
        end = m->at[i] + m->length[i];
    }
    return ST_OK;
}

static bool is_worker_id(const char *s)
{
    size_t n = strlen(s);
    for (size_t i = 0; i < n; i++)
        if (s[i] <= ' ' || s[i] > '~')
            return false;
    return n > 0 && n <= RPC_WORKER_ID_MAX;
}

int rpc_check_report(const Tavana__V1__Report *m, uint64_t lease, struct err *e)
{
    if (m->lease == 0 || (lease != 0 && m->lease != lease))
        return wrong(e, "a report names another lease than the one before");
    if (!is_worker_id(m->worker) || !is_text(m->version, RPC_NAME_MAX))
        return wrong(e, "a report does not say whose it is");
    return ST_OK;
}

int rpc_check_copy_reply(const Tavana__V1__CopyInReply *m, bool opening, uint64_t lines, struct err *e)
{
    if (m->columns > UINT16_MAX || (opening && m->columns == 0))
        return wrong(e, "a COPY has no such columns");
    if (m->rows > INT64_MAX || m->line > INT64_MAX || (m->line != 0 && m->line < lines))
        return wrong(e, "a COPY runs backward");
    return ST_OK;
}

/* ---- portals ---- */

/* What holds after every call: numbers are numbers, and nothing that was seen is unseen. */
static int check_progress(const Tavana__V1__PortalState *m, const struct backend_portal *before,
                          struct err *e)
{
    if (!m)
        return wrong(e, "a portal has no state");
    if (m->rows > INT64_MAX || m->rows_affected > INT64_MAX || m->position > INT64_MAX)
        return wrong(e, "a portal has no such rows");
    if ((before->started && !m->started) || (before->complete && !m->complete) || m->rows < before->rows)
        return wrong(e, "a portal runs backward");
    if (before->scroll || !before->desc)
        return ST_OK;
    if (m->position < before->position || m->position > m->rows)
        return wrong(e, "a portal stands where it cannot");
    return ST_OK;
}

int rpc_check_state(const Tavana__V1__PortalState *m, const struct backend_portal *before,
                    enum rpc_portal_step step, struct err *e)
{
    TRY(check_progress(m, before, e));
    if (step == RPC_STEP_OPEN)
        return m->started || m->complete || m->rows || m->rows_affected || m->position
                   ? wrong(e, "a portal has run before it was started")
                   : ST_OK;
    if (!m->started)
        return wrong(e, "a portal was not started");
    if (step == RPC_STEP_START && m->position != 0)
        return wrong(e, "a portal begins behind its beginning");
    if (step == RPC_STEP_SLICED && (!m->complete || m->position != 0))
        return wrong(e, "rows that were put down are not all there");
    return ST_OK;
}

/* Of a portal that goes forward alone: it stands behind the rows that it gave, and at its end when it has no
 * more. */
static int check_position(const Tavana__V1__PortalState *m, const struct backend_portal *before,
                          const struct backend_fetch *how, uint64_t rows, bool all, struct err *e)
{
    uint64_t from = how->from > before->position ? how->from : before->position;
    if (m->position != from + how->passed_rows + rows && (rows > 0 || m->position != before->position))
        return wrong(e, "a portal stands elsewhere than behind its rows");
    if (!all && how->from <= before->position && m->position != m->rows)
        return wrong(e, "rows that were asked for have not come");
    return ST_OK;
}

int rpc_check_trailer(const Tavana__V1__Trailer *m, const struct backend_portal *before,
                      const struct backend_fetch *how, uint64_t rows, struct err *e)
{
    TRY(check_progress(m->state, before, e));
    if (how->backward)
        return m->state->position <= how->from ? ST_OK : wrong(e, "a portal runs forward");
    if (m->state->rows < rows)
        return wrong(e, "a portal has given rows that it does not have");
    bool all = how->max_rows && !how->copy && rows == how->max_rows;
    if (!all && !m->state->complete)
        return wrong(e, "rows that were asked for have not come");
    return before->scroll || how->copy ? ST_OK : check_position(m->state, before, how, rows, all, e);
}

/* ---- rows ---- */

/* The values of rows side by side: each length says where the next one is, so that a processor which follows
 * one row alone mostly waits. Offsets from the first byte of all rows. */
enum { ROWS_AT_ONCE = 4, FEW_VALUES = 2 };

struct some_rows {
    uint64_t at[ROWS_AT_ONCE], end[ROWS_AT_ONCE]; /* behind the head; behind the row */
    unsigned n;
};

/* Where the value behind this one is. NULL, whose length is -1, has no bytes; of any other negative length
 * the place is far beyond every row. */
static inline uint64_t next_value(const uint8_t *p, uint64_t at)
{
    const uint32_t len_and_one = get_be32(p + at) + 1;
    return at + (DATA_ROW_LENGTH - 1) + len_and_one + (len_and_one == 0);
}

/* Whether the values of each row fill it to its end. No length is read behind `last`, where the buffer's last
 * one can be; what runs over the end of its row never comes back to it. */
static bool values_fill(const uint8_t *p, const struct some_rows *r, unsigned ncolumns, uint64_t last)
{
    uint64_t at0 = r->at[0], at1 = r->at[1], at2 = r->at[2], at3 = r->at[3];
    for (unsigned c = 0; c < ncolumns; c++) {
        if ((at0 > last) | (at1 > last) | (at2 > last) | (at3 > last))
            return false;
        at0 = next_value(p, at0);
        at1 = next_value(p, at1);
        at2 = next_value(p, at2);
        at3 = next_value(p, at3);
    }
    return at0 == r->end[0] && at1 == r->end[1] && at2 == r->end[2] && at3 == r->end[3];
}

/* Those that are missing to four are the first once more. */
static bool check_some(const uint8_t *p, struct some_rows *r, unsigned ncolumns, uint64_t last)
{
    if (r->n == 0)
        return true;
    for (; r->n < ROWS_AT_ONCE; r->n++) {
        r->at[r->n] = r->at[0];
        r->end[r->n] = r->end[0];
    }
    r->n = 0;
    return values_fill(p, r, ncolumns, last);
}

/* Whether the values of the row at p fill its size; *last: where the last one's length is. */
static inline bool few_values_fill(const uint8_t *p, size_t size, unsigned ncolumns, size_t *last)
{
    uint64_t at = DATA_ROW_HEAD;
    for (unsigned c = 0; c < ncolumns; c++) {
        if (at + DATA_ROW_LENGTH > size)
            return false;
        *last = at;
        at = next_value(p, at);
    }
    return at == size;
}

static inline int read_head(const uint8_t *p, size_t left, unsigned ncolumns, size_t *len, struct err *e)
{
    if (left < DATA_ROW_HEAD || p[0] != 'D')
        return wrong(e, "rows are none, or another number of them");
    *len = get_be32(p + 1);
    if (*len > left - 1 || *len < DATA_ROW_HEAD - 1)
        return wrong(e, "a row ends elsewhere than it says");
    if (data_row_columns(p) != ncolumns)
        return wrong(e, "a row has other columns than its result");
    return ST_OK;
}

/* Rows of few values mostly have the same lengths as the row before. Such a row is right if that one is, and
 * its lengths are only compared; nor does the processor wait for one row to say where the next one begins.
 * How many of at most `rows` rows behind the one at p are like it. last: where its last value's length is. */
static uint64_t count_alike(const uint8_t *p, size_t left, size_t size, size_t last, uint64_t rows)
{
    uint64_t alike = 0;
    for (const uint8_t *q = p + size; alike < rows && left >= size; q += size, left -= size, alike++)
        if (memcmp(q, p, sizeof(uint64_t)) != 0 ||
            memcmp(q + DATA_ROW_HEAD, p + DATA_ROW_HEAD, DATA_ROW_LENGTH) != 0 ||
            memcmp(q + last, p + last, DATA_ROW_LENGTH) != 0)
            break;
    return alike;
}

static int check_few(const uint8_t *p, size_t n, uint64_t rows, unsigned ncolumns, struct err *e)
{
    size_t before = 0;
    for (size_t at = 0; at < n;) {
        size_t len = 0, last = DATA_ROW_HEAD;
        if (rows == 0)
            return wrong(e, "rows are none, or another number of them");
        TRY(read_head(p + at, n - at, ncolumns, &len, e));
        const size_t size = 1 + len;
        if (!few_values_fill(p + at, size, ncolumns, &last))
            return wrong(e, "values do not fill their row");
        rows--;
        const bool try =
            ncolumns > 0 && size == before; /* for lengths that change all the time it is no use */
        const uint64_t alike = try ? count_alike(p + at, n - at - size, size, last, rows) : 0;
        rows -= alike;
        at += (alike + 1) * size;
        before = size;
    }
    return rows == 0 ? ST_OK : wrong(e, "rows are fewer than they should be");
}

static int check_many(const uint8_t *p, size_t n, uint64_t rows, unsigned ncolumns, struct err *e)
{
    struct some_rows some = {.n = 0};
    const uint64_t last = n - DATA_ROW_LENGTH;
    for (size_t at = 0; at < n; rows--) {
        size_t len = 0;
        if (rows == 0)
            return wrong(e, "rows are none, or another number of them");
        TRY(read_head(p + at, n - at, ncolumns, &len, e));
        some.at[some.n] = at + DATA_ROW_HEAD;
        at += 1 + len;
        some.end[some.n++] = at;
        if (some.n == ROWS_AT_ONCE && !check_some(p, &some, ncolumns, last))
            return wrong(e, "values do not fill their row");
    }
    if (!check_some(p, &some, ncolumns, last))
        return wrong(e, "values do not fill their row");
    return rows == 0 ? ST_OK : wrong(e, "rows are fewer than they should be");
}

/* With what stands around them in a file: a header, an end. */
static int check_copy_data(const uint8_t *p, size_t n, uint64_t rows, struct err *e)
{
    uint64_t pieces = 0;
    for (size_t at = 0; at < n; pieces++) {
        if (n - at < MESSAGE_HEAD || p[at] != 'd')
            return wrong(e, "what was copied is no file");
        const size_t len = get_be32(p + at + 1);
        if (len > n - at - 1 || len < DATA_ROW_LENGTH)
            return wrong(e, "a row ends elsewhere than it says");
        at += 1 + len;
    }
    return rows <= pieces ? ST_OK : wrong(e, "rows are fewer than they should be");
}

int rpc_check_rows(const uint8_t *p, size_t n, uint64_t rows, const struct rpc_rows_shape *shape,
                   struct err *e)
{
    if (rows > shape->left)
        return wrong(e, "there are more rows than were asked for");
    if (rows == 0 && n == 0)
        return wrong(e, "a message of rows has none");
    if (shape->kind == 0)
        return n == 0 ? ST_OK : wrong(e, "rows have come that should only be counted");
    if (n > RPC_BATCH_MAX && rows > 1)
        return wrong(e, "too many rows have come in one message");
    if (shape->kind == 'd')
        return check_copy_data(p, n, rows, e);
    return shape->ncolumns <= FEW_VALUES ? check_few(p, n, rows, shape->ncolumns, e)
                                         : check_many(p, n, rows, shape->ncolumns, e);
}
