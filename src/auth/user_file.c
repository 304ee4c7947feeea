/* Users and how each may come in: a line has a name and a verifier, "cert" or "peer"; a name may have a
 * line for each. Sorted by name, so that a log-in looks one up in a few comparisons. */
#include "auth/user_file.h"

#include "auth/digest.h"
#include "auth/scram.h"
#include "base/alloc.h"
#include "base/bytes.h"
#include "base/cleanup.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct user_file {
    atomic_uint refs;
    struct user *users; /* by name */
    size_t count, room;
    char *names; /* of all users, each terminated */
    size_t names_len;
    int *iterations;            /* of the users with verifiers … */
    size_t niterations;         /* … and how many they are */
    uint8_t secret[SHA256_LEN]; /* of made-up verifiers */
};

DEFINE_CLEANUP(struct user_file, user_file_unref)

/* One line taken apart. An empty name: a line that says nothing. */
struct line {
    char name[USER_NAME_MAX + 1];
    struct str method; /* lent from the line */
};

/* --- Lines -------------------------------------------------------------------------------------------- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static void skip_blanks(struct str *s)
{
    while (s->n && is_blank(s->p[0]))
        s->p++, s->n--;
}

/* The next line without its line end; false at the end. */
static bool next_line(struct str *text, struct str *line)
{
    if (text->n == 0)
        return false;
    const char *end = memchr(text->p, '\n', text->n);
    size_t n = end ? (size_t)(end - text->p) : text->n;
    *line = (struct str){text->p, n};
    text->p += end ? n + 1 : n;
    text->n -= end ? n + 1 : n;
    return true;
}

static int bad(struct err *e, const char *what)
{
    return err_set(e, SQLSTATE_CONFIG_FILE_ERROR, "%s", what);
}

static int take_name(struct str *in, struct line *out, struct err *e)
{
    bool quoted = in->p[0] == '"', closed = !quoted;
    size_t n = 0, i = quoted ? 1 : 0, at;
    for (; i < in->n; i++) {
        char c = in->p[i];
        if (quoted && c == '"') {
            if (i + 1 == in->n || in->p[i + 1] != '"') {
                closed = true;
                i++;
                break;
            }
            i++;
        } else if (!quoted && is_blank(c)) {
            break;
        } else if (!quoted && c == '"') {
            return bad(e, "a quote within a user name that is not quoted");
        }
        if (n == USER_NAME_MAX)
            return bad(e, "user name is too long");
        out->name[n++] = c;
    }
    out->name[n] = '\0';
    if (!closed)
        return bad(e, "unterminated quoted user name");
    if (n == 0)
        return bad(e, "empty user name");
    if (!utf8_valid(out->name, n, &at))
        return bad(e, "user name is not valid UTF-8");
    if (i < in->n && !is_blank(in->p[i]))
        return bad(e, "a blank is missing after the user name");
    in->p += i;
    in->n -= i;
    return ST_OK;
}

static int line_parse(struct str in, struct line *out, struct err *e)
{
    out->name[0] = '\0';
    skip_blanks(&in);
    if (in.n == 0 || in.p[0] == '#')
        return ST_OK;
    TRY(take_name(&in, out, e));
    skip_blanks(&in);
    size_t n = 0;
    while (n < in.n && !is_blank(in.p[n]))
        n++;
    out->method = (struct str){in.p, n};
    in.p += n;
    in.n -= n;
    skip_blanks(&in);
    if (n == 0 || out->method.p[0] == '#')
        return bad(e, "a verifier, \"cert\" or \"peer\" is missing after the user name");
    if (in.n && in.p[0] != '#')
        return bad(e, "unexpected text at the end of the line");
    return ST_OK;
}

/* --- Building ----------------------------------------------------------------------------------------- */

static int method_parse(struct user *u, struct str method, struct err *e)
{
    if (str_eq(method, STR("cert"))) {
        u->by_cert = true;
    } else if (str_eq(method, STR("peer"))) {
        u->by_peer = true;
    } else {
        TRY(scram_verifier_parse(&u->verifier, method, e));
        u->has_verifier = true;
    }
    return ST_OK;
}

