/* The server's side of SCRAM-SHA-256: two messages of the client, two answers. The password never passes:
 * the client proves that it has it, and we prove that we have its verifier. A user who does not exist goes
 * through all of it with a made-up verifier, and is refused in the end as a wrong password is ("doomed").
 * Source: RFC 5802, RFC 7677; messages in PostgreSQL's words (its auth-scram.c). */
#include "auth/scram.h"

#include "auth/base64.h"
#include "auth/digest.h"
#include "auth/scram_priv.h"
#include "base/alloc.h"

#include <assert.h>
#include <stdio.h>

enum {
    CHANNEL_BINDING_MAX = 64, /* a SHA-512 digest, the longest that RFC 5929 leads to */
    SHOWN_MAX = 30,           /* of a peer's words in a message */
};

#define BINDING_TYPE   "tls-server-end-point"
#define BINDING_HEADER "p=" BINDING_TYPE ",,"

enum scram_state { WANT_FIRST, WANT_FINAL, DONE };

struct scram_server {
    enum scram_state state;
    struct scram_verifier verifier;
    bool plus, has_tls, doomed;
    char gs2_flag; /* 'n', 'y' or 'p', as the client said */
    uint8_t binding[CHANNEL_BINDING_MAX];
    size_t binding_len;
    char nonce[SCRAM_NONCE_TEXT_MAX + 1]; /* our half */
    struct buf auth;                      /* AuthMessage of RFC 5802, as far as it has got */
    struct buf nonces;                    /* both halves, the client's first */
};

int scram_server_new(struct scram_server **out, const struct scram_verifier *v, const struct scram_options *o,
                     struct err *e)
{
    if (o->plus && !o->channel_binding)
        return err_set(e, SQLSTATE_PROTOCOL_VIOLATION,
                       "client selected an invalid SASL authentication mechanism");
    if (o->channel_binding_len > CHANNEL_BINDING_MAX)
        return err_set(e, SQLSTATE_INTERNAL_ERROR, "channel binding data of %zu bytes",
                       o->channel_binding_len);
    struct scram_server *s = mem_calloc(1, sizeof *s);
    if (!s)
        return err_oom(e);
    s->verifier = *v;
    s->plus = o->plus;
    s->has_tls = o->channel_binding != NULL;
    s->doomed = o->doomed;
    if (s->has_tls) {
        memcpy(s->binding, o->channel_binding, o->channel_binding_len);
        s->binding_len = o->channel_binding_len;
    }
    base64_encode(s->nonce, o->nonce, sizeof o->nonce);
    buf_init(&s->auth, (size_t)3 * SCRAM_MESSAGE_MAX);
    buf_init(&s->nonces, SCRAM_MESSAGE_MAX + SCRAM_NONCE_TEXT_MAX);
    *out = s;
    return ST_OK;
}

void scram_server_set_nonce(struct scram_server *s, const char *nonce)
{
    assert(s->state == WANT_FIRST && strlen(nonce) <= SCRAM_NONCE_TEXT_MAX);
    (void)snprintf(s->nonce, sizeof s->nonce, "%s", nonce);
}

void scram_server_free(struct scram_server *s)
{
    if (!s)
        return;
    buf_release(&s->auth);
    buf_release(&s->nonces);
    digest_wipe(s, sizeof *s);
    mem_free(s);
}

/* --- Reading attributes ------------------------------------------------------------------------------- */

__attribute__((format(printf, 2, 3))) static int malformed(struct err *e, const char *detail, ...)
{
    char text[ERR_DETAIL_MAX];
    va_list ap;
    va_start(ap, detail);
    (void)vsnprintf(text, sizeof text, detail, ap);
    va_end(ap);
    err_set(e, SQLSTATE_PROTOCOL_VIOLATION, "malformed SCRAM message");
    err_detail(e, "%s", text);
    return ST_ERR;
}

/* The first character of what is left, fit for a message. */
static const char *shown_char(struct str in, char out[static 5])
{
    unsigned char c = in.n ? (unsigned char)in.p[0] : 0;
    if (c >= 0x21 && c <= 0x7E)
        (void)snprintf(out, 5, "%c", c);
    else
        (void)snprintf(out, 5, "0x%02x", c);
    return out;
}

static const char *shown_text(struct str in, char out[static SHOWN_MAX + 1])
{
    size_t n = in.n < SHOWN_MAX ? in.n : SHOWN_MAX;
    for (size_t i = 0; i < n; i++)
        out[i] = in.p[i] >= 0x21 && in.p[i] <= 0x7E ? in.p[i] : '?';
    out[n] = '\0';
    return out;
}

