/* A verifier as PostgreSQL keeps it in pg_authid: SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey, the
 * last three in base64. Whoever has it can check a password's proof, not make one. */
#include "auth/verifier.h"

#include "auth/base64.h"
#include "auth/digest.h"
#include "auth/saslprep.h"
#include "base/alloc.h"

#include <stdio.h>

static const struct str scheme = {"SCRAM-SHA-256", 13};

/* Takes what is before the sign off the front; false without a sign. */
static bool cut(struct str *text, char sign, struct str *piece)
{
    const char *p = text->n ? memchr(text->p, sign, text->n) : NULL;
    if (!p)
        return false;
    *piece = (struct str){text->p, (size_t)(p - text->p)};
    *text = (struct str){p + 1, text->n - piece->n - 1};
    return true;
}

static bool key_decode(struct str text, uint8_t key[static SCRAM_KEY_LEN])
{
    size_t n;
    return base64_decode(text, key, SCRAM_KEY_LEN, &n) && n == SCRAM_KEY_LEN;
}

/* Digits alone: str_to_i64 lets blanks and signs pass. */
static bool iterations_decode(struct str text, int *out)
{
    int64_t v;
    if (text.n == 0 || text.p[0] < '0' || text.p[0] > '9' || text.p[text.n - 1] < '0' ||
        text.p[text.n - 1] > '9')
        return false;
    if (!str_to_i64(text, 1, SCRAM_ITERATIONS_MAX, &v))
        return false;
    *out = (int)v;
    return true;
}

/* No message shows a piece of the verifier: it is as good as a password to whoever pretends to be us. */
int scram_verifier_parse(struct scram_verifier *out, struct str text, struct err *e)
{
    struct str name, iterations, salt, stored;
    if (!cut(&text, '$', &name) || !str_eq(name, scheme))
        return err_set(e, SQLSTATE_CONFIG_FILE_ERROR, "not a SCRAM-SHA-256 verifier");
    if (!cut(&text, ':', &iterations) || !cut(&text, '$', &salt) || !cut(&text, ':', &stored))
        return err_set(e, SQLSTATE_CONFIG_FILE_ERROR, "incomplete SCRAM-SHA-256 verifier");
    *out = (struct scram_verifier){0};
    if (!iterations_decode(iterations, &out->iterations))
        return err_set(e, SQLSTATE_CONFIG_FILE_ERROR,
                       "the iteration count of a SCRAM-SHA-256 verifier must be between 1 and %d",
                       SCRAM_ITERATIONS_MAX);
    if (!base64_decode(salt, out->salt, sizeof out->salt, &out->salt_len) || out->salt_len == 0)
        return err_set(e, SQLSTATE_CONFIG_FILE_ERROR,
                       "the salt of a SCRAM-SHA-256 verifier must be base64 of 1 to %d bytes",
                       SCRAM_SALT_MAX);
    if (!key_decode(stored, out->stored_key) || !key_decode(text, out->server_key)) {
        digest_wipe(out, sizeof *out);
        return err_set(e, SQLSTATE_CONFIG_FILE_ERROR,
                       "the keys of a SCRAM-SHA-256 verifier must be base64 of %d bytes", SCRAM_KEY_LEN);
    }
    return ST_OK;
}

static int derive(struct scram_verifier *out, struct str password, struct err *e)
{
    uint8_t salted[SCRAM_KEY_LEN], client[SCRAM_KEY_LEN];
    int st = digest_pbkdf2(salted, password, out->salt, out->salt_len, out->iterations, e);
    if (st == ST_OK)
        st = digest_hmac(client, salted, sizeof salted, "Client Key", 10, e);
    if (st == ST_OK)
        st = digest_sha256(out->stored_key, client, sizeof client, e);
    if (st == ST_OK)
        st = digest_hmac(out->server_key, salted, sizeof salted, "Server Key", 10, e);
    digest_wipe(salted, sizeof salted);
    digest_wipe(client, sizeof client);
    return st;
}

int scram_verifier_make(struct scram_verifier *out, struct str password, const uint8_t *salt, size_t salt_len,
                        int iterations, struct err *e)
{
    if (password.n == 0)
        return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE, "an empty string is not a valid password");
    if (password.n > PASSWORD_MAX)
        return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE, "password is longer than %d bytes", PASSWORD_MAX);
    if (salt_len == 0 || salt_len > SCRAM_SALT_MAX)
        return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE, "a salt has 1 to %d bytes", SCRAM_SALT_MAX);
    if (iterations < 1 || iterations > SCRAM_ITERATIONS_MAX)
        return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE, "iterations must be between 1 and %d",
                       SCRAM_ITERATIONS_MAX);
    *out = (struct scram_verifier){.iterations = iterations, .salt_len = salt_len};
    memcpy(out->salt, salt, salt_len);
    struct str prepared;
    char *room;
    size_t room_len;
    int st = saslprep(password, &prepared, &room, &room_len, e);
    if (st == ST_OK)
        st = derive(out, prepared, e);
    digest_wipe(room, room_len);
    mem_free(room);
    return st;
}

int scram_verifier_format(char out[static SCRAM_VERIFIER_TEXT_MAX], const struct scram_verifier *v,
                          struct err *e)
{
    char salt[BASE64_LEN(SCRAM_SALT_MAX) + 1];
    char stored[BASE64_LEN(SCRAM_KEY_LEN) + 1];
    char server[BASE64_LEN(SCRAM_KEY_LEN) + 1];
    base64_encode(salt, v->salt, v->salt_len);
    base64_encode(stored, v->stored_key, sizeof v->stored_key);
    base64_encode(server, v->server_key, sizeof v->server_key);
    int n = snprintf(out, SCRAM_VERIFIER_TEXT_MAX, "%s$%d:%s$%s:%s", scheme.p, v->iterations, salt, stored,
                     server);
    digest_wipe(stored, sizeof stored);
    digest_wipe(server, sizeof server);
    if (n < 0 || n >= SCRAM_VERIFIER_TEXT_MAX)
        return err_set(e, SQLSTATE_INTERNAL_ERROR, "SCRAM verifier does not fit its text");
    return ST_OK;
}
