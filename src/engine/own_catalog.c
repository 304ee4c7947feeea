/* A catalog of ours that nobody changes: it is made in a file, which is then attached for reading alone. The
 * file is removed at once: the engine has it open, and what a killed process leaves is what it was about to
 * remove. */
#include "engine/own_catalog.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/private_dir.h"

#include <stdio.h>

#define PREFIX "tavana_catalog_"

enum { TEXT_MAX = 2 * PRIVATE_DIR_PATH_MAX + 256 };

/* Attaches the file in directory. */
static int attach(struct engine_conn *c, const char *directory, const char *name, const char *how,
                  struct err *e)
{
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, TEXT_MAX);
    buf_printf(&b, "ATTACH '");
    for (const char *s = directory; *s; s++)
        buf_put(&b, *s == '\'' ? "''" : s, *s == '\'' ? 2 : 1);
    buf_printf(&b, "/catalog' AS %s (%s)", name, how);
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

static int make(struct engine_conn *c, const char *directory, const struct engine_own_catalog *o,
                struct err *e)
{
    char detach[TEXT_MAX];
    (void)snprintf(detach, sizeof detach, "DETACH %s", o->name);
    TRY(attach(c, directory, o->name, "READ_WRITE", e));
    TRY(fill(c, o->statements, o->n, e));
    TRY(engine_exec(c, detach, e));
    return attach(c, directory, o->name, "READ_ONLY", e);
}

int own_catalog_attach(struct engine_conn *c, const struct engine_own_catalog *o, struct err *e)
{
    struct private_dir d;
    if (o->n == 0)
        return ST_OK;
    int st = private_dir_make(&d, o->directory ? o->directory : P_tmpdir, PREFIX, e);
    if (st == ST_OK)
        st = make(c, d.path, o, e);
    private_dir_remove(&d);
    return st;
}
