/* From a fresh socket to a session: TLS, the start-up packet, who it is. Each step takes one message and
 * parks in between, so that a client that is slow or silent here costs no thread; one deadline
 * (authentication_timeout) holds for all.
 *
 *   PHASE_FIRST_PACKET    SSLRequest → PHASE_TLS_HANDSHAKE or 'N'; GSSENCRequest → 'N'; CancelRequest → end;
 *                         a TLS ClientHello → PHASE_TLS_HANDSHAKE; StartupMessage → PHASE_SASL_FIRST or
 *                         PHASE_READY
 *   PHASE_TLS_HANDSHAKE   → PHASE_FIRST_PACKET
 *   PHASE_SASL_FIRST      → PHASE_SASL_FINAL
 *   PHASE_SASL_FINAL      → PHASE_READY
 *
 * Before READY nothing is done with the packet's parameters: they are bytes. What they say is looked up, kept
 * and complained of when it is known who says it.
 *
 * Source: PostgreSQL manual, 55.2.1, 55.2.10 to 55.2.12, 55.3. */
#include "session/startup.h"

#include "auth/digest.h"
#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/metric.h"
#include "pgwire/frontend.h"
#include "pgwire/startup.h"
#include "session/session_priv.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

enum { LOG_EVERY_US = 10 * 1000 * 1000 }; /* lines about what is no start-up packet */

static int random_bytes(void *p, size_t n, struct err *e)
{
    if (getrandom(p, n, 0) != (ssize_t)n) /* up to 256 bytes come at once */
        return err_set(e, SQLSTATE_INTERNAL_ERROR, "could not generate random bytes");
    return ST_OK;
}

static int answer_byte(struct session *s, char c, struct err *e)
{
    buf_put_u8(&s->output.bytes, (uint8_t)c);
    return session_flush(s, e);
}

/* What came with the request was not encrypted, and would be taken for what was. */
static int check_nothing_follows(const struct session *s, const struct frame *f, const char *what,
                                 struct err *e)
{
    size_t n;
    (void)conn_input(s->conn, &n);
    if (n > f->total)
        return err_set(e, SQLSTATE_PROTOCOL_VIOLATION, "received unencrypted data after %s request", what);
    return ST_OK;
}

static int on_ssl_request(struct session *s, const struct frame *f, struct err *e)
{
    struct tls_context *tls = conn_is_unix(s->conn) ? NULL : server_tls(s->server);
    bool offer = tls && !conn_is_tls(s->conn);
    tls_context_unref(tls);
    if (s->saw_ssl_request)
        return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                       "unsupported frontend protocol 1234.5679: server supports 3.0 to 3.2");
    s->saw_ssl_request = true;
    TRY(answer_byte(s, offer ? 'S' : 'N', e));
    TRY(check_nothing_follows(s, f, "SSL", e));
    if (offer)
        s->phase = PHASE_TLS_HANDSHAKE;
    return ST_OK;
}

static int on_gss_request(struct session *s, const struct frame *f, struct err *e)
{
    if (s->saw_gss_request)
        return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                       "unsupported frontend protocol 1234.5680: server supports 3.0 to 3.2");
    s->saw_gss_request = true;
    TRY(answer_byte(s, 'N', e));
    return check_nothing_follows(s, f, "GSSAPI encryption", e);
}

/* Parameters of the packet, then those of `options`: RESET returns to them. */
static int apply_parameters(struct session *s, const struct startup *m, struct err *e)
{
    for (size_t i = 0; i < m->nparams; i++)
        TRY(settings_start(&s->settings, m->params[i].name, m->params[i].value, e));
    if (!m->options[0])
        return ST_OK;
    char *scratch = arena_alloc(&s->message_arena, strlen(m->options) + 1);
    if (!scratch)
        return err_oom(e);
    struct startup_pair pairs[STARTUP_OPTIONS_MAX];
    size_t n;
    TRY(startup_options_parse(m->options, scratch, pairs, &n, e));
    for (size_t i = 0; i < n; i++)
        TRY(settings_start(&s->settings, pairs[i].name, pairs[i].value, e));
    return ST_OK;
}

