#include "pgwire/startup.h"

#include "base/alloc.h"
#include "base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct packet {
    uint8_t data[10000];
    size_t n;
};

static struct packet packet_of(uint32_t code, const void *rest, size_t n)
{
    struct packet p = {.n = 4 + n};
    put_be32(p.data, code);
    memcpy(p.data + 4, rest, n);
    return p;
}

/* The literal's own NUL is the packet's last byte. */
#define SESSION(version, text) packet_of((version), (text), sizeof(text))

/* From memory of just the right size, so that a sanitizer sees one byte too many. */
static int decode(const struct packet *p, uint8_t **copy, struct startup *out, struct err *e)
{
    *copy = mem_alloc(p->n);
    assert_non_null(*copy);
    memcpy(*copy, p->data, p->n);
    err_init(e);
    return startup_decode(*copy, p->n, out, e);
}

static void refused(struct packet p, const char *code, const char *message)
{
    struct startup s;
    struct err e;
    uint8_t *copy;
    assert_int_equal(decode(&p, &copy, &s, &e), ST_ERR);
    assert_string_equal(e.message, message);
    assert_string_equal(sqlstate_code(e.code), code);
    mem_free(copy);
}

static void test_session(void **state)
{
    (void)state;
    struct packet p =
        SESSION(PROTOCOL_3_2, "user\0alice\0database\0shop\0application_name\0psql\0"
                              "_pq_.x\0001\0options\0-c a=b\0replication\0off\0TimeZone\0UTC\0");
    struct startup s;
    struct err e;
    uint8_t *copy;
    assert_int_equal(decode(&p, &copy, &s, &e), ST_OK);
    assert_int_equal(s.kind, STARTUP_SESSION);
    assert_int_equal(s.version, PROTOCOL_3_2);
    assert_string_equal(s.user, "alice");
    assert_string_equal(s.database, "shop");
    assert_string_equal(s.options, "-c a=b");
    assert_false(s.replication);
    assert_int_equal(s.nparams, 2);
    assert_string_equal(s.params[0].name, "application_name");
    assert_string_equal(s.params[0].value, "psql");
    assert_string_equal(s.params[1].name, "TimeZone");
    assert_string_equal(s.params[1].value, "UTC");
    assert_int_equal(s.nunknown, 1);
    assert_string_equal(s.unknown[0], "_pq_.x");
    mem_free(copy);
}

static void test_defaults_and_later_minor(void **state)
{
    (void)state;
    struct packet p = SESSION(196608 + 9999, "user\0bob\0database\0\0");
    struct startup s;
    struct err e;
    uint8_t *copy;
    assert_int_equal(decode(&p, &copy, &s, &e), ST_OK);
    assert_string_equal(s.database, "bob");
    assert_string_equal(s.options, "");
    assert_int_equal(s.version, 196608 + 9999);
    mem_free(copy);
}

static void test_replication(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        bool asked;
    } good[] = {{"database", true}, {"TRUE", true}, {"t", true},  {"on", true},  {"1", true},
                {"yes", true},      {"0", false},   {"f", false}, {"of", false}, {"no", false}};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        char text[64] = "user\0a\0replication\0";
        size_t n = 19 + strlen(good[i].value) + 2;
        memcpy(text + 19, good[i].value, strlen(good[i].value));
        struct packet p = packet_of(PROTOCOL_3_0, text, n);
        struct startup s;
        struct err e;
        uint8_t *copy;
        assert_int_equal(decode(&p, &copy, &s, &e), ST_OK);
        assert_int_equal(s.replication, good[i].asked);
        mem_free(copy);
    }
    refused(SESSION(PROTOCOL_3_0, "user\0a\0replication\0o\0"), "22023",
            "invalid value for parameter \"replication\": \"o\"");
    refused(SESSION(PROTOCOL_3_0, "user\0a\0replication\0\0"), "22023",
            "invalid value for parameter \"replication\": \"\"");
}

