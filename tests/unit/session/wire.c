#include "rig.h"

#include "../net/pair.h"
#include "base/bytes.h"
#include "front/accept.h"
#include "front/front_priv.h"
#include "session/session_priv.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

enum { CLIENTS_MAX = 300, TEXT_MAX = 1024 * 1024, SILENCE_S = 5 };

struct client {
    int fd;
    uint32_t pid;
    uint8_t key[64];
    size_t key_len;
    struct buf out, in;
    unsigned syncs; /* ReadyForQuery that its messages will cause */
    bool ended;
};

static struct client *clients[CLIENTS_MAX], *now;
static size_t nclients;
static char text[TEXT_MAX], message_text[4096], auth_text[4096];
static size_t text_len;

struct client *client_new(void)
{
    int fds[2];
    struct client *c = calloc(1, sizeof *c);
    assert_non_null(c);
    assert_true(nclients < CLIENTS_MAX);
    unix_pair(fds);
    const struct timeval limit = {.tv_sec = SILENCE_S};
    assert_int_equal(setsockopt(fds[1], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), 0);
    assert_true(fcntl(fds[0], F_SETFL, O_NONBLOCK) >= 0);
    c->fd = fds[1];
    buf_init(&c->in, SIZE_MAX);
    buf_init(&c->out, SIZE_MAX);
    clients[nclients++] = c;
    now = c;
    front_accept(front, fds[0]);
    return c;
}

struct client *client_login(void)
{
    struct client *c = client_new();
    startup("user", "u", "database", "db", NULL);
    (void)until_ready();
    return c;
}

void use(struct client *c)
{
    now = c;
}

void client_close(struct client *c)
{
    if (c->fd >= 0)
        (void)close(c->fd);
    c->fd = -1;
    c->ended = true;
}

void client_close_now(void)
{
    client_close(now);
}

void client_free(struct client *c)
{
    size_t at = 0;
    while (clients[at] != c)
        at++;
    clients[at] = clients[--nclients];
    if (now == c)
        now = NULL;
    client_close(c);
    buf_release(&c->in);
    buf_release(&c->out);
    free(c);
}

void clients_free(void)
{
    while (nclients > 0)
        client_free(clients[nclients - 1]);
    message_text[0] = '\0';
}

uint32_t client_pid(const struct client *c)
{
    return c->pid;
}

void client_reads_little(struct client *c)
{
    const int few = 4096;
    struct session *s = server->slots[(c->pid - 1) % server->capacity];
    const struct pg_client *of = list_entry(s, struct pg_client, session);
    assert_int_equal(setsockopt(conn_fd(of->conn), SOL_SOCKET, SO_SNDBUF, &few, sizeof few), 0);
}

void client_cancel(const struct client *c)
{
    struct client *was = now;
    uint8_t head[12];
    (void)client_new();
    put_be32(head, (uint32_t)(sizeof head + c->key_len));
    put_be32(head + 4, 80877102);
    put_be32(head + 8, c->pid);
    bytes(head, sizeof head);
    bytes(c->key, c->key_len);
    assert_string_equal(to_the_end(), "closed");
    now = was;
}

/* ---- messages ---- */

void bytes(const void *p, size_t n)
{
    buf_put(&now->out, p, n);
}

void message(char type, const void *payload, size_t n)
{
    buf_put_u8(&now->out, (uint8_t)type);
    buf_put_be32(&now->out, (uint32_t)n + 4);
    buf_put(&now->out, payload, n);
    now->syncs += type == 'S' || type == 'Q';
}

static void with(char type, struct buf *payload)
{
    message(type, payload->data, payload->len);
    buf_release(payload);
}

void P(const char *statement, const char *sql)
{
    struct buf b;
    buf_init(&b, SIZE_MAX);
    buf_put_cstr(&b, statement);
    buf_put_cstr(&b, sql);
    buf_put_be16(&b, 0);
    with('P', &b);
}

