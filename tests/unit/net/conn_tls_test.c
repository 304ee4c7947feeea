/* TLS on connections: our side against OpenSSL's client, over loopback sockets. */
#include "base/alloc.h"
#include "base/clock.h"
#include "net/conn.h"
#include "net/conn_priv.h"
#include "net/conn_tls.h"
#include "net/tls.h"

#include <fcntl.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>

#include <cmocka.h>

#include "certs.h"
#include "pair.h"

static X509 *server_cert;
static struct tls_context *plain_tls, *client_ca_tls;
static const char *ca_file, *user_cert, *user_key, *nul_cert, *stranger_cert;

static struct err e;
static struct conn *c;
static int client_fd;

static struct tls_context *load(const char *cert, const char *key, const char *ca)
{
    struct tls_options o = {.cert_file = cert, .key_file = key, .ca_file = ca, .min_version = "TLSv1.2"};
    struct tls_context *t = NULL;
    err_init(&e);
    if (tls_context_new(&t, &o, &e) < 0)
        fail_msg("%s", e.message);
    return t;
}

static int begin(void **state)
{
    (void)state;
    certs_begin();
    EVP_PKEY *ca_key = key_ec(), *key = key_ec();
    X509 *ca = cert_make(ca_key, "ca", -1, NULL, NULL, EVP_sha256());
    X509 *user = cert_make(key, "alice", -1, ca, ca_key, EVP_sha256());
    X509 *nul = cert_make(key, "admin\0.evil", 11, ca, ca_key, EVP_sha256());
    X509 *stranger = cert_make(key, "alice", -1, NULL, NULL, EVP_sha256());
    server_cert = cert_make(key, "localhost", -1, ca, ca_key, EVP_sha256());
    ca_file = cert_save("ca.crt", ca);
    user_cert = cert_save("alice.crt", user);
    nul_cert = cert_save("nul.crt", nul);
    stranger_cert = cert_save("stranger.crt", stranger);
    user_key = key_save("any.key", key);
    const char *cert_file = cert_save("server.crt", server_cert);
    plain_tls = load(cert_file, user_key, NULL);
    client_ca_tls = load(cert_file, user_key, ca_file);
    X509_free(ca);
    X509_free(user);
    X509_free(nul);
    X509_free(stranger);
    EVP_PKEY_free(ca_key);
    EVP_PKEY_free(key);
    return 0;
}

static int end(void **state)
{
    (void)state;
    X509_free(server_cert);
    tls_context_unref(plain_tls);
    tls_context_unref(client_ca_tls);
    certs_remove();
    return 0;
}

/* ---- the client: a thread that shakes hands and then does `talk` ---- */

struct client {
    int version; /* both bounds; 0: any */
    const char *cert, *alpn;
    void (*talk)(SSL *ssl);
    pthread_t thread;
    bool connected, saw_close_notify;
    long verified;
    char error[256];
};

static SSL_CTX *client_context(const struct client *k)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    (void)SSL_CTX_set_min_proto_version(ctx, k->version);
    (void)SSL_CTX_set_max_proto_version(ctx, k->version);
    (void)SSL_CTX_load_verify_file(ctx, ca_file);
    if (k->cert) {
        (void)SSL_CTX_use_certificate_file(ctx, k->cert, SSL_FILETYPE_PEM);
        (void)SSL_CTX_use_PrivateKey_file(ctx, user_key, SSL_FILETYPE_PEM);
    }
    if (k->alpn)
        (void)SSL_CTX_set_alpn_protos(ctx, (const unsigned char *)k->alpn, (unsigned)strlen(k->alpn));
    return ctx;
}

