/* A listening Unix socket with its lock file, as PostgreSQL lays them: DIR/.s.PGSQL.PORT and the same with
 * ".lock", which holds the process's number and is locked (flock) while we live. So two servers never take
 * the same name, and what a killed one left behind is removed. One thread at a time. */
#ifndef TAVANA_NET_UNIX_SOCKET_H
#define TAVANA_NET_UNIX_SOCKET_H

#include "base/err.h"

#include <sys/un.h>

enum { UNIX_LOCK_PATH_MAX = sizeof(((struct sockaddr_un *)0)->sun_path) + sizeof ".lock" };

struct unix_socket {
    int fd;      /* listening, non-blocking; -1: none */
    int lock_fd; /* -1: none */
    char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
    char lock_path[UNIX_LOCK_PATH_MAX];
};

/* Anybody on this machine may connect (mode 0777). 55000 when another server listens there, 42501, 58P01. */
int unix_socket_open(struct unix_socket *u, const char *dir, int port, int backlog, struct err *e);
/* Closes and removes both files. */
void unix_socket_close(struct unix_socket *u);

#endif
