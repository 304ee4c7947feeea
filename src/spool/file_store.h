/* Segments in a file of a local directory. The file has no name (O_TMPFILE, else unlinked as soon as it is
 * made), so that a crash leaves nothing; it is written and read with pwrite and pread. */
#ifndef TAVANA_SPOOL_FILE_STORE_H
#define TAVANA_SPOOL_FILE_STORE_H

#include "spool/segment_store.h"

#include <stdbool.h>
#include <sys/types.h>

/* The system calls, so that a test can make them fail. */
struct file_calls {
    int (*open_unnamed)(const char *directory); /* O_TMPFILE; -1 and EOPNOTSUPP, EISDIR, EINVAL: no such */
    int (*open_named)(char *path);              /* mkstemp; the path ends in XXXXXX */
    ssize_t (*pwrite)(int fd, const void *p, size_t n, off_t at);
    ssize_t (*pread)(int fd, void *p, size_t n, off_t at);
};

/* One directory with a limit that all spools of the process share. Any thread. */
struct spool_space {
    struct segment_home home;
    const char *directory; /* lent; exists, ours to write in. NULL: there is no disk for spools */
    uint64_t limit_bytes;
    uint64_t used; /* atomic */
    const struct file_calls *calls;
};

/* directory is lent. limit_bytes: of all files together; 0: nothing goes to disk. */
void spool_space_init(struct spool_space *s, const char *directory, uint64_t limit_bytes);
/* Bytes on disk now. */
uint64_t spool_space_used(const struct spool_space *s);

#endif
