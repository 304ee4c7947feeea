#include "spool/file_store.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/metric.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

struct file_store {
    struct segment_store store;
    struct spool_space *space;
    int fd;
    uint64_t end; /* bytes appended, and charged to the space */
};

/* ---- system calls ---- */

static int open_unnamed(const char *directory)
{
    return open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

static int open_named(char *path)
{
    return mkostemp(path, O_CLOEXEC);
}

static const struct file_calls system_calls = {
    .open_unnamed = open_unnamed, .open_named = open_named, .pwrite = pwrite, .pread = pread};

/* ---- the space ---- */

/* Taken at once and given back if it was too much, so that two spools never share the last room. */
static int charge(struct spool_space *s, size_t n, struct err *e)
{
    uint64_t before = __atomic_fetch_add(&s->used, n, __ATOMIC_RELAXED);
    if (n <= s->limit_bytes && before <= s->limit_bytes - n) {
        metric_gauge_add(METRIC_SPOOL_DISK_BYTES, (int64_t)n);
        return ST_OK;
    }
    (void)__atomic_fetch_sub(&s->used, n, __ATOMIC_RELAXED);
    (void)err_set(e, SQLSTATE_DISK_FULL, "no room left for the rows of open cursors and portals");
    err_detail(e, "All of them together may take %llu bytes on disk.", (unsigned long long)s->limit_bytes);
    err_hint(e, "Close cursors, fetch less at a time, or raise the limit.");
    return ST_ERR;
}

static void discharge(struct spool_space *s, uint64_t n)
{
    uint64_t before = __atomic_fetch_sub(&s->used, n, __ATOMIC_RELAXED);
    assert(before >= n); /* what was charged */
    metric_gauge_add(METRIC_SPOOL_DISK_BYTES, -(int64_t)n);
}

uint64_t spool_space_used(const struct spool_space *s)
{
    return __atomic_load_n(&s->used, __ATOMIC_RELAXED);
}

/* ---- a file ---- */

/* A system without O_TMPFILE (or a file system, as some networks') says so in one of these ways. */
static bool no_unnamed_files(int errnum)
{
    return errnum == EOPNOTSUPP || errnum == EISDIR || errnum == EINVAL || errnum == ENOENT;
}

static int open_file(const struct spool_space *s, int *fd, struct err *e)
{
    *fd = s->calls->open_unnamed(s->directory);
    if (*fd >= 0)
        return ST_OK;
    if (!no_unnamed_files(errno))
        return err_errno(e, errno, "could not open a file in \"%s\"", s->directory);
    char path[PATH_MAX];
    int len = snprintf(path, sizeof path, "%s/spool.XXXXXX", s->directory);
    if (len < 0 || (size_t)len >= sizeof path)
        return err_errno(e, ENAMETOOLONG, "could not open a file in \"%s\"", s->directory);
    *fd = s->calls->open_named(path);
    if (*fd < 0)
        return err_errno(e, errno, "could not open a file in \"%s\"", s->directory);
    if (unlink(path) == 0)
        return ST_OK;
    (void)err_errno(e, errno, "could not unlink \"%s\"", path);
    (void)close(*fd);
    return ST_ERR;
}

static int write_all(struct file_store *f, const uint8_t *p, size_t n, struct err *e)
{
    uint64_t at = f->end;
    while (n > 0) {
        ssize_t done = f->space->calls->pwrite(f->fd, p, n, (off_t)at);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return err_errno(e, done < 0 ? errno : ENOSPC, "could not write rows to a file in \"%s\"",
                             f->space->directory);
        p += done;
        at += (size_t)done;
        n -= (size_t)done;
    }
    return ST_OK;
}

static int file_append(struct segment_store *s, const void *bytes, size_t n, struct err *e)
{
    struct file_store *f = (struct file_store *)s;
    TRY(charge(f->space, n, e));
    if (write_all(f, bytes, n, e) != ST_OK) {
        int ignored = ftruncate(f->fd, (off_t)f->end); /* what was written in part goes back to the disk */
        (void)ignored;
        discharge(f->space, n);
        return ST_ERR;
    }
    f->end += n;
    return ST_OK;
}

static int file_read(struct segment_store *s, uint64_t at, void *to, size_t n, struct err *e)
{
    struct file_store *f = (struct file_store *)s;
    assert(n <= f->end && at <= f->end - n); /* the spool asks for what it appended */
    uint8_t *p = to;
    while (n > 0) {
        ssize_t done = f->space->calls->pread(f->fd, p, n, (off_t)at);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return err_errno(e, errno, "could not read rows from a file in \"%s\"", f->space->directory);
        if (done == 0)
            return err_set(e, SQLSTATE_DATA_CORRUPTED, "a file of rows in \"%s\" ends too early",
                           f->space->directory);
        p += done;
        at += (size_t)done;
        n -= (size_t)done;
    }
    return ST_OK;
}

static void file_release(struct segment_store *s)
{
    struct file_store *f = (struct file_store *)s;
    (void)close(f->fd);
    discharge(f->space, f->end);
    mem_free(f);
}

static const struct segment_store_ops file_ops = {
    .append = file_append, .read = file_read, .release = file_release};

static int file_store_open(const struct segment_home *h, struct segment_store **out, struct err *e)
{
    /* home is the space's first member; what opens a file changes the space's count */
    struct spool_space *space = (struct spool_space *)(uintptr_t)h;
    if (!space->directory || space->limit_bytes == 0) {
        (void)err_set(e, SQLSTATE_DISK_FULL, "no room left for the rows of open cursors and portals");
        err_detail(e, "The server keeps them in memory alone.");
        return ST_ERR;
    }
    CLEANUP(mem_freep) struct file_store *f = mem_calloc(1, sizeof *f);
    if (!f)
        return err_oom(e);
    *f = (struct file_store){.store.ops = &file_ops, .space = space};
    TRY(open_file(space, &f->fd, e));
    *out = &TAKE_PTR(f)->store;
    return ST_OK;
}

void spool_space_init(struct spool_space *s, const char *directory, uint64_t limit_bytes)
{
    *s = (struct spool_space){.home.open = file_store_open,
                              .directory = directory && *directory ? directory : NULL,
                              .limit_bytes = limit_bytes,
                              .calls = &system_calls};
}
