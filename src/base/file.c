#include "base/file.h"

#include "base/alloc.h"
#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file that has grown since it was measured is read as far as it was long. */
static int read_all(int fd, const char *path, char *text, size_t n, struct err *e)
{
    size_t at = 0;
    while (at < n) {
        ssize_t r = read(fd, text + at, n - at);
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return err_errno(e, errno, "read \"%s\"", path);
        if (r == 0)
            break;
        at += (size_t)r;
    }
    text[at] = '\0';
    return ST_OK;
}

int file_read_all(const char *path, size_t max, char **out, struct err *e)
{
    CLEANUP(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    struct stat st;
    if (fd < 0)
        return err_errno(e, errno, "open \"%s\"", path);
    if (fstat(fd, &st) < 0)
        return err_errno(e, errno, "read \"%s\"", path);
    if (!S_ISREG(st.st_mode) || (uintmax_t)st.st_size > max)
        return err_set(e, SQLSTATE_CONFIG_FILE_ERROR, "file \"%s\" is %s", path,
                       S_ISREG(st.st_mode) ? "too large" : "not a regular file");
    CLEANUP(mem_freep) char *text = mem_alloc((size_t)st.st_size + 1);
    if (!text)
        return err_oom(e);
    TRY(read_all(fd, path, text, (size_t)st.st_size, e));
    *out = TAKE_PTR(text);
    return ST_OK;
}
