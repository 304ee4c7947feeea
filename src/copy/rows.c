/* Lines of text and csv as rows: the header, and the number of fields. */
#include "copy/rows.h"

#include "copy/csv.h"
#include "copy/lines.h"
#include "copy/reader_priv.h"
#include "copy/text.h"

static int split(struct copy_reader *r, size_t *n, struct err *e)
{
    TRY(copy_check_utf8(r, r->line, e));
    return r->options.format == COPY_CSV ? copy_split_csv(r, r->fields, n, e)
                                         : copy_split_text(r, r->fields, n, e);
}

static int wrong_name(struct copy_reader *r, size_t i, struct err *e)
{
    struct str f = r->fields[i], null = r->options.null;
    if (!f.p)
        return copy_bad_form(
            r, e, "column name mismatch in header line field %zu: got null value (\"%.*s\"), expected \"%s\"",
            i + 1, (int)null.n, null.p, r->columns[i]);
    return copy_bad_form(r, e, "column name mismatch in header line field %zu: got \"%.*s\", expected \"%s\"",
                         i + 1, f.n < ERR_MESSAGE_MAX ? (int)f.n : ERR_MESSAGE_MAX, f.p, r->columns[i]);
}

static int check_header(struct copy_reader *r, struct err *e)
{
    size_t n;
    TRY(split(r, &n, e));
    if (n != r->ncolumns)
        return copy_bad_form(r, e, "wrong number of fields in header line: got %zu, expected %zu", n,
                             r->ncolumns);
    for (size_t i = 0; i < n; i++)
        if (!r->fields[i].p || !str_eq(r->fields[i], str_of(r->columns[i])))
            return wrong_name(r, i, e);
    return ST_OK;
}

static int pass_header(struct copy_reader *r, struct err *e)
{
    int st = copy_next_line(r, e);
    bool match = r->options.header == COPY_HEADER_MATCH;
    if (st == ST_EOF && match) { /* no header is a wrong one */
        copy_take_no_line(r);
    } else if (st != ST_OK) {
        return st;
    }
    TRY(copy_check_utf8(r, r->line, e));
    if (match)
        TRY(check_header(r, e));
    r->header_due = false;
    copy_drop_line(r);
    return ST_OK;
}

/* Fields are counted by the cutter and compared here: it keeps no more than there are columns. */
int copy_next_text(struct copy_reader *r, struct err *e)
{
    size_t n;
    int st = r->header_due ? pass_header(r, e) : ST_OK;
    if (st == ST_OK)
        st = copy_next_line(r, e);
    if (st != ST_OK)
        return st;
    TRY(split(r, &n, e));
    if (n > r->ncolumns)
        return copy_bad_form(r, e, "extra data after last expected column");
    if (n < r->ncolumns) {
        r->nfields = n;
        return copy_bad_form(r, e, "missing data for column \"%s\"", r->columns[n]);
    }
    return ST_OK;
}
