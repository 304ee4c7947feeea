/* In this order: the arguments and the name are checked, before anybody types a password; the password is
 * read with the terminal's echo off; the verifier is made and printed, or put into the file. For that a new
 * file is made beside the old one, synced, and renamed into its place, under a lock of its folder: two calls
 * at once both get their line in, and a crash leaves the old file or the new one. Whatever held the password
 * or the verifier is overwritten. */
#include "cmd/passwd.h"

#include "auth/digest.h"
#include "auth/user_file.h"
#include "base/alloc.h"
#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

enum { EXIT_USAGE = 2 };

static const char usage[] =
    "Usage: tavana passwd NAME [-f FILE] [--iterations N]\n"
    "\n"
    "Reads a password (twice from a terminal, else one line of standard input) and prints the\n"
    "user's line for the user file.\n"
    "\n"
    "  -f, --file FILE    put the line into FILE instead: the user's old verifier is replaced\n"
    "  --iterations N     rounds of PBKDF2 (4096)\n"
    "  -h, --help         this text\n";

struct request {
    const char *name;
    const char *file; /* NULL: print */
    int iterations;
};

/* --- The password ------------------------------------------------------------------------------------- */

static volatile sig_atomic_t caught;

static void catch_signal(int number)
{
    caught = number;
}

static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
enum { ENDING = sizeof ending / sizeof *ending };

/* Up to a line end or the end of input; neither is kept. The signals of `waiting` are let in while it waits
 * and at no other time, so that none falls between a look at `caught` and a read. */
static int read_line(char *out, size_t room, const sigset_t *waiting, size_t *n, struct err *e)
{
    for (*n = 0;;) {
        char c;
        struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
        ssize_t got = ppoll(&in, 1, NULL, waiting);
        if (got > 0)
            got = read(STDIN_FILENO, &c, 1);
        if (got < 0 && errno == EINTR && !caught)
            continue;
        if (got < 0 && !caught)
            return err_errno(e, errno, "could not read the password");
        if (got < 0)
            return err_set(e, SQLSTATE_QUERY_CANCELED, "interrupted");
        if (got == 0 || c == '\n')
            return ST_OK;
        if (*n == room)
            return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE, "password is longer than %zu bytes", room);
        out[(*n)++] = c;
    }
}

static int ask(const char *prompt, char out[static PASSWORD_MAX], const sigset_t *waiting, size_t *n,
               struct err *e)
{
    (void)fputs(prompt, stderr);
    int st = read_line(out, PASSWORD_MAX, waiting, n, e);
    (void)fputc('\n', stderr);
    return st;
}

static int ask_twice(const char *name, char out[static PASSWORD_MAX], const sigset_t *waiting, size_t *n,
                     struct err *e)
{
    char again[PASSWORD_MAX], prompt[USER_NAME_MAX + 32];
    size_t again_len;
    (void)snprintf(prompt, sizeof prompt, "Password for %s: ", name);
    TRY(ask(prompt, out, waiting, n, e));
    int st = ask("Again: ", again, waiting, &again_len, e);
    if (st == ST_OK && (again_len != *n || !digest_equal((uint8_t *)out, (uint8_t *)again, *n)))
        st = err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE, "the two passwords differ");
    digest_wipe(again, sizeof again);
    return st;
}

/* Echo is off meanwhile, and on again also when a signal ends us. */
static int read_from_terminal(const char *name, char out[static PASSWORD_MAX], size_t *n, struct err *e)
{
    struct termios before, quiet;
    struct sigaction old[ENDING], on = {.sa_handler = catch_signal};
    sigset_t held, waiting;
    if (tcgetattr(STDIN_FILENO, &before) < 0)
        return err_errno(e, errno, "could not read the terminal's settings");
    quiet = before;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    (void)sigemptyset(&held);
    for (size_t i = 0; i < ENDING; i++)
        (void)sigaddset(&held, ending[i]);
    (void)sigprocmask(SIG_BLOCK, &held, &waiting);
    for (size_t i = 0; i < ENDING; i++)
        (void)sigaction(ending[i], &on, &old[i]);
    int st = tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) < 0
                 ? err_errno(e, errno, "could not switch off the terminal's echo")
                 : ask_twice(name, out, &waiting, n, e);
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    for (size_t i = 0; i < ENDING; i++)
        (void)sigaction(ending[i], &old[i], NULL);
    (void)sigprocmask(SIG_SETMASK, &waiting, NULL);
    if (caught)
        (void)raise(caught);
    return st;
}