/* One more entry; entries of one name are merged when all are there. */
static int add_line(struct user_file *f, struct str text, struct err *e)
{
    struct line line;
    TRY(line_parse(text, &line, e));
    if (!line.name[0])
        return ST_OK;
    if (f->count == USERS_MAX)
        return bad(e, "too many users");
    assert(f->count < f->room);
    struct user *u = &f->users[f->count];
    *u = (struct user){0};
    TRY(method_parse(u, line.method, e));
    size_t n = strlen(line.name) + 1;
    memcpy(f->names + f->names_len, line.name, n);
    u->name = f->names + f->names_len;
    f->names_len += n;
    f->count++;
    return ST_OK;
}

static int by_name(const void *a, const void *b)
{
    const struct user *x = a, *y = b;
    return strcmp(x->name, y->name);
}

/* A user may come in by certificate, by peer and by password, but has one password: two verifiers are an
 * error, since nothing says which of them holds. */
static int merge(struct user_file *f, struct err *e)
{
    size_t kept = 0;
    if (f->count)
        qsort(f->users, f->count, sizeof *f->users, by_name);
    for (size_t i = 0; i < f->count; i++) {
        struct user *u = &f->users[i], *last = kept ? &f->users[kept - 1] : NULL;
        if (!last || strcmp(last->name, u->name) != 0) {
            f->users[kept++] = *u;
            continue;
        }
        if (last->has_verifier && u->has_verifier)
            return err_set(e, SQLSTATE_CONFIG_FILE_ERROR, "user \"%s\" has two verifiers", u->name);
        last->by_cert |= u->by_cert;
        last->by_peer |= u->by_peer;
        if (u->has_verifier) {
            last->verifier = u->verifier;
            last->has_verifier = true;
        }
    }
    f->count = kept;
    return ST_OK;
}

int user_file_set_secret(struct user_file *f, const void *secret, size_t n, struct err *e)
{
    static const char what[] = "tavana: salts of users who do not exist";
    return digest_hmac(f->secret, (const uint8_t *)what, sizeof what - 1, secret, n, e);
}

/* A digest of all verifiers, and the iteration counts that there are. */
static int derive_secret(struct user_file *f, struct err *e)
{
    uint8_t chain[SHA256_LEN + 2 * SCRAM_KEY_LEN] = {0}; /* the digest so far, and the keys of one user */
    uint8_t digest[SHA256_LEN];
    f->iterations = mem_calloc(f->count, sizeof *f->iterations);
    if (!f->iterations)
        return err_oom(e);
    int st = ST_OK;
    for (size_t i = 0; st == ST_OK && i < f->count; i++) {
        const struct scram_verifier *v = &f->users[i].verifier;
        if (!f->users[i].has_verifier)
            continue;
        f->iterations[f->niterations++] = v->iterations;
        memcpy(chain + SHA256_LEN, v->stored_key, SCRAM_KEY_LEN);
        memcpy(chain + SHA256_LEN + SCRAM_KEY_LEN, v->server_key, SCRAM_KEY_LEN);
        st = digest_sha256(digest, chain, sizeof chain, e);
        memcpy(chain, digest, SHA256_LEN);
    }
    if (st == ST_OK)
        st = user_file_set_secret(f, chain, SHA256_LEN, e);
    digest_wipe(chain, sizeof chain);
    digest_wipe(digest, sizeof digest);
    return st;
}

/* Where names the file in messages: "user file" or its path. */
static int parse_lines(struct user_file *f, struct str text, const char *where, struct err *e)
{
    struct str line;
    for (size_t number = 1; next_line(&text, &line); number++) {
        struct err why;
        err_init(&why);
        if (add_line(f, line, &why) < 0)
            return err_set(e, why.code, "%s, line %zu: %s", where, number, why.message);
    }
    struct err why;
    err_init(&why);
    if (merge(f, &why) < 0)
        return err_set(e, why.code, "%s: %s", where, why.message);
    return derive_secret(f, e);
}

