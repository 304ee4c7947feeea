#include "fake_priv.h"

#include "base/alloc.h"
#include "copy/options.h"

#include <stdio.h>
#include <string.h>

/* ---- COPY FROM STDIN ---- */

int fake_copy_open(struct backend_session *b, const struct backend_copy_in *in, struct backend_copy **out,
                   struct err *e)
{
    struct fake_session *s = (struct fake_session *)b;
    char name[64];
    (void)snprintf(name, sizeof name, "%.*s", (int)in->table.n, in->table.p);
    fake_lock(s->fake);
    fake_expect(s->fake, s->tx != 0, "outside a transaction:", fake_names[FAKE_COPY_OPEN]);
    fake_expect(s->fake, s->open[FAKE_COPIES] == 0, "during a COPY:", fake_names[FAKE_COPY_OPEN]);
    fake_unlock(s->fake);
    TRY(fake_enter(s, FAKE_COPY_OPEN, name, NULL, e));
    struct fake_copy *c = fake_make(s, FAKE_COPIES, sizeof *c, e);
    if (!c)
        return ST_ERR;
    c->session = s;
    c->base.ncolumns = in->ncolumns ? (uint16_t)in->ncolumns : 1;
    c->base.line = 1;
    *out = &c->base;
    return ST_OK;
}

static void note_data(struct fake *f, const char *p, size_t n)
{
    if (!f->log_copies)
        fake_note(f, "copy_data ");
    for (size_t i = 0; i < n && f->log_len + 1 < LOG_MAX; i++)
        f->log[f->log_len++] = p[i] == '\n' ? '/' : p[i];
    f->log_copies = true;
}

int fake_copy_data(struct backend_copy *b, const void *p, size_t n, struct err *e)
{
    struct fake_copy *c = (struct fake_copy *)b;
    struct fake *f = c->session->fake;
    fake_lock(f);
    note_data(f, p, n);
    fake_unlock(f);
    TRY(fake_enter(c->session, FAKE_COPY_DATA, NULL, NULL, e));
    c->bad |= memmem(p, n, "bad", 3) != NULL;
    for (size_t i = 0; i < n; i++)
        c->rows += ((const char *)p)[i] == '\n';
    c->base.line = 1 + c->rows;
    return ST_OK;
}

static int check_rows(const struct fake_copy *c, struct err *e)
{
    if (!c->bad)
        return ST_OK;
    (void)err_set(e, SQLSTATE_INVALID_TEXT_REPRESENTATION, "a line is bad");
    err_context(e, "COPY, a bad line");
    return ST_ERR;
}

int fake_copy_settle(struct backend_copy *b, struct err *e)
{
    struct fake_copy *c = (struct fake_copy *)b;
    TRY(fake_enter(c->session, FAKE_COPY_SETTLE, "", NULL, e));
    return check_rows(c, e);
}

int fake_copy_finish(struct backend_copy *b, uint64_t *rows, struct err *e)
{
    struct fake_copy *c = (struct fake_copy *)b;
    TRY(fake_enter(c->session, FAKE_COPY_FINISH, "", NULL, e));
    *rows = c->rows;
    return check_rows(c, e);
}

void fake_copy_close(struct backend_copy *b)
{
    struct fake_copy *c = (struct fake_copy *)b;
    if (!c)
        return;
    fake_unmake(c->session, FAKE_COPIES, "copy_close", "");
    mem_free(c);
}
