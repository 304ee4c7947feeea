/* Log-ins by SCRAM-SHA-256, step by step, and those that come to nothing; CancelRequests that are sent on. */
#include "../session/rig.h"

#include "../net/pair.h"
#include "auth/base64.h"
#include "auth/digest.h"
#include "auth/user_file.h"
#include "base/buf.h"
#include "base/clock.h"
#include "front/front.h"

#include <stdio.h>
#include <string.h>

enum { ITERATIONS = 4096 };

static const uint8_t salt[SCRAM_SALT_LEN] = {91,  109, 153, 104, 157, 18, 53,  142,
                                             236, 160, 75,  20,  18,  54, 250, 129};
static struct err err;

/* One user, "u", whose password is "pencil". */
static struct user_file *users(void)
{
    struct user_file *f;
    struct scram_verifier v;
    struct buf text;
    buf_init(&text, 4096);
    err_init(&err);
    assert_int_equal(scram_verifier_make(&v, STR("pencil"), salt, sizeof salt, ITERATIONS, &err), ST_OK);
    assert_int_equal(user_file_put_line("u", &v, &text, &err), ST_OK);
    assert_int_equal(user_file_parse(&f, (struct str){(const char *)text.data, text.len}, &err), ST_OK);
    buf_release(&text);
    return f;
}

static int set_up(void **state)
{
    struct session_config c;
    (void)state;
    rig_config(&c);
    c.trust = false;
    c.logins_max = 2;
    rig_start(&c, 4);
    pg_front_set_users(front, users());
    return 0;
}

/* ---- a client's side of SCRAM: RFC 5802 ---- */

static const char bare[] = "n=,r=fyko+d2lbbFgONRv9qkxdawL";

static void say_first(const char *mechanism, const char *data)
{
    struct buf b;
    buf_init(&b, 4096);
    buf_put_cstr(&b, mechanism);
    buf_put_be32(&b, data ? (uint32_t)strlen(data) : UINT32_MAX);
    if (data)
        buf_put(&b, data, strlen(data));
    message('p', b.data, b.len);
    buf_release(&b);
}

static void say_final(const char *password)
{
    char without_proof[512], signed_text[2048], proof[BASE64_LEN(32) + 1], whole[1024], bytes_of_salt[64];
    uint8_t salted[32], key[32], stored[32], signature[32], salt_there[64];
    const char *server_first = last_auth(), *comma = strchr(server_first, ',');
    size_t n;
    assert_non_null(comma);
    assert_int_equal(sscanf(comma, ",s=%63[^,]", bytes_of_salt), 1);
    assert_true(base64_decode(str_of(bytes_of_salt), salt_there, sizeof salt_there, &n));
    (void)snprintf(without_proof, sizeof without_proof, "c=biws,%.*s", (int)(comma - server_first),
                   server_first);
    (void)snprintf(signed_text, sizeof signed_text, "%s,%s,%s", bare, server_first, without_proof);
    err_init(&err);
    assert_int_equal(digest_pbkdf2(salted, str_of(password), salt_there, n, ITERATIONS, &err), ST_OK);
    assert_int_equal(digest_hmac(key, salted, 32, "Client Key", 10, &err), ST_OK);
    assert_int_equal(digest_sha256(stored, key, 32, &err), ST_OK);
    assert_int_equal(digest_hmac(signature, stored, 32, signed_text, strlen(signed_text), &err), ST_OK);
    for (size_t i = 0; i < 32; i++)
        signature[i] ^= key[i];
    (void)base64_encode(proof, signature, 32);
    (void)snprintf(whole, sizeof whole, "%s,p=%s", without_proof, proof);
    message('p', whole, strlen(whole));
}

static void begin(const char *user)
{
    char first[64];
    (void)client_new();
    startup("user", user, NULL);
    expect_notes(1, "R:10");
    (void)snprintf(first, sizeof first, "n,,%s", bare);
    say_first("SCRAM-SHA-256", first);
    expect_notes(1, "R:11");
}

static void right_password(void **state)
{
    (void)state;
    begin("u");
    say_final("pencil");
    const char *is = until_ready();
    assert_non_null(strstr(is, "R:12 R:0 P:"));
    ask("select 1", "T(i1) (1) [SELECT 1] Z:I");
}

static void wrong_ones(void **state)
{
    (void)state;
    begin("u");
    say_final("pen");
    assert_string_equal(to_the_end(), "F:28P01 closed");
    begin("nobody"); /* is told nothing else */
    say_final("pencil");
    assert_string_equal(to_the_end(), "F:28P01 closed");
    assert_string_equal(last_message(), "password authentication failed for user \"nobody\"");
}