static void skip(struct str *in, size_t n)
{
    in->p += n;
    in->n -= n;
}

/* The value of the attribute that starts here, up to a comma (taken as well) or the end. */
static int take_value(struct str *in, char name, struct str *value, struct err *e)
{
    skip(in, 1);
    if (in->n == 0 || in->p[0] != '=')
        return malformed(e, "Expected character \"=\" for attribute \"%c\".", name);
    skip(in, 1);
    const char *comma = in->n ? memchr(in->p, ',', in->n) : NULL;
    size_t n = comma ? (size_t)(comma - in->p) : in->n;
    *value = (struct str){in->p, n};
    skip(in, comma ? n + 1 : n);
    return ST_OK;
}

static int take_attribute(struct str *in, char name, struct str *value, struct err *e)
{
    char shown[5];
    if (in->n == 0 || in->p[0] != name)
        return malformed(e, "Expected attribute \"%c\" but found \"%s\".", name, shown_char(*in, shown));
    return take_value(in, name, value, e);
}

static int take_any(struct str *in, char *name, struct str *value, struct err *e)
{
    char shown[5];
    if (in->n == 0)
        return malformed(e, "Attribute expected, but found end of string.");
    *name = in->p[0];
    if (!((*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z')))
        return malformed(e, "Attribute expected, but found invalid character \"%s\".",
                         shown_char(*in, shown));
    return take_value(in, *name, value, e);
}

static int whole_message(const uint8_t *in, size_t n, struct str *out, struct err *e)
{
    *out = (struct str){(const char *)in, n};
    if (n == 0)
        return malformed(e, "The message is empty.");
    if (n > SCRAM_MESSAGE_MAX)
        return malformed(e, "The message is longer than %d bytes.", SCRAM_MESSAGE_MAX);
    if (memchr(in, 0, n))
        return malformed(e, "Message length does not match input length.");
    return ST_OK;
}

static int to_reply(struct buf *reply, size_t mark, struct err *e)
{
    if (buf_ok(reply))
        return ST_OK;
    reply->len = mark;
    return err_oom(e);
}

/* --- client-first, server-first ----------------------------------------------------------------------- */

static int unbound_flag(const struct scram_server *s, struct err *e)
{
    if (s->plus)
        return malformed(e, "The client selected SCRAM-SHA-256-PLUS, but the SCRAM message does not include "
                            "channel binding data.");
    return ST_OK;
}

/* A client that could bind the channel and believes that we cannot, while we offered it: somebody in
 * between took the offer out. */
static int downgrade(struct err *e)
{
    err_set(e, SQLSTATE_INVALID_AUTHORIZATION_SPECIFICATION, "SCRAM channel binding negotiation error");
    err_detail(e, "The client supports SCRAM channel binding but thinks the server does not.  However, this "
                  "server does support channel binding.");
    return ST_ERR;
}

static int bound_flag(const struct scram_server *s, struct str *in, struct err *e)
{
    struct str type = {0};
    char shown[SHOWN_MAX + 1];
    if (!s->plus)
        return malformed(e,
                         "The client selected SCRAM-SHA-256 without channel binding, but the SCRAM message "
                         "includes channel binding data.");
    TRY(take_attribute(in, 'p', &type, e));
    if (!str_eq(type, STR(BINDING_TYPE)))
        return err_set(e, SQLSTATE_PROTOCOL_VIOLATION, "unsupported SCRAM channel-binding type \"%s\"",
                       shown_text(type, shown));
    return ST_OK;
}

static int flag_end(struct str *in, struct err *e)
{
    char shown[5];
    skip(in, 1);
    if (in->n == 0 || in->p[0] != ',')
        return malformed(e, "Comma expected, but found character \"%s\".", shown_char(*in, shown));
    skip(in, 1);
    return ST_OK;
}

/* gs2-header: the channel binding flag and the identity to act for, which we have no use for. */
static int gs2_header(struct scram_server *s, struct str *in, struct err *e)
{
    char shown[5];
    s->gs2_flag = in->p[0];
    switch (s->gs2_flag) {
    case 'n':
        TRY(unbound_flag(s, e));
        TRY(flag_end(in, e));
        break;
    case 'y':
        TRY(unbound_flag(s, e));
        if (s->has_tls)
            return downgrade(e);
        TRY(flag_end(in, e));
        break;
    case 'p': TRY(bound_flag(s, in, e)); break;
    default: return malformed(e, "Unexpected channel-binding flag \"%s\".", shown_char(*in, shown));
    }
    if (in->n && in->p[0] == 'a')
        return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                       "client uses authorization identity, but it is not supported");
    if (in->n == 0 || in->p[0] != ',')
        return malformed(e, "Unexpected attribute \"%s\" in client-first-message.", shown_char(*in, shown));
    skip(in, 1);
    return ST_OK;
}

static bool is_printable(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < 0x21 || s.p[i] > 0x7E || s.p[i] == ',')
            return false;
    return true;
}

/* client-first-message-bare. The name in it is not looked at: the start-up packet has said who it is. */
static int first_bare(struct str in, struct str *nonce, struct err *e)
{
    struct str name = {0}, ignored = {0};
    char attribute;
    if (in.n && in.p[0] == 'm')
        return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED, "client requires an unsupported SCRAM extension");
    TRY(take_attribute(&in, 'n', &name, e));
    TRY(take_attribute(&in, 'r', nonce, e));
    if (!is_printable(*nonce))
        return err_set(e, SQLSTATE_PROTOCOL_VIOLATION, "non-printable characters in SCRAM nonce");
    while (in.n)
        TRY(take_any(&in, &attribute, &ignored, e));
    return ST_OK;
}

