/* Any text as a user file. In a good one a user's verifier is set: the result must be good as well, and have
 * that user with that verifier and all the others as they were. */
#include "auth/user_file.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_put(const struct user_file *before, struct str text, const char *name)
{
    struct scram_verifier v = {.iterations = 77, .salt_len = 3, .salt = "abc"};
    struct user_file *after;
    struct buf out;
    struct err e;
    err_init(&e);
    buf_init(&out, USER_FILE_BYTES_MAX);
    assert(user_file_put(text, name, &v, &out, &e) == ST_OK);
    assert(user_file_parse(&after, (struct str){(const char *)out.data, out.len}, &e) == ST_OK);
    const struct user *was = user_file_find(before, name), *is = user_file_find(after, name);
    assert(is && is->has_verifier && memcmp(&is->verifier, &v, sizeof v) == 0);
    assert(is->by_cert == (was && was->by_cert) && is->by_peer == (was && was->by_peer));
    assert(user_file_count(after) == user_file_count(before) + !was);
    user_file_unref(after);
    buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = {(const char *)data, size};
    struct user_file *f;
    struct err e;
    err_init(&e);
    if (user_file_parse(&f, text, &e) != ST_OK) {
        assert(e.code == SQLSTATE_CONFIG_FILE_ERROR && e.message[0]);
        return 0;
    }
    assert(user_file_count(f) <= USERS_MAX);
    check_put(f, text, "alice");
    check_put(f, text, "a \"b\" #");
    user_file_unref(f);
    return 0;
}
