/* PostgreSQL takes back what a block has done before its handler runs. The engine has no subtransactions:
 * what can be taken back is what tx_undo says, and an error that cannot be caught so is told as it is. */
#include "session/block.h"

#include "session/begin.h"
#include "session/exists.h"
#include "session/kept.h"
#include "session/session_priv.h"
#include "sql/block.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* A block under way. */
struct block {
    struct session *session;
    block_command *command;
    const struct err *caught; /* in a handler: what RAISE alone says again */
    uint64_t writes;          /* before the step that runs */
    bool alone;               /* that step is one statement of the engine's, which does all or nothing */
};

static int run_engine(struct block *b, struct statement *st, struct err *e)
{
    struct session *s = b->session;
    TRY(exists_tell(s, st->sql.text, e));
    TRY(tx_before_statement(s, true, e));
    TRY(portals_start_readers(s, s->portals.running, e));
    b->alone = !st->engine->info.keys; /* such a one may fail when the engine has run it */
    struct backend_portal *portal = NULL;
    int rc = s->engine->ops->open(s->engine, st->engine, NULL, 0, &portal, e);
    struct portal with_keys = {.kind = PORTAL_ENGINE,
                               .memory = &s->memory.all,
                               .statement = st,
                               .sql = st->sql,
                               .engine = portal,
                               .writes = true,
                               .changes_data = true,
                               .keys = st->engine->info.keys};
    if (rc == ST_OK)
        rc = with_keys.keys ? begin_with_keys(s, &with_keys, e) : s->engine->ops->start(portal, e);
    if (with_keys.engine)
        s->engine->ops->portal_close(with_keys.engine);
    if (rc == ST_OK && strcmp(st->sql.word, "MERGE") == 0)
        rc = kept_check_all(s, e);
    return rc;
}

static bool is_allowed(enum sql_kind kind)
{
    return kind == SQL_TABLE || kind == SQL_ALTER || kind == SQL_INDEX || kind == SQL_SEVERAL ||
           kind == SQL_MATVIEW || kind == SQL_UTILITY || kind == SQL_TYPE || kind == SQL_DOMAIN ||
           kind == SQL_SET || kind == SQL_RESET || kind == SQL_NOTIFY || kind == SQL_FUNCTION;
}

static int run_statement(struct block *b, struct str text, struct err *e)
{
    struct command_result ignored = {0};
    struct statement *st;
    TRY(statement_new(b->session, "", sql_tokens_of(text), NULL, 0, &st, e));
    int rc;
    bool rows = st->sql.kind == SQL_ENGINE &&
                (strcmp(st->sql.word, "SELECT") == 0 || strcmp(st->sql.word, "VALUES") == 0);
    if (rows) {
        rc = err_set(e, SQLSTATE_SYNTAX_ERROR, "query has no destination for result data");
        err_hint(e, "If you want to discard the results of a SELECT, use PERFORM instead.");
    } else if (st->engine && st->sql.kind == SQL_ENGINE) {
        rc = run_engine(b, st, e);
    } else if (is_allowed(st->sql.kind)) {
        b->alone = st->sql.kind == SQL_UTILITY || st->sql.kind == SQL_TYPE || st->sql.kind == SQL_DOMAIN;
        rc = b->command(b->session, st, &ignored, e);
    } else {
        rc = err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED, "%s in a DO block is not supported", st->sql.word);
    }
    statement_free(st);
    return rc;
}

/* The value of an expression as text; "<NULL>" for NULL, as RAISE shows it. */
static int evaluate(struct session *s, struct str expression, const char **out, struct err *e)
{
    struct str led;
    struct ask_rows rows;
    const char *text = step_text(s, "SELECT (%.*s)::text", (int)expression.n, expression.p);
    TRY(text ? session_lead(s, str_of(text), &led, e) : err_oom(e));
    TRY(tx_before_statement(s, false, e));
    TRY(session_ask(s, led.p, &rows, e));
    const char *value = rows.n == 1 ? ask_value(&rows, 0, 0) : NULL;
    *out = value ? value : "<NULL>";
    return ST_OK;
}

/* The format with a value for each %; %% is one of those. */
static int message_of(struct session *s, const struct sql_raise *raise, char *out, size_t room, struct err *e)
{
    size_t n = 0, argument = 0;
    assert(room > 1);
    for (const char *p = raise->format; *p && n + 1 < room; p++) {
        const char *value;
        if (*p != '%' || p[1] == '%') {
            p += *p == '%';
            out[n++] = *p;
            continue;
        }
        if (argument == raise->n)
            return err_set(e, SQLSTATE_SYNTAX_ERROR, "too few parameters specified for RAISE");
        TRY(evaluate(s, raise->arguments[argument++], &value, e));
        size_t fits = str_cut(str_of(value), room - n - 1);
        memcpy(out + n, value, fits);
        n += fits;
    }
    out[n] = '\0';
    return argument == raise->n
               ? ST_OK
               : err_set(e, SQLSTATE_SYNTAX_ERROR, "too many parameters specified for RAISE");
}

