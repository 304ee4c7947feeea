/* One piece of memory: the columns, and behind them their names, which are cut at ROW_DESC_NAME_MAX.
 * Shared by count between a statement, its portals and what is kept of it. */
#include "rows/row_desc.h"

#include "base/alloc.h"
#include "base/str.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

int row_desc_check_columns(size_t ncolumns, struct err *e)
{
    if (ncolumns <= ROW_DESC_COLUMNS_MAX)
        return ST_OK;
    return err_set(e, SQLSTATE_TOO_MANY_COLUMNS, "target lists can have at most %d entries",
                   ROW_DESC_COLUMNS_MAX);
}

static size_t name_bytes(const char *name)
{
    return str_cut((struct str){name, strnlen(name, ROW_DESC_NAME_MAX + 1)}, ROW_DESC_NAME_MAX);
}

int row_desc_new(struct row_desc **out, const struct column_desc *columns, size_t ncolumns, struct err *e)
{
    TRY(row_desc_check_columns(ncolumns, e));
    size_t names = 0;
    for (size_t i = 0; i < ncolumns; i++)
        names += name_bytes(columns[i].name) + 1;
    struct row_desc *d = mem_alloc(sizeof *d + ncolumns * sizeof d->columns[0] + names);
    if (!d)
        return err_oom(e);
    d->refs = 1;
    d->ncolumns = (uint16_t)ncolumns;
    char *p = (char *)(d->columns + ncolumns);
    for (size_t i = 0; i < ncolumns; i++) {
        size_t n = name_bytes(columns[i].name);
        d->columns[i] = columns[i];
        d->columns[i].name = memcpy(p, columns[i].name, n);
        p[n] = '\0';
        p += n + 1;
    }
    assert(p == (char *)(d->columns + ncolumns) + names); /* all of the room is used */
    *out = d;
    return ST_OK;
}

size_t row_desc_bytes(const struct row_desc *d)
{
    size_t n = sizeof *d + d->ncolumns * sizeof d->columns[0];
    for (size_t i = 0; i < d->ncolumns; i++)
        n += strlen(d->columns[i].name) + 1;
    return n;
}

struct row_desc *row_desc_ref(struct row_desc *d)
{
    unsigned refs = __atomic_add_fetch(&d->refs, 1, __ATOMIC_RELAXED);
    assert(refs > 1); /* whoever gives one on has one */
    return d;
}

void row_desc_unref(struct row_desc *d)
{
    if (d && __atomic_sub_fetch(&d->refs, 1, __ATOMIC_ACQ_REL) == 0)
        mem_free(d);
}

bool row_desc_same_types(const struct row_desc *a, const struct row_desc *b)
{
    if (a->ncolumns != b->ncolumns)
        return false;
    for (size_t i = 0; i < a->ncolumns; i++)
        if (a->columns[i].type_oid != b->columns[i].type_oid || a->columns[i].typmod != b->columns[i].typmod)
            return false;
    return true;
}

bool row_desc_same_formats(const struct row_desc *d, const int16_t *a, const int16_t *b)
{
    return a && b ? memcmp(a, b, d->ncolumns * sizeof *a) == 0 : a == b;
}
