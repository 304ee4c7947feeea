/* Any payload as a first packet, and its options if it has some. */
#include "pgwire/startup.h"

#include "base/alloc.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void within(const char *p, size_t n, const void *from, size_t size)
{
    const char *base = from;
    assert(p >= base && p + n < base + size && p[n] == '\0');
}

static void check_session(const struct startup *s, const uint8_t *data, size_t size)
{
    within(s->user, strlen(s->user), data, size);
    within(s->database, strlen(s->database), data, size);
    assert(s->user[0] && s->database[0] && s->version >> 16 == 3);
    assert(s->nparams + s->nunknown <= STARTUP_PARAMS_MAX);
    for (size_t i = 0; i < s->nparams; i++) {
        within(s->params[i].name, strlen(s->params[i].name), data, size);
        within(s->params[i].value, strlen(s->params[i].value), data, size);
        assert(strcmp(s->params[i].name, "user") != 0);
    }
    for (size_t i = 0; i < s->nunknown; i++)
        assert(strncmp(s->unknown[i], "_pq_.", 5) == 0);
}

static void check_options(const char *options)
{
    size_t room = strlen(options) + 1, n = 0;
    char *scratch = mem_alloc(room);
    struct startup_pair pairs[STARTUP_OPTIONS_MAX];
    struct err e;
    assert(scratch);
    err_init(&e);
    int st = startup_options_parse(options, scratch, pairs, &n, &e);
    assert(st == (err_is_set(&e) ? ST_ERR : ST_OK));
    assert(n <= STARTUP_OPTIONS_MAX);
    for (size_t i = 0; st == ST_OK && i < n; i++) {
        within(pairs[i].name, strlen(pairs[i].name), scratch, room);
        within(pairs[i].value, strlen(pairs[i].value), scratch, room);
        assert(pairs[i].name[0] && !strpbrk(pairs[i].name, "-="));
    }
    mem_free(scratch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct startup s;
    struct err e;
    err_init(&e);
    int st = startup_decode(data, size, &s, &e);
    assert(st == (err_is_set(&e) ? ST_ERR : ST_OK));
    if (st == ST_OK && s.kind == STARTUP_CANCEL)
        assert(s.cancel_key > data && s.cancel_key + s.cancel_key_len == data + size && s.cancel_key_len);
    if (st == ST_OK && s.kind == STARTUP_SESSION) {
        check_session(&s, data, size);
        check_options(s.options);
    }
    return 0;
}
