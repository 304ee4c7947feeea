/* A Unix socket as PostgreSQL has it, with its lock file beside it, so that clients find it and two
 * servers do not take it from each other. */
#include "net/unix_socket.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

enum { LOCK_TRIES = 10 };

static int in_use(struct err *e, const char *path)
{
    return err_set(e, SQLSTATE_OBJECT_NOT_IN_PREREQUISITE_STATE,
                   "Unix socket \"%s\" is in use by another server", path);
}

/* The server before may have unlinked the file between our open and our lock: then we hold nothing. */
static bool is_still_named(int fd, const char *path)
{
    struct stat ours, named;
    return fstat(fd, &ours) == 0 && lstat(path, &named) == 0 && ours.st_ino == named.st_ino &&
           ours.st_dev == named.st_dev;
}

static int lock(struct unix_socket *u, struct err *e)
{
    for (int i = 0; i < LOCK_TRIES; i++) {
        CLEANUP(fd_closep)
        int fd = open(u->lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
        if (fd < 0)
            return err_errno(e, errno, "open lock file \"%s\"", u->lock_path);
        if (flock(fd, LOCK_EX | LOCK_NB) < 0)
            return errno == EWOULDBLOCK ? in_use(e, u->path)
                                        : err_errno(e, errno, "lock \"%s\"", u->lock_path);
        if (!is_still_named(fd, u->lock_path))
            continue;
        u->lock_fd = fd;
        fd = -1;
        return ST_OK;
    }
    return in_use(e, u->path);
}

/* For people, and for a PostgreSQL that wants the same name: it reads the number and sees that we live. */
static int sign_lock(struct unix_socket *u, struct err *e)
{
    char text[32];
    int n = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    if (ftruncate(u->lock_fd, 0) < 0 || pwrite(u->lock_fd, text, (size_t)n, 0) != n)
        return err_errno(e, errno, "write lock file \"%s\"", u->lock_path);
    return ST_OK;
}

/* A socket that nobody listens on was left by a server that was killed. One that answers belongs to a server
 * that knows nothing of our lock. */
static int remove_stale(const struct unix_socket *u, const struct sockaddr_un *a, struct err *e)
{
    struct stat st;
    if (lstat(u->path, &st) < 0)
        return errno == ENOENT ? ST_OK : err_errno(e, errno, "look at \"%s\"", u->path);
    if (!S_ISSOCK(st.st_mode))
        return err_set(e, SQLSTATE_OBJECT_NOT_IN_PREREQUISITE_STATE,
                       "\"%s\" is there and not a socket; it was left alone", u->path);
    CLEANUP(fd_closep) int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (probe < 0)
        return err_errno(e, errno, "make a socket");
    if (connect(probe, (const struct sockaddr *)a, sizeof *a) == 0 || errno != ECONNREFUSED)
        return in_use(e, u->path);
    return unlink(u->path) == 0 ? ST_OK : err_errno(e, errno, "remove \"%s\"", u->path);
}

static int listen_at(struct unix_socket *u, const struct sockaddr_un *a, int backlog, struct err *e)
{
    CLEANUP(fd_closep) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return err_errno(e, errno, "make a socket");
    if (bind(fd, (const struct sockaddr *)a, sizeof *a) < 0)
        return err_errno(e, errno, "bind Unix socket \"%s\"", u->path);
    if (chmod(u->path, 0777) < 0 || listen(fd, backlog) < 0) {
        int st = err_errno(e, errno, "listen on Unix socket \"%s\"", u->path);
        (void)unlink(u->path);
        return st;
    }
    u->fd = fd;
    fd = -1;
    return ST_OK;
}

static int open_locked(struct unix_socket *u, int backlog, struct err *e)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    assert(u->lock_fd >= 0 && u->fd < 0); /* nobody removes or binds the path without its lock */
    memcpy(a.sun_path, u->path, sizeof a.sun_path);
    TRY(remove_stale(u, &a, e));
    TRY(sign_lock(u, e));
    return listen_at(u, &a, backlog, e);
}

int unix_socket_open(struct unix_socket *u, const char *dir, int port, int backlog, struct err *e)
{
    memset(u, 0, sizeof *u);
    u->fd = u->lock_fd = -1;
    int n = snprintf(u->path, sizeof u->path, "%s/.s.PGSQL.%d", dir, port);
    if (n < 0 || (size_t)n >= sizeof u->path) {
        u->path[0] = '\0';
        return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE,
                       "Unix socket path in \"%s\" is longer than %zu bytes", dir, sizeof u->path - 1);
    }
    (void)snprintf(u->lock_path, sizeof u->lock_path, "%s.lock", u->path);
    TRY(lock(u, e));
    if (open_locked(u, backlog, e) < 0) {
        unix_socket_close(u);
        return ST_ERR;
    }
    return ST_OK;
}

void unix_socket_close(struct unix_socket *u)
{
    if (u->fd >= 0) {
        (void)close(u->fd);
        (void)unlink(u->path);
    }
    if (u->lock_fd >= 0) { /* unlinked before it is unlocked: see is_still_named */
        (void)unlink(u->lock_path);
        (void)close(u->lock_fd);
    }
    u->fd = u->lock_fd = -1;
}
