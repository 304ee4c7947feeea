/* From a statement's text to the engine's statement: session_prepare. */
#include "session/prepare.h"

#include "base/cleanup.h"
#include "base/metric.h"
#include "dialect/translate.h"
#include "session/domain_list.h"
#include "session/function_kept.h"
#include "session/grouped.h"
#include "session/insert_list.h"
#include "session/moment_literals.h"
#include "session/option.h"
#include "session/sequence_rows.h"
#include "session/session_priv.h"
#include "sql/catalog.h"
#include "sql/hidden.h"
#include "sql/set_query.h"
#include "sql/tokens.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    REWRITE_ARENA_MAX = 256 * 1024 * 1024,
    GROUPED_MAX = 100, /* columns without a qualifier that are written into one GROUP BY */
};

static void arena_releasep(struct arena *a)
{
    arena_release(a);
}

/* ---- access ---- */

static bool names_catalog(struct str text)
{
    const struct str name = STR(SQL_CATALOG_DATABASE);
    for (size_t i = 0; i + name.n <= text.n; i++)
        if (str_ieq((struct str){text.p + i, name.n}, name))
            return true;
    return false;
}

/* The views that pg_catalog is rewritten to are in a database of all sessions: who could name it could drop
 * it. A string names it too in USE, SET and PRAGMA. */
static int judge(struct sql_tokens sql, bool strings, struct err *e)
{
    struct sql_lexer l;
    struct sql_token t;
    sql_lexer_init(&l, sql);
    while (sql_lexer_next(&l, &t) != SQL_TOK_END)
        if ((strings || sql_token_is_name(&t)) && names_catalog(t.text))
            return err_set(e, SQLSTATE_INSUFFICIENT_PRIVILEGE, "permission denied for database %s",
                           SQL_CATALOG_DATABASE);
    return ST_OK;
}

static bool names_in_strings(const struct sql_statement *sql)
{
    return cstr_ieq(sql->word, "USE") || cstr_ieq(sql->word, "SET") || cstr_ieq(sql->word, "PRAGMA");
}

int session_judge(const struct sql_statement *sql, struct err *e)
{
    return judge(sql_statement_tokens(sql), names_in_strings(sql), e);
}

/* ---- names that lead elsewhere ---- */

/* What the session's own functions say, put into a statement's text before the engine sees it. */
struct asked {
    struct session *session;
    bool any; /* it was asked at all: another session may say otherwise */
    bool names_session, failed;
    char text[160]; /* the last answer that had to be written down */
};

static const char *say(struct asked *asked, const char *format, ...) __attribute__((format(printf, 2, 3)));

static const char *say(struct asked *asked, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(asked->text, sizeof asked->text, format, args);
    va_end(args);
    return asked->text;
}

/* What a statement gets as a list, in its text. */
static const struct {
    const char *name;
    const char *(*as_sql)(struct session *s);
} lists[] = {
    {"activity", activities_as_sql}, {"cursors", cursors_as_sql},       {"locks", locks_as_sql},
    {"settings", settings_as_sql},   {"statements", statements_as_sql},
};

static const char *session_value(void *arg, const char *name)
{
    struct asked *asked = arg;
    struct session *s = asked->session;
    asked->any = true;
    if (strcmp(name, "user") == 0)
        return s->user;
    if (strcmp(name, "database") == 0)
        return s->database;
    if (strcmp(name, "database_stays") == 0)
        return qualified_database_stays(s) ? "t" : NULL;
    if (strcmp(name, "pid") == 0)
        return say(asked, "%u", s->place.pid);
    if (strcmp(name, "version") == 0)
        return say(asked, "PostgreSQL 15.0 (Tavana %s)", session_config(s)->version);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (strcmp(name, lists[i].name) == 0) {
            const char *list = lists[i].as_sql(s);
            asked->names_session = true;
            asked->failed |= !list;
            return list;
        }
    if (strncmp(name, "column_of:", 10) == 0)
        return function_column(s, name + 10);
    if (strncmp(name, "setting:", 8) == 0) {
        asked->names_session = true;
        int setting = settings_find(&s->settings, name + 8);
        if (setting < 0)
            return option_value(s, name + 8, asked->text, sizeof asked->text) ? asked->text : NULL;
        return settings_get(&s->settings, (size_t)setting);
    }
    return NULL;
}

