/* The first words say which command it is; the rest is read as PostgreSQL's grammar has it. */
#include "sql/type_change.h"

#include "sql/reader.h"
#include "sql/statement.h"
#include "sql/type_name.h"

static bool is_string(const struct sql_token *t)
{
    return t->kind == SQL_TOK_STRING || t->kind == SQL_TOK_DOLLAR;
}

bool sql_is_type_change(struct sql_tokens sql)
{
    struct reader r;
    reader_init(&r, NULL, sql, NULL);
    bool create = reader_take(&r, "CREATE"), drop = !create && reader_take(&r, "DROP");
    if (!create && !drop && !reader_take(&r, "ALTER"))
        return false;
    if (!reader_take(&r, "TYPE"))
        return false;
    if (drop)
        return true;
    reader_skip_name(&r);
    if (create) {
        if (!reader_take(&r, "AS"))
            return false;
        if (sql_token_is(&r.token, '('))
            return true;
        if (!reader_take(&r, "ENUM") || !sql_token_is(&r.token, '('))
            return false;
        reader_next(&r);
        return is_string(&r.token) || sql_token_is(&r.token, ')');
    }
    if (reader_take(&r, "ADD"))
        return sql_token_is_word(&r.token, "VALUE") || sql_token_is_word(&r.token, "ATTRIBUTE");
    if (reader_take(&r, "DROP") || reader_take(&r, "ALTER"))
        return sql_token_is_word(&r.token, "ATTRIBUTE");
    if (reader_take(&r, "RENAME"))
        return sql_token_is_word(&r.token, "VALUE") || sql_token_is_word(&r.token, "TO") ||
               sql_token_is_word(&r.token, "ATTRIBUTE");
    return reader_take(&r, "SET") && sql_token_is_word(&r.token, "SCHEMA");
}

static int read_label(struct reader *r, struct sql_type_change *out)
{
    if (!is_string(&r->token))
        return reader_syntax_error(r);
    out->labels[out->nlabels++] = r->token;
    reader_next(r);
    return ST_OK;
}

/* Behind ENUM. */
static int read_labels(struct reader *r, struct sql_type_change *out)
{
    reader_next(r);
    if (!sql_token_is(&r->token, ')'))
        TRY(read_label(r, out));
    while (sql_token_is(&r->token, ',')) {
        reader_next(r);
        TRY(read_label(r, out));
    }
    if (!sql_token_is(&r->token, ')'))
        return reader_syntax_error(r);
    reader_next(r);
    return reader_end(r);
}

/* With a collation perhaps, which is passed over. */
static int read_attribute_type(struct reader *r, struct sql_type_attribute *a)
{
    if (!sql_read_type_at(&r->lexer, r->token, &a->parsed))
        return reader_syntax_error(r);
    a->type = (struct str){r->text.p + a->parsed.at, a->parsed.end - a->parsed.at};
    r->token = a->parsed.after;
    if (reader_take(r, "COLLATE"))
        reader_skip_name(r);
    return ST_OK;
}

/* One attribute: a name and a type. */
static int read_attribute(struct reader *r, struct sql_type_change *out)
{
    struct sql_type_attribute *a = &out->attributes[out->nattributes++];
    if (!sql_token_is_name(&r->token))
        return reader_syntax_error(r);
    a->name = r->token;
    reader_next(r);
    return read_attribute_type(r, a);
}

/* At the bracket. */
static int read_attributes(struct reader *r, struct sql_type_change *out)
{
    reader_next(r);
    while (!sql_token_is(&r->token, ')')) {
        TRY(read_attribute(r, out));
        if (!sql_token_is(&r->token, ','))
            break;
        reader_next(r);
        if (sql_token_is(&r->token, ')'))
            return reader_syntax_error(r);
    }
    if (!sql_token_is(&r->token, ')'))
        return reader_syntax_error(r);
    reader_next(r);
    return reader_end(r);
}

static int read_add(struct reader *r, struct sql_type_change *out)
{
    out->what = SQL_TYPE_ADD_VALUE;
    TRY(reader_expect(r, "VALUE"));
    if (reader_take(r, "IF")) {
        TRY(reader_expect(r, "NOT"));
        TRY(reader_expect(r, "EXISTS"));
        out->exists_is_fine = true;
    }
    TRY(read_label(r, out));
    out->after = reader_take(r, "AFTER");
    if (out->after || reader_take(r, "BEFORE"))
        TRY(read_label(r, out));
    return reader_end(r);
}

static int read_rename(struct reader *r, struct sql_type_change *out)
{
    if (reader_take(r, "VALUE")) {
        out->what = SQL_TYPE_RENAME_VALUE;
        TRY(read_label(r, out));
        TRY(reader_expect(r, "TO"));
        TRY(read_label(r, out));
        return reader_end(r);
    }
    out->what = SQL_TYPE_RENAME;
    TRY(reader_expect(r, "TO"));
    if (!sql_token_is_name(&r->token))
        return reader_syntax_error(r);
    out->to = r->token;
    reader_next(r);
    return reader_end(r);
}

