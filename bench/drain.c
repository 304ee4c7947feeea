/* A client that only reads: connects without a password, runs one statement, counts rows and bytes and looks
 * at nothing else, so that what is measured is the server. Prints one line of JSON.
 *
 * drain PORT USER DATABASE HOW FORMAT COUNT SQL
 *   HOW     simple     one Query
 *           extended   Parse, Bind, Execute of all rows
 *           portal     Execute(COUNT) until the end, in a transaction
 *           cursor     DECLARE, FETCH COUNT until the end, in a transaction
 *           copy       a COPY … TO STDOUT
 *   FORMAT  text, binary (of results; cursor: BINARY) */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { IN_BYTES = 1 << 20, OUT_BYTES = 1 << 16, HEADER = 5 };

static int fd;
static uint8_t in[IN_BYTES], out[OUT_BYTES];
static size_t in_at, in_len, out_len;
static uint64_t rows, bytes;
static double begun, first_row;

static void fail(const char *what)
{
    (void)fprintf(stderr, "drain: %s\n", what);
    exit(1);
}

static double now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- out ---- */

static void put(const void *p, size_t n)
{
    if (n > sizeof out - out_len)
        fail("the statement is too long");
    memcpy(out + out_len, p, n);
    out_len += n;
}

static void put_u8(uint8_t v)
{
    put(&v, 1);
}

static void put_u16(uint16_t v)
{
    v = htons(v);
    put(&v, 2);
}

static void put_u32(uint32_t v)
{
    v = htonl(v);
    put(&v, 4);
}

static void put_text(const char *s)
{
    put(s, strlen(s) + 1);
}

static size_t begin(char type)
{
    if (type)
        put_u8((uint8_t)type);
    put_u32(0);
    return out_len - 4;
}

static void end(size_t at)
{
    uint32_t n = htonl((uint32_t)(out_len - at));
    memcpy(out + at, &n, 4);
}

static void send_all(void)
{
    for (size_t at = 0; at < out_len;) {
        ssize_t n = send(fd, out + at, out_len - at, MSG_NOSIGNAL);
        if (n < 0)
            fail("the connection is lost");
        at += (size_t)n;
    }
    out_len = 0;
}

static void put_query(const char *sql)
{
    size_t at = begin('Q');
    put_text(sql);
    end(at);
}

static void put_bind(const char *portal, bool binary)
{
    size_t at = begin('B');
    put_text(portal);
    put_text("");
    put_u16(0);
    put_u16(0);
    put_u16(1);
    put_u16(binary);
    end(at);
}

static void put_parse(const char *sql)
{
    size_t at = begin('P');
    put_text("");
    put_text(sql);
    put_u16(0);
    end(at);
}

static void put_execute(const char *portal, uint32_t max)
{
    size_t at = begin('E');
    put_text(portal);
    put_u32(max);
    end(at);
}

static void put_sync(void)
{
    end(begin('S'));
}

/* ---- in ---- */

static void more(void)
{
    if (in_at > 0) {
        memmove(in, in + in_at, in_len - in_at);
        in_len -= in_at;
        in_at = 0;
    }
    ssize_t n = recv(fd, in + in_len, sizeof in - in_len, 0);
    if (n <= 0)
        fail("the server has gone");
    in_len += (size_t)n;
    bytes += (uint64_t)n;
}

static void count_row(void)
{
    if (rows++ == 0)
        first_row = now() - begun;
}

static void report_error(const uint8_t *p, size_t n)
{
    for (size_t at = 0; at < n && p[at]; at += strlen((const char *)p + at) + 1)
        if (p[at] == 'M')
            fail((const char *)p + at + 1);
    fail("an error without a message");
}

