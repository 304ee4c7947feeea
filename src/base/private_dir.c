#include "base/private_dir.h"

#include "base/cleanup.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define UNIQUE "XXXXXX" /* what mkdtemp(3) replaces */

enum {
    HOW_DIRECTORY = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
    TRIES_MAX = 16,
};

static int lock(int fd, int how)
{
    int r;
    do
        r = flock(fd, how);
    while (r < 0 && errno == EINTR);
    return r;
}

/* Calls each for every entry but "." and "..". */
static void walk(int fd, void (*each)(const void *arg, int at, const char *name), const void *arg)
{
    int own = openat(fd, ".", HOW_DIRECTORY); /* fdopendir takes it over, position and all */
    DIR *entries = own < 0 ? NULL : fdopendir(own);
    if (!entries) {
        if (own >= 0)
            (void)close(own);
        return;
    }
    for (struct dirent *d; (d = readdir(entries));)
        if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0)
            each(arg, fd, d->d_name);
    (void)closedir(entries);
}

static void remove_file(const void *arg, int at, const char *name)
{
    (void)arg;
    (void)unlinkat(at, name, 0);
}

/* What cannot be removed stays: it is in nobody's way. */
static void remove_if_left(const void *arg, int parent, const char *name)
{
    const char *prefix = arg;
    size_t n = strlen(prefix);
    if (strncmp(name, prefix, n) != 0 || strlen(name) != n + sizeof UNIQUE - 1)
        return;
    CLEANUP(fd_closep) int fd = openat(parent, name, HOW_DIRECTORY);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0 || st.st_uid != geteuid() || lock(fd, LOCK_EX | LOCK_NB) < 0)
        return;
    walk(fd, remove_file, NULL);
    (void)unlinkat(parent, name, AT_REMOVEDIR);
}

/* Until the lock is there, another process may take the directory for one that was left, and remove it. */
static int make_locked(struct private_dir *d, bool *gone)
{
    struct stat st;
    if (!mkdtemp(d->path)) {
        d->path[0] = '\0';
        return ST_ERR;
    }
    d->lock = open(d->path, HOW_DIRECTORY);
    *gone = d->lock < 0 && errno == ENOENT;
    if (d->lock >= 0 && lock(d->lock, LOCK_EX) == 0 && fstat(d->lock, &st) == 0) {
        *gone = st.st_nlink == 0;
        return *gone ? ST_ERR : ST_OK;
    }
    return ST_ERR;
}

static int make(struct private_dir *d, const char *parent, const char *prefix, struct err *e)
{
    bool gone = true;
    for (int tries = 0; gone && tries < TRIES_MAX; tries++) {
        gone = false;
        if (snprintf(d->path, sizeof d->path, "%s/%s" UNIQUE, parent, prefix) >= (int)sizeof d->path) {
            d->path[0] = '\0';
            return err_set(e, SQLSTATE_CONFIG_FILE_ERROR, "the name of directory \"%.64s...\" is too long",
                           parent);
        }
        if (make_locked(d, &gone) == ST_OK)
            return ST_OK;
        int why = errno;
        private_dir_remove(d);
        errno = why;
    }
    return err_errno(e, gone ? EBUSY : errno, "could not make a directory in \"%s\"", parent);
}

int private_dir_make(struct private_dir *d, const char *parent, const char *prefix, struct err *e)
{
    assert(prefix[0] && !strchr(prefix, '/')); /* without one every directory of six characters would go */
    *d = (struct private_dir)PRIVATE_DIR_NONE;
    (void)mkdir(parent, S_IRWXU); /* where that fails, the next says why */
    CLEANUP(fd_closep) int fd = open(parent, HOW_DIRECTORY & ~O_NOFOLLOW);
    if (fd < 0)
        return err_errno(e, errno, "could not open directory \"%s\"", parent);
    walk(fd, remove_if_left, prefix);
    return make(d, parent, prefix, e);
}

void private_dir_remove(struct private_dir *d)
{
    if (d->lock >= 0) {
        walk(d->lock, remove_file, NULL);
        (void)close(d->lock);
    }
    if (d->path[0])
        (void)rmdir(d->path);
    *d = (struct private_dir)PRIVATE_DIR_NONE;
}