static void *run_client(void *arg)
{
    struct client *k = arg;
    sigset_t pipe_signal; /* OpenSSL's own sockets raise it; ours must not, so only this thread is safe */
    (void)sigemptyset(&pipe_signal);
    (void)sigaddset(&pipe_signal, SIGPIPE);
    (void)pthread_sigmask(SIG_BLOCK, &pipe_signal, NULL);
    SSL_CTX *ctx = client_context(k);
    SSL *ssl = SSL_new(ctx);
    char byte;
    (void)SSL_set_fd(ssl, client_fd);
    k->connected = SSL_connect(ssl) == 1;
    k->verified = SSL_get_verify_result(ssl);
    if (k->connected && k->talk)
        k->talk(ssl);
    if (k->connected) {
        while (SSL_read(ssl, &byte, 1) > 0)
            continue;
        k->saw_close_notify = SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN;
        (void)SSL_shutdown(ssl);
    }
    ERR_error_string_n(ERR_peek_error(), k->error, sizeof k->error);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    (void)close(client_fd);
    return NULL;
}

static void start(struct client *k)
{
    int fds[2];
    tcp_pair(fds, AF_INET);
    client_fd = fds[1];
    err_init(&e);
    assert_int_equal(conn_new(&c, fds[0], &e), ST_OK);
    assert_int_equal(pthread_create(&k->thread, NULL, run_client, k), 0);
}

static void finish(struct client *k)
{
    conn_free(c);
    c = NULL;
    (void)pthread_join(k->thread, NULL);
}

static int accept_tls(struct tls_context *t, bool direct)
{
    for (;;) {
        short events = 0;
        int st = conn_tls_accept(c, t, direct, &events, &e);
        if (st != ST_AGAIN)
            return st;
        struct pollfd p = {.fd = conn_fd(c), .events = events};
        assert_true(events == POLLIN || events == POLLOUT);
        assert_int_equal(poll(&p, 1, 10000), 1);
    }
}

static void write_all(const void *p, size_t n)
{
    size_t done;
    if (conn_write(c, NULL, p, n, &done, CLOCK_NEVER, NULL, &e) != ST_OK)
        fail_msg("%s", e.message);
    assert_int_equal(done, n);
}

/* Until n bytes are buffered, or the end: the number there. */
static size_t read_until(size_t n)
{
    size_t have = 0;
    for (;;) {
        (void)conn_input(c, &have);
        if (have >= n)
            return have;
        assert_int_equal(conn_wait_readable(c, NULL, clock_now_us() + 10000000, &e), ST_OK);
        int st = conn_fill(c, 1 << 30, &e);
        if (st == ST_EOF)
            return have;
        if (st < 0)
            fail_msg("%s", e.message);
    }
}

/* ---- tests ---- */

static void say_hello(SSL *ssl)
{
    char reply[6];
    (void)SSL_write(ssl, "hello", 5);
    (void)SSL_read(ssl, reply, sizeof reply);
}

static void test_versions(void **state)
{
    (void)state;
    static const struct {
        int version;
        const char *name;
    } versions[] = {{TLS1_2_VERSION, "TLSv1.2"}, {TLS1_3_VERSION, "TLSv1.3"}};
    for (size_t i = 0; i < 2; i++) {
        struct client k = {.version = versions[i].version, .talk = say_hello};
        unsigned char want[EVP_MAX_MD_SIZE];
        uint8_t binding[64];
        unsigned want_len;
        size_t n;
        start(&k);
        assert_int_equal(accept_tls(plain_tls, false), ST_OK);
        assert_true(conn_is_tls(c));
        assert_string_equal(conn_tls_version(c), versions[i].name);
        assert_non_null(conn_tls_cipher(c));
        assert_null(conn_tls_alpn(c));
        assert_null(conn_client_cert_name(c));
        assert_true(X509_digest(server_cert, EVP_sha256(), want, &want_len));
        assert_int_equal(conn_channel_binding(c, binding), want_len);
        assert_memory_equal(binding, want, want_len);
        assert_int_equal(read_until(5), 5);
        assert_memory_equal(conn_input(c, &n), "hello", 5);
        conn_consume(c, 5);
        write_all("world!", 6);
        assert_int_equal(conn_stats(c).bytes_in, 5);
        assert_int_equal(conn_stats(c).bytes_out, 6);
        finish(&k);
        assert_true(k.connected);
        assert_true(k.saw_close_notify);
        assert_int_equal(k.verified, X509_V_OK);
    }
}