/* Reads up to ReadyForQuery; returns whether a portal was suspended or a FETCH gave rows. */
static bool read_answer(void)
{
    bool again = false;
    uint64_t before = rows;
    for (;;) {
        while (in_len - in_at < HEADER)
            more();
        uint8_t type = in[in_at];
        uint32_t len;
        memcpy(&len, in + in_at + 1, 4);
        size_t total = 1 + (size_t)ntohl(len);
        if (type == 'D' || type == 'd')
            count_row();
        if (total <= in_len - in_at) {
            if (type == 'E')
                report_error(in + in_at + HEADER, total - HEADER);
            in_at += total;
        } else if (type == 'D' || type == 'd') { /* larger than the buffer, or cut */
            size_t left = total - (in_len - in_at);
            in_at = in_len = 0;
            while (left > 0) {
                ssize_t n = recv(fd, in, left < sizeof in ? left : sizeof in, 0);
                if (n <= 0)
                    fail("the server has gone");
                bytes += (uint64_t)n;
                left -= (size_t)n;
            }
        } else {
            more();
            continue;
        }
        if (type == 's')
            again = true;
        if (type == 'Z')
            return again || rows > before;
    }
}

static void ask(const char *sql)
{
    put_query(sql);
    send_all();
    (void)read_answer();
}

/* ---- what is measured ---- */

static void run_portal(const char *sql, bool binary, uint32_t count)
{
    put_parse(sql);
    put_bind("p", binary);
    put_execute("p", count);
    put_sync();
    send_all();
    for (uint64_t before = 0; read_answer() && rows - before == count; before = rows) {
        put_execute("p", count);
        put_sync();
        send_all();
    }
}

static void run_cursor(const char *sql, bool binary, uint32_t count)
{
    static char text[OUT_BYTES / 2];
    (void)snprintf(text, sizeof text, "DECLARE c %s CURSOR FOR %s", binary ? "BINARY" : "NO SCROLL", sql);
    ask(text);
    (void)snprintf(text, sizeof text, "FETCH %u FROM c", count);
    uint64_t before;
    do {
        before = rows;
        ask(text);
    } while (rows - before == count);
}

static void run(const char *how, const char *sql, bool binary, uint32_t count)
{
    if (strcmp(how, "portal") == 0 || strcmp(how, "cursor") == 0) {
        ask("BEGIN");
        rows = bytes = 0;
        begun = now();
        if (how[0] == 'p')
            run_portal(sql, binary, count);
        else
            run_cursor(sql, binary, count);
        return;
    }
    begun = now();
    bytes = 0;
    if (strcmp(how, "extended") == 0) {
        put_parse(sql);
        put_bind("", binary);
        put_execute("", 0);
        put_sync();
    } else {
        put_query(sql);
    }
    send_all();
    (void)read_answer();
}

static void connect_to(uint16_t port, const char *user, const char *database)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    int on = 1;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&to, sizeof to) != 0)
        fail("cannot connect");
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    size_t at = begin(0);
    put_u32(3 << 16);
    put_text("user");
    put_text(user);
    put_text("database");
    put_text(database);
    put_u8(0);
    end(at);
    send_all();
    (void)read_answer();
}

int main(int argc, char **argv)
{
    struct rusage usage;
    if (argc != 8)
        fail("usage: drain PORT USER DATABASE simple|extended|portal|cursor|copy text|binary COUNT SQL");
    connect_to((uint16_t)strtoul(argv[1], NULL, 10), argv[2], argv[3]);
    rows = 0;
    run(argv[4], argv[7], strcmp(argv[5], "binary") == 0, (uint32_t)strtoul(argv[6], NULL, 10));
    double seconds = now() - begun;
    (void)getrusage(RUSAGE_SELF, &usage);
    double cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                 (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    (void)printf(
        "{\"rows\": %llu, \"bytes\": %llu, \"seconds\": %.6f, \"first_row_ms\": %.3f, \"cpu_s\": %.3f}\n",
        (unsigned long long)rows, (unsigned long long)bytes, seconds, first_row * 1e3, cpu);
    return 0;
}