static void what_is_no_scram(void **state)
{
    static const struct {
        const char *mechanism, *data;
    } each[] = {
        {"SCRAM-SHA-1", "n,,n=,r=x"},
        {"SCRAM-SHA-256-PLUS", "p=tls-server-end-point,,n=,r=x"},
        {"SCRAM-SHA-256", NULL},
        {"SCRAM-SHA-256", "nonsense"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof each / sizeof *each; i++) {
        (void)client_new();
        startup("user", "u", NULL);
        expect_notes(1, "R:10");
        say_first(each[i].mechanism, each[i].data);
        assert_string_equal(to_the_end(), "F:08P01 closed");
    }
    begin("u");
    message('p', "nonsense", 8);
    assert_string_equal(to_the_end(), "F:08P01 closed");
    (void)client_new();
    startup("user", "u", NULL);
    expect_notes(1, "R:10");
    Q("select 1"); /* no answer to what it was asked */
    assert_non_null(strstr(to_the_end(), "closed"));
}

/* Whoever gets further is not the most silent any more. */
static void progress_keeps_a_place(void **state)
{
    (void)state;
    begin("u");
    rig_sleep_ms(50); /* its progress is noted just after it is answered */
    struct client *silent = client_new();
    startup("user", "u", NULL);
    expect_notes(1, "R:10");
    rig_sleep_ms(110);
    (void)client_new(); /* one has to go: the first */
    startup("user", "u", NULL);
    expect_notes(1, "R:10");
    use(silent);
    say_first("SCRAM-SHA-256", "n,,n=,r=fyko+d2lbbFgONRv9qkxdawL");
    expect_notes(1, "R:11");
}

static void a_dropped_one_is_told(void **state)
{
    (void)state;
    begin("u");
    struct client *first = client_new();
    startup("user", "u", NULL);
    expect_notes(1, "R:10");
    use(first);
    rig_sleep_ms(110);
    for (int i = 0; i < 2; i++)
        (void)client_new();
    use(first);
    assert_string_equal(to_the_end(), "F:53300 closed");
}

/* All have got further just now: a new one waits a little, and is refused. */
static void no_room(void **state)
{
    (void)state;
    (void)client_new();
    (void)client_new();
    int64_t begun = clock_now_us();
    (void)client_new();
    assert_in_range(clock_now_us() - begun, 50 * 1000, 1000 * 1000);
}

static void nobody_is_configured(void **state)
{
    (void)state;
    pg_front_set_users(front, NULL);
    (void)client_new();
    startup("user", "u", NULL);
    assert_string_equal(to_the_end(), "F:28000 closed");
}

/* ---- a peer ---- */

static int listening, peer_port;
static char address[32];

static int peer_set_up(void **state)
{
    struct session_config c;
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof in;
    (void)state;
    listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listening, (struct sockaddr *)&in, len), 0);
    assert_int_equal(listen(listening, 4), 0);
    assert_int_equal(getsockname(listening, (struct sockaddr *)&in, &len), 0);
    peer_port = ntohs(in.sin_port);
    (void)snprintf(address, sizeof address, "127.0.0.1:%d", peer_port);
    rig_set_peer(address);
    rig_config(&c);
    c.log_statements = true;
    rig_start(&c, 4);
    return 0;
}

static int peer_tear_down(void **state)
{
    (void)close(listening);
    return rig_tear_down(state);
}

/* A CancelRequest for nobody here goes on, with one byte more in its key: so that it is not sent on again. */
static void a_cancel_is_sent_on(void **state)
{
    static const uint8_t request[] = {0, 0, 0, 16, 4, 210, 22, 46, 0, 0, 0, 99, 1, 2, 3, 4};
    static const uint8_t from_peer[] = {0, 0, 0, 17, 4, 210, 22, 46, 0, 0, 0, 99, 1, 2, 3, 4, 1};
    uint8_t got[64];
    (void)state;
    (void)client_new();
    bytes(request, sizeof request);
    assert_string_equal(to_the_end(), "closed");
    int fd = accept(listening, NULL, NULL);
    assert_true(fd >= 0);
    assert_int_equal(recv(fd, got, sizeof got, MSG_WAITALL), sizeof request + 1);
    assert_memory_equal(got + 4, request + 4, sizeof request - 4);
    assert_int_equal(got[sizeof request], 1);
    (void)close(fd);
    (void)client_new();
    bytes(from_peer, sizeof from_peer);
    assert_string_equal(to_the_end(), "closed");
    struct client *c = client_login(); /* one that a peer sends to us */
    fake_block(fake, FAKE_START, FAKE_HEARS);
    Q("select 1"), send_all();
    assert_true(fake_is_blocked(fake));
    client_cancel(c);
    expect("T(i1) E:57014 Z:I");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(right_password),
        TEST(wrong_ones),
        TEST(what_is_no_scram),
        TEST(progress_keeps_a_place),
        TEST(a_dropped_one_is_told),
        TEST(no_room),
        TEST(nobody_is_configured),
        cmocka_unit_test_setup_teardown(a_cancel_is_sent_on, peer_set_up, peer_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