static void test_old_version_is_refused(void **state)
{
    (void)state;
    struct client k = {.version = TLS1_1_VERSION};
    start(&k);
    assert_int_equal(accept_tls(plain_tls, false), ST_ERR);
    assert_int_equal(e.code, SQLSTATE_PROTOCOL_VIOLATION);
    finish(&k);
    assert_false(k.connected);
}

static void test_alpn(void **state)
{
    (void)state;
    struct client ours = {.alpn = "\002h2\012postgresql"}, other = {.alpn = "\002h2"};
    start(&ours);
    assert_int_equal(accept_tls(plain_tls, false), ST_OK);
    assert_string_equal(conn_tls_alpn(c), "postgresql");
    finish(&ours);
    assert_true(ours.connected);
    start(&other);
    assert_int_equal(accept_tls(plain_tls, false), ST_ERR);
    assert_int_equal(e.code, SQLSTATE_PROTOCOL_VIOLATION);
    finish(&other);
    assert_false(other.connected);
}

static void test_client_certificates(void **state)
{
    (void)state;
    struct client k = {.cert = user_cert};
    start(&k);
    assert_int_equal(accept_tls(client_ca_tls, false), ST_OK);
    assert_string_equal(conn_client_cert_name(c), "alice");
    finish(&k);
    k = (struct client){.cert = NULL}; /* may stay without */
    start(&k);
    assert_int_equal(accept_tls(client_ca_tls, false), ST_OK);
    assert_null(conn_client_cert_name(c));
    finish(&k);
    k = (struct client){.cert = user_cert}; /* not asked for */
    start(&k);
    assert_int_equal(accept_tls(plain_tls, false), ST_OK);
    assert_null(conn_client_cert_name(c));
    finish(&k);
    k = (struct client){.cert = stranger_cert};
    start(&k);
    assert_int_equal(accept_tls(client_ca_tls, false), ST_ERR);
    assert_int_equal(e.code, SQLSTATE_INVALID_AUTHORIZATION_SPECIFICATION);
    assert_non_null(strstr(e.message, "self-signed"));
    assert_null(conn_client_cert_name(c));
    finish(&k);
    k = (struct client){.cert = nul_cert};
    start(&k);
    assert_int_equal(accept_tls(client_ca_tls, false), ST_ERR);
    assert_int_equal(e.code, SQLSTATE_INVALID_AUTHORIZATION_SPECIFICATION);
    assert_non_null(strstr(e.message, "NUL"));
    assert_false(conn_is_tls(c) && conn_client_cert_name(c));
    finish(&k);
}

/* Direct TLS: pieces of the ClientHello, of any length, were read before it was seen to be one. */
static void test_direct(void **state)
{
    (void)state;
    static const size_t reads[] = {1, 2, 5, 6, 100, CONN_READ_CHUNK};
    for (size_t i = 0; i < sizeof reads / sizeof *reads; i++) {
        struct client k = {.alpn = "\012postgresql", .talk = say_hello};
        size_t n;
        start(&k);
        assert_int_equal(conn_wait_readable(c, NULL, CLOCK_NEVER, &e), ST_OK);
        assert_int_equal(conn_fill(c, reads[i], &e), ST_OK);
        assert_int_equal(*conn_input(c, &n), 0x16);
        assert_int_equal(accept_tls(plain_tls, true), ST_OK);
        assert_string_equal(conn_tls_alpn(c), "postgresql");
        assert_int_equal(read_until(5), 5);
        assert_memory_equal(conn_input(c, &n), "hello", 5);
        write_all("world!", 6);
        finish(&k);
        assert_true(k.connected);
    }
    struct client k = {.talk = say_hello}; /* nothing was read */
    start(&k);
    assert_int_equal(accept_tls(plain_tls, true), ST_OK);
    assert_int_equal(read_until(5), 5);
    write_all("world!", 6);
    finish(&k);
}