/* A statement as it is led to the right places. */
struct led {
    struct sql_rewritten edits; /* how it came of what was sent */
    struct sql_tokens sql;
    bool asked;         /* it says what the session answered … */
    bool names_session; /* … and may answer otherwise another time */
    struct translation *kept;
};

static void led_release(struct led *led)
{
    translation_unref(led->kept);
}

/* Whether the session reads dates in another order than casts of the engine's do. */
static bool dates_ordered(const struct session *s)
{
    return strstr(settings_get(&s->settings, SET_DATESTYLE), "MDY") == NULL;
}

static int lead(struct session *s, struct arena *a, const struct sql_tokens *sql, bool intervals, bool sends,
                struct led *out, struct err *e)
{
    struct asked asked = {.session = s};
    const struct dialect d = {
        .value = session_value,
        .arg = &asked,
        .database = str_of(s->database),
        .database_is = s->database_is,
        .names = true,
        .dates_ordered = dates_ordered(s),
        .intervals = intervals,
        .sends = sends,
        .postgres = means_postgres(s),
    };
    TRY(dialect_translate(a, *sql, &d, &out->edits, e));
    out->asked = asked.any;
    out->names_session = asked.names_session;
    return asked.failed ? err_oom(e) : sql_tokens_follow(a, sql, &out->edits, &out->sql, e);
}

/* The same for a text that may have been judged and led before. */
static int judge_and_lead(struct session *s, struct arena *a, const struct sql_tokens *sql, bool strings,
                          bool intervals, struct led *out, struct err *e)
{
    bool again = false;
    struct translations *all = &s->server->translations;
    const struct translation_key key = {.text = sql->text,
                                        .database = str_of(s->database),
                                        .database_is = s->database_is,
                                        .postgres = means_postgres(s),
                                        .dates_ordered = dates_ordered(s),
                                        .strings = strings};
    out->kept = intervals ? NULL : translations_find(all, &key, &again);
    if (out->kept) {
        out->edits = out->kept->edits;
        out->sql = (struct sql_tokens){.text = out->edits.text, .marks = out->kept->marks};
        if (out->edits.nedits == 0)
            out->sql = *sql;
        return ST_OK;
    }
    TRY(judge(*sql, strings, e));
    TRY(lead(s, a, sql, intervals, true, out, e));
    metric_add(METRIC_TRANSLATIONS, 1);
    if (again && !out->asked)
        translations_keep(all, &key, &out->edits, &out->sql.marks);
    return ST_OK;
}

/* ---- positions ---- */

/* UPDATE and DELETE … WHERE CURRENT OF: the engine's parser does not know it. */
static int explain_where_current_of(const struct sql_statement *sql, struct err *e)
{
    if (e->code == SQLSTATE_SYNTAX_ERROR && sql_is_where_current_of(sql_statement_tokens(sql))) {
        err_init(e);
        (void)err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED, "WHERE CURRENT OF is not supported");
    }
    return ST_ERR;
}

/* edits: from text to what was translated; led: what the engine got. */
static int explain(const struct session *s, const struct session_query *q, struct str text,
                   const struct sql_rewritten *edits, struct str led, const struct sql_rewritten *spelled,
                   struct str sent, struct err *e)
{
    if (q->sql->kind == SQL_SHOW && e->code == SQLSTATE_UNDEFINED_TABLE)
        e->code = SQLSTATE_UNDEFINED_OBJECT; /* SHOW of neither a parameter nor a table */
    e->position = sql_rewrite_position(edits, text, e->position);
    qualified_explain(s, text, led, e);
    if (spelled && spelled->nedits)
        e->position = sql_rewrite_position(spelled, sent, e->position);
    if (q->made)
        e->position = sql_rewrite_position(q->made, q->sql->text, e->position);
    sql_shift_position(q->sql, e);
    return explain_where_current_of(q->sql, e);
}

/* ---- all of it ---- */

/* One statement on its way to the engine. */
struct way {
    struct sql_tokens base;       /* what was sent, or made of it */
    struct sql_tokens sent;       /* base before domains were spelled by what they are made of … */
    struct sql_rewritten spelled; /* … by these edits; none: it names none, or nobody has looked */
    bool looked;
    struct edits
        grouped;   /* of base: columns that its GROUP BY need not name, hidden columns, a list of columns */
    size_t hidden; /* where the last of those stood */
    struct sql_rewritten more; /* those edits, done */
    struct sql_tokens sql;     /* base with them */
    bool intervals;            /* one is summed, which the engine does not do */
    bool sets;                 /* several columns to a query */
};

