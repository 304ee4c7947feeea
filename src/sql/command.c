/* The commands whose tree libpg_query makes: transactions, SET and kin, the ones with one name. */
#include "sql/command.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "sql/name.h"
#include "sql/statement.h"
#include "sql/tree_priv.h"

#include <pg_query.h>
#include <stdio.h>

/* protobuf-c unpacks into the arena; nothing is freed one by one. */
static void *unpack_alloc(void *arena, size_t n)
{
    return arena_alloc(arena, n);
}

static void unpack_free(void *arena, void *p)
{
    (void)arena;
    (void)p;
}

static int unpack(struct arena *a, const PgQueryProtobufParseResult *r, PgQuery__Node **out, struct err *e)
{
    if (r->error) {
        const char *text = r->error->message ? r->error->message : "syntax error";
        bool unsupported = strstr(text, "not implemented") || strstr(text, "not supported");
        err_set(e, unsupported ? SQLSTATE_FEATURE_NOT_SUPPORTED : SQLSTATE_SYNTAX_ERROR, "%s", text);
        e->position = r->error->cursorpos > 0 ? r->error->cursorpos : 0;
        return ST_ERR;
    }
    ProtobufCAllocator alloc = {.alloc = unpack_alloc, .free = unpack_free, .allocator_data = a};
    PgQuery__ParseResult *tree =
        pg_query__parse_result__unpack(&alloc, r->parse_tree.len, (const uint8_t *)r->parse_tree.data);
    if (!tree)
        return err_oom(e);
    if (tree->n_stmts != 1 || !tree->stmts[0]->stmt)
        return err_set(e, SQLSTATE_SYNTAX_ERROR, "one command was expected here");
    *out = tree->stmts[0]->stmt;
    return ST_OK;
}

static _Thread_local uint64_t trees;

uint64_t sql_trees_made(void)
{
    return trees;
}

int sql_tree(struct arena *a, struct str text, PgQuery__Node **out, struct err *e)
{
    if (text.n > SQL_COMMAND_MAX)
        return err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "command is longer than %d bytes",
                       SQL_COMMAND_MAX);
    const char *copy = arena_strndup(a, text.p, text.n);
    if (!copy)
        return err_oom(e);
    trees++;
    PgQueryProtobufParseResult r = pg_query_parse_protobuf(copy);
    int st = unpack(a, &r, out, e);
    pg_query_free_protobuf_parse_result(r);
    return st;
}

/* The parser took it for something else than the first words said: cannot be, but is not ours to assert. */
static int unexpected(struct err *e)
{
    return err_set(e, SQLSTATE_SYNTAX_ERROR, "syntax error");
}

static const PgQuery__AConst *constant(const PgQuery__Node *node)
{
    return node && node->node_case == PG_QUERY__NODE__NODE_A_CONST ? node->a_const : NULL;
}

static const char *string_of(const PgQuery__Node *node)
{
    const PgQuery__AConst *c = constant(node);
    return c && c->val_case == PG_QUERY__A__CONST__VAL_SVAL ? c->sval->sval : NULL;
}

static int32_t integer_of(const PgQuery__Node *node)
{
    const PgQuery__AConst *c = constant(node);
    return c && c->val_case == PG_QUERY__A__CONST__VAL_IVAL ? c->ival->ival : 0;
}

static enum sql_isolation isolation_of(const char *text)
{
    static const char *const names[] = {
        [SQL_ISO_READ_UNCOMMITTED] = "read uncommitted",
        [SQL_ISO_READ_COMMITTED] = "read committed",
        [SQL_ISO_REPEATABLE_READ] = "repeatable read",
        [SQL_ISO_SERIALIZABLE] = "serializable",
    };
    for (enum sql_isolation i = SQL_ISO_READ_UNCOMMITTED; text && i <= SQL_ISO_SERIALIZABLE; i++)
        if (strcmp(names[i], text) == 0)
            return i;
    return SQL_ISO_DEFAULT;
}

/* The list behind BEGIN and SET TRANSACTION; of two of a kind the last one counts. */
static void transaction_modes(PgQuery__Node *const *modes, size_t n, struct sql_transaction *out)
{
    for (size_t i = 0; i < n; i++) {
        if (modes[i]->node_case != PG_QUERY__NODE__NODE_DEF_ELEM)
            continue;
        const PgQuery__DefElem *d = modes[i]->def_elem;
        if (strcmp(d->defname, "transaction_isolation") == 0)
            out->isolation = isolation_of(string_of(d->arg));
        else if (strcmp(d->defname, "transaction_read_only") == 0)
            out->mode = integer_of(d->arg) ? SQL_TX_READ_ONLY : SQL_TX_READ_WRITE;
        else if (strcmp(d->defname, "transaction_deferrable") == 0)
            out->defer = integer_of(d->arg) ? SQL_DEFERRABLE : SQL_NOT_DEFERRABLE;
    }
}