/* A whole conversation may come in one piece: what follows the handshake's last message is input. */
static void test_input_in_one_piece(void **state)
{
    (void)state;
    struct client k = {.version = TLS1_3_VERSION, .talk = say_hello};
    size_t n;
    start(&k);
    assert_int_equal(accept_tls(plain_tls, false), ST_OK);
    assert_int_equal(read_until(5), 5);
    assert_int_equal(conn_fill(c, 100, &e), ST_AGAIN);
    assert_memory_equal(conn_input(c, &n), "hello", 5);
    conn_consume(c, 5);
    assert_false(conn_has_buffered(c)); /* so it may be parked */
    write_all("world!", 6);
    finish(&k);
}

static void test_injected_plain_text(void **state)
{
    (void)state;
    struct client k = {.version = 0};
    start(&k);
    assert_int_equal(conn_wait_readable(c, NULL, CLOCK_NEVER, &e), ST_OK);
    assert_int_equal(conn_fill(c, 8, &e), ST_OK); /* for us it stands for bytes sent before the handshake */
    assert_int_equal(accept_tls(plain_tls, false), ST_ERR);
    assert_int_equal(e.code, SQLSTATE_PROTOCOL_VIOLATION);
    assert_false(conn_is_tls(c));
    finish(&k);
    assert_false(k.connected);
}

/* ---- large data both ways, against a slow peer ---- */

enum { LARGE = 8 << 20 };
static uint8_t large[LARGE];

static uint8_t sum_of(const uint8_t *p, size_t n)
{
    uint8_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum = (uint8_t)(sum * 31 + p[i]);
    return sum;
}

static uint8_t echoed;

static void take_large(SSL *ssl)
{
    static uint8_t in[LARGE];
    int n = 1;
    (void)usleep(500000); /* long enough for a writer on a busy machine to fill the socket */
    for (int have = 0; have < LARGE && n > 0; have += n)
        n = SSL_read(ssl, in + have, LARGE - have);
    echoed = sum_of(in, LARGE);
    (void)SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED); /* the next write asks for an answer by our write */
    for (int gone = 0; gone < LARGE; gone += n) {
        int some = 1 + gone * 7 % 20000;
        n = SSL_write(ssl, in + gone, some < LARGE - gone ? some : LARGE - gone);
        if (n <= 0)
            return;
    }
}

static void test_large(void **state)
{
    (void)state;
    struct client k = {.version = TLS1_3_VERSION, .talk = take_large};
    size_t done, total = 0, n;
    int64_t waited = 0;
    unsigned again = 0;
    for (size_t i = 0; i < LARGE; i++)
        large[i] = (uint8_t)(i * 7 + i / 1000);
    start(&k);
    assert_int_equal(accept_tls(plain_tls, false), ST_OK);
    while (total < LARGE) { /* interrupted now and then; the rest is passed from another place */
        uint8_t *copy = mem_alloc(LARGE - total);
        assert_non_null(copy);
        memcpy(copy, large + total, LARGE - total);
        int st = conn_write(c, NULL, copy, LARGE - total, &done, clock_now_us() + 1000, &waited, &e);
        mem_free(copy);
        assert_in_range(st, ST_OK, ST_AGAIN);
        again += st == ST_AGAIN;
        total += done;
    }
    assert_true(again > 0);
    assert_true(waited > 0);
    assert_int_equal(read_until(LARGE), LARGE);
    assert_int_equal(sum_of(conn_input(c, &n), LARGE), sum_of(large, LARGE));
    write_all("end", 3);
    finish(&k);
    assert_int_equal(echoed, sum_of(large, LARGE));
}

