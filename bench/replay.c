/* The transport's limit: a server that sends bytes which lie ready, whatever it is asked.
 *
 * replay PORT FILE [WRITE_BYTES]
 *   FILE  an answer up to its ReadyForQuery, as `drain --save` keeps it
 * A client at a time; every Query, and every Sync, is answered with the whole file. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MESSAGE_MAX = 1 << 16, WRITE_BYTES = 256 * 1024 };

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static int read_all(int fd, void *p, size_t n)
{
    for (size_t at = 0; at < n;) {
        ssize_t r = recv(fd, (uint8_t *)p + at, n - at, 0);
        if (r <= 0)
            return -1;
        at += (size_t)r;
    }
    return 0;
}

static int write_all(int fd, const uint8_t *p, size_t n, size_t at_once)
{
    for (size_t at = 0; at < n;) {
        ssize_t r = send(fd, p + at, n - at < at_once ? n - at : at_once, MSG_NOSIGNAL);
        if (r <= 0)
            return -1;
        at += (size_t)r;
    }
    return 0;
}

/* A message's payload is thrown away. */
static int skip_message(int fd)
{
    static uint8_t payload[MESSAGE_MAX];
    uint32_t len;
    if (read_all(fd, &len, 4) != 0)
        return -1;
    len = ntohl(len) - 4;
    return len <= sizeof payload ? read_all(fd, payload, len) : -1;
}

static void serve(int fd, const uint8_t *answer, size_t n, size_t at_once)
{
    static const uint8_t hello[] = {'R', 0, 0, 0, 8, 0, 0, 0, 0, 'Z', 0, 0, 0, 5, 'I'};
    uint8_t type;
    if (skip_message(fd) != 0 || write_all(fd, hello, sizeof hello, sizeof hello) != 0)
        return;
    while (read_all(fd, &type, 1) == 0 && skip_message(fd) == 0)
        if ((type == 'Q' || type == 'S') && write_all(fd, answer, n, at_once) != 0)
            return;
}

int main(int argc, char **argv)
{
    struct stat st;
    if (argc < 3) {
        (void)fprintf(stderr, "usage: replay PORT FILE [WRITE_BYTES]\n");
        return 2;
    }
    int file = open(argv[2], O_RDONLY | O_CLOEXEC);
    if (file < 0 || fstat(file, &st) != 0)
        fail(argv[2]);
    size_t n = (size_t)st.st_size;
    uint8_t *answer = mmap(NULL, n, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
    if (answer == MAP_FAILED)
        fail("mmap");
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)strtoul(argv[1], NULL, 10))};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int one = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void)setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (listener < 0 || bind(listener, (const struct sockaddr *)&at, sizeof at) != 0 ||
        listen(listener, 16) != 0)
        fail("listen");
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fd < 0)
            fail("accept");
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        serve(fd, answer, n, argc > 3 ? strtoul(argv[3], NULL, 10) : WRITE_BYTES);
        (void)close(fd);
    }
}
