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
#include "front/startup.h"

#include "auth/digest.h"
#include "auth/scram.h"
#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/metric.h"
#include "front/cancel.h"
#include "front/front_priv.h"
#include "pgwire/frontend.h"
#include "pgwire/startup.h"
#include "session/activity.h"

#include <assert.h>
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

static int answer_byte(struct pg_client *c, char answer, struct err *e)
{
    buf_put_u8(&c->output.bytes, (uint8_t)answer);
    return output_flush(c, e);
}

/* What came with the request was not encrypted, and would be taken for what was. */
static int check_nothing_follows(const struct pg_client *c, const struct frame *f, const char *what,
                                 struct err *e)
{
    size_t n;
    (void)conn_input(c->conn, &n);
    if (n > f->total)
        return err_set(e, SQLSTATE_PROTOCOL_VIOLATION, "received unencrypted data after %s request", what);
    return ST_OK;
}

static int on_ssl_request(struct pg_client *c, const struct frame *f, struct err *e)
{
    struct tls_context *tls = conn_is_unix(c->conn) ? NULL : pg_front_tls(c->front);
    bool offer = tls && !conn_is_tls(c->conn);
    tls_context_unref(tls);
    if (c->startup.saw_ssl_request)
        return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                       "unsupported frontend protocol 1234.5679: server supports 3.0 to 3.2");
    c->startup.saw_ssl_request = true;
    TRY(answer_byte(c, offer ? 'S' : 'N', e));
    TRY(check_nothing_follows(c, f, "SSL", e));
    if (offer)
        c->startup.phase = PHASE_TLS_HANDSHAKE;
    return ST_OK;
}

static int on_gss_request(struct pg_client *c, const struct frame *f, struct err *e)
{
    if (c->startup.saw_gss_request)
        return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                       "unsupported frontend protocol 1234.5680: server supports 3.0 to 3.2");
    c->startup.saw_gss_request = true;
    TRY(answer_byte(c, 'N', e));
    return check_nothing_follows(c, f, "GSSAPI encryption", e);
}

/* Parameters of the packet, then those of `options`: RESET returns to them. */
static int apply_parameters(struct pg_client *c, const struct startup *m, struct err *e)
{
    for (size_t i = 0; i < m->nparams; i++)
        TRY(settings_start(&c->session.settings, m->params[i].name, m->params[i].value, e));
    if (!m->options[0])
        return ST_OK;
    char *scratch = arena_alloc(&c->session.message_arena, strlen(m->options) + 1);
    if (!scratch)
        return err_oom(e);
    struct startup_pair pairs[STARTUP_OPTIONS_MAX];
    size_t n;
    TRY(startup_options_parse(m->options, scratch, pairs, &n, e));
    for (size_t i = 0; i < n; i++)
        TRY(settings_start(&c->session.settings, pairs[i].name, pairs[i].value, e));
    return ST_OK;
}

static int apply_defaults(struct pg_client *c, struct err *e)
{
    const struct session_config *config = session_config(&c->session);
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
        memcpy(&us, (const char *)config + limits[i].offset, sizeof us);
        if (us == 0)
            continue;
        (void)snprintf(text, sizeof text, "%lld", (long long)(us / 1000));
        TRY(settings_start(&c->session.settings, limits[i].name, text, e));
    }
    (void)snprintf(text, sizeof text, "15.0 (Tavana %.32s)", config->version);
    TRY(settings_force(&c->session.settings, SET_SERVER_VERSION, text, e));
    return settings_force(&c->session.settings, SET_SESSION_AUTHORIZATION, c->session.user, e);
}

static void negotiate(struct pg_client *c, const struct startup *m)
{
    bool newer = m->version > PROTOCOL_3_2;
    c->startup.protocol = newer ? PROTOCOL_3_2 : m->version == PROTOCOL_3_2 ? PROTOCOL_3_2 : PROTOCOL_3_0;
    bool between = m->version > PROTOCOL_3_0 && m->version < PROTOCOL_3_2; /* 3.1 was never made */
    if (newer || between || m->nunknown)
        be_negotiate_protocol_version(&c->output.bytes, between ? PROTOCOL_3_0 : c->startup.protocol,
                                      m->unknown, m->nunknown);
}

void startup_init(struct startup_state *st, int64_t deadline_us)
{
    *st = (struct startup_state){.phase = PHASE_FIRST_PACKET, .deadline_us = deadline_us};
}

void startup_forget(struct pg_client *c)
{
    scram_server_free(TAKE_PTR(c->startup.scram));
    digest_wipe(c->startup.verifier, c->startup.verifier ? sizeof *c->startup.verifier : 0);
    mem_free(TAKE_PTR(c->startup.verifier));
    mem_free(TAKE_PTR(c->startup.packet));
}

