/* A client that only reads: connects (with the password of PGPASSWORD, when it is asked for one in clear),
 * runs one statement, counts rows and bytes and looks at nothing else, so that what is measured is the
 * server. Prints one line of JSON.
 *
 * drain [--tls] [--hash] [--first] [--rate BYTES] [--save FILE] PORT USER DATABASE HOW FORMAT COUNT SQL
 *   HOW      simple     one Query
 *            extended   Parse, Bind, Execute of all rows
 *            portal     Execute(COUNT) until the end, in a transaction
 *            cursor     DECLARE, FETCH COUNT until the end, in a transaction
 *            repeat     COUNT Queries, one after the other: the median and the 99th percentile of their times
 *   FORMAT   text, binary (of results; cursor: BINARY)
 *   --hash   of every row's bytes, in order (a whole row has to fit the buffer)
 *   --first  ends after the first row
 *   --rate   reads no more than so many bytes a second
 *   --save   keeps the answer as it came, for bench/replay.c */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { IN_BYTES = 1 << 20, OUT_BYTES = 1 << 16, HEADER = 5, REPEAT_MAX = 1000000 };

static int fd;
static SSL *tls;
static FILE *save;
static bool hashes, first_only;
static double rate;
static uint64_t hash = 0x9e3779b97f4a7c15;
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

/* ---- the socket ---- */

static size_t receive(uint8_t *p, size_t n)
{
    if (rate > 0) {
        double ahead = (double)bytes / rate - (now() - begun);
        if (ahead > 0)
            (void)usleep((useconds_t)(ahead * 1e6));
    }
    ssize_t got = tls ? SSL_read(tls, p, (int)n) : recv(fd, p, n, 0);
    if (got <= 0)
        fail("the server has gone");
    if (save && fwrite(p, 1, (size_t)got, save) != (size_t)got)
        fail("cannot write the file");
    bytes += (uint64_t)got;
    return (size_t)got;
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
        ssize_t n = tls ? SSL_write(tls, out + at, (int)(out_len - at))
                        : send(fd, out + at, out_len - at, MSG_NOSIGNAL);
        if (n <= 0)
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
    in_len += receive(in + in_len, sizeof in - in_len);
}

static void count_row(void)
{
    if (rows++ == 0)
        first_row = now() - begun;
}

/* Order counts, and where a row ends. */
static void hash_row(const uint8_t *p, size_t n)
{
    uint64_t h = hash ^ n, word;
    for (; n >= sizeof word; p += sizeof word, n -= sizeof word) {
        memcpy(&word, p, sizeof word);
        h = (h ^ word) * 0xff51afd7ed558ccd;
        h ^= h >> 32;
    }
    for (; n > 0; p++, n--)
        h = (h ^ *p) * 0xff51afd7ed558ccd;
    hash = h ^ h >> 29;
}

static void report_error(const uint8_t *p, size_t n)
{
    for (size_t at = 0; at < n && p[at]; at += strlen((const char *)p + at) + 1)
        if (p[at] == 'M')
            fail((const char *)p + at + 1);
    fail("an error without a message");
}

static void answer_password(const uint8_t *p)
{
    uint32_t kind;
    memcpy(&kind, p, 4);
    if (ntohl(kind) == 0)
        return;
    const char *password = getenv("PGPASSWORD");
    if (ntohl(kind) != 3 || !password)
        fail("the server wants another password");
    size_t at = begin('p');
    put_text(password);
    end(at);
    send_all();
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
        bool row = type == 'D' || type == 'd';
        if (hashes && row && total <= sizeof in && total > in_len - in_at) {
            more();
            continue;
        }
        if (row)
            count_row();
        if (row && first_only)
            return false;
        if (total <= in_len - in_at) {
            if (type == 'R')
                answer_password(in + in_at + HEADER);
            if (type == 'E')
                report_error(in + in_at + HEADER, total - HEADER);
            if (row && hashes)
                hash_row(in + in_at + HEADER, total - HEADER);
            in_at += total;
        } else if (row && hashes) {
            fail("a row is too long to be hashed");
        } else if (row) { /* larger than the buffer, or cut */
            size_t left = total - (in_len - in_at);
            in_at = in_len = 0;
            while (left > 0)
                left -= receive(in, left < sizeof in ? left : sizeof in);
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

static double times[REPEAT_MAX];
static size_t ntimes;

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void run_repeat(const char *sql, uint32_t count)
{
    for (ntimes = 0; ntimes < count && ntimes < REPEAT_MAX; ntimes++) {
        double at = now();
        ask(sql);
        times[ntimes] = now() - at;
    }
    qsort(times, ntimes, sizeof times[0], by_value);
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
    if (strcmp(how, "repeat") == 0) {
        run_repeat(sql, count);
        return;
    }
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

static void start_tls(void)
{
    size_t at = begin(0);
    put_u32(80877103);
    end(at);
    send_all();
    uint8_t answer;
    if (recv(fd, &answer, 1, 0) != 1 || answer != 'S')
        fail("the server has no TLS");
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL *made = context ? SSL_new(context) : NULL;
    if (!made || SSL_set_fd(made, fd) != 1 || SSL_connect(made) != 1)
        fail("no TLS with the server");
    tls = made;
}

static void connect_to(uint16_t port, const char *user, const char *database, bool with_tls)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    int on = 1;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&to, sizeof to) != 0)
        fail("cannot connect");
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (with_tls)
        start_tls();
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

static double percentile(unsigned p)
{
    return ntimes ? times[(ntimes - 1) * p / 100] * 1e6 : 0;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"tls", no_argument, NULL, 't'},        {"hash", no_argument, NULL, 'h'},
        {"first", no_argument, NULL, 'f'},      {"rate", required_argument, NULL, 'r'},
        {"save", required_argument, NULL, 's'}, {0}};
    struct rusage usage;
    const char *path = NULL;
    double limit = 0;
    bool with_tls = false;
    for (int c; (c = getopt_long(argc, argv, "+", options, NULL)) != -1;)
        switch (c) {
        case 't': with_tls = true; break;
        case 'h': hashes = true; break;
        case 'f': first_only = true; break;
        case 'r': limit = strtod(optarg, NULL); break;
        case 's': path = optarg; break;
        default: return 2;
        }
    argv += optind;
    if (argc - optind != 7)
        fail("usage: drain [OPTION]... PORT USER DATABASE simple|extended|portal|cursor|repeat text|binary "
             "COUNT SQL");
    connect_to((uint16_t)strtoul(argv[0], NULL, 10), argv[1], argv[2], with_tls);
    rows = 0;
    rate = limit;
    if (path && !(save = fopen(path, "wb")))
        fail("cannot open the file");
    run(argv[3], argv[6], strcmp(argv[4], "binary") == 0, (uint32_t)strtoul(argv[5], NULL, 10));
    double seconds = now() - begun;
    if (save && fclose(save) != 0)
        fail("cannot write the file");
    (void)getrusage(RUSAGE_SELF, &usage);
    double cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                 (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    (void)printf(
        "{\"rows\": %llu, \"bytes\": %llu, \"seconds\": %.6f, \"first_row_ms\": %.3f, \"cpu_s\": %.3f, "
        "\"hash\": \"%016llx\", \"median_us\": %.1f, \"p99_us\": %.1f}\n",
        (unsigned long long)rows, (unsigned long long)bytes, seconds, first_row * 1e3, cpu,
        (unsigned long long)hash, percentile(50), percentile(99));
    return 0;
}