static int make_verifier(const struct request *r, struct scram_verifier *v, struct err *e)
{
    char password[PASSWORD_MAX];
    uint8_t salt[SCRAM_SALT_LEN];
    size_t n = 0;
    if (getrandom(salt, sizeof salt, 0) != sizeof salt) /* so few bytes come at once or not at all */
        return err_errno(e, errno, "could not make a random salt");
    int st = isatty(STDIN_FILENO) ? read_from_terminal(r->name, password, &n, e)
                                  : read_line(password, sizeof password, NULL, &n, e);
    if (st == ST_OK)
        st = scram_verifier_make(v, (struct str){password, n}, salt, sizeof salt, r->iterations, e);
    digest_wipe(password, sizeof password);
    return st;
}

/* --- The file ----------------------------------------------------------------------------------------- */

static int write_all(int fd, const uint8_t *p, size_t n, const char *path, struct err *e)
{
    while (n) {
        ssize_t done = write(fd, p, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return err_errno(e, errno, "could not write \"%s\"", path);
        p += done;
        n -= (size_t)done;
    }
    return ST_OK;
}

/* Fills a new file beside path and moves it into its place. old: what is there now, NULL for nothing. */
static int replace_file(const char *path, const struct stat *old, const struct buf *text, struct err *e)
{
    char beside[PATH_MAX];
    int len = snprintf(beside, sizeof beside, "%s.XXXXXX", path);
    if (len < 0 || (size_t)len >= sizeof beside)
        return err_set(e, SQLSTATE_CONFIG_FILE_ERROR, "path is too long: \"%s\"", path);
    CLEANUP(fd_closep) int fd = mkostemp(beside, O_CLOEXEC); /* 0600 */
    if (fd < 0)
        return err_errno(e, errno, "could not create a file beside \"%s\"", path);
    int st = ST_OK;
    if (old && (old->st_uid != geteuid() || old->st_gid != getegid()) &&
        fchown(fd, old->st_uid, old->st_gid) < 0)
        st = err_errno(e, errno, "could not keep the owner of \"%s\"", path);
    if (st == ST_OK && old && fchmod(fd, old->st_mode & 07777) < 0)
        st = err_errno(e, errno, "could not keep the permissions of \"%s\"", path);
    if (st == ST_OK)
        st = write_all(fd, text->data, text->len, beside, e);
    if (st == ST_OK && fsync(fd) < 0)
        st = err_errno(e, errno, "could not fsync \"%s\"", beside);
    if (st == ST_OK && rename(beside, path) < 0)
        st = err_errno(e, errno, "could not rename \"%s\" to \"%s\"", beside, path);
    if (st != ST_OK)
        (void)unlink(beside);
    return st;
}

/* The folder stands for the file: a lock on the file itself would be lost when it is replaced. */
static int lock_folder(const char *path, int *fd, struct err *e)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    int n = slash ? (int)(slash - path) + (slash == path) : 1;
    if (snprintf(folder, sizeof folder, "%.*s", n, slash ? path : ".") >= (int)sizeof folder)
        return err_set(e, SQLSTATE_CONFIG_FILE_ERROR, "path is too long: \"%s\"", path);
    *fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*fd < 0)
        return err_errno(e, errno, "could not open folder \"%s\"", folder);
    if (flock(*fd, LOCK_EX) < 0)
        return err_errno(e, errno, "could not lock folder \"%s\"", folder);
    return ST_OK;
}