/* A code's five characters, or its name. */
static int code_of(const char *said, enum sqlstate *out, struct err *e)
{
    for (unsigned i = 0; i < SQLSTATE_COUNT; i++)
        if (strcmp(sqlstate_code((enum sqlstate)i), said) == 0 ||
            strcmp(sqlstate_name((enum sqlstate)i), said) == 0) {
            *out = (enum sqlstate)i;
            return ST_OK;
        }
    if (strlen(said) == strlen("P0001") &&
        strspn(said, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == strlen(said))
        return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED, "the error code %s in a DO block is not supported",
                       said);
    return err_set(e, SQLSTATE_UNDEFINED_OBJECT, "unrecognized exception condition \"%s\"", said);
}

static int raise(struct block *b, const struct sql_raise *said, struct err *e)
{
    struct session *s = b->session;
    char message[ERR_MESSAGE_MAX];
    enum sqlstate code = said->level == SQL_RAISE_ERROR     ? SQLSTATE_RAISE_EXCEPTION
                         : said->level == SQL_RAISE_WARNING ? SQLSTATE_WARNING
                                                            : SQLSTATE_SUCCESSFUL_COMPLETION;
    if (said->again && !b->caught)
        return err_set(e, SQLSTATE_STACKED_DIAGNOSTICS_ACCESSED_WITHOUT_ACTIVE_HANDLER,
                       "RAISE without parameters cannot be used outside an exception handler");
    if (said->again) {
        *e = *b->caught;
        return ST_ERR;
    }
    if (said->code)
        TRY(code_of(said->code, &code, e));
    if (said->format)
        TRY(message_of(s, said, message, sizeof message, e));
    else
        (void)snprintf(message, sizeof message, "%s", said->code ? said->code : sqlstate_name(code));
    if (said->level == SQL_RAISE_SILENT)
        return ST_OK;
    if (said->level != SQL_RAISE_ERROR) {
        session_notice(s, said->level == SQL_RAISE_WARNING ? REPLY_WARNING : REPLY_NOTICE, code, "%s",
                       message);
        return ST_OK;
    }
    (void)err_set(e, code, "%s", message);
    if (said->detail)
        err_detail(e, "%s", said->detail);
    if (said->hint)
        err_hint(e, "%s", said->hint);
    return ST_ERR;
}

static int perform(struct block *b, struct str text, struct err *e)
{
    struct str led;
    struct ask_rows rows;
    struct session *s = b->session;
    const char *select = step_text(s, "SELECT %.*s", (int)text.n, text.p);
    TRY(select ? session_lead(s, str_of(select), &led, e) : err_oom(e));
    TRY(tx_before_statement(s, true, e));
    TRY(portals_start_readers(s, s->portals.running, e));
    return session_ask(s, led.p, &rows, e);
}

static int run_steps(struct block *b, const struct sql_block_steps *steps, struct err *e)
{
    for (size_t i = 0; i < steps->n; i++) {
        const struct sql_block_step *step = &steps->items[i];
        b->writes = b->session->tx.writes;
        b->alone = step->kind == SQL_BLOCK_RAISE;
        int rc = ST_OK;
        switch (step->kind) {
        case SQL_BLOCK_SQL: rc = run_statement(b, step->text, e); break;
        case SQL_BLOCK_PERFORM: rc = perform(b, step->text, e); break;
        case SQL_BLOCK_RAISE: rc = raise(b, &step->raise, e); break;
        }
        if (rc < 0)
            e->position = 0; /* of a text within the block */
        TRY(rc);
    }
    return ST_OK;
}

static const struct sql_handler *handler_of(const struct sql_block *block, const struct err *e)
{
    for (size_t i = 0; i < block->nhandlers; i++)
        if (sql_block_catches(&block->handlers[i], sqlstate_code(e->code), sqlstate_name(e->code)))
            return &block->handlers[i];
    return NULL;
}

int block_run(struct session *s, struct statement *st, block_command *command, struct command_result *r,
              struct err *e)
{
    assert(st->sql.kind == SQL_DO);
    TRY(statement_parse(s, st, e));
    const struct sql_block *block = &st->sql.parsed->block;
    TRY(tx_implicit_begin(s, e));
    struct tx_mark mark = tx_mark(s);
    struct block b = {.session = s, .command = command};
    int rc = run_steps(&b, &block->steps, e);
    const struct sql_handler *handler = rc < 0 ? handler_of(block, e) : NULL;
    if (handler) {
        struct err caught = *e;
        err_init(e);
        TRY(tx_undo(s, &mark, b.alone && b.writes == mark.writes, e));
        b.caught = &caught;
        rc = run_steps(&b, &handler->steps, e);
    }
    TRY(rc);
    (void)snprintf(r->tag, sizeof r->tag, "DO");
    return ST_OK;
}