/* BEGIN, COMMIT … alone or with WORK or TRANSACTION, which is nearly all of them: nothing to parse. */
static bool is_bare_transaction(struct sql_tokens text)
{
    struct sql_lexer l;
    struct sql_token t;
    sql_lexer_init(&l, text);
    (void)sql_lexer_next(&l, &t);
    bool start = sql_token_is_word(&t, "START"), more = sql_lexer_next(&l, &t) != SQL_TOK_END;
    if (more && (sql_token_is_word(&t, "WORK") || sql_token_is_word(&t, "TRANSACTION")) &&
        !(start && sql_token_is_word(&t, "WORK")))
        return sql_lexer_next(&l, &t) == SQL_TOK_END;
    return !more && !start;
}

int sql_parse_transaction(struct arena *a, const struct sql_statement *s, struct sql_transaction *out,
                          struct err *e)
{
    *out = (struct sql_transaction){0};
    if ((s->kind == SQL_BEGIN || s->kind == SQL_COMMIT || s->kind == SQL_ROLLBACK) &&
        is_bare_transaction(sql_statement_tokens(s)))
        return ST_OK;
    PgQuery__Node *node;
    TRY(sql_tree(a, s->text, &node, e));
    if (node->node_case != PG_QUERY__NODE__NODE_TRANSACTION_STMT)
        return unexpected(e);
    const PgQuery__TransactionStmt *t = node->transaction_stmt;
    transaction_modes(t->options, t->n_options, out);
    out->chain = t->chain;
    if (t->kind == PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_SAVEPOINT)
        out->savepoint = SQL_SP_SAVEPOINT;
    else if (t->kind == PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_RELEASE)
        out->savepoint = SQL_SP_RELEASE;
    else if (t->kind == PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_ROLLBACK_TO)
        out->savepoint = SQL_SP_ROLLBACK_TO;
    if (out->savepoint != SQL_SP_NONE)
        out->savepoint_name = t->savepoint_name;
    return ST_OK;
}

