/* The first packet of a connection: a session's start, or a request for TLS, GSSAPI or a cancel, which
 * come with "protocol versions" of their own, 1234.5678 and on. Source: PostgreSQL manual, 55.2.1, 55.2.8
 * and 55.7 (StartupMessage). */
#include "pgwire/startup.h"

#include "base/bytes.h"
#include "pgwire/text.h"

#include <string.h>

enum {
    CODE_CANCEL = 1234 << 16 | 5678,
    CODE_SSL = 1234 << 16 | 5679,
    CODE_GSSENC = 1234 << 16 | 5680,
    MAJOR = PROTOCOL_3_2 >> 16,
    NEWEST_MINOR = PROTOCOL_3_2 & 0xffff,
    CODE_LEN = 4,
    PID_LEN = 4,
};

static int cancel_decode(const uint8_t *p, size_t n, struct startup *out, struct err *e)
{
    if (n < CODE_LEN + PID_LEN)
        return err_set(e, SQLSTATE_PROTOCOL_VIOLATION, "invalid length of query cancel packet");
    size_t key_len = n - CODE_LEN - PID_LEN;
    if (key_len == 0 || key_len > CANCEL_KEY_MAX)
        return err_set(e, SQLSTATE_PROTOCOL_VIOLATION, "invalid length of query cancel key");
    out->cancel_pid = get_be32(p + CODE_LEN);
    out->cancel_key = p + CODE_LEN + PID_LEN;
    out->cancel_key_len = key_len;
    return ST_OK;
}

/* As PostgreSQL's parse_bool: any prefix of a word that is not ambiguous. */
static bool parse_bool(const char *v, bool *out)
{
    static const struct {
        const char *word;
        size_t least;
        bool value;
    } words[] = {{"true", 1, true}, {"false", 1, false}, {"yes", 1, true}, {"no", 1, false},
                 {"on", 2, true},   {"off", 2, false},   {"1", 1, true},   {"0", 1, false}};
    size_t n = strlen(v);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (n < words[i].least || n > strlen(words[i].word))
            continue;
        if (str_ieq((struct str){v, n}, (struct str){words[i].word, n})) {
            *out = words[i].value;
            return true;
        }
    }
    return false;
}

static int replication_decode(const char *value, struct startup *out, struct err *e)
{
    if (strcmp(value, "database") == 0) {
        out->replication = true;
        return ST_OK;
    }
    if (parse_bool(value, &out->replication))
        return ST_OK;
    err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE, "invalid value for parameter \"%s\": \"%s\"", "replication",
            value);
    err_hint(e, "Valid values are: \"false\", 0, \"true\", 1, \"database\".");
    return ST_ERR;
}

/* A name that begins with _pq_. asks for an extension of the protocol; those that we do not know are told
 * to the client (NegotiateProtocolVersion), all others are settings. */
static int pair_take(const char *name, const char *value, struct startup *out, struct err *e)
{
    if (strcmp(name, "user") == 0) {
        out->user = value;
    } else if (strcmp(name, "database") == 0) {
        out->database = value;
    } else if (strcmp(name, "options") == 0) {
        out->options = value;
    } else if (strcmp(name, "replication") == 0) {
        return replication_decode(value, out, e);
    } else if (out->nparams + out->nunknown == STARTUP_PARAMS_MAX) {
        return err_set(e, SQLSTATE_PROTOCOL_VIOLATION, "too many parameters in startup packet");
    } else if (strncmp(name, "_pq_.", 5) == 0) {
        out->unknown[out->nunknown++] = name;
    } else {
        out->params[out->nparams++] = (struct startup_pair){name, value};
    }
    return ST_OK;
}

/* name NUL value NUL … NUL: each end is looked for within what is left. */
static int pairs_decode(const char *p, size_t left, struct startup *out, struct err *e)
{
    while (left && *p) {
        const char *name = p;
        size_t name_len = strnlen(p, left);
        if (left - name_len < 2) /* the name's NUL and at least one byte of the value */
            break;
        const char *value = p + name_len + 1;
        size_t value_room = left - name_len - 1;
        size_t value_len = strnlen(value, value_room);
        if (value_len == value_room)
            break;
        TRY(wire_text_check((struct str){name, name_len}, e));
        TRY(wire_text_check((struct str){value, value_len}, e));
        TRY(pair_take(name, value, out, e));
        p = value + value_len + 1;
        left = value_room - value_len - 1;
    }
    if (left != 1 || *p)
        return err_set(e, SQLSTATE_PROTOCOL_VIOLATION,
                       "invalid startup packet layout: expected terminator as last byte");
    return ST_OK;
}