static int try_prepare(struct session *s, struct arena *a, struct session_query *q, const struct way *way,
                       struct led *led, struct backend_stmt **out, struct err *e)
{
    if (judge_and_lead(s, a, &way->sql, names_in_strings(q->sql), way->intervals, led, e) < 0) {
        led->edits.nedits = 0; /* its errors are placed in what it was given */
        return ST_ERR;
    }
    q->names_session = led->names_session;
    return session_hand_over(s, q, &led->sql, out, e);
}

/* A table whose columns have modifiers now, which a domain's name did not say: with what keeps them. */
static int mark_table(struct arena *a, struct way *way, struct err *e)
{
    const struct sql_statement spelled = {.kind = SQL_TABLE, .text = way->base.text};
    struct sql_table table;
    struct sql_edit *all = arena_calloc(a, 1, sizeof *all);
    struct sql_tokens marked;
    if (!all)
        return err_oom(e);
    if (!sql_is_table(way->base))
        return ST_OK;
    TRY(sql_parse_table(a, &spelled, &table, e));
    TRY(sql_tokens_follow(a, &way->base, &table.marked, &marked, e));
    *all = (struct sql_edit){.removed = way->sent.text.n, .added = marked.text.n};
    way->base = marked;
    way->spelled = (struct sql_rewritten){.text = marked.text, .nedits = 1, .edits = all};
    return ST_OK;
}

/* Whether the engine has refused a type because it is a domain, and it is spelled otherwise now. */
static bool spell_domains(struct session *s, struct arena *a, struct way *way, const struct err *e)
{
    static const char says[] = "type \"";
    struct err ignored;
    err_init(&ignored);
    if (way->looked || e->code != SQLSTATE_UNDEFINED_OBJECT ||
        strncmp(e->message, says, sizeof says - 1) != 0)
        return false;
    way->looked = true;
    if (domains_spell(s, a, way->sent, &way->spelled, &ignored) < 0 || way->spelled.nedits == 0 ||
        sql_tokens_follow(a, &way->sent, &way->spelled, &way->base, &ignored) < 0 ||
        mark_table(a, way, &ignored) < 0)
        return false;
    way->sql = way->base;
    way->more = (struct sql_rewritten){0};
    edits_init(&way->grouped, a, way->base.text);
    return true;
}

/* Whether the engine has refused what PostgreSQL takes: a column is in the GROUP BY now, or made of what the
 * engine has, or the columns of an INSERT are listed. */
static bool may_go_on(struct session *s, struct arena *a, struct way *way, const struct led *led,
                      const struct err *e)
{
    struct err ignored;
    err_init(&ignored);
    bool groups = e->code == SQLSTATE_GROUPING_ERROR;
    if (!means_postgres(s))
        return false;
    if (spell_domains(s, a, way, e))
        return true;
    if (!way->intervals && strstr(e->message, "'sum(INTERVAL)'"))
        return way->intervals = true;
    int32_t at = sql_rewrite_position(&led->edits, way->sql.text, e->position);
    at = sql_rewrite_position(&way->more, way->base.text, at);
    size_t offset = e->position > 0 ? str_offset(way->base.text, at) : SIZE_MAX;
    bool hidden = !groups && sql_hidden_put(way->base, &offset, e, &way->grouped);
    bool edited = hidden || (groups ? grouped_extend(s, &way->base, offset, e->message, &way->grouped)
                                    : insert_list_put(s, &way->base, e, &way->grouped) ||
                                          sequence_rows_put(s, &way->base, offset, e, &way->grouped) ||
                                          moment_literal_put(s, &way->base, offset, e, &way->grouped));
    if (hidden)
        way->hidden = offset;
    return edited && edits_apply(&way->grouped, &way->more, &ignored) == ST_OK &&
           sql_tokens_follow(a, &way->base, &way->more, &way->sql, &ignored) == ST_OK;
}