static int apply_defaults(struct session *s, struct err *e)
{
    const struct session_config *c = session_config(s);
    static const struct {
        const char *name;
        size_t offset;
    } limits[] = {
        {"statement_timeout", offsetof(struct session_config, statement_timeout_us)},
        {"idle_in_transaction_session_timeout", offsetof(struct session_config, idle_transaction_timeout_us)},
        {"idle_session_timeout", offsetof(struct session_config, idle_session_timeout_us)},
    };
    char text[64];
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        int64_t us;
        memcpy(&us, (const char *)c + limits[i].offset, sizeof us);
        if (us == 0)
            continue;
        (void)snprintf(text, sizeof text, "%lld", (long long)(us / 1000));
        TRY(settings_start(&s->settings, limits[i].name, text, e));
    }
    (void)snprintf(text, sizeof text, "15.0 (Tavana %.32s)", c->version);
    TRY(settings_force(&s->settings, SET_SERVER_VERSION, text, e));
    return settings_force(&s->settings, SET_SESSION_AUTHORIZATION, s->user, e);
}

static void negotiate(struct session *s, const struct startup *m)
{
    bool newer = m->version > PROTOCOL_3_2;
    s->protocol = newer ? PROTOCOL_3_2 : m->version == PROTOCOL_3_2 ? PROTOCOL_3_2 : PROTOCOL_3_0;
    bool between = m->version > PROTOCOL_3_0 && m->version < PROTOCOL_3_2; /* 3.1 was never made */
    if (newer || between || m->nunknown)
        be_negotiate_protocol_version(&s->output.bytes, between ? PROTOCOL_3_0 : s->protocol, m->unknown,
                                      m->nunknown);
}

void startup_forget(struct session *s)
{
    scram_server_free(TAKE_PTR(s->scram));
    digest_wipe(s->verifier, s->verifier ? sizeof *s->verifier : 0);
    mem_free(TAKE_PTR(s->verifier));
    mem_free(TAKE_PTR(s->startup_packet));
}

/* The packet is decoded again: what was found in it the first time was not kept. */
static int take_parameters(struct session *s, struct err *e)
{
    struct startup *m = arena_alloc(&s->message_arena, sizeof *m);
    if (!m)
        return err_oom(e);
    TRY(startup_decode(s->startup_packet, s->startup_packet_len, m, e));
    if (m->replication)
        return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED, "replication connections are not supported");
    TRY(apply_defaults(s, e));
    return apply_parameters(s, m, e);
}

static int too_many_clients(struct err *e)
{
    metric_add(METRIC_SESSIONS_REFUSED, 1);
    return err_set(e, SQLSTATE_TOO_MANY_CONNECTIONS, "sorry, too many clients already");
}

static int become_ready(struct session *s, struct err *e)
{
    if (!registry_count_in(s))
        return too_many_clients(e);
    s->cancel_key_len = s->protocol >= PROTOCOL_3_2 ? CANCEL_KEY_3_2 : CANCEL_KEY_3_0;
    uint8_t key[CANCEL_KEY_3_2];
    TRY(random_bytes(key, sizeof key, e));
    be_auth_ok(&s->output.bytes);
    TRY(take_parameters(s, e));
    startup_forget(s);
    for (size_t i = 0; i < SETTINGS_COUNT; i++)
        if (settings_flags(i) & SETTING_REPORT)
            be_parameter_status(&s->output.bytes, settings_name(&s->settings, i),
                                settings_get(&s->settings, i));
    (void)settings_take_reports(&s->settings);
    (void)pthread_mutex_lock(&s->server->lock); /* a CancelRequest may look now */
    memcpy(s->cancel_key, key, sizeof key);
    s->phase = PHASE_READY;
    (void)pthread_mutex_unlock(&s->server->lock);
    be_backend_key_data(&s->output.bytes, s->pid, s->cancel_key, s->cancel_key_len);
    be_ready_for_query(&s->output.bytes, tx_status(s));
    TRY(session_flush(s, e));
    log_line(LOG_DEBUG, "session_start", "pid=%u peer=%s tls=%s", s->pid, conn_peer_name(s->conn),
             conn_is_tls(s->conn) ? conn_tls_version(s->conn) : "off");
    return ST_OK;
}