static void test_refusals(void **state)
{
    (void)state;
    static const char layout[] = "invalid startup packet layout: expected terminator as last byte";
    refused(SESSION(2 << 16, ""), "0A000", "unsupported frontend protocol 2.0: server supports 3.0 to 3.2");
    refused(SESSION(4 << 16, ""), "0A000", "unsupported frontend protocol 4.0: server supports 3.0 to 3.2");
    refused(SESSION(PROTOCOL_3_0, "database\0d\0"), "28000",
            "no PostgreSQL user name specified in startup packet");
    refused(SESSION(PROTOCOL_3_0, "user\0\0"), "28000",
            "no PostgreSQL user name specified in startup packet");
    refused(packet_of(PROTOCOL_3_0, "", 0), "08P01", layout);
    refused(packet_of(PROTOCOL_3_0, "user", 4), "08P01", layout);
    refused(packet_of(PROTOCOL_3_0, "user\0", 5), "08P01", layout);
    refused(packet_of(PROTOCOL_3_0, "user\0a", 6), "08P01", layout);
    refused(packet_of(PROTOCOL_3_0, "user\0a\0", 7), "08P01", layout);
    refused(packet_of(PROTOCOL_3_0, "user\0a\0\0x", 9), "08P01", layout);
    refused(SESSION(PROTOCOL_3_0, "user\0a\xff\0"), "22021",
            "invalid byte sequence for encoding \"UTF8\": 0xff");
    refused(SESSION(PROTOCOL_3_0, "user\0a\0\xc3(\0x\0"), "22021",
            "invalid byte sequence for encoding \"UTF8\": 0xc3 0x28");
}

static void test_too_many_parameters(void **state)
{
    (void)state;
    for (size_t pairs = STARTUP_PARAMS_MAX; pairs <= STARTUP_PARAMS_MAX + 1; pairs++) {
        struct packet p = packet_of(PROTOCOL_3_0, "user\0a", 7);
        for (size_t i = 0; i < pairs; i++) {
            memcpy(p.data + p.n, i % 2 ? "_pq_.n\0v" : "plain\0vv", 9);
            p.n += 9;
        }
        p.data[p.n++] = 0;
        struct startup s;
        struct err e;
        uint8_t *copy;
        int st = decode(&p, &copy, &s, &e);
        mem_free(copy);
        if (pairs == STARTUP_PARAMS_MAX) {
            assert_int_equal(st, ST_OK);
            assert_int_equal(s.nparams + s.nunknown, STARTUP_PARAMS_MAX);
        } else {
            assert_int_equal(st, ST_ERR);
            assert_string_equal(sqlstate_code(e.code), "08P01");
        }
    }
}

static void test_requests(void **state)
{
    (void)state;
    struct packet ssl = packet_of(80877103, "", 0), gss = packet_of(80877104, "", 0);
    struct startup s;
    struct err e;
    uint8_t *copy;
    assert_int_equal(decode(&ssl, &copy, &s, &e), ST_OK);
    assert_int_equal(s.kind, STARTUP_SSL);
    mem_free(copy);
    assert_int_equal(decode(&gss, &copy, &s, &e), ST_OK);
    assert_int_equal(s.kind, STARTUP_GSSENC);
    mem_free(copy);
    refused(packet_of(80877103, "x", 1), "08P01", "invalid length of startup packet");
}

