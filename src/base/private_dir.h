/* A directory that one process has for itself under a parent that several may share. What a killed process
 * leaves there is removed when the next makes its own: a directory is in use for as long as somebody holds
 * the lock (flock(2)) on it, which ends with the process. */
#ifndef TAVANA_BASE_PRIVATE_DIR_H
#define TAVANA_BASE_PRIVATE_DIR_H

#include "base/err.h"

enum { PRIVATE_DIR_PATH_MAX = 4096 };

struct private_dir {
    char path[PRIVATE_DIR_PATH_MAX]; /* "": none */
    int lock;                        /* -1: none */
};

#define PRIVATE_DIR_NONE                                                                                     \
    {                                                                                                        \
        .path = "", .lock = -1                                                                               \
    }

/* parent is made when it is missing, nothing above it. Directories there that are called prefix and six more
 * characters are these alone: those of the same user that nobody holds are removed, with the files in them.
 * F0000 where parent's name is too long, else as err_errno. */
int private_dir_make(struct private_dir *d, const char *parent, const char *prefix, struct err *e);
/* With the files in it. A zeroed one is not fine, one of PRIVATE_DIR_NONE is. */
void private_dir_remove(struct private_dir *d);

#endif