/* The packet is decoded again: what was found in it the first time was not kept. */
static int take_parameters(struct pg_client *c, struct err *e)
{
    struct startup *m = arena_alloc(&c->session.message_arena, sizeof *m);
    if (!m)
        return err_oom(e);
    TRY(startup_decode(c->startup.packet, c->startup.packet_len, m, e));
    if (m->replication)
        return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED, "replication connections are not supported");
    TRY(apply_defaults(c, e));
    return apply_parameters(c, m, e);
}

static void report_setting(struct pg_client *c, size_t i)
{
    size_t mark = c->output.bytes.len;
    be_parameter_status(&c->output.bytes, settings_name(&c->session.settings, i),
                        settings_get(&c->session.settings, i));
    pg_reply_recode(&c->reply, mark);
}

static int become_ready(struct pg_client *c, struct err *e)
{
    assert(c->startup.phase != PHASE_READY && c->startup.packet);
    TRY(registry_count_in(&c->session, e));
    activity_start(&c->session);
    c->task.owner = session_task_owner(&c->session);
    const size_t key_len = c->startup.protocol >= PROTOCOL_3_2 ? STARTUP_KEY_3_2 : STARTUP_KEY_3_0;
    uint8_t key[STARTUP_KEY_3_2];
    TRY(random_bytes(key, sizeof key, e));
    be_auth_ok(&c->output.bytes);
    TRY(take_parameters(c, e));
    startup_forget(c);
    for (size_t i = 0; i < SETTINGS_COUNT; i++)
        if (settings_flags(i) & SETTING_REPORT)
            report_setting(c, i);
    (void)settings_take_reports(&c->session.settings);
    registry_set_key(&c->session, key, key_len);
    c->startup.phase = PHASE_READY;
    be_backend_key_data(&c->output.bytes, c->session.place.pid, key, key_len);
    be_ready_for_query(&c->output.bytes, 'I');
    TRY(output_flush(c, e));
    log_line(LOG_DEBUG, "session_start", "pid=%u peer=%s tls=%s", c->session.place.pid,
             conn_peer_name(c->conn), conn_is_tls(c->conn) ? conn_tls_version(c->conn) : "off");
    return ST_OK;
}

static int begin_sasl(struct pg_client *c, const struct scram_verifier *v, bool doomed, struct err *e)
{
    /* The verifier waits in the session's SCRAM record; which mechanism it is comes with the first message.
     */
    assert(!c->startup.verifier && !c->startup.scram);
    c->startup.verifier = mem_alloc(sizeof *c->startup.verifier);
    if (!c->startup.verifier)
        return err_oom(e);
    *c->startup.verifier = *v;
    c->startup.scram_doomed = doomed;
    const char *mechanisms[2];
    size_t n = 0;
    uint8_t binding[64];
    if (conn_channel_binding(c->conn, binding) > 0)
        mechanisms[n++] = SCRAM_MECHANISM_PLUS;
    mechanisms[n++] = SCRAM_MECHANISM;
    be_auth_sasl(&c->output.bytes, mechanisms, n);
    c->startup.phase = PHASE_SASL_FIRST;
    return output_flush(c, e);
}

/* A verified certificate or the peer's own name may do instead of a password. */
static bool known_otherwise(const struct pg_client *c, const struct user *u)
{
    const char *cert = conn_client_cert_name(c->conn);
    if (u->by_cert && cert && strcmp(cert, u->name) == 0)
        return true;
    char peer[USER_NAME_MAX + 1];
    return u->by_peer && conn_peer_user(c->conn, peer, sizeof peer) && strcmp(peer, u->name) == 0;
}

static int authenticate(struct pg_client *c, struct err *e)
{
    const struct session_config *config = session_config(&c->session);
    if (config->tls_required && !conn_is_tls(c->conn) && !conn_is_unix(c->conn))
        return err_set(e, SQLSTATE_INVALID_AUTHORIZATION_SPECIFICATION,
                       "this server takes only TLS connections");
    struct user_file *users = pg_front_users(c->front);
    if (!users) {
        if (config->trust && conn_is_loopback(c->conn))
            return become_ready(c, e);
        return err_set(e, SQLSTATE_INVALID_AUTHORIZATION_SPECIFICATION,
                       "no users are configured on this server");
    }
    const struct user *u = user_file_find(users, c->session.user);
    int rc;
    if (u && known_otherwise(c, u)) {
        rc = become_ready(c, e);
    } else {
        struct scram_verifier mock; /* made for everybody, since that takes time */
        rc = user_file_mock(users, c->session.user, &mock, e);
        bool real = u && u->has_verifier;
        if (rc == ST_OK)
            rc = begin_sasl(c, real ? &u->verifier : &mock, !real, e);
        digest_wipe(&mock, sizeof mock);
    }
    user_file_unref(users);
    return rc;
}