/* ADD, DROP or ALTER ATTRIBUTE, at the first word. */
static int read_attribute_change(struct reader *r, struct sql_type_change *out)
{
    struct sql_type_attribute *a = &out->attributes[out->nattributes];
    bool drop = reader_take(r, "DROP"), alter = !drop && reader_take(r, "ALTER");
    if (!drop && !alter)
        TRY(reader_expect(r, "ADD"));
    TRY(reader_expect(r, "ATTRIBUTE"));
    if (drop && reader_take(r, "IF")) {
        TRY(reader_expect(r, "EXISTS"));
        a->absent_is_fine = true;
    }
    a->what = drop ? SQL_ATTRIBUTE_DROP : alter ? SQL_ATTRIBUTE_RETYPE : SQL_ATTRIBUTE_ADD;
    if (!drop && !alter) {
        TRY(read_attribute(r, out));
    } else {
        if (!sql_token_is_name(&r->token))
            return reader_syntax_error(r);
        a->name = r->token;
        out->nattributes++;
        reader_next(r);
    }
    if (alter) {
        if (reader_take(r, "SET"))
            TRY(reader_expect(r, "DATA"));
        TRY(reader_expect(r, "TYPE"));
        TRY(read_attribute_type(r, a));
    }
    if (!reader_take(r, "CASCADE"))
        (void)reader_take(r, "RESTRICT");
    return ST_OK;
}

static int read_attribute_changes(struct reader *r, struct sql_type_change *out)
{
    out->what = SQL_TYPE_ATTRIBUTES;
    for (;;) {
        TRY(read_attribute_change(r, out));
        if (!sql_token_is(&r->token, ','))
            return reader_end(r);
        reader_next(r);
    }
}

/* RENAME ATTRIBUTE a TO b, at the name. */
static int read_attribute_rename(struct reader *r, struct sql_type_change *out)
{
    struct sql_type_attribute *a = &out->attributes[out->nattributes++];
    out->what = SQL_TYPE_ATTRIBUTES;
    a->what = SQL_ATTRIBUTE_RENAME;
    if (!sql_token_is_name(&r->token))
        return reader_syntax_error(r);
    a->name = r->token;
    reader_next(r);
    TRY(reader_expect(r, "TO"));
    if (!sql_token_is_name(&r->token))
        return reader_syntax_error(r);
    a->to = r->token;
    reader_next(r);
    if (!reader_take(r, "CASCADE"))
        (void)reader_take(r, "RESTRICT");
    return reader_end(r);
}

/* Whether the words at the reader are about an attribute. */
static bool is_of_attribute(struct reader ahead)
{
    reader_next(&ahead);
    return sql_token_is_word(&ahead.token, "ATTRIBUTE");
}

static int read_alter(struct reader *r, struct sql_type_change *out)
{
    TRY(type_name_read(r, &out->names[out->n++]));
    if (is_of_attribute(*r) && !sql_token_is_word(&r->token, "RENAME"))
        return read_attribute_changes(r, out);
    if (is_of_attribute(*r)) {
        reader_next(r);
        reader_next(r);
        return read_attribute_rename(r, out);
    }
    if (reader_take(r, "ADD"))
        return read_add(r, out);
    if (reader_take(r, "RENAME"))
        return read_rename(r, out);
    out->what = SQL_TYPE_SCHEMA;
    TRY(reader_expect(r, "SET"));
    TRY(reader_expect(r, "SCHEMA"));
    if (!sql_token_is_name(&r->token))
        return reader_syntax_error(r);
    out->to = r->token;
    reader_next(r);
    return reader_end(r);
}

static int read_drop(struct reader *r, struct sql_type_change *out)
{
    out->what = SQL_TYPE_DROP;
    return type_names_read(r, out->names, &out->n, &out->exists_is_fine, &out->cascade);
}

int sql_parse_type_change(struct arena *a, const struct sql_statement *s, struct sql_type_change *out,
                          struct err *e)
{
    enum { LABELS_LEAST = 2 };
    struct reader r;
    size_t room = LABELS_LEAST;
    for (size_t i = 0; i < s->text.n; i++)
        room += s->text.p[i] == ',';
    *out = (struct sql_type_change){.names = arena_calloc(a, room, sizeof *out->names),
                                    .labels = arena_calloc(a, room, sizeof *out->labels),
                                    .attributes = arena_calloc(a, room, sizeof *out->attributes)};
    if (!out->names || !out->labels || !out->attributes)
        return err_oom(e);
    reader_init(&r, a, sql_statement_tokens(s), e);
    bool create = reader_take(&r, "CREATE"), drop = !create && reader_take(&r, "DROP");
    out->tag = create ? "CREATE TYPE" : drop ? "DROP TYPE" : "ALTER TYPE";
    if (!create && !drop)
        TRY(reader_expect(&r, "ALTER"));
    TRY(reader_expect(&r, "TYPE"));
    if (drop)
        return read_drop(&r, out);
    if (!create)
        return read_alter(&r, out);
    out->what = SQL_TYPE_ENUM;
    TRY(type_name_read(&r, &out->names[out->n++]));
    TRY(reader_expect(&r, "AS"));
    if (sql_token_is(&r.token, '(')) {
        out->what = SQL_TYPE_COMPOSITE;
        return read_attributes(&r, out);
    }
    TRY(reader_expect(&r, "ENUM"));
    return read_labels(&r, out);
}