static void bind_all(const char *portal, const char *statement, const char *const *values, uint16_t n,
                     int format)
{
    struct buf b;
    buf_init(&b, SIZE_MAX);
    buf_put_cstr(&b, portal);
    buf_put_cstr(&b, statement);
    buf_put_be16(&b, 0);
    buf_put_be16(&b, n);
    for (size_t i = 0; i < n; i++) {
        buf_put_be32(&b, (uint32_t)strlen(values[i]));
        buf_put(&b, values[i], strlen(values[i]));
    }
    buf_put_be16(&b, format >= 0);
    if (format >= 0)
        buf_put_be16(&b, (uint16_t)format);
    with('B', &b);
}

void B(const char *portal, const char *statement)
{
    bind_all(portal, statement, NULL, 0, -1);
}

void BF(const char *portal, const char *statement, int16_t format)
{
    bind_all(portal, statement, NULL, 0, format);
}

void BV(const char *portal, const char *statement, ...)
{
    const char *values[FAKE_COLUMNS_MAX], *value;
    uint16_t n = 0;
    va_list ap;
    va_start(ap, statement);
    while ((value = va_arg(ap, const char *)) && n < FAKE_COLUMNS_MAX)
        values[n++] = value;
    va_end(ap);
    bind_all(portal, statement, values, n, -1);
}

static void target(char type, char kind, const char *name)
{
    struct buf b;
    buf_init(&b, SIZE_MAX);
    buf_put_u8(&b, (uint8_t)kind);
    buf_put_cstr(&b, name);
    with(type, &b);
}

void D(char kind, const char *name)
{
    target('D', kind, name);
}

void C(char kind, const char *name)
{
    target('C', kind, name);
}

void E(const char *portal, int max_rows)
{
    struct buf b;
    buf_init(&b, SIZE_MAX);
    buf_put_cstr(&b, portal);
    buf_put_be32(&b, (uint32_t)max_rows);
    with('E', &b);
}

void S(void)
{
    message('S', NULL, 0);
}

void H(void)
{
    message('H', NULL, 0);
}

void Q(const char *sql)
{
    message('Q', sql, strlen(sql) + 1);
}

void copy_data(const char *data)
{
    message('d', data, strlen(data));
}

void copy_done(void)
{
    message('c', NULL, 0);
}

void copy_fail(const char *why)
{
    message('f', why, strlen(why) + 1);
}

void startup(const char *name, ...)
{
    struct buf b;
    va_list ap;
    buf_init(&b, SIZE_MAX);
    buf_put_be32(&b, 3 << 16);
    va_start(ap, name);
    for (const char *each = name; each; each = va_arg(ap, const char *))
        buf_put_cstr(&b, each);
    va_end(ap);
    buf_put_u8(&b, 0);
    buf_put_be32(&now->out, (uint32_t)b.len + 4);
    buf_put(&now->out, b.data, b.len);
    buf_release(&b);
}

void send_all(void)
{
    for (size_t at = 0; at < now->out.len;) {
        ssize_t n = send(now->fd, now->out.data + at, now->out.len - at, MSG_NOSIGNAL);
        if (n < 0)
            break; /* the session has ended: what it said is read */
        at += (size_t)n;
    }
    buf_clear(&now->out);
}

long client_recv(void *p, size_t n)
{
    send_all();
    return (long)recv(now->fd, p, n, 0);
}

/* ---- answers ---- */

static void __attribute__((format(printf, 1, 2))) say(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text + text_len, sizeof text - text_len, fmt, ap);
    va_end(ap);
    assert_true(n >= 0 && (size_t)n < sizeof text - text_len);
    text_len += (size_t)n;
}

static void say_columns(const uint8_t *p)
{
    unsigned n = get_be16(p);
    p += 2;
    say("T(");
    for (unsigned i = 0; i < n; i++) {
        const char *name = (const char *)p;
        p += strlen(name) + 1 + 16;
        say("%s%s%s", i ? "," : "", name, get_be16(p) ? ":b" : "");
        p += 2;
    }
    say(")");
}

static void say_value(const uint8_t *p, int32_t n)
{
    bool binary = false;
    for (int32_t i = 0; i < n; i++)
        binary |= p[i] < ' ';
    if (n > 100)
        say("%.8s*%d", (const char *)p, n);
    else if (n < 0 || !binary)
        say("%.*s", n < 0 ? 4 : n, n < 0 ? "NULL" : (const char *)p);
    else
        for (int32_t i = 0; i < n; i++)
            say("%s%02x", i ? "" : "#", p[i]);
}