static int begin_sasl(struct session *s, const struct scram_verifier *v, bool doomed, struct err *e)
{
    /* The verifier waits in the session's SCRAM record; which mechanism it is comes with the first message.
     */
    s->verifier = mem_alloc(sizeof *s->verifier);
    if (!s->verifier)
        return err_oom(e);
    *s->verifier = *v;
    s->scram_doomed = doomed;
    const char *mechanisms[2];
    size_t n = 0;
    uint8_t binding[64];
    if (conn_channel_binding(s->conn, binding) > 0)
        mechanisms[n++] = SCRAM_MECHANISM_PLUS;
    mechanisms[n++] = SCRAM_MECHANISM;
    be_auth_sasl(&s->output.bytes, mechanisms, n);
    s->phase = PHASE_SASL_FIRST;
    return session_flush(s, e);
}

/* A verified certificate or the peer's own name may do instead of a password. */
static bool known_otherwise(const struct session *s, const struct user *u)
{
    const char *cert = conn_client_cert_name(s->conn);
    if (u->by_cert && cert && strcmp(cert, u->name) == 0)
        return true;
    char peer[USER_NAME_MAX + 1];
    return u->by_peer && conn_peer_user(s->conn, peer, sizeof peer) && strcmp(peer, u->name) == 0;
}

static int authenticate(struct session *s, struct err *e)
{
    const struct session_config *c = session_config(s);
    if (c->tls_required && !conn_is_tls(s->conn) && !conn_is_unix(s->conn))
        return err_set(e, SQLSTATE_INVALID_AUTHORIZATION_SPECIFICATION,
                       "this server takes only TLS connections");
    struct user_file *users = server_users(s->server);
    if (!users) {
        if (c->trust && conn_is_loopback(s->conn))
            return become_ready(s, e);
        return err_set(e, SQLSTATE_INVALID_AUTHORIZATION_SPECIFICATION,
                       "no users are configured on this server");
    }
    const struct user *u = user_file_find(users, s->user);
    int rc;
    if (u && known_otherwise(s, u)) {
        rc = become_ready(s, e);
    } else {
        struct scram_verifier mock; /* made for everybody, since that takes time */
        rc = user_file_mock(users, s->user, &mock, e);
        bool real = u && u->has_verifier;
        if (rc == ST_OK)
            rc = begin_sasl(s, real ? &u->verifier : &mock, !real, e);
        digest_wipe(&mock, sizeof mock);
    }
    user_file_unref(users);
    return rc;
}

static int on_startup(struct session *s, const struct startup *m, const struct frame *f, struct err *e)
{
    s->startup_packet = mem_alloc(f->len);
    s->user = mem_strdup(m->user);
    s->database = mem_strdup(m->database);
    if (!s->startup_packet || !s->user || !s->database)
        return err_oom(e);
    memcpy(s->startup_packet, f->payload, f->len);
    s->startup_packet_len = f->len;
    if (registry_is_full(s->server)) /* as it will be told when it has logged in: that costs more */
        return too_many_clients(e);
    negotiate(s, m);
    return authenticate(s, e);
}

/* What is no start-up packet gets no answer, as PostgreSQL gives none: who sent it speaks another protocol.
 */
