/* The command is no library: its source is taken in. */
#include "cmd/passwd.c"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>

#include <cmocka.h>

enum { OUTPUT_MAX = 2048, ARGUMENTS_MAX = 8 };

struct result {
    int code;
    char out[OUTPUT_MAX], err[OUTPUT_MAX];
};

struct pipes {
    int in, out, err; /* our ends */
    pid_t child;
};

/* Runs the command in a child, which gets `in` as its standard input and not in_ours. */
static struct pipes start(int argc, char **argv, int in, int in_ours)
{
    int out[2], err[2];
    assert_int_equal(pipe(out), 0);
    assert_int_equal(pipe(err), 0);
    (void)fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (dup2(in, STDIN_FILENO) < 0 || dup2(out[1], STDOUT_FILENO) < 0 || dup2(err[1], STDERR_FILENO) < 0)
            _exit(99);
        (void)close(in_ours);
        (void)close(out[0]);
        (void)close(err[0]);
        int code = cmd_passwd(argc, argv);
        (void)fflush(NULL);
        _exit(code);
    }
    assert_int_equal(close(out[1]), 0);
    assert_int_equal(close(err[1]), 0);
    return (struct pipes){in_ours, out[0], err[0], child};
}

static void read_to_end(int fd, char out[static OUTPUT_MAX])
{
    size_t n = strlen(out);
    for (ssize_t got; (got = read(fd, out + n, OUTPUT_MAX - 1 - n)) > 0;)
        n += (size_t)got;
    out[n] = '\0';
    assert_int_equal(close(fd), 0);
}