int scram_server_first(struct scram_server *s, const uint8_t *in, size_t n, struct buf *reply, struct err *e)
{
    struct str message = {0}, nonce = {0};
    assert(s->state == WANT_FIRST);
    s->state = DONE; /* until it went well */
    TRY(whole_message(in, n, &message, e));
    TRY(gs2_header(s, &message, e));
    TRY(first_bare(message, &nonce, e));

    buf_put(&s->nonces, nonce.p, nonce.n);
    buf_put(&s->nonces, s->nonce, strlen(s->nonce));
    char salt[BASE64_LEN(SCRAM_SALT_MAX) + 1];
    base64_encode(salt, s->verifier.salt, s->verifier.salt_len);
    buf_put(&s->auth, message.p, message.n);
    buf_put_u8(&s->auth, ',');
    size_t at = s->auth.len;
    buf_put(&s->auth, "r=", 2);
    buf_put(&s->auth, s->nonces.data, s->nonces.len);
    buf_printf(&s->auth, ",s=%s,i=%d", salt, s->verifier.iterations);
    if (!buf_ok(&s->nonces) || !buf_ok(&s->auth))
        return err_oom(e);
    size_t mark = reply->len;
    buf_put(reply, s->auth.data + at, s->auth.len - at);
    TRY(to_reply(reply, mark, e));
    s->state = WANT_FINAL;
    return ST_OK;
}

/* --- client-final, server-final ----------------------------------------------------------------------- */

/* The client repeats its gs2-header and adds what it knows of the TLS channel; both must be what we saw. */
static int check_binding(const struct scram_server *s, struct str said, struct err *e)
{
    if (!s->plus) {
        /* base64 of "n,," and "y,," */
        struct str expected = s->gs2_flag == 'n' ? STR("biws") : STR("eSws");
        if (!str_eq(said, expected))
            return err_set(e, SQLSTATE_PROTOCOL_VIOLATION,
                           "unexpected SCRAM channel-binding attribute in client-final-message");
        return ST_OK;
    }
    uint8_t plain[sizeof BINDING_HEADER - 1 + CHANNEL_BINDING_MAX];
    size_t header = sizeof BINDING_HEADER - 1;
    memcpy(plain, BINDING_HEADER, header);
    memcpy(plain + header, s->binding, s->binding_len);
    char text[BASE64_LEN(sizeof plain) + 1];
    size_t len = base64_encode(text, plain, header + s->binding_len);
    if (!str_eq(said, (struct str){text, len}))
        return err_set(e, SQLSTATE_INVALID_AUTHORIZATION_SPECIFICATION, "SCRAM channel binding check failed");
    return ST_OK;
}

