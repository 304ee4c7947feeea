/* The first words say which command it is; the rest is read as PostgreSQL's grammar has it. */
#include "sql/domain.h"

#include "sql/reader.h"
#include "sql/statement.h"
#include "sql/type_name.h"

bool sql_is_domain(struct sql_tokens sql)
{
    struct reader r;
    reader_init(&r, NULL, sql, NULL);
    return (reader_take(&r, "CREATE") || reader_take(&r, "ALTER") || reader_take(&r, "DROP")) &&
           reader_take(&r, "DOMAIN");
}

static int read_token(struct reader *r, struct sql_token *out)
{
    if (!sql_token_is_name(&r->token))
        return reader_syntax_error(r);
    *out = r->token;
    reader_next(r);
    return ST_OK;
}

/* What was read since that byte, without the blanks behind it. */
static struct str until(const struct reader *r, size_t from)
{
    size_t end = r->token.kind == SQL_TOK_END ? r->text.n : r->token.at;
    while (end > from && (r->text.p[end - 1] == ' ' || r->text.p[end - 1] == '\n' ||
                          r->text.p[end - 1] == '\t' || r->text.p[end - 1] == ';'))
        end--;
    return (struct str){r->text.p + from, end - from};
}

/* A default ends where the next constraint begins; its first token is its own in any case. */
static int read_default(struct reader *r, struct sql_domain *out)
{
    size_t from = r->token.at;
    if (r->token.kind == SQL_TOK_END)
        return reader_syntax_error(r);
    do {
        if (sql_token_is(&r->token, '(') || sql_token_is(&r->token, '['))
            reader_skip_brackets(r);
        else
            reader_next(r);
    } while (r->token.kind != SQL_TOK_END && r->token.kind != SQL_TOK_BAD &&
             !sql_token_is_word(&r->token, "CONSTRAINT") && !sql_token_is_word(&r->token, "NOT") &&
             !sql_token_is_word(&r->token, "NULL") && !sql_token_is_word(&r->token, "CHECK") &&
             !sql_token_is_word(&r->token, "COLLATE") && !sql_token_is_word(&r->token, "DEFAULT"));
    out->initial = until(r, from);
    return ST_OK;
}

/* At the bracket of a CHECK, which may be followed by NO INHERIT; its name was read before. */
static int read_check(struct reader *r, const struct sql_token *name, struct sql_domain *out)
{
    if (!sql_token_is(&r->token, '('))
        return reader_syntax_error(r);
    if (out->nchecks == SQL_DOMAIN_CHECKS_MAX)
        return err_set(r->err, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "a domain can have at most %d constraints",
                       SQL_DOMAIN_CHECKS_MAX);
    size_t from = r->token.at + 1, depth = 0, end = from;
    do {
        depth += sql_token_is(&r->token, '(');
        depth -= sql_token_is(&r->token, ')');
        end = r->token.at;
        reader_next(r);
    } while (depth && r->token.kind != SQL_TOK_END && r->token.kind != SQL_TOK_BAD);
    if (depth)
        return reader_syntax_error(r);
    out->checks[out->nchecks++] =
        (struct sql_domain_check){.name = *name, .condition = {r->text.p + from, end - from}};
    if (reader_take(r, "NO"))
        return reader_expect(r, "INHERIT");
    return ST_OK;
}

static int refuse(struct reader *r, const char *what)
{
    return err_set(r->err, SQLSTATE_SYNTAX_ERROR, "%s constraints not possible for domains", what);
}

/* [CONSTRAINT name] NOT NULL, NULL, CHECK (…) or DEFAULT … */
static int read_constraint(struct reader *r, struct sql_domain *out, bool *null)
{
    struct sql_token name = {.kind = SQL_TOK_END};
    bool conflict = false;
    if (reader_take(r, "COLLATE")) {
        reader_skip_name(r);
        return ST_OK;
    }
    if (reader_take(r, "CONSTRAINT"))
        TRY(read_token(r, &name));
    if (reader_take(r, "CHECK"))
        return read_check(r, &name, out);
    if (reader_take(r, "DEFAULT")) {
        if (out->initial.p)
            return err_set(r->err, SQLSTATE_SYNTAX_ERROR, "multiple default expressions");
        return read_default(r, out);
    }
    if (reader_take(r, "NOT")) {
        TRY(reader_expect(r, "NULL"));
        conflict = *null;
        out->not_null = true;
    } else if (reader_take(r, "NULL")) {
        conflict = out->not_null;
        *null = true;
    } else if (sql_token_is_word(&r->token, "UNIQUE")) {
        return refuse(r, "unique");
    } else if (sql_token_is_word(&r->token, "PRIMARY")) {
        return refuse(r, "primary key");
    } else if (sql_token_is_word(&r->token, "REFERENCES") || sql_token_is_word(&r->token, "FOREIGN")) {
        return refuse(r, "foreign key");
    } else {
        return reader_syntax_error(r);
    }
    return conflict ? err_set(r->err, SQLSTATE_SYNTAX_ERROR, "conflicting NULL/NOT NULL constraints") : ST_OK;
}

/* CREATE DOMAIN name [AS] type, and constraints in any order. */
static int read_create(struct reader *r, struct sql_domain *out)
{
    bool null = false;
    out->what = SQL_DOMAIN_CREATE;
    TRY(type_name_read(r, &out->names[out->n++]));
    (void)reader_take(r, "AS");
    struct sql_lexer ahead = r->lexer;
    if (!sql_read_type_at(&ahead, r->token, &out->base))
        return reader_syntax_error(r);
    out->type = (struct str){r->text.p + out->base.at, out->base.end - out->base.at};
    sql_lexer_seek(&r->lexer, out->base.end);
    reader_next(r);
    while (r->token.kind != SQL_TOK_END)
        TRY(read_constraint(r, out, &null));
    return ST_OK;
}