/* What the engine would take and mean otherwise, or refuse for more than one reason. */
static int write_out(const struct session *s, const struct session_query *q, struct arena *a, struct way *way,
                     struct err *e)
{
    static const char *const words[] = {"UPDATE", "MERGE", "WITH"};
    bool may = false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        may |= cstr_ieq(q->sql->word, words[i]);
    if (!may || !means_postgres(s))
        return ST_OK;
    TRY(sql_set_query_put(way->base, &way->grouped, &way->sets, e));
    if (!way->sets)
        return ST_OK;
    TRY(edits_apply(&way->grouped, &way->more, e));
    return sql_tokens_follow(a, &way->base, &way->more, &way->sql, e);
}

/* The engine's words about a query that several columns are set to. */
static void explain_sets(const struct way *way, struct err *e)
{
    if (!way->sets || e->code != SQLSTATE_SYNTAX_ERROR || !strstr(e->message, "UNION"))
        return;
    err_init(e);
    (void)err_set(e, SQLSTATE_SYNTAX_ERROR, "number of columns does not match number of values");
}

static int prepare_query(struct session *s, struct session_query *q, struct backend_stmt **out, struct err *e)
{
    CLEANUP(arena_releasep) struct arena scratch;
    const struct sql_tokens sent = sql_statement_tokens(q->sql);
    struct way way = {.base = sent, .hidden = SIZE_MAX};
    arena_init_of(&scratch, REWRITE_ARENA_MAX, &s->memory.all);
    if (!s->message.is_query)
        activity_begin(s, q->sql->text);
    if (q->made)
        TRY(sql_tokens_follow(&scratch, &sent, q->made, &way.base, e));
    if (cstr_ieq(q->sql->word, "ATTACH") || cstr_ieq(q->sql->word, "DETACH"))
        s->database_is = DATABASE_UNKNOWN;
    way.sql = way.sent = way.base;
    edits_init(&way.grouped, &scratch, way.base.text);
    TRY(write_out(s, q, &scratch, &way, e));
    for (unsigned n = 0;; n++) {
        CLEANUP(led_release) struct led led = {0};
        if (try_prepare(s, &scratch, q, &way, &led, out, e) == ST_OK)
            return ST_OK;
        if (n == GROUPED_MAX || !may_go_on(s, &scratch, &way, &led, e)) {
            sql_hidden_explain(way.base, way.hidden, e);
            explain_sets(&way, e);
            insert_list_explain(e);
            e->position = sql_rewrite_position(&led.edits, way.sql.text, e->position);
            return explain(s, q, way.base.text, &way.more, led.edits.nedits ? led.edits.text : way.sql.text,
                           &way.spelled, way.sent.text, e);
        }
        err_init(e);
    }
}

int session_lead(struct session *s, struct str text, struct str *out, struct err *e)
{
    const struct sql_tokens sent = sql_tokens_of(text);
    struct led led = {0};
    TRY(judge(sent, false, e));
    TRY(lead(s, &s->message_arena, &sent, false, false, &led, e));
    *out = led.sql.text;
    return ST_OK;
}

static int no_piece(void *arg, size_t off, size_t len)
{
    (void)arg, (void)off, (void)len;
    return ST_OK;
}

int session_check_syntax(struct session *s, const struct sql_statement *sql, struct err *e)
{
    CLEANUP(arena_releasep) struct arena scratch;
    struct backend_session *engine;
    const struct sql_tokens sent = sql_statement_tokens(sql);
    struct led led = {0};
    const struct session_query q = {.sql = sql};
    arena_init_of(&scratch, REWRITE_ARENA_MAX, &s->memory.all);
    TRY(lead(s, &scratch, &sent, false, false, &led, e));
    TRY(session_engine(s, &engine, e));
    int rc = engine->ops->split(engine, led.sql.text, no_piece, NULL, e);
    return rc < 0 ? explain(s, &q, sql->text, &led.edits, led.sql.text, NULL, sql->text, e) : ST_OK;
}

int session_prepare(struct session *s, struct session_query *q, struct backend_stmt **out, struct err *e)
{
    assert(!q->sql != !q->text && (q->sql || !q->made));
    if (q->sql)
        return prepare_query(s, q, out, e);
    const struct sql_tokens own = sql_tokens_of(str_of(q->text));
    return session_hand_over(s, q, &own, out, e);
}