/* Settings whose items PostgreSQL quotes when it joins them (GUC_LIST_QUOTE). */
static bool quotes_items(const char *name)
{
    static const char *const names[] = {"search_path", "temp_tablespaces", "local_preload_libraries",
                                        "session_preload_libraries", "shared_preload_libraries"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* Whether a name must be quoted to be read as itself: by its letters, or because it is a keyword that is not
 * free to use. */
static bool needs_quotes(const char *name)
{
    if (!((name[0] >= 'a' && name[0] <= 'z') || name[0] == '_'))
        return true;
    for (const char *p = name; *p; p++)
        if (!((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || *p == '_'))
            return true;
    PgQueryScanResult r = pg_query_scan(name);
    PgQuery__ScanResult *tokens =
        r.error ? NULL : pg_query__scan_result__unpack(NULL, r.pbuf.len, (const uint8_t *)r.pbuf.data);
    bool needs = !tokens || tokens->n_tokens != 1 ||
                 tokens->tokens[0]->keyword_kind > PG_QUERY__KEYWORD_KIND__UNRESERVED_KEYWORD;
    if (tokens)
        pg_query__scan_result__free_unpacked(tokens, NULL);
    pg_query_free_scan_result(r);
    return needs;
}

static int item_text(struct arena *a, const PgQuery__Node *node, const char **out, struct err *e)
{
    const PgQuery__AConst *c = constant(node);
    char text[32];
    *out = NULL;
    if (!node)
        return unexpected(e);
    if (node->node_case == PG_QUERY__NODE__NODE_TYPE_CAST) { /* SET TIME ZONE INTERVAL '…' */
        const char *interval = string_of(node->type_cast->arg);
        size_t room = interval ? strlen(interval) + sizeof "interval ''" : 0;
        char *value = interval ? arena_alloc(a, room) : NULL;
        if (interval && !value)
            return err_oom(e);
        if (value)
            (void)snprintf(value, room, "interval '%s'", interval);
        *out = value;
    } else if (c && c->val_case == PG_QUERY__A__CONST__VAL_SVAL) {
        *out = c->sval->sval;
    } else if (c && c->val_case == PG_QUERY__A__CONST__VAL_FVAL) {
        *out = c->fval->fval;
    } else if (c && c->val_case == PG_QUERY__A__CONST__VAL_IVAL) {
        (void)snprintf(text, sizeof text, "%d", c->ival->ival);
        *out = arena_strdup(a, text);
        if (!*out)
            return err_oom(e);
    }
    return *out ? ST_OK : unexpected(e);
}

static int flatten(struct arena *a, const PgQuery__VariableSetStmt *v, struct sql_set *out, struct err *e)
{
    CLEANUP(buf_release) struct buf b;
    bool quotes = quotes_items(out->name);
    buf_init(&b, 2 * SQL_COMMAND_MAX);
    for (size_t i = 0; i < v->n_args; i++) {
        const char *item;
        TRY(item_text(a, v->args[i], &item, e));
        buf_put(&b, ", ", i ? 2 : 0);
        if (quotes && needs_quotes(item))
            sql_name_put(&b, str_of(item));
        else
            buf_put(&b, item, strlen(item));
    }
    out->value = buf_ok(&b) ? arena_strndup(a, (const char *)b.data, b.len) : NULL;
    out->nvalues = v->n_args;
    return out->value ? ST_OK : err_oom(e);
}

static int lower_name(struct arena *a, const char *name, const char **out, struct err *e)
{
    char *copy = arena_strdup(a, name);
    if (!copy)
        return err_oom(e);
    for (char *p = copy; *p; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p - 'A' + 'a');
    *out = copy;
    return ST_OK;
}

/* SET TRANSACTION and SET SESSION CHARACTERISTICS. */
static int set_modes(const PgQuery__VariableSetStmt *v, struct sql_set *out, struct err *e)
{
    out->is_transaction = strcmp(v->name, "TRANSACTION") == 0;
    out->is_session_characteristics = strcmp(v->name, "SESSION CHARACTERISTICS") == 0;
    if (!out->is_transaction && !out->is_session_characteristics)
        return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED, "SET %s is not supported", v->name);
    transaction_modes(v->args, v->n_args, &out->transaction);
    return ST_OK;
}

int sql_parse_set(struct arena *a, const struct sql_statement *s, struct sql_set *out, struct err *e)
{
    PgQuery__Node *node;
    *out = (struct sql_set){0};
    TRY(sql_tree(a, s->text, &node, e));
    if (node->node_case == PG_QUERY__NODE__NODE_VARIABLE_SHOW_STMT)
        return lower_name(a, node->variable_show_stmt->name, &out->name, e);
    if (node->node_case == PG_QUERY__NODE__NODE_CONSTRAINTS_SET_STMT) {
        out->is_constraints = true;
        return ST_OK;
    }
    if (node->node_case != PG_QUERY__NODE__NODE_VARIABLE_SET_STMT)
        return unexpected(e);
    const PgQuery__VariableSetStmt *v = node->variable_set_stmt;
    out->local = v->is_local;
    if (v->kind == PG_QUERY__VARIABLE_SET_KIND__VAR_SET_MULTI)
        return set_modes(v, out, e);
    if (v->kind == PG_QUERY__VARIABLE_SET_KIND__VAR_RESET_ALL) {
        out->name = "all";
        return ST_OK;
    }
    TRY(lower_name(a, v->name, &out->name, e));
    return v->kind == PG_QUERY__VARIABLE_SET_KIND__VAR_SET_VALUE ? flatten(a, v, out, e) : ST_OK;
}

/* protobuf has no NULL strings: "" is none. */
static const char *name_or_null(const char *name)
{
    return name && *name ? name : NULL;
}

int sql_parse_name(struct arena *a, const struct sql_statement *s, struct sql_name *out, struct err *e)
{
    PgQuery__Node *node;
    *out = (struct sql_name){0};
    TRY(sql_tree(a, s->text, &node, e));
    switch (node->node_case) {
    case PG_QUERY__NODE__NODE_DEALLOCATE_STMT: out->name = name_or_null(node->deallocate_stmt->name); break;
    case PG_QUERY__NODE__NODE_CLOSE_PORTAL_STMT:
        out->name = name_or_null(node->close_portal_stmt->portalname);
        break;
    case PG_QUERY__NODE__NODE_LISTEN_STMT: out->name = name_or_null(node->listen_stmt->conditionname); break;
    case PG_QUERY__NODE__NODE_UNLISTEN_STMT:
        out->name = name_or_null(node->unlisten_stmt->conditionname);
        break;
    case PG_QUERY__NODE__NODE_NOTIFY_STMT:
        out->name = name_or_null(node->notify_stmt->conditionname);
        out->payload = name_or_null(node->notify_stmt->payload);
        break;
    default: return unexpected(e);
    }
    return ST_OK;
}

int sql_parse_discard(struct arena *a, const struct sql_statement *s, enum sql_discard *out, struct err *e)
{
    PgQuery__Node *node;
    TRY(sql_tree(a, s->text, &node, e));
    if (node->node_case != PG_QUERY__NODE__NODE_DISCARD_STMT)
        return unexpected(e);
    switch (node->discard_stmt->target) {
    case PG_QUERY__DISCARD_MODE__DISCARD_PLANS: *out = SQL_DISCARD_PLANS; break;
    case PG_QUERY__DISCARD_MODE__DISCARD_SEQUENCES: *out = SQL_DISCARD_SEQUENCES; break;
    case PG_QUERY__DISCARD_MODE__DISCARD_TEMP: *out = SQL_DISCARD_TEMP; break;
    default: *out = SQL_DISCARD_ALL; break;
    }
    return ST_OK;
}