static int session_decode(const uint8_t *p, size_t n, struct startup *out, struct err *e)
{
    if (out->version >> 16 != MAJOR)
        return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                       "unsupported frontend protocol %u.%u: server supports %u.0 to %u.%u",
                       out->version >> 16, out->version & 0xffff, (unsigned)MAJOR, (unsigned)MAJOR,
                       (unsigned)NEWEST_MINOR);
    TRY(pairs_decode((const char *)p + CODE_LEN, n - CODE_LEN, out, e));
    if (!out->user || !out->user[0])
        return err_set(e, SQLSTATE_INVALID_AUTHORIZATION_SPECIFICATION,
                       "no PostgreSQL user name specified in startup packet");
    if (!out->database || !out->database[0])
        out->database = out->user;
    return ST_OK;
}

int startup_decode(const uint8_t *payload, size_t n, struct startup *out, struct err *e)
{
    *out = (struct startup){.kind = STARTUP_SESSION, .options = ""};
    if (n < CODE_LEN)
        return err_set(e, SQLSTATE_PROTOCOL_VIOLATION, "invalid length of startup packet");
    out->version = get_be32(payload);
    switch (out->version) {
    case CODE_CANCEL: out->kind = STARTUP_CANCEL; return cancel_decode(payload, n, out, e);
    case CODE_SSL: out->kind = STARTUP_SSL; break;
    case CODE_GSSENC: out->kind = STARTUP_GSSENC; break;
    default: return session_decode(payload, n, out, e);
    }
    if (n != CODE_LEN)
        return err_set(e, SQLSTATE_PROTOCOL_VIOLATION, "invalid length of startup packet");
    return ST_OK;
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Copies the next word to *to, escapes undone, and terminates it; NULL when there is none left. */
static char *next_word(const char **from, char **to)
{
    const char *p = *from;
    while (is_blank(*p))
        p++;
    if (!*p) {
        *from = p;
        return NULL;
    }
    char *word = *to, *q = word;
    for (; *p && !is_blank(*p); p++) {
        if (*p == '\\' && p[1])
            p++;
        *q++ = *p;
    }
    *q = '\0';
    /* A blank was passed or the end reached, so the terminator never overtakes what is still unread. */
    *to = q + 1;
    *from = p;
    return word;
}

static int bad_argument(const char *word, struct err *e)
{
    return err_set(e, SQLSTATE_SYNTAX_ERROR, "invalid command-line argument for server process: %s", word);
}

/* Cuts `name=value` at the sign; PostgreSQL takes dashes in the name for underscores, in both forms. */
static int cut_setting(const char *form, char *word, struct startup_pair *out, struct err *e)
{
    char *sign = strchr(word, '=');
    if (!sign || sign == word)
        return err_set(e, SQLSTATE_SYNTAX_ERROR, "%s%s requires a value", form, word);
    *sign = '\0';
    for (char *p = word; *p; p++)
        if (*p == '-')
            *p = '_';
    *out = (struct startup_pair){word, sign + 1};
    return ST_OK;
}

int startup_options_parse(const char *options, char *scratch, struct startup_pair *out, size_t *n,
                          struct err *e)
{
    char *word;
    *n = 0;
    while ((word = next_word(&options, &scratch))) {
        struct startup_pair pair;
        if (strncmp(word, "--", 2) == 0 && word[2]) {
            TRY(cut_setting("--", word + 2, &pair, e));
        } else if (strncmp(word, "-c", 2) == 0) {
            char *setting = word[2] ? word + 2 : next_word(&options, &scratch);
            if (!setting)
                return bad_argument(word, e);
            TRY(cut_setting("-c ", setting, &pair, e));
        } else {
            return bad_argument(word, e);
        }
        if (*n == STARTUP_OPTIONS_MAX)
            return err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "too many settings in parameter \"options\"");
        out[(*n)++] = pair;
    }
    return ST_OK;
}
