/* A byte of circumstances, then client-first and client-final with a NUL between. Nobody here has the
 * password, so no exchange may succeed. In the second message `@` stands for the nonce that the server waits
 * for, or nothing would get past it. */
#include "auth/scram.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t secret[32] = {1, 2, 3};

/* server-first starts with r=NONCE, */
static void expand(struct buf *out, const uint8_t *in, size_t n, const struct buf *server_first)
{
    const uint8_t *comma = memchr(server_first->data, ',', server_first->len);
    assert(comma && memcmp(server_first->data, "r=", 2) == 0);
    for (size_t i = 0; i < n; i++) {
        if (in[i] == '@')
            buf_put(out, server_first->data + 2, (size_t)(comma - server_first->data) - 2);
        else
            buf_put_u8(out, in[i]);
    }
}

static void exchange(struct scram_server *s, const uint8_t *in, size_t n)
{
    struct buf reply, final;
    struct err e;
    const uint8_t *nul = n ? memchr(in, 0, n) : NULL;
    size_t first = nul ? (size_t)(nul - in) : n;
    buf_init(&reply, (size_t)2 * SCRAM_MESSAGE_MAX);
    buf_init(&final, (size_t)1 << 20);
    err_init(&e);
    int st = scram_server_first(s, in, first, &reply, &e);
    assert(st == (err_is_set(&e) ? ST_ERR : ST_OK));
    if (st == ST_OK && nul) {
        expand(&final, nul + 1, n - first - 1, &reply);
        size_t before = reply.len;
        st = scram_server_final(s, final.data, final.len, &reply, &e);
        assert(st == ST_ERR && err_is_set(&e) && reply.len == before);
    } else if (st != ST_OK) {
        assert(reply.len == 0);
    }
    buf_release(&reply);
    buf_release(&final);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t binding[] = "a digest of the certificate";
    struct scram_verifier v;
    struct scram_server *s;
    struct err e;
    if (size == 0)
        return 0;
    err_init(&e);
    assert(scram_mock_verifier(&v, STR("alice"), secret, &e) == ST_OK);
    struct scram_options o = {.plus = data[0] & 1, .nonce = {4}, .doomed = (data[0] & 4) != 0};
    if (o.plus || (data[0] & 2)) {
        o.channel_binding = binding;
        o.channel_binding_len = sizeof binding;
    }
    assert(scram_server_new(&s, &v, &o, &e) == ST_OK);
    exchange(s, data + 1, size - 1);
    scram_server_free(s);
    return 0;
}
