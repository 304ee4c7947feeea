#include "auth/user_file.h"

#include "base/alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define KEYS "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define V(n) "SCRAM-SHA-256$" #n ":AAAA$" KEYS
#define GOOD                                                                                                 \
    "# users\n"                                                                                              \
    "\n"                                                                                                     \
    "alice " V(1) "\r\n"                                                                                     \
                  "\t\"bob \"\"the\"\" builder\"\t" V(2) " # and so on\n"                                    \
                                                         "carol cert\n"                                      \
                                                         "carol peer\n"                                      \
                                                         "carol " V(2) "\n"                                  \
                                                                       "  # more\n"                          \
                                                                       "\"#5\" peer"

static struct user_file *parsed(const char *text)
{
    struct user_file *f;
    struct err e;
    err_init(&e);
    assert_int_equal(user_file_parse(&f, str_of(text), &e), ST_OK);
    return f;
}

static struct scram_verifier made_up(const struct user_file *f, const char *name)
{
    struct scram_verifier v;
    struct err e;
    err_init(&e);
    assert_int_equal(user_file_mock(f, name, &v, &e), ST_OK);
    return v;
}

static bool same_salt(const struct scram_verifier *a, const struct scram_verifier *b)
{
    return a->salt_len == b->salt_len && memcmp(a->salt, b->salt, a->salt_len) == 0;
}

/* Two processes with one file, or one secret, show the same salt for a user who does not exist. */
static void made_up_verifiers_agree(void **state)
{
    (void)state;
    struct user_file *f = parsed(GOOD), *again = parsed("# the same users\n" GOOD),
                     *other = parsed("dora " V(3) "\n");
    struct scram_verifier a = made_up(f, "nobody"), b = made_up(again, "nobody"),
                          c = made_up(other, "nobody"), d = made_up(f, "no one");
    struct err e;
    err_init(&e);
    assert_true(same_salt(&a, &b) && a.iterations == b.iterations);
    assert_false(same_salt(&a, &c));
    assert_false(same_salt(&a, &d));
    assert_int_equal(user_file_set_secret(f, "0123456789abcdef", 16, &e), ST_OK);
    assert_int_equal(user_file_set_secret(other, "0123456789abcdef", 16, &e), ST_OK);
    b = made_up(f, "nobody");
    c = made_up(other, "nobody");
    assert_true(same_salt(&b, &c));
    assert_false(same_salt(&a, &b));
    user_file_unref(f);
    user_file_unref(again);
    user_file_unref(other);
}

/* Made-up iteration counts are those of the file's users, about as often. */
static void made_up_iterations_do_not_tell(void **state)
{
    unsigned seen[4] = {0};
    (void)state;
    struct user_file *f = parsed(GOOD);
    for (unsigned i = 0; i < 300; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "user%u", i);
        int n = made_up(f, name).iterations;
        assert_in_range(n, 1, 2);
        seen[n]++;
    }
    assert_true(seen[1] > 50 && seen[2] > seen[1]);
    user_file_unref(f);
    f = parsed("dora peer\n"); /* nobody has a password */
    assert_int_equal(made_up(f, "dora").iterations, SCRAM_ITERATIONS);
    user_file_unref(f);
}

static void test_users(void **state)
{
    (void)state;
    struct user_file *f = parsed(GOOD);
    assert_int_equal(user_file_count(f), 4);
    const struct user *u = user_file_find(f, "alice");
    assert_non_null(u);
    assert_true(u->has_verifier && !u->by_cert && !u->by_peer);
    assert_int_equal(u->verifier.iterations, 1);
    u = user_file_find(f, "bob \"the\" builder");
    assert_non_null(u);
    assert_int_equal(u->verifier.iterations, 2);
    u = user_file_find(f, "carol");
    assert_non_null(u);
    assert_true(u->has_verifier && u->by_cert && u->by_peer);
    u = user_file_find(f, "#5");
    assert_non_null(u);
    assert_true(!u->has_verifier && !u->by_cert && u->by_peer);
    assert_null(user_file_find(f, "Alice"));
    assert_null(user_file_find(f, ""));
    assert_ptr_equal(user_file_ref(f), f);
    user_file_unref(f);
    assert_int_equal(user_file_count(f), 4);
    user_file_unref(f);
    user_file_unref(NULL);
}

