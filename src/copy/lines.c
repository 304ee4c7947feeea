/* Where a line ends. A newline is LF, CR or CRLF, as the first one that is met; others are then data only
 * behind a backslash (text) or in quotes (csv). The scan goes byte by byte and can stop anywhere; most lines
 * are found by memchr. */
#include "copy/lines.h"

#include "copy/reader_priv.h"

#include <string.h>

enum step {
    STEP_MORE,
    STEP_LINE,
    STEP_LINE_BEFORE /* this byte is the next line's */,
    STEP_MARKED,
    STEP_ERR
};

static const char mismatch[] = "end-of-copy marker does not match previous newline style";

static enum step wrong_newline(struct copy_reader *r, char c, struct err *e)
{
    bool csv = r->options.format == COPY_CSV;
    const char *what = c == '\r' ? "carriage return" : "newline";
    (void)copy_bad_form(r, e, "%s %s found in data", csv ? "unquoted" : "literal", what);
    if (csv)
        err_hint(e, "Use quoted CSV field to represent %s.", what);
    else
        err_hint(e, "Use \"\\%c\" to represent %s.", c == '\r' ? 'r' : 'n', what);
    return STEP_ERR;
}

static enum step end_of_line(struct copy_reader *r, enum copy_newline newline)
{
    r->newline = newline;
    r->scan = SCAN_BODY;
    return STEP_LINE;
}

/* Outside quotes. */
static enum step body(struct copy_reader *r, char c, struct err *e)
{
    if (c == '\n')
        return r->newline == NEWLINE_CR || r->newline == NEWLINE_CRLF ? wrong_newline(r, c, e)
                                                                      : end_of_line(r, NEWLINE_LF);
    if (c == '\r') {
        if (r->newline == NEWLINE_LF)
            return wrong_newline(r, c, e);
        if (r->newline == NEWLINE_CR)
            return end_of_line(r, NEWLINE_CR);
        r->scan = SCAN_CR;
    }
    return STEP_MORE;
}

static enum step after_cr(struct copy_reader *r, char c, struct err *e)
{
    if (c == '\n')
        return end_of_line(r, NEWLINE_CRLF);
    if (r->newline == NEWLINE_CRLF)
        return wrong_newline(r, '\r', e);
    (void)end_of_line(r, NEWLINE_CR);
    return STEP_LINE_BEFORE;
}

/* Behind \. — *no: it is no marker, which csv allows. */
static enum step marker(struct copy_reader *r, char c, bool *no, struct err *e)
{
    bool csv = r->options.format == COPY_CSV, newline = c == '\r' || c == '\n';
    bool want_cr = r->newline == NEWLINE_CRLF && r->scan == SCAN_MARKER;
    *no = csv && (!newline || (want_cr && c == '\n'));
    if (*no)
        return STEP_MORE;
    if (!newline) {
        (void)copy_bad_form(r, e, "end-of-copy marker corrupt");
        return STEP_ERR;
    }
    if (want_cr && c == '\r') {
        r->scan = SCAN_MARKER_CR;
        return STEP_MORE;
    }
    if (want_cr || (r->newline == NEWLINE_CR && c == '\n') ||
        ((r->newline == NEWLINE_LF || r->newline == NEWLINE_CRLF) && c == '\r')) {
        (void)copy_bad_form(r, e, "%s", mismatch);
        return STEP_ERR;
    }
    return STEP_MARKED;
}

static enum step step_text(struct copy_reader *r, char c, struct err *e)
{
    bool no;
    switch (r->scan) {
    case SCAN_BODY:
        if (c != '\\')
            return body(r, c, e);
        r->plain = false;
        r->scan = SCAN_BACKSLASH;
        return STEP_MORE;
    case SCAN_CR: return after_cr(r, c, e);
    case SCAN_BACKSLASH: r->scan = c == '.' ? SCAN_MARKER : SCAN_BODY; return STEP_MORE;
    default: return marker(r, c, &no, e);
    }
}

/* A newline in quotes is data. Where quote and escape are the same character, "" inside of quotes leaves them
 * and enters them again, which comes to the same; where they differ, an escaped quote must not. */
static enum step csv_body(struct copy_reader *r, char c, bool first, struct err *e)
{
    char quote = r->options.quote, escape = r->options.escape;
    if (first && c == '\\')
        r->scan = SCAN_BACKSLASH;
    if (r->in_quotes && escape != quote && c == escape)
        r->after_escape = !r->after_escape;
    if (c == quote) {
        r->plain = false;
        if (!r->after_escape)
            r->in_quotes = !r->in_quotes;
    }
    if (escape == quote || c != escape)
        r->after_escape = false;
    if (!r->in_quotes)
        return body(r, c, e);
    if (c == (r->newline == NEWLINE_LF ? '\n' : '\r'))
        r->line_number++;
    return STEP_MORE;
}

static enum step step_csv(struct copy_reader *r, char c, bool first, struct err *e)
{
    bool no, cr = r->scan == SCAN_MARKER_CR;
    switch (r->scan) {
    case SCAN_BODY: return csv_body(r, c, first, e);
    case SCAN_CR: return after_cr(r, c, e);
    case SCAN_BACKSLASH:
        if (c == '.') {
            r->scan = SCAN_MARKER;
            return STEP_MORE;
        }
        r->scan = SCAN_BODY;
        return csv_body(r, c, false, e);
    default: break;
    }
    enum step s = marker(r, c, &no, e);
    if (!no)
        return s;
    r->scan = SCAN_BODY; /* the dot, and the carriage return, are data after all */
    (void)csv_body(r, '.', false, e);
    if (cr && csv_body(r, '\r', false, e) == STEP_ERR)
        return STEP_ERR;
    return step_csv(r, c, false, e);
}