static void finish(struct pipes *p, struct result *r)
{
    int status;
    read_to_end(p->out, r->out);
    read_to_end(p->err, r->err);
    assert_int_equal(waitpid(p->child, &status, 0), p->child);
    r->code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

#define RUN(input, ...) run((input), (const char *const[]){"passwd", __VA_ARGS__, NULL})

static struct result run(const char *input, const char *const *arguments)
{
    char *argv[ARGUMENTS_MAX + 1] = {0};
    struct result r = {0};
    int in[2], argc = 0;
    for (; arguments[argc]; argc++)
        assert_non_null(argv[argc] = mem_strdup(arguments[argc]));
    assert_int_equal(pipe(in), 0);
    /* Into the pipe before there is a reader, which may end without reading it. */
    assert_int_equal(write(in[1], input, strlen(input)), strlen(input));
    struct pipes p = start(argc, argv, in[0], in[1]);
    assert_int_equal(close(in[0]), 0);
    assert_int_equal(close(in[1]), 0);
    finish(&p, &r);
    while (argc)
        mem_free(argv[--argc]);
    return r;
}

/* The line is of that user and has that password in it. */
static void is_line(const char *text, const char *name, const char *password, int iterations)
{
    struct user_file *f;
    struct scram_verifier v;
    struct err e;
    err_init(&e);
    assert_int_equal(user_file_parse(&f, str_of(text), &e), ST_OK);
    const struct user *u = user_file_find(f, name);
    assert_non_null(u);
    assert_true(u->has_verifier);
    assert_int_equal(u->verifier.iterations, iterations);
    assert_int_equal(
        scram_verifier_make(&v, str_of(password), u->verifier.salt, SCRAM_SALT_LEN, iterations, &e), ST_OK);
    assert_memory_equal(&v, &u->verifier, sizeof v);
    user_file_unref(f);
}

static void test_prints_a_line(void **state)
{
    (void)state;
    struct result r = RUN("s3cret\n", "alice");
    assert_int_equal(r.code, 0);
    assert_string_equal(r.err, "");
    is_line(r.out, "alice", "s3cret", SCRAM_ITERATIONS);
    struct result again = RUN("s3cret", "--iterations", "17", "a b");
    assert_int_equal(again.code, 0);
    is_line(again.out, "a b", "s3cret", 17);
    struct result third = RUN("s3cret\n", "alice");
    assert_string_not_equal(r.out, third.out); /* another salt */
}

static void test_wrong_usage(void **state)
{
    (void)state;
    static const struct {
        const char *const argv[ARGUMENTS_MAX];
        const char *message;
    } bad[] = {
        {{"passwd"}, "tavana passwd: the user's name is missing (--help shows the usage)\n"},
        {{"passwd", "a", "b"}, "tavana passwd: unexpected argument \"b\" (--help shows the usage)\n"},
        {{"passwd", "-x", "a"}, "tavana passwd: unknown option -x (--help shows the usage)\n"},
        {{"passwd", "a", "--what=1"}, "tavana passwd: unknown option --what=1 (--help shows the usage)\n"},
        {{"passwd", "a", "-f"}, "tavana passwd: option -f wants a value (--help shows the usage)\n"},
        {{"passwd", "a", "--iterations", "0"},
         "tavana passwd: --iterations must be a number from 1 to 1000000, not \"0\" (--help shows the "
         "usage)\n"},
        {{"passwd", "a", "--iterations", "1e3"},
         "tavana passwd: --iterations must be a number from 1 to 1000000, not \"1e3\" (--help shows the "
         "usage)\n"},
        {{"passwd", ""}, "tavana passwd: user name is empty\n"},
        {{"passwd", "a\nb"}, "tavana passwd: user name has a line end in it\n"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct result r = run("pw\n", bad[i].argv);
        assert_string_equal(r.err, bad[i].message);
        assert_string_equal(r.out, "");
        assert_int_equal(r.code, 2);
    }
    struct result help = RUN("", "--help");
    assert_int_equal(help.code, 0);
    assert_memory_equal(help.out, "Usage: tavana passwd", 20);
}

static void test_bad_passwords(void **state)
{
    (void)state;
    static char longest[PASSWORD_MAX + 2];
    struct result r = RUN("\n", "alice");
    assert_int_equal(r.code, 1);
    assert_string_equal(r.err, "tavana passwd: an empty string is not a valid password\n");
    memset(longest, 'x', PASSWORD_MAX + 1);
    r = RUN(longest, "alice");
    assert_int_equal(r.code, 1);
    assert_string_equal(r.err, "tavana passwd: password is longer than 1024 bytes\n");
    assert_string_equal(r.out, "");
}

static void slurp(const char *path, char out[static OUTPUT_MAX])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    out[0] = '\0';
    read_to_end(fd, out);
}

static void test_changes_a_file(void **state)
{
    (void)state;
    char folder[] = "/tmp/passwd_testXXXXXX", path[64], link[64], text[OUTPUT_MAX];
    struct stat st;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/users", folder);
    (void)snprintf(link, sizeof link, "%s/link", folder);

    struct result r = RUN("one\n", "-f", path, "alice");
    assert_string_equal(r.err, "");
    assert_int_equal(r.code, 0);
    assert_string_equal(r.out, "");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    slurp(path, text);
    is_line(text, "alice", "one", SCRAM_ITERATIONS);

    assert_int_equal(chmod(path, 0400), 0);
    assert_int_equal(symlink(path, link), 0);
    r = RUN("two\n", "--file", link, "bob", "--iterations", "9");
    assert_int_equal(r.code, 0);
    r = RUN("three\n", "--file", link, "alice", "--iterations", "8");
    assert_int_equal(r.code, 0);
    assert_int_equal(lstat(link, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0400);
    slurp(path, text);
    is_line(text, "alice", "three", 8);
    is_line(text, "bob", "two", 9);

    assert_int_equal(chmod(path, 0644), 0);
    r = RUN("four\n", "-f", path, "alice");
    assert_int_equal(r.code, 1);
    assert_non_null(strstr(r.err, "has group or world access"));
    assert_int_equal(chmod(path, 0600), 0);
    r = RUN("five\n", "-f", "/nowhere/at/all", "alice");
    assert_int_equal(r.code, 1);
    assert_int_equal(unlink(link), 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0); /* nothing is left beside it */
}

static void wait_for(int fd, char seen[static OUTPUT_MAX], const char *prompt)
{
    size_t n = strlen(seen);
    while (!strstr(seen, prompt)) {
        ssize_t got = read(fd, seen + n, OUTPUT_MAX - 1 - n);
        assert_true(got > 0);
        n += (size_t)got;
        seen[n] = '\0';
    }
}

static bool echoes(int fd)
{
    struct termios t;
    assert_int_equal(tcgetattr(fd, &t), 0);
    return t.c_lflag & ECHO;
}

static struct pipes start_on_terminal(int *terminal)
{
    static char command[] = "passwd", user[] = "alice";
    static char *argv[] = {command, user, NULL};
    int ours = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(ours >= 0);
    assert_int_equal(grantpt(ours), 0);
    assert_int_equal(unlockpt(ours), 0);
    *terminal = open(ptsname(ours), O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(*terminal >= 0);
    return start(2, argv, *terminal, ours);
}

static void test_terminal(void **state)
{
    (void)state;
    for (int same = 0; same < 2; same++) {
        struct result r = {0};
        int terminal;
        struct pipes p = start_on_terminal(&terminal);
        wait_for(p.err, r.err, "Password for alice: ");
        assert_false(echoes(terminal));
        assert_int_equal(write(p.in, "secret\n", 7), 7);
        wait_for(p.err, r.err, "Again: ");
        assert_int_equal(write(p.in, same ? "secret\n" : "Secret\n", 7), 7);
        finish(&p, &r);
        assert_true(echoes(terminal));
        assert_int_equal(r.code, same ? 0 : 1);
        if (same)
            is_line(r.out, "alice", "secret", SCRAM_ITERATIONS);
        else
            assert_non_null(strstr(r.err, "the two passwords differ"));
        assert_int_equal(close(terminal), 0);
        assert_int_equal(close(p.in), 0);
    }
}

static void test_interrupted(void **state)
{
    (void)state;
    struct result r = {0};
    int terminal;
    struct pipes p = start_on_terminal(&terminal);
    wait_for(p.err, r.err, "Password for alice: ");
    assert_false(echoes(terminal));
    assert_int_equal(kill(p.child, SIGTERM), 0);
    finish(&p, &r);
    assert_int_equal(r.code, -SIGTERM);
    assert_true(echoes(terminal));
    assert_int_equal(close(terminal), 0);
    assert_int_equal(close(p.in), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prints_a_line), cmocka_unit_test(test_wrong_usage),
        cmocka_unit_test(test_bad_passwords), cmocka_unit_test(test_changes_a_file),
        cmocka_unit_test(test_terminal),      cmocka_unit_test(test_interrupted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