static void say_row(const uint8_t *p)
{
    unsigned columns = get_be16(p);
    p += 2;
    say("(");
    for (unsigned i = 0; i < columns; i++) {
        int32_t n = (int32_t)get_be32(p);
        p += 4;
        say("%s", i ? "," : "");
        say_value(p, n);
        p += n > 0 ? n : 0;
    }
    say(")");
}

static void say_report(char type, const uint8_t *p)
{
    const char *code = "", *severity = "", *position = NULL;
    while (*p) {
        const char *value = (const char *)p + 1;
        if (*p == 'C')
            code = value;
        else if (*p == 'V')
            severity = value;
        else if (*p == 'P')
            position = value;
        else if (*p == 'M' && type == 'E')
            (void)snprintf(message_text, sizeof message_text, "%s", value);
        p += strlen((const char *)p) + 1;
    }
    say("%c:%s%s%s",
        type == 'N'                      ? 'N'
        : strcmp(severity, "FATAL") == 0 ? 'F'
                                         : 'E',
        code, position ? "@" : "", position ? position : "");
}

static void say_data(const uint8_t *p, size_t n)
{
    say("d:");
    for (size_t i = 0; i < n; i++)
        say("%c", p[i] == '\n' ? '/' : p[i]);
}

static void say_message(char type, const uint8_t *p, size_t n)
{
    if (text_len > 0)
        say(" ");
    switch (type) {
    case 't': say("t(%u)", get_be16(p)); break;
    case 'T': say_columns(p); break;
    case 'D': say_row(p); break;
    case 'C': say("[%s]", (const char *)p); break;
    case 'Z': say("Z:%c", p[0]); break;
    case 'E':
    case 'N': say_report(type, p); break;
    case 'S': say("P:%s=%s", (const char *)p, (const char *)p + strlen((const char *)p) + 1); break;
    case 'G':
    case 'H': say("%c(%u)", type, get_be16(p + 1)); break;
    case 'd': say_data(p, n); break;
    case 'R':
        (void)snprintf(auth_text, sizeof auth_text, "%.*s", (int)n - 4, (const char *)p + 4);
        say("R:%u", get_be32(p));
        break;
    case 'K':
        now->pid = get_be32(p);
        now->key_len = n - 4;
        memcpy(now->key, p + 4, now->key_len);
        say("K");
        break;
    default: say("%c", type); break;
    }
}

/* More bytes; false: there are none. */
static bool receive(void)
{
    uint8_t *room = buf_reserve(&now->in, 65536);
    assert_non_null(room);
    ssize_t n = now->ended ? 0 : recv(now->fd, room, 65536, 0);
    if (n > 0) {
        buf_commit(&now->in, (size_t)n);
        return true;
    }
    now->ended |= n == 0;
    if (text_len > 0)
        say(" ");
    say(n < 0 ? "silence" : "closed");
    return false;
}

/* The next message's type; 0 at the end. */
static char next_message(void)
{
    while (now->in.len < 5 || now->in.len < 1 + get_be32(now->in.data + 1))
        if (!receive())
            return 0;
    char type = (char)now->in.data[0];
    size_t n = get_be32(now->in.data + 1);
    say_message(type, now->in.data + 5, n - 4);
    buf_consume(&now->in, 1 + n);
    return type;
}

static void begin_answers(void)
{
    send_all();
    text_len = 0;
    text[0] = '\0';
}

const char *answers(void)
{
    begin_answers();
    char type = 'Z';
    for (; now->syncs > 0 && type; now->syncs -= type == 'Z')
        type = next_message();
    now->syncs = 0;
    return text;
}

const char *until_ready(void)
{
    now->syncs = 1;
    return answers();
}

const char *notes(unsigned n)
{
    begin_answers();
    for (; n > 0; n--) {
        char type = next_message();
        if (!type)
            break;
        now->syncs -= type == 'Z' && now->syncs > 0;
    }
    return text;
}

const char *to_the_end(void)
{
    begin_answers();
    while (next_message())
        ;
    now->syncs = 0;
    return text;
}

const char *last_auth(void)
{
    return auth_text;
}

const char *last_message(void)
{
    return message_text;
}
