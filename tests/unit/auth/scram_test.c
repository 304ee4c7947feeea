#include "auth/scram.h"

#include "auth/base64.h"
#include "auth/digest.h"
#include "auth/scram_priv.h"
#include "base/alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t salt[SCRAM_SALT_LEN] = {91,  109, 153, 104, 157, 18, 53,  142,
                                             236, 160, 75,  20,  18,  54, 250, 129};
static const uint8_t channel[32] = {1, 2, 3, 4, 5};

static struct scram_verifier verifier(const char *password, int iterations)
{
    struct scram_verifier v;
    struct err e;
    err_init(&e);
    assert_int_equal(scram_verifier_make(&v, str_of(password), salt, sizeof salt, iterations, &e), ST_OK);
    return v;
}

enum binding { NO_TLS, TLS_UNUSED, PLUS };

static struct scram_server *server(const struct scram_verifier *v, enum binding b, bool doomed)
{
    struct scram_options o = {.plus = b == PLUS, .doomed = doomed, .nonce = {7, 7, 7}};
    struct scram_server *s;
    struct err e;
    err_init(&e);
    if (b != NO_TLS) {
        o.channel_binding = channel;
        o.channel_binding_len = sizeof channel;
    }
    assert_int_equal(scram_server_new(&s, v, &o, &e), ST_OK);
    return s;
}

static int first(struct scram_server *s, const char *in, struct buf *reply, struct err *e)
{
    err_init(e);
    return scram_server_first(s, (const uint8_t *)in, strlen(in), reply, e);
}

static int final(struct scram_server *s, const char *in, struct buf *reply, struct err *e)
{
    err_init(e);
    return scram_server_final(s, (const uint8_t *)in, strlen(in), reply, e);
}

static void is_text(const struct buf *b, const char *expected)
{
    assert_int_equal(b->len, strlen(expected));
    assert_memory_equal(b->data, expected, b->len);
}

/* --- A client ----------------------------------------------------------------------------------------- */

/* client-final for a server-first, made from the password as RFC 5802 says. */
static void client_final(char *out, size_t room, const char *password, const char *header, const char *bare,
                         const struct buf *server_first, const uint8_t *bound, size_t nbound)
{
    char without_proof[600], message[2048], binding[256], nonce[256];
    uint8_t plain[128], salted[32], key[32], stored[32], signature[32];
    struct err e;
    err_init(&e);
    size_t nheader = strlen(header);
    memcpy(plain, header, nheader);
    memcpy(plain + nheader, bound, nbound);
    base64_encode(binding, plain, nheader + nbound);
    const char *comma = memchr(server_first->data, ',', server_first->len);
    assert_non_null(comma);
    (void)snprintf(nonce, sizeof nonce, "%.*s", (int)(comma - (const char *)server_first->data),
                   (const char *)server_first->data);
    (void)snprintf(without_proof, sizeof without_proof, "c=%s,%s", binding, nonce);
    (void)snprintf(message, sizeof message, "%s,%.*s,%s", bare, (int)server_first->len,
                   (const char *)server_first->data, without_proof);
    assert_int_equal(digest_pbkdf2(salted, str_of(password), salt, sizeof salt, 8, &e), ST_OK);
    assert_int_equal(digest_hmac(key, salted, 32, "Client Key", 10, &e), ST_OK);
    assert_int_equal(digest_sha256(stored, key, 32, &e), ST_OK);
    assert_int_equal(digest_hmac(signature, stored, 32, message, strlen(message), &e), ST_OK);
    for (size_t i = 0; i < 32; i++)
        signature[i] ^= key[i];
    char proof[BASE64_LEN(32) + 1];
    base64_encode(proof, signature, 32);
    (void)snprintf(out, room, "%s,p=%s", without_proof, proof);
}

/* One whole exchange; the last status. reply holds what the server said last. */
static int exchange(enum binding b, const char *header, const char *right, const char *typed, bool doomed,
                    struct buf *reply, struct err *e)
{
    struct scram_verifier v = verifier(right, 8);
    struct scram_server *s = server(&v, b, doomed);
    static const char bare[] = "n=,r=fyko+d2lbbFgONRv9qkxdawL";
    char message[1024];
    (void)snprintf(message, sizeof message, "%s%s", header, bare);
    assert_int_equal(first(s, message, reply, e), ST_OK);
    size_t nbound = b == PLUS ? sizeof channel : 0;
    client_final(message, sizeof message, typed, header, bare, reply, channel, nbound);
    buf_clear(reply);
    int st = final(s, message, reply, e);
    scram_server_free(s);
    return st;
}

/* --- Tests -------------------------------------------------------------------------------------------- */