static void test_write_bell(void **state)
{
    (void)state;
    struct client k = {.talk = take_large};
    struct waker w;
    size_t done, total = 0;
    start(&k);
    assert_int_equal(waker_init(&w, &e), ST_OK);
    assert_int_equal(accept_tls(plain_tls, false), ST_OK);
    waker_ring(&w);
    assert_int_equal(conn_write(c, &w, large, LARGE, &done, CLOCK_NEVER, NULL, &e), ST_AGAIN);
    assert_true(done < LARGE);
    for (total = done; total < LARGE; total += done)
        assert_int_equal(conn_write(c, &w, large + total, LARGE - total, &done, CLOCK_NEVER, NULL, &e),
                         ST_OK);
    waker_release(&w);
    finish(&k);
}

/* ---- peers that misbehave ---- */

static void open_raw(void)
{
    int fds[2];
    tcp_pair(fds, AF_INET);
    client_fd = fds[1];
    err_init(&e);
    assert_int_equal(conn_new(&c, fds[0], &e), ST_OK);
}

static void test_garbage(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
    } junk[] = {{"GET / HTTP/1.1\r\n\r\n", 18},
                {"\x16\x03\x01\xff\xff garbage in a record that is too long", 42},
                {"\x16\x03\x01\x00\x05\x01\xff\xff\xff\xff", 10},
                {"\0\0\0\x08\x04\xd2\x16\x2f", 8}};
    for (int direct = 0; direct < 2; direct++)
        for (size_t i = 0; i < sizeof junk / sizeof *junk; i++) {
            open_raw();
            assert_int_equal(send(client_fd, junk[i].bytes, junk[i].n, 0), junk[i].n);
            (void)shutdown(client_fd, SHUT_WR);
            if (direct) {
                assert_int_equal(conn_wait_readable(c, NULL, CLOCK_NEVER, &e), ST_OK);
                assert_int_equal(conn_fill(c, 3, &e), ST_OK);
            }
            assert_int_equal(accept_tls(plain_tls, direct), ST_ERR);
            assert_true(e.code == SQLSTATE_PROTOCOL_VIOLATION || e.code == SQLSTATE_CONNECTION_FAILURE);
            assert_null(strchr(e.message, '\n'));
            /* Dead for good, whatever is called. */
            size_t done;
            short events;
            assert_false(conn_has_buffered(c));
            assert_int_equal(conn_fill(c, 100, &e), ST_ERR);
            assert_int_equal(conn_write(c, NULL, "x", 1, &done, CLOCK_NEVER, NULL, &e), ST_ERR);
            assert_int_equal(conn_tls_accept(c, plain_tls, direct, &events, &e), ST_ERR);
            conn_free(c);
            (void)close(client_fd);
        }
}

/* Records of a real ClientHello up to any byte, then nothing: closed, or reset. */
static void test_vanishes_in_handshake(void **state)
{
    (void)state;
    uint8_t hello[1024];
    struct client k = {.version = 0};
    start(&k);
    ssize_t whole = 0;
    assert_int_equal(conn_wait_readable(c, NULL, CLOCK_NEVER, &e), ST_OK);
    (void)usleep(20000);
    whole = recv(conn_fd(c), hello, sizeof hello, MSG_PEEK);
    assert_in_range(whole, 100, sizeof hello - 1);
    conn_shutdown(c);
    finish(&k);
    for (size_t n = 0; n <= (size_t)whole; n += n < 8 ? 1 : 23)
        for (int reset = 0; reset < 2; reset++) {
            open_raw();
            assert_int_equal(send(client_fd, hello, n, 0), n);
            for (int have = 0; n > 0 && have < (int)n;)
                assert_int_equal(ioctl(conn_fd(c), FIONREAD, &have), 0);
            short events = 0;
            assert_int_equal(conn_tls_accept(c, plain_tls, false, &events, &e), ST_AGAIN);
            assert_int_equal(events, POLLIN);
            struct linger l = {.l_onoff = reset, .l_linger = 0};
            assert_int_equal(setsockopt(client_fd, SOL_SOCKET, SO_LINGER, &l, sizeof l), 0);
            (void)close(client_fd);
            assert_int_equal(accept_tls(plain_tls, false), ST_ERR);
            assert_int_equal(e.code, SQLSTATE_CONNECTION_FAILURE);
            conn_free(c);
        }
}