static int update_locked(const char *path, const struct request *r, const struct scram_verifier *v,
                         struct buf *before, struct buf *after, struct err *e)
{
    struct stat old;
    CLEANUP(fd_closep) int folder = -1;
    TRY(lock_folder(path, &folder, e));
    bool exists = stat(path, &old) == 0;
    if (!exists && errno != ENOENT)
        return err_errno(e, errno, "could not stat \"%s\"", path);
    if (exists)
        TRY(user_file_read(path, before, e));
    TRY(user_file_put((struct str){(const char *)before->data, before->len}, r->name, v, after, e));
    TRY(replace_file(path, exists ? &old : NULL, after, e));
    if (fsync(folder) < 0)
        return err_errno(e, errno, "could not fsync the folder of \"%s\"", path);
    return ST_OK;
}

static int update_file(const struct request *r, const struct scram_verifier *v, struct err *e)
{
    char real[PATH_MAX]; /* a symbolic link stays one */
    const char *path = realpath(r->file, real) ? real : r->file;
    struct buf before, after;
    buf_init(&before, USER_FILE_BYTES_MAX + 1);
    buf_init(&after, USER_FILE_BYTES_MAX);
    int st = update_locked(path, r, v, &before, &after, e);
    digest_wipe(before.data, before.len);
    digest_wipe(after.data, after.len);
    buf_release(&before);
    buf_release(&after);
    return st;
}

static int print_line(const struct request *r, const struct scram_verifier *v, struct err *e)
{
    struct buf line;
    buf_init(&line, USER_NAME_MAX * 2 + SCRAM_VERIFIER_TEXT_MAX + 8);
    int st = user_file_put_line(r->name, v, &line, e);
    if (st == ST_OK)
        st = write_all(STDOUT_FILENO, line.data, line.len, "standard output", e);
    digest_wipe(line.data, line.len);
    buf_release(&line);
    return st;
}

/* --- The command -------------------------------------------------------------------------------------- */

__attribute__((format(printf, 1, 2))) static int wrong(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    (void)fputs("tavana passwd: ", stderr);
    (void)vfprintf(stderr, fmt, ap);
    (void)fputs(" (--help shows the usage)\n", stderr);
    va_end(ap);
    return EXIT_USAGE;
}

/* -1: go on; else the exit code. */
static int read_options(int argc, char **argv, struct request *r)
{
    static const struct option options[] = {{"file", required_argument, NULL, 'f'},
                                            {"iterations", required_argument, NULL, 'i'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    int64_t n;
    opterr = 0;
    optind = 1;
    for (int c; (c = getopt_long(argc, argv, ":f:h", options, NULL)) != -1;) {
        switch (c) {
        case 'f': r->file = optarg; break;
        case 'i':
            if (!str_to_i64(str_of(optarg), 1, SCRAM_ITERATIONS_MAX, &n))
                return wrong("--iterations must be a number from 1 to %d, not \"%s\"", SCRAM_ITERATIONS_MAX,
                             optarg);
            r->iterations = (int)n;
            break;
        case 'h': return fputs(usage, stdout) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
        case ':': return wrong("option %s wants a value", argv[optind - 1]);
        default: return wrong("unknown option %s", argv[optind - 1]);
        }
    }
    if (optind == argc)
        return wrong("the user's name is missing");
    if (argc - optind > 1)
        return wrong("unexpected argument \"%s\"", argv[optind + 1]);
    r->name = argv[optind];
    return -1;
}

int cmd_passwd(int argc, char **argv)
{
    struct request r = {.iterations = SCRAM_ITERATIONS};
    struct scram_verifier v = {0};
    struct err e;
    int code = read_options(argc, argv, &r);
    if (code >= 0)
        return code;
    err_init(&e);
    int st = user_file_check_name(r.name, &e); /* before anybody types a password for it */
    if (st < 0)
        code = EXIT_USAGE;
    if (st == ST_OK)
        st = make_verifier(&r, &v, &e);
    if (st == ST_OK)
        st = r.file ? update_file(&r, &v, &e) : print_line(&r, &v, &e);
    digest_wipe(&v, sizeof v);
    if (st == ST_OK)
        return EXIT_SUCCESS;
    (void)fprintf(stderr, "tavana passwd: %s\n", e.message);
    return code < 0 ? EXIT_FAILURE : code;
}