static int on_startup(struct pg_client *c, const struct startup *m, const struct frame *f, struct err *e)
{
    assert(c->startup.phase == PHASE_FIRST_PACKET && !c->startup.packet);
    c->startup.packet = mem_alloc(f->len);
    if (!c->startup.packet)
        return err_oom(e);
    TRY(session_identify(&c->session, m->user, m->database, e));
    memcpy(c->startup.packet, f->payload, f->len);
    c->startup.packet_len = f->len;
    if (registry_is_full(c->session.server)) /* as it will be told when it has logged in: that costs more */
        return registry_refuse(e);
    negotiate(c, m);
    return authenticate(c, e);
}

/* What is no start-up packet gets no answer, as PostgreSQL gives none: who sent it speaks another protocol.
 */
static int garbage(const struct pg_client *c, const struct err *e)
{
    static struct log_limit limit;
    unsigned left_out;
    metric_add(METRIC_GARBAGE, 1);
    if (log_limit_passes(&limit, LOG_EVERY_US, &left_out))
        log_line(LOG_INFO, "no_startup_packet", "peer=%s reason=\"%s\" lines_left_out=%u",
                 conn_peer_name(c->conn), e->message, left_out);
    return ST_EOF;
}

/* Bytes of the input to a whole frame: ST_OK, ST_AGAIN when the peer has to send more, ST_ERR. */
static int take_frame(struct pg_client *c,
                      int (*next)(const uint8_t *, size_t, struct frame *, size_t *, struct err *),
                      size_t max, struct frame *f, struct err *e)
{
    for (;;) {
        size_t n, need;
        const uint8_t *in = conn_input(c->conn, &n);
        int st = next(in, n, f, &need, e);
        if (st != ST_AGAIN)
            return st;
        st = conn_fill(c->conn, max, e);
        if (st != ST_OK)
            return st;
    }
}

/* Whether a TLS handshake begins right here, without an SSLRequest before it. */
static bool begins_tls(struct pg_client *c, uint8_t first)
{
    enum { TLS_HANDSHAKE_RECORD = 0x16 };
    if (first != TLS_HANDSHAKE_RECORD || conn_is_tls(c->conn) || c->startup.saw_ssl_request)
        return false;
    struct tls_context *tls = pg_front_tls(c->front);
    tls_context_unref(tls);
    return tls != NULL;
}

static int on_first(struct pg_client *c, const struct startup *m, const struct frame *f, struct err *e)
{
    switch (m->kind) {
    case STARTUP_CANCEL:
        cancel_request(c->front, m->cancel_pid, m->cancel_key, m->cancel_key_len);
        return ST_EOF;
    case STARTUP_SSL: return on_ssl_request(c, f, e);
    case STARTUP_GSSENC: return on_gss_request(c, f, e);
    case STARTUP_SESSION: break;
    }
    return on_startup(c, m, f, e);
}

static int first_packet(struct pg_client *c, struct err *e)
{
    size_t n;
    const uint8_t *in = conn_input(c->conn, &n);
    if (n == 0) {
        int st = conn_fill(c->conn, FRAME_STARTUP_MAX, e);
        if (st != ST_OK)
            return st;
        in = conn_input(c->conn, &n);
    }
    if (begins_tls(c, in[0])) {
        c->startup.direct_tls = true;
        c->startup.phase = PHASE_TLS_HANDSHAKE;
        return ST_OK;
    }
    struct frame f;
    struct startup *m = arena_alloc(&c->session.message_arena, sizeof *m);
    if (!m)
        return err_oom(e);
    int st = take_frame(c, frame_next_startup, FRAME_STARTUP_MAX, &f, e);
    if (st < 0 && e->code == SQLSTATE_PROTOCOL_VIOLATION)
        return garbage(c, e);
    if (st != ST_OK)
        return st;
    st = startup_decode(f.payload, f.len, m, e);
    if (st < 0 && m->kind != STARTUP_SESSION)
        return garbage(c, e);
    TRY(st);
    st = on_first(c, m, &f, e);
    if (st == ST_OK)
        conn_consume(c->conn, f.total);
    return st;
}

