/* Files out of SQL's reach: the database with what the engine puts beside it, directories of spilled rows,
 * files of the operator's, and every database file that the engine has open, since closing a second
 * descriptor of such a file takes the lock of the first away. */
#include "engine/guard_files.h"

#include "engine/guard_priv.h"

#include "base/alloc.h"

#include <assert.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

struct kept {
    struct list link;
    const struct engine *engine;
    bool is_database;
    size_t n;
    char path[]; /* absolute, without links */
};

/* A descriptor on which the engine holds the lock of a database. */
struct locked {
    struct list link;
    int fd;
    dev_t device;
    ino_t file;
};

enum { LOCKED_MAX = 65536 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct list all_kept = {&all_kept, &all_kept};
static struct list all_locked = {&all_locked, &all_locked};
static size_t nlocked;

/* ---- paths ---- */

static bool names_parent(const char *path)
{
    for (const char *p = path; (p = strstr(p, "..")); p += 2)
        if ((p == path || p[-1] == '/') && (p[2] == '/' || p[2] == '\0'))
            return true;
    return false;
}

/* What of a path there is, without links, and the rest as it stands. false: it cannot be told. */
static bool resolve(const char *path, char out[PATH_MAX])
{
    char head[PATH_MAX];
    size_t n = strlen(path), cut = n;
    if (n == 0 || n >= PATH_MAX)
        return false;
    memcpy(head, path, n + 1);
    while (!realpath(head, out)) {
        if (cut == 0 || (errno != ENOENT && errno != ENOTDIR))
            return false;
        while (cut > 0 && path[cut - 1] == '/')
            cut--;
        while (cut > 0 && path[cut - 1] != '/')
            cut--;
        if (cut == 0) {
            memcpy(head, ".", 2);
        } else {
            memcpy(head, path, cut);
            head[cut] = '\0';
        }
    }
    if (names_parent(path + cut))
        return false;
    size_t have = strlen(out), rest = n - cut;
    assert(have > 0 && out[0] == '/' && cut <= n); /* realpath(3) gives absolute paths */
    if (rest == 0)
        return true;
    if (have + 1 + rest >= PATH_MAX)
        return false;
    if (have > 1)
        out[have++] = '/';
    memcpy(out + have, path + cut, rest + 1);
    return true;
}

/* Paths are kept as they are once links are followed, and asked for in the same form. */
static int keep(const struct engine *en, const char *path, bool is_database, struct err *e)
{
    char real[PATH_MAX];
    if (!resolve(path, real))
        return err_errno(e, errno, "could not find out where %s is", path);
    size_t n = strlen(real);
    struct kept *k = mem_alloc(sizeof *k + n + 1);
    if (!k)
        return err_oom(e);
    *k = (struct kept){.engine = en, .is_database = is_database, .n = n};
    memcpy(k->path, real, n + 1);
    (void)pthread_mutex_lock(&lock);
    list_append(&all_kept, &k->link);
    (void)pthread_mutex_unlock(&lock);
    return ST_OK;
}

int guard_files_add(const struct engine *en, const char *path, struct err *e)
{
    return keep(en, path, false, e);
}

int guard_files_add_database(const struct engine *en, const char *path, struct err *e)
{
    return keep(en, path, true, e);
}

void guard_files_remove(const struct engine *en)
{
    (void)pthread_mutex_lock(&lock);
    for (struct list *l = all_kept.next, *next; l != &all_kept; l = next) {
        struct kept *k = list_entry(l, struct kept, link);
        next = l->next;
        if (k->engine == en) {
            list_remove(l);
            mem_free(k);
        }
    }
    (void)pthread_mutex_unlock(&lock);
}

/* The file itself, what lies below it, and of a database what is called after it. */
static bool is_within(const char *path, const char *kept, size_t n, bool is_database)
{
    if (strncmp(path, kept, n) != 0)
        return false;
    return path[n] == '\0' || path[n] == '/' || (is_database && path[n] == '.');
}

static bool is_system_path(const char *path)
{
    return is_within(path, "/proc", 5, false) || is_within(path, "/dev", 4, false) ||
           is_within(path, "/sys", 4, false);
}

static bool is_same_file(const char *path, const struct stat *file)
{
    struct stat kept;
    return stat(path, &kept) == 0 && kept.st_dev == file->st_dev && kept.st_ino == file->st_ino;
}

static bool is_kept(const char *path, const struct stat *file)
{
    bool found = false;
    (void)pthread_mutex_lock(&lock);
    list_for_each (link, &all_kept) {
        const struct kept *k = list_entry(link, struct kept, link);
        found |= is_within(path, k->path, k->n, k->is_database);
        found |= file && S_ISREG(file->st_mode) && is_same_file(k->path, file);
    }
    (void)pthread_mutex_unlock(&lock);
    return found;
}

/* ---- locks ---- */

static void forget(struct locked *l)
{
    assert(nlocked > 0);
    list_remove(&l->link);
    nlocked--;
    mem_free(l);
}

/* Descriptors are not watched when they are closed: one that has become another file's is forgotten here. */
static bool is_locked(const struct stat *file)
{
    bool found = false;
    (void)pthread_mutex_lock(&lock);
    for (struct list *at = all_locked.next, *next; at != &all_locked; at = next) {
        struct locked *l = list_entry(at, struct locked, link);
        struct stat now;
        next = at->next;
        if (fstat(l->fd, &now) != 0 || now.st_dev != l->device || now.st_ino != l->file)
            forget(l);
        else
            found |= l->device == file->st_dev && l->file == file->st_ino;
    }
    (void)pthread_mutex_unlock(&lock);
    return found;
}

static void note_lock(int fd)
{
    struct stat file;
    if (fstat(fd, &file) != 0 || !S_ISREG(file.st_mode))
        return;
    struct locked *l = mem_alloc(sizeof *l);
    if (!l)
        return; /* the file is merely less well kept */
    *l = (struct locked){.fd = fd, .device = file.st_dev, .file = file.st_ino};
    (void)pthread_mutex_lock(&lock);
    if (nlocked < LOCKED_MAX) {
        list_append(&all_locked, &l->link);
        nlocked++;
        l = NULL;
    }
    (void)pthread_mutex_unlock(&lock);
    mem_free(l);
}

/* Before libc's: the engine locks the files of databases and no others. */
__attribute__((visibility("default"))) int fcntl(int fd, int cmd, ...)
{
    static int (*_Atomic real)(int fd, int cmd, ...);
    va_list args;
    va_start(args, cmd);
    void *arg = va_arg(args, void *);
    va_end(args);
    if (!real)
        real = (int (*)(int, int, ...))dlsym(RTLD_NEXT, "fcntl");
    int rc = real(fd, cmd, arg);
    if (cmd == F_SETLK && rc == 0 && ((const struct flock *)arg)->l_type != F_UNLCK)
        note_lock(fd);
    return rc;
}

/* ---- all of it ---- */

static bool refuses(const char *path)
{
    char real[PATH_MAX];
    struct stat file;
    if (!resolve(path, real) || is_system_path(real))
        return true;
    bool is_there = stat(real, &file) == 0;
    return is_kept(real, is_there ? &file : NULL) || (is_there && is_locked(&file));
}

/* The engine reads "file:", "~" and an extension's name before the path. */
bool guard_files_refuse(struct str path)
{
    char text[PATH_MAX], home[PATH_MAX];
    if (path.n >= sizeof text || memchr(path.p, '\0', path.n))
        return true;
    memcpy(text, path.p, path.n);
    text[path.n] = '\0';
    const char *scheme = strchr(text, ':');
    bool is_file = strncasecmp(text, "file:", 5) == 0;
    if (scheme && strncmp(scheme, "://", 3) == 0 && !is_file)
        return false;
    if (scheme) {
        const char *behind = scheme + 1;
        if (strncmp(behind, "//", 2) == 0)
            behind = strchr(behind + 2, '/'); /* a host, or none */
        if (behind && *behind && guard_files_refuse(str_of(behind)))
            return true;
    }
    if (text[0] == '~' && getenv("HOME") &&
        (size_t)snprintf(home, sizeof home, "%s%s", getenv("HOME"), text + 1) < sizeof home && refuses(home))
        return true;
    return path.n > 0 && strcmp(text, ":memory:") != 0 && refuses(text);
}