static int garbage(const struct session *s, const struct err *e)
{
    static struct log_limit limit;
    unsigned left_out;
    metric_add(METRIC_GARBAGE, 1);
    if (log_limit_passes(&limit, LOG_EVERY_US, &left_out))
        log_line(LOG_INFO, "no_startup_packet", "peer=%s reason=\"%s\" lines_left_out=%u",
                 conn_peer_name(s->conn), e->message, left_out);
    return ST_EOF;
}

/* Bytes of the input to a whole frame: ST_OK, ST_AGAIN when the peer has to send more, ST_ERR. */
static int take_frame(struct session *s,
                      int (*next)(const uint8_t *, size_t, struct frame *, size_t *, struct err *),
                      size_t max, struct frame *f, struct err *e)
{
    for (;;) {
        size_t n, need;
        const uint8_t *in = conn_input(s->conn, &n);
        int st = next(in, n, f, &need, e);
        if (st != ST_AGAIN)
            return st;
        st = conn_fill(s->conn, max, e);
        if (st != ST_OK)
            return st;
    }
}

/* Whether a TLS handshake begins right here, without an SSLRequest before it. */
static bool begins_tls(struct session *s, uint8_t first)
{
    enum { TLS_HANDSHAKE_RECORD = 0x16 };
    if (first != TLS_HANDSHAKE_RECORD || conn_is_tls(s->conn) || s->saw_ssl_request)
        return false;
    struct tls_context *tls = server_tls(s->server);
    tls_context_unref(tls);
    return tls != NULL;
}

static int on_first(struct session *s, const struct startup *m, const struct frame *f, struct err *e)
{
    switch (m->kind) {
    case STARTUP_CANCEL:
        cancel_request(s->server, m->cancel_pid, m->cancel_key, m->cancel_key_len);
        return ST_EOF;
    case STARTUP_SSL: return on_ssl_request(s, f, e);
    case STARTUP_GSSENC: return on_gss_request(s, f, e);
    case STARTUP_SESSION: break;
    }
    return on_startup(s, m, f, e);
}

static int first_packet(struct session *s, struct err *e)
{
    size_t n;
    const uint8_t *in = conn_input(s->conn, &n);
    if (n == 0) {
        int st = conn_fill(s->conn, FRAME_STARTUP_MAX, e);
        if (st != ST_OK)
            return st;
        in = conn_input(s->conn, &n);
    }
    if (begins_tls(s, in[0])) {
        s->direct_tls = true;
        s->phase = PHASE_TLS_HANDSHAKE;
        return ST_OK;
    }
    struct frame f;
    struct startup *m = arena_alloc(&s->message_arena, sizeof *m);
    if (!m)
        return err_oom(e);
    int st = take_frame(s, frame_next_startup, FRAME_STARTUP_MAX, &f, e);
    if (st < 0 && e->code == SQLSTATE_PROTOCOL_VIOLATION)
        return garbage(s, e);
    if (st != ST_OK)
        return st;
    st = startup_decode(f.payload, f.len, m, e);
    if (st < 0 && m->kind != STARTUP_SESSION)
        return garbage(s, e);
    TRY(st);
    st = on_first(s, m, &f, e);
    if (st == ST_OK)
        conn_consume(s->conn, f.total);
    return st;
}

static int tls_handshake(struct session *s, short *events, struct err *e)
{
    struct tls_context *tls = server_tls(s->server);
    if (!tls)
        return err_set(e, SQLSTATE_CONNECTION_FAILURE, "TLS was switched off");
    int st = conn_tls_accept(s->conn, tls, s->direct_tls, events, e);
    tls_context_unref(tls);
    if (st != ST_OK)
        return st;
    const char *alpn = conn_tls_alpn(s->conn);
    if (s->direct_tls && (!alpn || strcmp(alpn, "postgresql") != 0))
        return err_set(e, SQLSTATE_PROTOCOL_VIOLATION,
                       "received direct SSL connection request without ALPN protocol negotiation extension");
    s->phase = PHASE_FIRST_PACKET;
    s->saw_ssl_request = true; /* once is enough */
    return ST_OK;
}