static int tls_handshake(struct pg_client *c, short *events, struct err *e)
{
    struct tls_context *tls = pg_front_tls(c->front);
    if (!tls)
        return err_set(e, SQLSTATE_CONNECTION_FAILURE, "TLS was switched off");
    int st = conn_tls_accept(c->conn, tls, c->startup.direct_tls, events, e);
    tls_context_unref(tls);
    if (st != ST_OK)
        return st;
    const char *alpn = conn_tls_alpn(c->conn);
    if (c->startup.direct_tls && (!alpn || strcmp(alpn, "postgresql") != 0))
        return err_set(e, SQLSTATE_PROTOCOL_VIOLATION,
                       "received direct SSL connection request without ALPN protocol negotiation extension");
    c->startup.phase = PHASE_FIRST_PACKET;
    c->startup.saw_ssl_request = true; /* once is enough */
    return ST_OK;
}

static int login_failed(struct pg_client *c, struct err *e)
{
    metric_add(METRIC_LOGIN_FAILURES, 1);
    char user[LOG_QUOTE_MAX];
    log_line(LOG_WARNING, "login_failed", "peer=%s user=%s", conn_peer_name(c->conn),
             log_quote(user, c->session.user));
    err_init(e);
    return err_set(e, SQLSTATE_INVALID_PASSWORD, "password authentication failed for user \"%s\"",
                   c->session.user);
}

static int make_scram(struct pg_client *c, const char *mechanism, struct err *e)
{
    assert(c->startup.verifier && !c->startup.scram);
    struct scram_options o = {.doomed = c->startup.scram_doomed};
    uint8_t binding[64];
    if (strcmp(mechanism, SCRAM_MECHANISM_PLUS) == 0 && conn_is_tls(c->conn))
        o.plus = true;
    else if (strcmp(mechanism, SCRAM_MECHANISM) != 0)
        return err_set(e, SQLSTATE_PROTOCOL_VIOLATION,
                       "client selected an invalid SASL authentication mechanism");
    o.channel_binding_len = conn_channel_binding(c->conn, binding);
    o.channel_binding = o.channel_binding_len ? binding : NULL;
    TRY(random_bytes(o.nonce, sizeof o.nonce, e));
    return scram_server_new(&c->startup.scram, c->startup.verifier, &o, e);
}

static int sasl_first(struct pg_client *c, struct err *e)
{
    struct frame f;
    struct fe_sasl_initial m;
    struct buf reply;
    int st = take_frame(c, frame_next_auth, FRAME_AUTH_MAX + FRAME_HEADER, &f, e);
    if (st != ST_OK)
        return st;
    TRY(fe_sasl_initial_decode(f.payload, f.len, &m, e));
    TRY(make_scram(c, m.mechanism, e));
    if (m.len < 0)
        return err_set(e, SQLSTATE_PROTOCOL_VIOLATION, "the first SASL message has no data");
    buf_init(&reply, SCRAM_MESSAGE_MAX);
    st = scram_server_first(c->startup.scram, m.data, (size_t)m.len, &reply, e);
    if (st == ST_OK)
        be_auth_sasl_data(&c->output.bytes, BE_AUTH_SASL_CONTINUE, reply.data, reply.len);
    buf_release(&reply);
    TRY(st);
    conn_consume(c->conn, f.total);
    c->startup.phase = PHASE_SASL_FINAL;
    return output_flush(c, e);
}

static int sasl_final(struct pg_client *c, struct err *e)
{
    struct frame f;
    struct buf reply;
    int st = take_frame(c, frame_next_auth, FRAME_AUTH_MAX + FRAME_HEADER, &f, e);
    if (st != ST_OK)
        return st;
    assert(c->startup.scram);
    buf_init(&reply, SCRAM_MESSAGE_MAX);
    st = scram_server_final(c->startup.scram, f.payload, f.len, &reply, e);
    if (st == ST_OK)
        be_auth_sasl_data(&c->output.bytes, BE_AUTH_SASL_FINAL, reply.data, reply.len);
    buf_release(&reply);
    if (st < 0 && e->code == SQLSTATE_INVALID_PASSWORD)
        return login_failed(c, e);
    TRY(st);
    conn_consume(c->conn, f.total);
    return become_ready(c, e);
}

int startup_step(struct pg_client *c, short *events, struct err *e)
{
    *events = POLLIN;
    switch (c->startup.phase) {
    case PHASE_FIRST_PACKET: return first_packet(c, e);
    case PHASE_TLS_HANDSHAKE: return tls_handshake(c, events, e);
    case PHASE_SASL_FIRST: return sasl_first(c, e);
    case PHASE_SASL_FINAL: return sasl_final(c, e);
    case PHASE_READY: break;
    }
    return ST_OK;
}