static int read_behavior(struct reader *r, struct sql_domain *out)
{
    out->cascade = reader_take(r, "CASCADE");
    if (!out->cascade)
        (void)reader_take(r, "RESTRICT");
    return reader_end(r);
}

/* ADD [CONSTRAINT name] CHECK (…) [NOT VALID] */
static int read_add(struct reader *r, struct sql_domain *out)
{
    struct sql_token name = {.kind = SQL_TOK_END};
    out->what = SQL_DOMAIN_ADD;
    if (reader_take(r, "CONSTRAINT"))
        TRY(read_token(r, &name));
    if (sql_token_is_word(&r->token, "UNIQUE"))
        return refuse(r, "unique");
    if (sql_token_is_word(&r->token, "PRIMARY"))
        return refuse(r, "primary key");
    TRY(reader_expect(r, "CHECK"));
    TRY(read_check(r, &name, out));
    if (reader_take(r, "NOT")) {
        TRY(reader_expect(r, "VALID"));
        out->not_valid = true;
    }
    return reader_end(r);
}

/* DROP CONSTRAINT [IF EXISTS] name, DROP DEFAULT, DROP NOT NULL */
static int read_drop_part(struct reader *r, struct sql_domain *out)
{
    if (reader_take(r, "DEFAULT")) {
        out->what = SQL_DOMAIN_DEFAULT;
        return reader_end(r);
    }
    if (reader_take(r, "NOT")) {
        out->what = SQL_DOMAIN_NOT_NULL;
        TRY(reader_expect(r, "NULL"));
        return reader_end(r);
    }
    out->what = SQL_DOMAIN_DROP_CONSTRAINT;
    TRY(reader_expect(r, "CONSTRAINT"));
    if (reader_take(r, "IF")) {
        TRY(reader_expect(r, "EXISTS"));
        out->exists_is_fine = true;
    }
    TRY(read_token(r, &out->from));
    return read_behavior(r, out);
}

/* SET DEFAULT …, SET NOT NULL, SET SCHEMA name */
static int read_set(struct reader *r, struct sql_domain *out)
{
    if (reader_take(r, "DEFAULT")) {
        out->what = SQL_DOMAIN_DEFAULT;
        TRY(read_default(r, out));
        return reader_end(r);
    }
    if (reader_take(r, "NOT")) {
        out->what = SQL_DOMAIN_NOT_NULL;
        out->not_null = true;
        TRY(reader_expect(r, "NULL"));
        return reader_end(r);
    }
    out->what = SQL_DOMAIN_SCHEMA;
    TRY(reader_expect(r, "SCHEMA"));
    TRY(read_token(r, &out->to));
    return reader_end(r);
}

static int read_alter(struct reader *r, struct sql_domain *out)
{
    TRY(type_name_read(r, &out->names[out->n++]));
    if (reader_take(r, "ADD"))
        return read_add(r, out);
    if (reader_take(r, "DROP"))
        return read_drop_part(r, out);
    if (reader_take(r, "SET"))
        return read_set(r, out);
    if (reader_take(r, "VALIDATE")) {
        out->what = SQL_DOMAIN_VALIDATE;
        TRY(reader_expect(r, "CONSTRAINT"));
        TRY(read_token(r, &out->from));
        return reader_end(r);
    }
    if (reader_take(r, "OWNER")) {
        out->what = SQL_DOMAIN_OWNER;
        TRY(reader_expect(r, "TO"));
        TRY(read_token(r, &out->to));
        return reader_end(r);
    }
    TRY(reader_expect(r, "RENAME"));
    out->what = SQL_DOMAIN_RENAME;
    if (reader_take(r, "CONSTRAINT")) {
        out->what = SQL_DOMAIN_RENAME_CONSTRAINT;
        TRY(read_token(r, &out->from));
    }
    TRY(reader_expect(r, "TO"));
    TRY(read_token(r, &out->to));
    return reader_end(r);
}

static int read_drop(struct reader *r, struct sql_domain *out)
{
    out->what = SQL_DOMAIN_DROP;
    return type_names_read(r, out->names, &out->n, &out->exists_is_fine, &out->cascade);
}

int sql_parse_domain(struct arena *a, const struct sql_statement *s, struct sql_domain *out, struct err *e)
{
    struct reader r;
    size_t names = 1;
    for (size_t i = 0; i < s->text.n; i++)
        names += s->text.p[i] == ',';
    *out = (struct sql_domain){.names = arena_calloc(a, names, sizeof *out->names),
                               .checks = arena_calloc(a, SQL_DOMAIN_CHECKS_MAX, sizeof *out->checks)};
    if (!out->names || !out->checks)
        return err_oom(e);
    reader_init(&r, a, sql_statement_tokens(s), e);
    bool create = reader_take(&r, "CREATE"), drop = !create && reader_take(&r, "DROP");
    if (!create && !drop)
        (void)reader_take(&r, "ALTER");
    (void)reader_take(&r, "DOMAIN");
    out->tag = create ? "CREATE DOMAIN" : drop ? "DROP DOMAIN" : "ALTER DOMAIN";
    return create ? read_create(&r, out) : drop ? read_drop(&r, out) : read_alter(&r, out);
}