static void test_nobody(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "\n", "# nobody\n\n", " \t\r\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct user_file *f = parsed(texts[i]);
        assert_int_equal(user_file_count(f), 0);
        assert_int_equal(made_up(f, "alice").iterations, SCRAM_ITERATIONS);
        assert_null(user_file_find(f, "alice"));
        user_file_unref(f);
    }
}

#define LONG64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void test_bad_lines(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } bad[] = {
        {"alice", "user file, line 1: a verifier, \"cert\" or \"peer\" is missing after the user name"},
        {"\nalice # " V(1),
         "user file, line 2: a verifier, \"cert\" or \"peer\" is missing after the user name"},
        {"alice md5", "user file, line 1: not a SCRAM-SHA-256 verifier"},
        {"alice " V(1) " x", "user file, line 1: unexpected text at the end of the line"},
        {"\"alice " V(1), "user file, line 1: unterminated quoted user name"},
        {"\"\" peer", "user file, line 1: empty user name"},
        {"al\"ice peer", "user file, line 1: a quote within a user name that is not quoted"},
        {"\"alice\"peer", "user file, line 1: a blank is missing after the user name"},
        {"\xff peer", "user file, line 1: user name is not valid UTF-8"},
        {LONG64 LONG64 LONG64 LONG64 " peer", "user file, line 1: user name is too long"},
        {"a " V(1) "\nb peer\na " V(2), "user file: user \"a\" has two verifiers"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct user_file *f;
        struct err e;
        err_init(&e);
        assert_int_equal(user_file_parse(&f, str_of(bad[i].text), &e), ST_ERR);
        assert_string_equal(e.message, bad[i].message);
        assert_string_equal(sqlstate_code(e.code), "F0000");
    }
}

/* NULs in names would let one user pass for another. */
static void test_nul_in_a_name(void **state)
{
    (void)state;
    struct user_file *f;
    struct err e;
    err_init(&e);
    assert_int_equal(user_file_parse(&f, STR("al\0ice peer"), &e), ST_ERR);
    assert_string_equal(e.message, "user file, line 1: user name is not valid UTF-8");
}

static void test_too_many_and_too_large(void **state)
{
    (void)state;
    size_t lines = USERS_MAX + 1, n = 0;
    char *text = mem_alloc(lines * 16);
    assert_non_null(text);
    for (size_t i = 0; i < lines; i++)
        n += (size_t)snprintf(text + n, 16, "u%zu peer\n", i);
    struct user_file *f;
    struct err e;
    err_init(&e);
    assert_int_equal(user_file_parse(&f, (struct str){text, n}, &e), ST_ERR);
    assert_string_equal(e.message, "user file, line 100001: too many users");
    n = (size_t)(strrchr((text[n - 1] = '\0', text), '\n') - text);
    err_init(&e);
    assert_int_equal(user_file_parse(&f, (struct str){text, n}, &e), ST_OK);
    assert_int_equal(user_file_count(f), USERS_MAX);
    assert_non_null(user_file_find(f, "u99999"));
    user_file_unref(f);
    assert_int_equal(user_file_parse(&f, (struct str){text, USER_FILE_BYTES_MAX + 1}, &e), ST_ERR);
    mem_free(text);
}

static void is_put(const char *text, const char *name, const char *expected)
{
    struct user_file *f = parsed("x " V(7));
    struct buf out;
    struct err e;
    err_init(&e);
    buf_init(&out, 65536);
    assert_int_equal(user_file_put(str_of(text), name, &user_file_find(f, "x")->verifier, &out, &e), ST_OK);
    assert_int_equal(out.len, strlen(expected));
    assert_memory_equal(out.data, expected, out.len);
    buf_release(&out);
    user_file_unref(f);
}

static void test_put(void **state)
{
    (void)state;
    is_put("", "a", "a " V(7) "\n");
    is_put("# c\nb peer", "a", "# c\nb peer\na " V(7) "\n");
    is_put("b peer\n", "a", "b peer\na " V(7) "\n");
    is_put("a peer\n\na " V(1) "  # old\nb cert", "a", "a peer\n\na " V(7) "\nb cert");
    is_put("a " V(1), "a", "a " V(7) "\n");
    is_put("\"a\" " V(1) "\r\n#\r\n", "a", "a " V(7) "\n#\r\n");
    is_put("", "a b", "\"a b\" " V(7) "\n");
    is_put("", "#\"", "\"#\"\"\" " V(7) "\n");
    is_put("\"a\"\"b\" " V(1) "\n", "a\"b", "\"a\"\"b\" " V(7) "\n");
}