static void test_rfc_7677(void **state)
{
    (void)state;
    struct scram_verifier v = verifier("pencil", 4096);
    struct scram_server *s = server(&v, NO_TLS, false);
    struct buf reply;
    struct err e;
    buf_init(&reply, 4096);
    scram_server_set_nonce(s, "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0");
    assert_int_equal(first(s, "n,,n=user,r=rOprNGfwEbeRWgbNEkqO", &reply, &e), ST_OK);
    is_text(&reply, "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
    buf_clear(&reply);
    assert_int_equal(final(s,
                           "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                           "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
                           &reply, &e),
                     ST_OK);
    is_text(&reply, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
    scram_server_free(s);
    buf_release(&reply);
}

static void test_exchanges(void **state)
{
    (void)state;
    struct buf reply;
    struct err e;
    buf_init(&reply, 4096);
    assert_int_equal(exchange(NO_TLS, "n,,", "secret", "secret", false, &reply, &e), ST_OK);
    assert_int_equal(reply.len, 2 + BASE64_LEN(32));
    buf_clear(&reply);
    assert_int_equal(exchange(NO_TLS, "y,,", "secret", "secret", false, &reply, &e), ST_OK);
    buf_clear(&reply);
    assert_int_equal(exchange(TLS_UNUSED, "n,,", "secret", "secret", false, &reply, &e), ST_OK);
    buf_clear(&reply);
    assert_int_equal(exchange(PLUS, "p=tls-server-end-point,,", "secret", "secret", false, &reply, &e),
                     ST_OK);
    buf_release(&reply);
}

static void test_wrong_password_and_no_such_user(void **state)
{
    (void)state;
    for (int doomed = 0; doomed < 2; doomed++) {
        struct buf reply;
        struct err e;
        buf_init(&reply, 4096);
        const char *typed = doomed ? "secret" : "Secret";
        assert_int_equal(exchange(NO_TLS, "n,,", "secret", typed, doomed, &reply, &e), ST_ERR);
        assert_string_equal(sqlstate_code(e.code), "28P01");
        assert_string_equal(e.message, "");
        assert_int_equal(reply.len, 0);
        buf_release(&reply);
    }
}

static void test_mock_verifier(void **state)
{
    (void)state;
    struct scram_verifier a, b, c, d;
    struct err e;
    uint8_t secret[32] = {1}, other[32] = {2};
    err_init(&e);
    assert_int_equal(scram_mock_verifier(&a, STR("alice"), secret, &e), ST_OK);
    assert_int_equal(scram_mock_verifier(&b, STR("alice"), secret, &e), ST_OK);
    assert_int_equal(scram_mock_verifier(&c, STR("bob"), secret, &e), ST_OK);
    assert_int_equal(scram_mock_verifier(&d, STR("alice"), other, &e), ST_OK);
    assert_memory_equal(&a, &b, sizeof a);
    assert_int_equal(a.iterations, SCRAM_ITERATIONS);
    assert_int_equal(a.salt_len, SCRAM_SALT_LEN);
    assert_memory_not_equal(a.salt, c.salt, SCRAM_SALT_LEN);
    assert_memory_not_equal(a.salt, d.salt, SCRAM_SALT_LEN);
    assert_memory_not_equal(a.stored_key, d.stored_key, SCRAM_KEY_LEN);
}

struct refusal {
    enum binding binding;
    const char *in, *code, *message, *detail;
};

#define MALFORMED "08P01", "malformed SCRAM message"

static const struct refusal firsts[] = {
    {NO_TLS, "", MALFORMED, "The message is empty."},
    {NO_TLS, "n", MALFORMED, "Comma expected, but found character \"0x00\"."},
    {NO_TLS, "nx", MALFORMED, "Comma expected, but found character \"x\"."},
    {NO_TLS, "y", MALFORMED, "Comma expected, but found character \"0x00\"."},
    {NO_TLS, "z,,n=,r=x", MALFORMED, "Unexpected channel-binding flag \"z\"."},
    {NO_TLS, "\x01,,n=,r=x", MALFORMED, "Unexpected channel-binding flag \"0x01\"."},
    {NO_TLS, "n,", MALFORMED, "Unexpected attribute \"0x00\" in client-first-message."},
    {NO_TLS, "n,q=,n=,r=x", MALFORMED, "Unexpected attribute \"q\" in client-first-message."},
    {NO_TLS, "n,a=me,n=,r=x", "0A000", "client uses authorization identity, but it is not supported", ""},
    {NO_TLS, "n,,m=1,n=,r=x", "0A000", "client requires an unsupported SCRAM extension", ""},
    {NO_TLS, "n,,", MALFORMED, "Expected attribute \"n\" but found \"0x00\"."},
    {NO_TLS, "n,,r=x", MALFORMED, "Expected attribute \"n\" but found \"r\"."},
    {NO_TLS, "n,,n", MALFORMED, "Expected character \"=\" for attribute \"n\"."},
    {NO_TLS, "n,,n=,r", MALFORMED, "Expected character \"=\" for attribute \"r\"."},
    {NO_TLS, "n,,n=,r=\x7f", "08P01", "non-printable characters in SCRAM nonce", ""},
    {NO_TLS, "n,,n=,r=x,1=2", MALFORMED, "Attribute expected, but found invalid character \"1\"."},
    {NO_TLS, "n,,n=,r=x,e", MALFORMED, "Expected character \"=\" for attribute \"e\"."},
    {NO_TLS, "p=tls-server-end-point,,n=,r=x", MALFORMED,
     "The client selected SCRAM-SHA-256 without channel binding, but the SCRAM message includes channel "
     "binding data."},
    {TLS_UNUSED, "y,,n=,r=x", "28000", "SCRAM channel binding negotiation error",
     "The client supports SCRAM channel binding but thinks the server does not.  However, this server does "
     "support channel binding."},
    {PLUS, "n,,n=,r=x", MALFORMED,
     "The client selected SCRAM-SHA-256-PLUS, but the SCRAM message does not include channel binding data."},
    {PLUS, "y,,n=,r=x", MALFORMED,
     "The client selected SCRAM-SHA-256-PLUS, but the SCRAM message does not include channel binding data."},
    {PLUS, "p=tls-uni\x01que,,n=,r=x", "08P01", "unsupported SCRAM channel-binding type \"tls-uni?que\"", ""},
    {PLUS, "p", MALFORMED, "Expected character \"=\" for attribute \"p\"."},
};

static void test_bad_firsts(void **state)
{
    (void)state;
    struct scram_verifier v = verifier("x", 1);
    for (size_t i = 0; i < sizeof firsts / sizeof *firsts; i++) {
        struct scram_server *s = server(&v, firsts[i].binding, false);
        struct buf reply;
        struct err e;
        buf_init(&reply, 4096);
        assert_int_equal(first(s, firsts[i].in, &reply, &e), ST_ERR);
        assert_string_equal(e.message, firsts[i].message);
        assert_string_equal(e.detail, firsts[i].detail);
        assert_string_equal(sqlstate_code(e.code), firsts[i].code);
        assert_int_equal(reply.len, 0);
        scram_server_free(s);
        buf_release(&reply);
    }
}

/* N stands for the nonce that the server waits for, P for 32 bytes of base64. */
static const struct refusal finals[] = {
    {NO_TLS, "", MALFORMED, "The message is empty."},
    {NO_TLS, "r=N", MALFORMED, "Expected attribute \"c\" but found \"r\"."},
    {NO_TLS, "c=eSws,r=N,p=P", "08P01", "unexpected SCRAM channel-binding attribute in client-final-message",
     ""},
    {NO_TLS, "c=biws,p=P", MALFORMED, "Expected attribute \"r\" but found \"p\"."},
    {NO_TLS, "c=biws,r=N", MALFORMED, "Attribute expected, but found end of string."},
    {NO_TLS, "c=biws,r=N,", MALFORMED, "Attribute expected, but found end of string."},
    {NO_TLS, "c=biws,r=x,p=P", "08P01", "invalid SCRAM response", "Nonce does not match."},
    {NO_TLS, "c=biws,r=,p=P", "08P01", "invalid SCRAM response", "Nonce does not match."},
    {NO_TLS, "c=biws,r=N,p=abcd", MALFORMED, "Malformed proof in client-final-message."},
    {NO_TLS, "c=biws,r=N,p=", MALFORMED, "Malformed proof in client-final-message."},
    {NO_TLS, "c=biws,r=N,p=PP", MALFORMED, "Malformed proof in client-final-message."},
    {NO_TLS, "c=biws,r=N,p=P,", MALFORMED, "Garbage found at the end of client-final-message."},
    {NO_TLS, "c=biws,r=N,p=P,x=y", MALFORMED, "Garbage found at the end of client-final-message."},
    {NO_TLS, "c=biws,r=N,x=y,p=P", "28P01", "", ""},
    {PLUS, "c=biws,r=N,p=P", "28000", "SCRAM channel binding check failed", ""},
};

static void expand(char *out, size_t room, const char *in)
{
    static const char proof[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    size_t n = 0;
    out[0] = '\0';
    for (; *in; in++) {
        char one[2] = {*in, '\0'};
        const char *piece = *in == 'N' ? "abcBwcHAAAAAAAAAAAAAAAAAAAA" : *in == 'P' ? proof : one;
        n += (size_t)snprintf(out + n, room - n, "%s", piece);
        assert_true(n < room);
    }
}

static void test_bad_finals(void **state)
{
    (void)state;
    struct scram_verifier v = verifier("x", 1);
    for (size_t i = 0; i < sizeof finals / sizeof *finals; i++) {
        bool plus = finals[i].binding == PLUS;
        struct scram_server *s = server(&v, finals[i].binding, false);
        struct buf reply;
        struct err e;
        char message[256];
        buf_init(&reply, 4096);
        assert_int_equal(first(s, plus ? "p=tls-server-end-point,,n=,r=abc" : "n,,n=,r=abc", &reply, &e),
                         ST_OK);
        assert_memory_equal(reply.data, "r=abcBwcHAAAAAAAAAAAAAAAAAAAA,s=", 32);
        buf_clear(&reply);
        expand(message, sizeof message, finals[i].in);
        assert_int_equal(final(s, message, &reply, &e), ST_ERR);
        assert_string_equal(e.message, finals[i].message);
        assert_string_equal(e.detail, finals[i].detail);
        assert_string_equal(sqlstate_code(e.code), finals[i].code);
        assert_int_equal(reply.len, 0);
        scram_server_free(s);
        buf_release(&reply);
    }
}

static void test_plus_needs_data(void **state)
{
    (void)state;
    struct scram_verifier v = verifier("x", 1);
    struct scram_options o = {.plus = true};
    struct scram_server *s = NULL;
    struct err e;
    err_init(&e);
    assert_int_equal(scram_server_new(&s, &v, &o, &e), ST_ERR);
    assert_string_equal(sqlstate_code(e.code), "08P01");
    assert_null(s);
}

static void test_lengths(void **state)
{
    (void)state;
    static uint8_t in[SCRAM_MESSAGE_MAX + 1];
    struct scram_verifier v = verifier("x", 1);
    struct buf reply;
    struct err e;
    buf_init(&reply, (size_t)2 * SCRAM_MESSAGE_MAX);
    memset(in, 'x', sizeof in);
    memcpy(in, "n,,n=,r=", 8);
    struct scram_server *s = server(&v, NO_TLS, false);
    err_init(&e);
    assert_int_equal(scram_server_first(s, in, SCRAM_MESSAGE_MAX, &reply, &e), ST_OK);
    scram_server_free(s);
    s = server(&v, NO_TLS, false);
    assert_int_equal(scram_server_first(s, in, SCRAM_MESSAGE_MAX + 1, &reply, &e), ST_ERR);
    assert_string_equal(e.detail, "The message is longer than 4096 bytes.");
    scram_server_free(s);
    s = server(&v, NO_TLS, false);
    err_init(&e);
    assert_int_equal(scram_server_first(s, (const uint8_t *)"n,,n=,r=x\0", 10, &reply, &e), ST_ERR);
    assert_string_equal(e.detail, "Message length does not match input length.");
    scram_server_free(s);
    buf_release(&reply);
}

static void test_every_allocation_fails(void **state)
{
    (void)state;
    struct scram_verifier v = verifier("pencil", 4096);
    unsigned failures = 0;
    for (unsigned nth = 1, more = 1; more; nth++) {
        struct scram_options o = {.plus = false};
        struct scram_server *s = NULL;
        struct buf reply;
        struct err e;
        err_init(&e);
        buf_init(&reply, 4096);
        alloc_fail_nth(nth);
        int st = scram_server_new(&s, &v, &o, &e);
        if (st == ST_OK) {
            scram_server_set_nonce(s, "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0");
            st = first(s, "n,,n=user,r=rOprNGfwEbeRWgbNEkqO", &reply, &e);
        }
        if (st == ST_OK)
            st = final(s,
                       "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                       "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
                       &reply, &e);
        more = alloc_failed();
        failures += more;
        assert_int_equal(st, more ? ST_ERR : ST_OK);
        if (more)
            assert_string_equal(sqlstate_code(e.code), "53200");
        scram_server_free(s);
        buf_release(&reply);
    }
    assert_true(failures >= 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rfc_7677),
        cmocka_unit_test(test_exchanges),
        cmocka_unit_test(test_wrong_password_and_no_such_user),
        cmocka_unit_test(test_mock_verifier),
        cmocka_unit_test(test_bad_firsts),
        cmocka_unit_test(test_bad_finals),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_plus_needs_data),
        cmocka_unit_test(test_every_allocation_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
