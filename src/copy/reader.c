/* What the readers of all formats have in common: the target's names, the place in the file for messages,
 * and the choice of the one that reads. */
#include "copy/reader.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "copy/binary.h"
#include "copy/reader_priv.h"
#include "copy/rows.h"

#include <stdio.h>
#include <string.h>

enum {
    NAMES_MAX = 64 * 1024 * 1024, /* bytes of names, flags and fields of one reader */
    KEEP = 256 * 1024,            /* a larger scratch of one long line is given back */
    SHOWN = 100,                  /* bytes of a line or field in a context */
};

DEFINE_CLEANUP(struct copy_reader, copy_reader_free)

static int copy_flags(struct copy_reader *r, const bool *from, const bool **to, struct err *e)
{
    if (!from)
        return ST_OK;
    bool *flags = arena_calloc(&r->arena, r->ncolumns, sizeof *flags);
    if (!flags)
        return err_oom(e);
    memcpy(flags, from, r->ncolumns * sizeof *flags);
    *to = flags;
    return ST_OK;
}

static int copy_target(struct copy_reader *r, const struct copy_target *t, struct err *e)
{
    r->ncolumns = t->ncolumns;
    r->table = arena_strdup(&r->arena, t->table);
    r->options.null.p = arena_strndup(&r->arena, r->options.null.p, r->options.null.n);
    r->fields = arena_calloc(&r->arena, t->ncolumns, sizeof *r->fields);
    const char **names = arena_calloc(&r->arena, t->ncolumns, sizeof *names);
    if (!r->table || !r->options.null.p || !r->fields || !names)
        return err_oom(e);
    for (size_t i = 0; i < t->ncolumns; i++)
        if (!(names[i] = arena_strdup(&r->arena, t->columns[i])))
            return err_oom(e);
    r->columns = names;
    TRY(copy_flags(r, t->force_not_null, &r->force_not_null, e));
    return copy_flags(r, t->force_null, &r->force_null, e);
}

int copy_reader_new(struct copy_reader **out, const struct copy_options *o, const struct copy_target *target,
                    struct err *e)
{
    CLEANUP(copy_reader_freep) struct copy_reader *r = mem_calloc(1, sizeof *r);
    if (!r)
        return err_oom(e);
    r->options = *o;
    arena_init(&r->arena, NAMES_MAX);
    copy_input_init(&r->in, COPY_ROW_MAX, target->memory);
    buf_init_of(&r->scratch, COPY_ROW_MAX, target->memory);
    r->next = o->format == COPY_BINARY ? copy_next_binary : copy_next_text;
    r->header_due = o->header != COPY_HEADER_NONE;
    TRY(copy_target(r, target, e));
    *out = TAKE_PTR(r);
    return ST_OK;
}

void copy_reader_free(struct copy_reader *r)
{
    if (!r)
        return;
    arena_release(&r->arena);
    copy_input_release(&r->in);
    buf_release(&r->scratch);
    mem_free(r);
}

void copy_reader_feed(struct copy_reader *r, const void *data, size_t n)
{
    copy_input_feed(&r->in, data, n);
}

void copy_reader_end(struct copy_reader *r)
{
    r->ended = true;
}

void copy_drop_line(struct copy_reader *r)
{
    copy_input_drop_lent(&r->in);
    if (r->scratch.cap > KEEP)
        buf_release(&r->scratch);
    buf_clear(&r->scratch);
    r->has_line = false;
}

size_t copy_reader_fields(const struct copy_reader *r)
{
    return r->nfields;
}

int copy_reader_next(struct copy_reader *r, const struct str **fields, struct err *e)
{
    copy_drop_line(r);
    int st = r->next(r, e);
    *fields = r->fields;
    return st;
}

uint64_t copy_reader_line(const struct copy_reader *r)
{
    return r->line_number;
}

/* At most SHOWN bytes, whole characters. */
static int shown(struct str s)
{
    return (int)str_cut(s, SHOWN);
}

void copy_reader_context(const struct copy_reader *r, size_t column, struct err *e)
{
    unsigned long long line = r->line_number;
    bool binary = r->options.format == COPY_BINARY;
    if (column < r->ncolumns) {
        struct str f = r->fields[column];
        const char *name = r->columns[column];
        if (binary)
            err_context(e, "COPY %s, line %llu, column %s", r->table, line, name);
        else if (f.p)
            err_context(e, "COPY %s, line %llu, column %s: \"%.*s%s\"", r->table, line, name, shown(f), f.p,
                        f.n > SHOWN ? "..." : "");
        else
            err_context(e, "COPY %s, line %llu, column %s: null input", r->table, line, name);
    } else if (r->has_line && column != COPY_LINE_NUMBER && !binary) {
        err_context(e, "COPY %s, line %llu: \"%.*s%s\"", r->table, line, shown(r->line), r->line.p,
                    r->line.n > SHOWN ? "..." : "");
    } else {
        err_context(e, "COPY %s, line %llu", r->table, line);
    }
}

int copy_bad_form(struct copy_reader *r, struct err *e, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    (void)err_vset(e, SQLSTATE_BAD_COPY_FILE_FORMAT, fmt, ap);
    va_end(ap);
    copy_reader_context(r, COPY_WHOLE_LINE, e);
    return ST_ERR;
}