static int parse(struct user_file **out, struct str text, const char *where, struct err *e)
{
    if (text.n > USER_FILE_BYTES_MAX)
        return err_set(e, SQLSTATE_CONFIG_FILE_ERROR, "%s is larger than %d bytes", where,
                       USER_FILE_BYTES_MAX);
    size_t lines = 1;
    for (size_t i = 0; i < text.n; i++)
        lines += text.p[i] == '\n';
    CLEANUP(user_file_unrefp) struct user_file *f = mem_calloc(1, sizeof *f);
    if (!f)
        return err_oom(e);
    atomic_init(&f->refs, 1);
    f->room = lines < USERS_MAX ? lines : USERS_MAX;
    f->users = mem_calloc(f->room, sizeof *f->users);
    f->names = mem_alloc(text.n + 1); /* a line is longer than its name */
    if (!f->users || !f->names)
        return err_oom(e);
    TRY(parse_lines(f, text, where, e));
    *out = TAKE_PTR(f);
    return ST_OK;
}

int user_file_parse(struct user_file **out, struct str text, struct err *e)
{
    return parse(out, text, "user file", e);
}

/* --- Reading ------------------------------------------------------------------------------------------ */

/* The rules of PostgreSQL for a private key, since whoever reads a verifier can try passwords against it
 * without being seen. */
static int check_file(const struct stat *st, const char *path, struct err *e)
{
    if (!S_ISREG(st->st_mode))
        return err_set(e, SQLSTATE_CONFIG_FILE_ERROR, "user file \"%s\" is not a regular file", path);
    mode_t forbidden = st->st_uid == 0 && geteuid() != 0 ? S_IWGRP | S_IXGRP | S_IRWXO : S_IRWXG | S_IRWXO;
    if (st->st_mode & forbidden) {
        err_set(e, SQLSTATE_CONFIG_FILE_ERROR, "user file \"%s\" has group or world access", path);
        err_detail(e, "File must have permissions u=rw (0600) or less if owned by the server's user, or "
                      "permissions u=rw,g=r (0640) or less if owned by root.");
        return ST_ERR;
    }
    if (st->st_size > USER_FILE_BYTES_MAX)
        return err_set(e, SQLSTATE_CONFIG_FILE_ERROR, "user file \"%s\" is larger than %d bytes", path,
                       USER_FILE_BYTES_MAX);
    return ST_OK;
}

/* Opened without waiting, as a named pipe in its place would hold the server up before check_file
 * refuses it. */
