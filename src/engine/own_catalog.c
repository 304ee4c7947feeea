/* A catalog of ours that nobody changes: it is made in a file, which is then attached for reading alone. */
#include "engine/own_catalog.h"

#include "base/buf.h"
#include "base/cleanup.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_MAX = 2 * PATH_MAX + 256 };

struct place {
    char directory[PATH_MAX]; /* "": none has been made */
    char file[PATH_MAX + 16];
};

static int make_place(struct place *p, const char *where, struct err *e)
{
    p->directory[0] = '\0';
    if (snprintf(p->directory, sizeof p->directory, "%s/tavana-XXXXXX", where) >= (int)sizeof p->directory) {
        p->directory[0] = '\0';
        return err_set(e, SQLSTATE_CONFIG_FILE_ERROR, "the name of the spool_directory is too long");
    }
    if (!mkdtemp(p->directory)) {
        p->directory[0] = '\0';
        return err_errno(e, errno, "could not make a directory in %s", where);
    }
    (void)snprintf(p->file, sizeof p->file, "%s/catalog", p->directory);
    return ST_OK;
}

/* The engine has the file open by then. */
static void remove_place(const struct place *p)
{
    if (!p->directory[0])
        return;
    (void)unlink(p->file);
    (void)rmdir(p->directory);
}

static int attach(struct engine_conn *c, const struct place *p, const char *name, const char *how,
                  struct err *e)
{
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, TEXT_MAX);
    buf_printf(&b, "ATTACH '");
    for (const char *s = p->file; *s; s++)
        buf_put(&b, *s == '\'' ? "''" : s, *s == '\'' ? 2 : 1);
    buf_printf(&b, "' AS %s (%s)", name, how);
    buf_put_u8(&b, '\0');
    return buf_ok(&b) ? engine_exec(c, (const char *)b.data, e) : err_oom(e);
}

static int fill(struct engine_conn *c, const char *const *statements, size_t n, struct err *e)
{
    TRY(engine_exec(c, "BEGIN TRANSACTION", e));
    for (size_t i = 0; i < n; i++)
        TRY(engine_exec(c, statements[i], e));
    return engine_exec(c, "COMMIT", e);
}

static int make(struct engine_conn *c, const struct place *p, const struct engine_own_catalog *o,
                struct err *e)
{
    char detach[TEXT_MAX];
    (void)snprintf(detach, sizeof detach, "DETACH %s", o->name);
    TRY(attach(c, p, o->name, "READ_WRITE", e));
    TRY(fill(c, o->statements, o->n, e));
    TRY(engine_exec(c, detach, e));
    return attach(c, p, o->name, "READ_ONLY", e);
}

int own_catalog_attach(struct engine_conn *c, const struct engine_own_catalog *o, struct err *e)
{
    struct place p;
    if (o->n == 0)
        return ST_OK;
    int st = make_place(&p, o->directory ? o->directory : P_tmpdir, e);
    if (st == ST_OK)
        st = make(c, &p, o, e);
    remove_place(&p);
    return st;
}