static void test_put_refuses(void **state)
{
    (void)state;
    struct scram_verifier v = {.iterations = 1, .salt_len = 1};
    struct buf out;
    struct err e;
    char name[USER_NAME_MAX + 2];
    buf_init(&out, 65536);
    memset(name, 'n', sizeof name);
    name[USER_NAME_MAX + 1] = '\0';
    const char *const bad[] = {"", "a\nb", "\xff", name};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        err_init(&e);
        assert_int_equal(user_file_put(STR(""), bad[i], &v, &out, &e), ST_ERR);
        assert_string_equal(sqlstate_code(e.code), "22023");
    }
    err_init(&e);
    assert_int_equal(user_file_put(STR("what is this\n"), "a", &v, &out, &e), ST_ERR);
    assert_string_equal(sqlstate_code(e.code), "F0000");
    assert_int_equal(out.len, 0);
    buf_release(&out);
}

static void write_file(char path[static 32], mode_t mode)
{
    (void)snprintf(path, 32, "/tmp/user_file_testXXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, GOOD, sizeof GOOD - 1), sizeof GOOD - 1);
    assert_int_equal(fchmod(fd, mode), 0);
    assert_int_equal(close(fd), 0);
}

static void test_load(void **state)
{
    (void)state;
    char path[32], message[128];
    struct user_file *f;
    struct err e;
    err_init(&e);
    write_file(path, 0600);
    assert_int_equal(user_file_load(&f, path, &e), ST_OK);
    assert_int_equal(user_file_count(f), 4);
    user_file_unref(f);
    static const mode_t open_to_others[] = {0640, 0604, 0620, 0660, 0644, 0601};
    for (size_t i = 0; i < sizeof open_to_others / sizeof *open_to_others; i++) {
        err_init(&e);
        assert_int_equal(chmod(path, open_to_others[i]), 0);
        assert_int_equal(user_file_load(&f, path, &e), ST_ERR);
        (void)snprintf(message, sizeof message, "user file \"%s\" has group or world access", path);
        assert_string_equal(e.message, message);
        assert_string_equal(sqlstate_code(e.code), "F0000");
    }
    assert_int_equal(unlink(path), 0);
    err_init(&e);
    assert_int_equal(user_file_load(&f, path, &e), ST_ERR);
    assert_string_equal(sqlstate_code(e.code), "58P01");
    err_init(&e);
    assert_int_equal(user_file_load(&f, "/tmp", &e), ST_ERR);
    assert_string_equal(e.message, "user file \"/tmp\" is not a regular file");
}

static void test_every_allocation_fails(void **state)
{
    (void)state;
    char path[32];
    unsigned failures = 0;
    write_file(path, 0600);
    for (unsigned nth = 1, more = 1; more; nth++) {
        struct user_file *f = NULL;
        struct err e;
        err_init(&e);
        alloc_fail_nth(nth);
        int st = user_file_load(&f, path, &e);
        more = alloc_failed();
        failures += more;
        assert_int_equal(st, more ? ST_ERR : ST_OK);
        if (more)
            assert_string_equal(sqlstate_code(e.code), "53200");
        user_file_unref(f);
    }
    assert_true(failures >= 5);
    assert_int_equal(unlink(path), 0);
    failures = 0;
    for (unsigned nth = 1, more = 1; more; nth++) {
        struct scram_verifier v = {.iterations = 1, .salt_len = 1};
        struct buf out;
        struct err e;
        err_init(&e);
        buf_init(&out, 65536);
        alloc_fail_nth(nth);
        int st = user_file_put(STR(GOOD), "dora", &v, &out, &e);
        more = alloc_failed();
        failures += more;
        assert_int_equal(st, more ? ST_ERR : ST_OK);
        buf_release(&out);
    }
    assert_true(failures >= 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_users),
        cmocka_unit_test(made_up_verifiers_agree),
        cmocka_unit_test(made_up_iterations_do_not_tell),
        cmocka_unit_test(test_nobody),
        cmocka_unit_test(test_bad_lines),
        cmocka_unit_test(test_nul_in_a_name),
        cmocka_unit_test(test_put),
        cmocka_unit_test(test_too_many_and_too_large),
        cmocka_unit_test(test_load),
        cmocka_unit_test(test_put_refuses),
        cmocka_unit_test(test_every_allocation_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