/* How many bytes at the end of what was scanned are not the line's. */
static size_t tail(enum step s, enum copy_scan before)
{
    switch (s) {
    case STEP_LINE: return before == SCAN_CR ? 2 : 1;
    case STEP_LINE_BEFORE: return 1;
    case STEP_MARKED: return before == SCAN_MARKER_CR ? 4 : 3;
    default: return 0;
    }
}

static int too_long(struct copy_reader *r, struct err *e)
{
    if (r->in.carry.len > COPY_ROW_MAX - r->in.left)
        (void)err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "a line of COPY data is longer than %d bytes",
                      COPY_ROW_MAX);
    else
        (void)err_oom(e);
    copy_reader_context(r, COPY_WHOLE_LINE, e);
    return ST_ERR;
}

/* n bytes of the input and what is carried are the line and its end. */
/* In the usual case nothing is copied: the line lies in what was fed. */
static int take_line(struct copy_reader *r, size_t n, size_t cut, struct err *e)
{
    struct copy_input *in = &r->in;
    if (in->carry.len) {
        if (!copy_input_carry(in, n))
            return too_long(r, e);
        r->line = (struct str){(const char *)in->carry.data, in->carry.len - cut};
        copy_input_lend_carry(in);
    } else {
        r->line = (struct str){in->next, n - cut};
        copy_input_pass(in, n);
    }
    r->has_line = true;
    return ST_OK;
}

void copy_take_no_line(struct copy_reader *r)
{
    r->line = STR("");
    r->has_line = true;
}

static int end_of_input(struct copy_reader *r, struct err *e)
{
    size_t cut = 0;
    bool csv = r->options.format == COPY_CSV;
    if (csv && (r->scan == SCAN_MARKER || r->scan == SCAN_MARKER_CR)) { /* data after all */
        bool cr = r->scan == SCAN_MARKER_CR;
        r->scan = SCAN_BODY;
        (void)csv_body(r, '.', false, e);
        if (cr)
            (void)csv_body(r, '\r', false, e);
    }
    if (r->scan == SCAN_CR) {
        if (r->newline == NEWLINE_CRLF)
            return wrong_newline(r, '\r', e), ST_ERR;
        r->newline = NEWLINE_CR;
        cut = 1;
    } else if (!csv && (r->scan == SCAN_MARKER || r->scan == SCAN_MARKER_CR)) {
        return copy_bad_form(r, e, "end-of-copy marker corrupt");
    } else if (r->in.carry.len == 0) {
        return ST_EOF;
    }
    r->scan = SCAN_BODY;
    return take_line(r, 0, cut, e);
}

/* The usual line: whole, ends in LF, and nothing in it needs a look. */
static bool quick_line(struct copy_reader *r, size_t *n)
{
    bool csv = r->options.format == COPY_CSV;
    const char *p = r->in.next;
    if (r->newline != NEWLINE_LF || r->in.carry.len || r->scan != SCAN_BODY || r->in.left == 0 ||
        (csv && p[0] == '\\'))
        return false;
    const char *end = memchr(p, '\n', r->in.left);
    if (!end || memchr(p, csv ? r->options.quote : '\\', (size_t)(end - p)) ||
        memchr(p, '\r', (size_t)(end - p)))
        return false;
    *n = (size_t)(end - p) + 1;
    return true;
}

static enum step scan(struct copy_reader *r, size_t *n, size_t *cut, struct err *e)
{
    bool csv = r->options.format == COPY_CSV;
    for (*n = 0; *n < r->in.left;) {
        enum copy_scan before = r->scan;
        char c = r->in.next[*n];
        enum step s = csv ? step_csv(r, c, r->in.carry.len + *n == 0, e) : step_text(r, c, e);
        *n += s != STEP_LINE_BEFORE;
        if (s != STEP_MORE) {
            *cut = tail(s, before);
            return s;
        }
    }
    return STEP_MORE;
}

int copy_next_line(struct copy_reader *r, struct err *e)
{
    size_t n, cut = 0;
    if (r->marked) {
        copy_input_pass(&r->in, r->in.left);
        return r->ended ? ST_EOF : ST_AGAIN;
    }
    if (r->in.carry.len == 0) { /* a new line */
        r->line_number++;
        r->plain = true;
        r->in_quotes = r->after_escape = false;
    }
    if (quick_line(r, &n))
        return take_line(r, n, 1, e);
    enum step s = scan(r, &n, &cut, e);
    if (s == STEP_ERR)
        return ST_ERR;
    if (s == STEP_MORE) {
        if (r->ended && r->in.left == 0)
            return end_of_input(r, e);
        if (!copy_input_carry(&r->in, r->in.left))
            return too_long(r, e);
        if (r->in.carry.len == 0)
            r->line_number--;
        return r->ended ? end_of_input(r, e) : ST_AGAIN;
    }
    TRY(take_line(r, n, cut, e));
    r->marked = s == STEP_MARKED;
    return r->marked && r->line.n == 0 ? copy_next_line(r, e) : ST_OK;
}