static void vanish(SSL *ssl)
{
    struct linger l = {.l_onoff = 1, .l_linger = 0};
    (void)setsockopt(SSL_get_fd(ssl), SOL_SOCKET, SO_LINGER, &l, sizeof l);
    int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
    (void)dup2(nowhere, SSL_get_fd(ssl)); /* closes the socket under OpenSSL */
    (void)close(nowhere);
}

static void end_without_goodbye(SSL *ssl)
{
    (void)shutdown(SSL_get_fd(ssl), SHUT_WR);
}

static void test_vanishes_later(void **state)
{
    (void)state;
    struct client k = {.talk = end_without_goodbye};
    size_t done;
    int st;
    start(&k);
    assert_int_equal(accept_tls(plain_tls, false), ST_OK);
    assert_int_equal(read_until(1), 0); /* an end is an end */
    write_all("still there", 11);
    finish(&k);
    k = (struct client){.talk = vanish};
    start(&k);
    assert_int_equal(accept_tls(plain_tls, false), ST_OK);
    do
        st = conn_write(c, NULL, large, LARGE, &done, CLOCK_NEVER, NULL, &e);
    while (st == ST_OK); /* no SIGPIPE */
    assert_int_equal(st, ST_ERR);
    assert_int_equal(e.code, SQLSTATE_CONNECTION_FAILURE);
    finish(&k);
}

/* Bytes that somebody on the way has changed. */
static void test_forged_record(void **state)
{
    (void)state;
    struct client k = {.version = TLS1_3_VERSION};
    start(&k);
    assert_int_equal(accept_tls(plain_tls, false), ST_OK);
    assert_int_equal(send(client_fd, "\x17\x03\x03\x00\x20 0123456789012345678901234567890", 37, 0), 37);
    assert_int_equal(conn_wait_readable(c, NULL, CLOCK_NEVER, &e), ST_OK);
    int st;
    do
        st = conn_fill(c, 100, &e);
    while (st == ST_AGAIN);
    assert_int_equal(st, ST_ERR);
    assert_int_equal(e.code, SQLSTATE_CONNECTION_FAILURE);
    finish(&k);
}

static void test_every_allocation_fails_once(void **state)
{
    (void)state;
    unsigned failures = 0;
    for (unsigned nth = 1, more = 1; more; nth++) {
        struct client k = {.cert = user_cert};
        start(&k);
        alloc_fail_nth(nth);
        int st = accept_tls(client_ca_tls, false);
        more = alloc_failed();
        failures += more;
        assert_int_equal(st, more ? ST_ERR : ST_OK);
        if (more)
            assert_int_equal(e.code, SQLSTATE_OUT_OF_MEMORY);
        finish(&k);
    }
    assert_int_equal(failures, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_old_version_is_refused),
        cmocka_unit_test(test_alpn),
        cmocka_unit_test(test_client_certificates),
        cmocka_unit_test(test_direct),
        cmocka_unit_test(test_input_in_one_piece),
        cmocka_unit_test(test_injected_plain_text),
        cmocka_unit_test(test_large),
        cmocka_unit_test(test_write_bell),
        cmocka_unit_test(test_garbage),
        cmocka_unit_test(test_vanishes_in_handshake),
        cmocka_unit_test(test_vanishes_later),
        cmocka_unit_test(test_forged_record),
        cmocka_unit_test(test_every_allocation_fails_once),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