/* Everything of client-final but its meaning: *without_proof is the part that is signed. */
static int final_parse(const struct scram_server *s, struct str in, struct str *without_proof,
                       uint8_t proof[static SCRAM_KEY_LEN], struct err *e)
{
    struct str message = in, binding = {0}, nonce = {0}, value = {0};
    char attribute = '\0';
    TRY(take_attribute(&in, 'c', &binding, e));
    TRY(check_binding(s, binding, e));
    TRY(take_attribute(&in, 'r', &nonce, e));
    do {
        *without_proof = (struct str){message.p, (size_t)(in.p - message.p)};
        TRY(take_any(&in, &attribute, &value, e));
    } while (attribute != 'p');
    size_t n;
    if (!base64_decode(value, proof, SCRAM_KEY_LEN, &n) || n != SCRAM_KEY_LEN)
        return malformed(e, "Malformed proof in client-final-message.");
    if (value.p + value.n != message.p + message.n)
        return malformed(e, "Garbage found at the end of client-final-message.");
    without_proof->n--; /* the comma before p= */
    if (!str_eq(nonce, (struct str){(const char *)s->nonces.data, s->nonces.len})) {
        err_set(e, SQLSTATE_PROTOCOL_VIOLATION, "invalid SCRAM response");
        err_detail(e, "Nonce does not match.");
        return ST_ERR;
    }
    return ST_OK;
}

/* Whether H(ClientProof xor HMAC(StoredKey, AuthMessage)) is StoredKey. */
static int check_proof(const struct scram_server *s, const uint8_t proof[static SCRAM_KEY_LEN], bool *right,
                       struct err *e)
{
    uint8_t key[SCRAM_KEY_LEN], stored[SCRAM_KEY_LEN];
    int st = digest_hmac(key, s->verifier.stored_key, SCRAM_KEY_LEN, s->auth.data, s->auth.len, e);
    for (size_t i = 0; st == ST_OK && i < SCRAM_KEY_LEN; i++)
        key[i] ^= proof[i];
    if (st == ST_OK)
        st = digest_sha256(stored, key, sizeof key, e);
    *right = st == ST_OK && digest_equal(stored, s->verifier.stored_key, SCRAM_KEY_LEN);
    digest_wipe(key, sizeof key);
    return st;
}

static int sign(const struct scram_server *s, char text[static BASE64_LEN(SCRAM_KEY_LEN) + 1], struct err *e)
{
    uint8_t signature[SCRAM_KEY_LEN];
    TRY(digest_hmac(signature, s->verifier.server_key, SCRAM_KEY_LEN, s->auth.data, s->auth.len, e));
    base64_encode(text, signature, sizeof signature);
    return ST_OK;
}

int scram_server_final(struct scram_server *s, const uint8_t *in, size_t n, struct buf *reply, struct err *e)
{
    struct str message = {0}, without_proof = {0};
    uint8_t proof[SCRAM_KEY_LEN] = {0};
    char signature[BASE64_LEN(SCRAM_KEY_LEN) + 1];
    bool right = false;
    assert(s->state == WANT_FINAL);
    s->state = DONE;
    TRY(whole_message(in, n, &message, e));
    TRY(final_parse(s, message, &without_proof, proof, e));
    buf_put_u8(&s->auth, ',');
    buf_put(&s->auth, without_proof.p, without_proof.n);
    if (!buf_ok(&s->auth))
        return err_oom(e);
    TRY(check_proof(s, proof, &right, e));
    TRY(sign(s, signature, e)); /* in any case: a wrong proof takes the time of a right one */
    if (!right | s->doomed)
        return err_set(e, SQLSTATE_INVALID_PASSWORD, "%s", "");
    size_t mark = reply->len;
    buf_put(reply, "v=", 2);
    buf_put(reply, signature, sizeof signature - 1);
    return to_reply(reply, mark, e);
}

int scram_mock_verifier(struct scram_verifier *out, struct str user, const uint8_t secret[static 32],
                        struct err *e)
{
    /* One keyed digest for all that is made up: salt from its front, keys from a digest of it. Nobody can
     * have the password, and the session dooms the exchange besides. */
    uint8_t seed[SHA256_LEN];
    *out = (struct scram_verifier){.iterations = SCRAM_ITERATIONS, .salt_len = SCRAM_SALT_LEN};
    TRY(digest_hmac(seed, secret, 32, user.p, user.n, e));
    memcpy(out->salt, seed, SCRAM_SALT_LEN);
    int st = digest_hmac(out->stored_key, secret, 32, seed, sizeof seed, e);
    if (st == ST_OK)
        st = digest_sha256(out->server_key, out->stored_key, SCRAM_KEY_LEN, e);
    digest_wipe(seed, sizeof seed);
    return st;
}