static void test_cancel(void **state)
{
    (void)state;
    uint8_t rest[4 + CANCEL_KEY_MAX + 1] = {0, 0, 1, 2};
    for (size_t i = 4; i < sizeof rest; i++)
        rest[i] = (uint8_t)i;
    static const size_t lens[] = {1, 4, 32, CANCEL_KEY_MAX};
    for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
        struct packet p = packet_of(80877102, rest, 4 + lens[i]);
        struct startup s;
        struct err e;
        uint8_t *copy;
        assert_int_equal(decode(&p, &copy, &s, &e), ST_OK);
        assert_int_equal(s.kind, STARTUP_CANCEL);
        assert_int_equal(s.cancel_pid, 258);
        assert_int_equal(s.cancel_key_len, lens[i]);
        assert_memory_equal(s.cancel_key, rest + 4, lens[i]);
        mem_free(copy);
    }
    refused(packet_of(80877102, rest, 3), "08P01", "invalid length of query cancel packet");
    refused(packet_of(80877102, rest, 4), "08P01", "invalid length of query cancel key");
    refused(packet_of(80877102, rest, sizeof rest), "08P01", "invalid length of query cancel key");
}

static int options(const char *text, char **scratch, struct startup_pair *out, size_t *n, struct err *e)
{
    *scratch = mem_alloc(strlen(text) + 1);
    assert_non_null(*scratch);
    err_init(e);
    return startup_options_parse(text, *scratch, out, n, e);
}

static void test_options(void **state)
{
    (void)state;
    struct startup_pair p[STARTUP_OPTIONS_MAX];
    struct err e;
    char *scratch;
    size_t n;
    assert_int_equal(options("", &scratch, p, &n, &e), ST_OK);
    assert_int_equal(n, 0);
    mem_free(scratch);
    assert_int_equal(options(" \t-c a=b -cc=d\n--e-f=g=h -c i=j\\ k\\\\l\\", &scratch, p, &n, &e), ST_OK);
    assert_int_equal(n, 4);
    assert_string_equal(p[0].name, "a");
    assert_string_equal(p[0].value, "b");
    assert_string_equal(p[1].name, "c");
    assert_string_equal(p[1].value, "d");
    assert_string_equal(p[2].name, "e_f");
    assert_string_equal(p[2].value, "g=h");
    assert_string_equal(p[3].name, "i");
    assert_string_equal(p[3].value, "j k\\l\\");
    mem_free(scratch);
}

static void test_bad_options(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } bad[] = {
        {"-x", "invalid command-line argument for server process: -x"},
        {"-c a=b what", "invalid command-line argument for server process: what"},
        {"--", "invalid command-line argument for server process: --"},
        {"-c", "invalid command-line argument for server process: -c"},
        {"-c geqo", "-c geqo requires a value"},
        {"--geqo", "--geqo requires a value"},
        {"--=x", "--=x requires a value"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct startup_pair p[STARTUP_OPTIONS_MAX];
        struct err e;
        char *scratch;
        size_t n;
        assert_int_equal(options(bad[i].text, &scratch, p, &n, &e), ST_ERR);
        assert_string_equal(sqlstate_code(e.code), "42601");
        assert_string_equal(e.message, bad[i].message);
        mem_free(scratch);
    }
}

static void test_options_bound(void **state)
{
    (void)state;
    char text[(STARTUP_OPTIONS_MAX + 1) * 6 + 1];
    struct startup_pair p[STARTUP_OPTIONS_MAX];
    struct err e;
    char *scratch;
    size_t n;
    for (size_t i = 0; i <= STARTUP_OPTIONS_MAX; i++)
        memcpy(text + i * 6, "--a=b ", 7);
    assert_int_equal(options(text, &scratch, p, &n, &e), ST_ERR);
    assert_string_equal(sqlstate_code(e.code), "54000");
    mem_free(scratch);
    text[STARTUP_OPTIONS_MAX * 6] = '\0';
    assert_int_equal(options(text, &scratch, p, &n, &e), ST_OK);
    assert_int_equal(n, STARTUP_OPTIONS_MAX);
    mem_free(scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_session),     cmocka_unit_test(test_defaults_and_later_minor),
        cmocka_unit_test(test_replication), cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_requests),    cmocka_unit_test(test_too_many_parameters),
        cmocka_unit_test(test_cancel),      cmocka_unit_test(test_options),
        cmocka_unit_test(test_bad_options), cmocka_unit_test(test_options_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
