/* The users: one line each, `NAME VERIFIER` with blanks between, `#` comments, a name in double quotes when
 * it has blanks ("" is a quote). Also `NAME cert` (a verified client certificate with that common name
 * instead of a password) and `NAME peer` (the same name on a Unix socket). Several lines for one name: any of
 * them will do. Immutable once loaded; counted. Any thread. */
#ifndef TAVANA_AUTH_USER_FILE_H
#define TAVANA_AUTH_USER_FILE_H

#include "auth/verifier.h"
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
size_t user_file_count(const struct user_file *f);
struct user_file *user_file_ref(struct user_file *f);
void user_file_unref(struct user_file *f);

#endif