int user_file_read(const char *path, struct buf *out, struct err *e)
{
    CLEANUP(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat st;
    if (fd < 0)
        return err_errno(e, errno, "could not open user file \"%s\"", path);
    if (fstat(fd, &st) < 0)
        return err_errno(e, errno, "could not stat user file \"%s\"", path);
    TRY(check_file(&st, path, e));
    for (;;) {
        /* One more than it had: reading nothing then is the end, and no growth leaves an unwiped copy. */
        size_t had = out->len < (size_t)st.st_size ? (size_t)st.st_size - out->len : 0;
        uint8_t *to = buf_reserve(out, had + 1);
        if (!to)
            return err_oom(e);
        ssize_t n = read(fd, to, had + 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_errno(e, errno, "could not read user file \"%s\"", path);
        if (n == 0)
            return ST_OK;
        buf_commit(out, (size_t)n);
    }
}

int user_file_load(struct user_file **out, const char *path, struct err *e)
{
    struct buf text;
    buf_init(&text, USER_FILE_BYTES_MAX + 1);
    int st = user_file_read(path, &text, e);
    char where[512];
    (void)snprintf(where, sizeof where, "user file \"%s\"", path);
    if (st == ST_OK)
        st = parse(out, (struct str){(const char *)text.data, text.len}, where, e);
    digest_wipe(text.data, text.len);
    buf_release(&text);
    return st;
}

/* --- Use ---------------------------------------------------------------------------------------------- */

const struct user *user_file_find(const struct user_file *f, const char *name)
{
    struct user key = {.name = name};
    return f->count ? bsearch(&key, f->users, f->count, sizeof *f->users, by_name) : NULL;
}

size_t user_file_count(const struct user_file *f)
{
    return f->count;
}

/* Whoever tries a name that does not exist is asked for a password like everybody else, and with the same
 * salt each time: otherwise the answer would tell which users there are. */
int user_file_mock(const struct user_file *f, const char *name, struct scram_verifier *out, struct err *e)
{
    TRY(scram_mock_verifier(out, str_of(name), f->secret, e));
    /* As often one as among the users who exist: a count of its own would tell. */
    uint32_t any = get_be32(out->stored_key);
    if (f->niterations)
        out->iterations = f->iterations[any % f->niterations];
    return ST_OK;
}

struct user_file *user_file_ref(struct user_file *f)
{
    atomic_fetch_add_explicit(&f->refs, 1, memory_order_relaxed);
    return f;
}

void user_file_unref(struct user_file *f)
{
    if (!f || atomic_fetch_sub_explicit(&f->refs, 1, memory_order_acq_rel) > 1)
        return;
    if (f->users)
        digest_wipe(f->users, f->room * sizeof *f->users);
    digest_wipe(f->secret, sizeof f->secret);
    mem_free(f->users);
    mem_free(f->names);
    mem_free(f->iterations);
    mem_free(f);
}

/* --- Writing ------------------------------------------------------------------------------------------ */

int user_file_check_name(const char *name, struct err *e)
{
    size_t n = strlen(name), at;
    if (n == 0)
        return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE, "user name is empty");
    if (n > USER_NAME_MAX)
        return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE, "user name is longer than %d bytes",
                       USER_NAME_MAX);
    if (!utf8_valid(name, n, &at))
        return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE, "user name is not valid UTF-8");
    if (strchr(name, '\n'))
        return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE, "user name has a line end in it");
    return ST_OK;
}

int user_file_put_line(const char *name, const struct scram_verifier *v, struct buf *out, struct err *e)
{
    char text[SCRAM_VERIFIER_TEXT_MAX];
    TRY(user_file_check_name(name, e));
    TRY(scram_verifier_format(text, v, e));
    bool quote = name[0] == '#' || strpbrk(name, " \t\r\"");
    if (quote)
        buf_put_u8(out, '"');
    for (const char *p = name; *p; p++) {
        if (*p == '"')
            buf_put_u8(out, '"');
        buf_put_u8(out, (uint8_t)*p);
    }
    if (quote)
        buf_put_u8(out, '"');
    buf_printf(out, " %s\n", text);
    digest_wipe(text, sizeof text);
    return buf_ok(out) ? ST_OK : err_oom(e);
}

static bool is_password_of(struct str text, const char *name)
{
    struct line line;
    struct err ignored;
    err_init(&ignored);
    return line_parse(text, &line, &ignored) == ST_OK && line.name[0] && strcmp(line.name, name) == 0 &&
           !str_eq(line.method, STR("cert")) && !str_eq(line.method, STR("peer"));
}

/* The new verifier stands where the old one stood, or at the end. All other lines stay as people wrote
 * them, in their order and with their comments. A text with an error in it is refused. */
int user_file_put(struct str text, const char *name, const struct scram_verifier *v, struct buf *out,
                  struct err *e)
{
    struct user_file *valid;
    TRY(user_file_check_name(name, e));
    TRY(user_file_parse(&valid, text, e));
    user_file_unref(valid);
    struct str line;
    bool put = false;
    for (size_t before = text.n; next_line(&text, &line); before = text.n) {
        if (!put && is_password_of(line, name)) {
            TRY(user_file_put_line(name, v, out, e));
            put = true;
        } else {
            buf_put(out, line.p, line.n);
            if (before - text.n > line.n)
                buf_put_u8(out, '\n');
        }
    }
    if (!put && out->len && out->data[out->len - 1] != '\n')
        buf_put_u8(out, '\n');
    if (!put)
        TRY(user_file_put_line(name, v, out, e));
    return buf_ok(out) ? ST_OK : err_oom(e);
}