static int login_failed(struct session *s, struct err *e)
{
    metric_add(METRIC_LOGIN_FAILURES, 1);
    char user[LOG_QUOTE_MAX];
    log_line(LOG_WARNING, "login_failed", "peer=%s user=%s", conn_peer_name(s->conn),
             log_quote(user, s->user));
    err_init(e);
    return err_set(e, SQLSTATE_INVALID_PASSWORD, "password authentication failed for user \"%s\"", s->user);
}

static int make_scram(struct session *s, const char *mechanism, struct err *e)
{
    struct scram_options o = {.doomed = s->scram_doomed};
    uint8_t binding[64];
    if (strcmp(mechanism, SCRAM_MECHANISM_PLUS) == 0 && conn_is_tls(s->conn))
        o.plus = true;
    else if (strcmp(mechanism, SCRAM_MECHANISM) != 0)
        return err_set(e, SQLSTATE_PROTOCOL_VIOLATION,
                       "client selected an invalid SASL authentication mechanism");
    o.channel_binding_len = conn_channel_binding(s->conn, binding);
    o.channel_binding = o.channel_binding_len ? binding : NULL;
    TRY(random_bytes(o.nonce, sizeof o.nonce, e));
    return scram_server_new(&s->scram, s->verifier, &o, e);
}

static int sasl_first(struct session *s, struct err *e)
{
    struct frame f;
    struct fe_sasl_initial m;
    struct buf reply;
    int st = take_frame(s, frame_next_auth, FRAME_AUTH_MAX + FRAME_HEADER, &f, e);
    if (st != ST_OK)
        return st;
    TRY(fe_sasl_initial_decode(f.payload, f.len, &m, e));
    TRY(make_scram(s, m.mechanism, e));
    if (m.len < 0)
        return err_set(e, SQLSTATE_PROTOCOL_VIOLATION, "the first SASL message has no data");
    buf_init(&reply, SCRAM_MESSAGE_MAX);
    st = scram_server_first(s->scram, m.data, (size_t)m.len, &reply, e);
    if (st == ST_OK)
        be_auth_sasl_data(&s->output.bytes, BE_AUTH_SASL_CONTINUE, reply.data, reply.len);
    buf_release(&reply);
    TRY(st);
    conn_consume(s->conn, f.total);
    s->phase = PHASE_SASL_FINAL;
    return session_flush(s, e);
}

static int sasl_final(struct session *s, struct err *e)
{
    struct frame f;
    struct buf reply;
    int st = take_frame(s, frame_next_auth, FRAME_AUTH_MAX + FRAME_HEADER, &f, e);
    if (st != ST_OK)
        return st;
    buf_init(&reply, SCRAM_MESSAGE_MAX);
    st = scram_server_final(s->scram, f.payload, f.len, &reply, e);
    if (st == ST_OK)
        be_auth_sasl_data(&s->output.bytes, BE_AUTH_SASL_FINAL, reply.data, reply.len);
    buf_release(&reply);
    if (st < 0 && e->code == SQLSTATE_INVALID_PASSWORD)
        return login_failed(s, e);
    TRY(st);
    conn_consume(s->conn, f.total);
    return become_ready(s, e);
}

int startup_step(struct session *s, short *events, struct err *e)
{
    *events = POLLIN;
    switch ((enum phase)s->phase) {
    case PHASE_FIRST_PACKET: return first_packet(s, e);
    case PHASE_TLS_HANDSHAKE: return tls_handshake(s, events, e);
    case PHASE_SASL_FIRST: return sasl_first(s, e);
    case PHASE_SASL_FINAL: return sasl_final(s, e);
    case PHASE_READY: break;
    }
    return ST_OK;
}
