/* The users: one line each, `NAME VERIFIER` with blanks between, `#` comments, a name in double quotes when
 * it has blanks ("" is a quote). Also `NAME cert` (a verified client certificate with that common name
 * instead of a password) and `NAME peer` (the same name on a Unix socket). Several lines for one name: any of
 * them will do, but only one verifier, since its salt is sent before the proof comes. Immutable once loaded;
 * counted. Any thread. */
#ifndef TAVANA_AUTH_USER_FILE_H
#define TAVANA_AUTH_USER_FILE_H

#include "auth/verifier.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

enum { USER_NAME_MAX = 255, USER_FILE_BYTES_MAX = 16 * 1024 * 1024, USERS_MAX = 100000 };

struct user {
    const char *name;
    bool has_verifier, by_cert, by_peer;
    struct scram_verifier verifier;
};

struct user_file;

/* From text; errors name the line. F0000. */
int user_file_parse(struct user_file **out, struct str text, struct err *e);
/* Refuses a file that others may read or write (as PostgreSQL does with keys). */
int user_file_load(struct user_file **out, const char *path, struct err *e);
/* NULL when there is none. Lent. */
const struct user *user_file_find(const struct user_file *f, const char *name);
/* How many users it names. */
size_t user_file_count(const struct user_file *f);
/* The verifier that a user who does not exist is shown: the same for the same name and secret. The secret
 * comes from the file itself unless it was set, so that processes with the same file agree; who has every
 * password of the file can work that one out, and it changes with the file. */
int user_file_mock(const struct user_file *f, const char *name, struct scram_verifier *out, struct err *e);
/* Any n bytes. Before others have it. */
int user_file_set_secret(struct user_file *f, const void *secret, size_t n, struct err *e);
/* One more user of the struct; returns it. Any thread. */
struct user_file *user_file_ref(struct user_file *f);
/* One less; the last one frees it. NULL is fine. Any thread. */
void user_file_unref(struct user_file *f);

/* Whether a user of that name can be in a user file; 22023. */
int user_file_check_name(const char *name, struct err *e);
/* text with the user's verifier put in place of the old one, or in a new last line; every other byte stays.
 * Appended to out. F0000 when text is not a valid user file, 22023 for a name that cannot be in one. */
int user_file_put(struct str text, const char *name, const struct scram_verifier *v, struct buf *out,
                  struct err *e);
/* `NAME VERIFIER` and a line end, appended to out. */
int user_file_put_line(const char *name, const struct scram_verifier *v, struct buf *out, struct err *e);
/* The whole file, appended to out; the checks of user_file_load. 0600: nobody else may read it. */
int user_file_read(const char *path, struct buf *out, struct err *e);

#endif
