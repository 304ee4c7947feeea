/* One walk over the tokens of a CREATE TABLE: its head, what lies in its brackets, the clauses behind them.
 * Columns begin at the bracket and behind commas of depth 1; words of constraints are looked for at depth 1
 * alone, so that expressions in brackets are never taken for them. Without an arena the walk only finds out
 * whether there is anything to be done. Source: PostgreSQL 15 manual, 8.1.4 and CREATE TABLE. */
#include "sql/table.h"

#include "base/buf.h"
#include "sql/catalog.h"
#include "sql/edits.h"
#include "sql/limit.h"
#include "sql/mark.h"
#include "sql/name.h"
#include "sql/reader.h"
#include "sql/sequence.h"
#include "sql/serial.h"
#include "sql/statement.h"
#include "sql/type.h"

#include <stdio.h>

enum { NAME_BYTES_MAX = 64 * 1024 }; /* of a sequence's name with its schema */

struct head {
    bool replaces, temporary, if_not_exists;
    struct str name, schema;          /* with its schema, as written; "a.b." or empty */
    struct str database;              /* the first part of three; n 0: none */
    struct sql_token first, relation; /* the first part of it, the last */
};

/* A key that was given a name. */
struct named {
    const char *words; /* what it is */
    struct sql_token name;
    struct reader list; /* at its columns; of a column's own nowhere */
};

enum { NAMED_MAX = 4 }; /* of one definition */

/* The walk gathers two sets of changes. Edits make the statement one that the engine can run. Marks are added
 * to them for out->marked: CHECKs that keep what the engine would forget (modifiers of types, identities,
 * names of constraints), and defaults that fit the modifier. */
struct walk {
    struct reader r;
    struct head head;
    struct sql_table *out;     /* NULL: it is only asked whether there is something to do */
    struct edits edits, marks; /* of out->table and, apart, what out->marked has more */
    struct reader foreign;     /* at the columns of FOREIGN KEY */
    struct named named[NAMED_MAX];
    size_t nnamed;
    struct sql_limit limit;      /* of the column's type */
    struct sql_token constraint; /* the name that was given to the next one; END: none */
    size_t constraint_at;        /* where that one begins */
    const struct str *instead;   /* texts for foreign keys; NULL: none */
    struct sql_token column;     /* whose definition this is; END: of a constraint of the table */
    bool works;                  /* there is something to do */
};

/* ---- what is done with a piece of the text ---- */

/* Each change means that there is something to do. sql_is_table() asks for no more than that, so that without
 * an out nothing is written. */
static int change(struct walk *w, size_t from, size_t to, struct str with)
{
    w->works = true;
    return w->out ? edits_replace(&w->edits, from, to - from, with, w->r.err) : ST_OK;
}

static int refuse(struct walk *w, const struct sql_token *at, const char *what)
{
    w->works = true;
    if (!w->out)
        return ST_OK;
    (void)err_set(w->r.err, SQLSTATE_FEATURE_NOT_SUPPORTED, "%s is not supported", what);
    w->r.err->position = str_position(w->r.text, at->at);
    return ST_ERR;
}

/* Up to where the current token begins. */
static int drop(struct walk *w, size_t from)
{
    return change(w, from, w->r.token.at, STR(""));
}

/* ---- the head ---- */

/* Up to the bracket. false: it is no CREATE TABLE name (…). */
static bool read_head(struct reader *r, struct head *h)
{
    *h = (struct head){0};
    (void)reader_take(r, "CREATE");
    if (reader_take(r, "OR"))
        h->replaces = reader_take(r, "REPLACE");
    (void)(reader_take(r, "GLOBAL") || reader_take(r, "LOCAL") || reader_take(r, "UNLOGGED"));
    h->temporary = reader_take(r, "TEMP") || reader_take(r, "TEMPORARY");
    if (!reader_take(r, "TABLE"))
        return false;
    if (reader_take(r, "IF"))
        h->if_not_exists = reader_take(r, "NOT") && reader_take(r, "EXISTS");
    const char *start = r->token.text.p;
    int parts = 0;
    while (sql_token_is_name(&r->token)) {
        h->relation = r->token;
        if (!h->name.n)
            h->first = r->token;
        h->database = parts++ == 2 ? sql_name_bare(&h->first) : (struct str){0};
        h->schema = (struct str){start, (size_t)(r->token.text.p - start)};
        h->name = (struct str){start, h->schema.n + r->token.text.n};
        reader_next(r);
        if (!sql_token_is(&r->token, '.'))
            break;
        reader_next(r);
    }
    return h->name.n && (sql_token_is(&r->token, '(') || sql_token_is_word(&r->token, "PARTITION") ||
                         sql_token_is_word(&r->token, "OF"));
}

/* ---- marks ---- */

static int keep(struct arena *a, struct buf *b, struct str *out, struct err *e)
{
    const char *copy = buf_ok(b) ? arena_strndup(a, (const char *)b->data, b->len) : NULL;
    *out = (struct str){copy, b->len};
    buf_release(b);
    return copy ? ST_OK : err_oom(e);
}

/* Puts the text into out->marked alone, at that byte of the statement, and releases it. */
static int mark(struct walk *w, size_t at, struct buf *text)
{
    struct str kept;
    w->works = true;
    if (!w->out) {
        buf_release(text);
        return ST_OK;
    }
    TRY(keep(w->r.arena, text, &kept, w->r.err));
    return edits_replace(&w->marks, at, 0, kept, w->r.err);
}

static int mark_text(struct walk *w, size_t at, const char *text)
{
    struct buf b;
    buf_init(&b, NAME_BYTES_MAX);
    buf_printf(&b, "%s", text);
    return mark(w, at, &b);
}

/* The CHECK of a type's modifier, behind the type. A modifier out of range is an error; sql_is_table() counts
 * it as something to do, so that the error is made by sql_parse_table(). */
static int mark_limit(struct walk *w, const struct sql_type *t)
{
    struct err ignored;
    struct buf b;
    err_init(&ignored);
    if (sql_limit_of(t, &w->limit, w->out ? w->r.err : &ignored) < 0) {
        w->works = true;
        if (w->out)
            w->r.err->position = str_position(w->r.text, t->at);
        return w->out ? ST_ERR : ST_OK;
    }
    if (w->limit.kind == SQL_LIMIT_NONE)
        return ST_OK;
    buf_init(&b, NAME_BYTES_MAX);
    buf_put_u8(&b, ' ');
    sql_limit_put(&b, &w->limit, w->column.text);
    return mark(w, t->end, &b);
}

/* CHECK ('words' IS NOT NULL OR column IS NULL), behind the column's own clauses. */
static int mark_column(struct walk *w, size_t at, const char *words, const struct sql_token *name)
{
    struct buf b;
    buf_init(&b, NAME_BYTES_MAX);
    buf_printf(&b, " CHECK (");
    sql_mark_string(&b, words, name);
    buf_printf(&b, " IS NOT NULL OR %.*s IS NULL)", (int)w->column.text.n, w->column.text.p);
    return mark(w, at, &b);
}

/* The same of a key of the table, whose columns stand in the bracket that `list` is at. */
static int mark_key(struct walk *w, size_t at, const struct named *key)
{
    struct buf b;
    bool any = false;
    struct reader list = key->list;
    if (!sql_token_is(&list.token, '('))
        return ST_OK;
    buf_init(&b, NAME_BYTES_MAX);
    buf_printf(&b, ", CHECK (");
    sql_mark_string(&b, key->words, &key->name);
    buf_printf(&b, " IS NOT NULL OR (");
    for (reader_next(&list); sql_token_is_name(&list.token);) {
        buf_printf(&b, "%s%.*s IS NULL", any ? " AND " : "", (int)list.token.text.n, list.token.text.p);
        any = true;
        reader_next(&list);
        if (sql_token_is(&list.token, ','))
            reader_next(&list);
    }
    buf_printf(&b, "))");
    if (any)
        return mark(w, at, &b);
    buf_release(&b);
    return ST_OK;
}

/* A key that may have a name. */
static int named_key(struct walk *w, const char *words, struct reader list)
{
    if (w->constraint.kind != SQL_TOK_END && w->nnamed < NAMED_MAX)
        w->named[w->nnamed++] = (struct named){words, w->constraint, list};
    w->constraint = (struct sql_token){.kind = SQL_TOK_END};
    return ST_OK;
}

/* What lies in the bracket that it is at. */
static struct str list_of(const struct reader *r)
{
    struct reader list = *r;
    return sql_read_brackets(&list);
}

/* Behind a definition, at the comma or bracket. */
static int mark_names(struct walk *w)
{
    size_t at = w->r.token.at;
    for (size_t i = 0; i < w->nnamed; i++)
        TRY(w->column.kind == SQL_TOK_END ? mark_key(w, at, &w->named[i])
                                          : mark_column(w, at, w->named[i].words, &w->named[i].name));
    w->nnamed = 0;
    return ST_OK;
}

/* CHECK (condition), at its bracket: with a name it is CHECK ((condition) OR ('name' IS NULL)). */
static int check(struct walk *w)
{
    struct reader *r = &w->r;
    struct sql_token name = w->constraint;
    w->constraint = (struct sql_token){.kind = SQL_TOK_END};
    if (name.kind == SQL_TOK_END || !sql_token_is(&r->token, '('))
        return ST_OK;
    size_t from = r->token.at + 1, depth = 0, end = from;
    do {
        end = r->token.at;
        depth += sql_token_is(&r->token, '(');
        depth -= sql_token_is(&r->token, ')') && depth;
        reader_next(r);
    } while (depth && r->token.kind != SQL_TOK_END && r->token.kind != SQL_TOK_BAD);
    struct buf b;
    TRY(mark_text(w, from, "("));
    buf_init(&b, NAME_BYTES_MAX);
    buf_printf(&b, ") OR (");
    sql_mark_string(&b, "", &name);
    buf_printf(&b, " IS NULL)");
    return mark(w, end, &b);
}

/* ---- sequences ---- */

/* A part of a quoted name: folded as PostgreSQL does unless it was quoted itself. Quotes stay doubled. */
static void put_part(struct buf *b, const struct sql_token *name)
{
    struct str s = sql_name_bare(name);
    bool quoted = name->kind == SQL_TOK_QUOTED;
    for (size_t i = 0; i < s.n; i++)
        buf_put_u8(b, (uint8_t)(!quoted && s.p[i] >= 'A' && s.p[i] <= 'Z' ? s.p[i] - 'A' + 'a' : s.p[i]));
}

/* schema."<table>_<column>_seq" */
static int sequence_of(struct walk *w, struct str *out)
{
    struct buf b;
    const struct head *h = &w->head;
    buf_init(&b, NAME_BYTES_MAX);
    struct str known = sql_engine_schema(&h->first); /* within a string nobody else translates it */
    if (known.p && h->first.at != h->relation.at)
        buf_printf(&b, "%s.", known.p);
    else
        buf_put(&b, h->schema.p, h->schema.n);
    buf_put_u8(&b, '"');
    put_part(&b, &h->relation);
    buf_put_u8(&b, '_');
    put_part(&b, &w->column);
    buf_put(&b, "_seq\"", sizeof "_seq\"" - 1);
    return keep(w->r.arena, &b, out, w->r.err);
}

/* before nextval('…') after */
static int default_of(struct walk *w, struct str sequence, const char *before, const char *after,
                      struct str *out)
{
    struct buf b;
    buf_init(&b, 2 * NAME_BYTES_MAX);
    buf_printf(&b, "%s nextval('", before);
    for (size_t i = 0; i < sequence.n; i++) {
        if (sequence.p[i] == '\'')
            buf_put_u8(&b, '\'');
        buf_put_u8(&b, (uint8_t)sequence.p[i]);
    }
    buf_printf(&b, "') %s", after);
    return keep(w->r.arena, &b, out, w->r.err);
}

/* The bytes [from, to) become `before` nextval(a new sequence) `after`. */
static int put_sequence(struct walk *w, size_t from, size_t to, const char *before, const char *after,
                        struct str options)
{
    struct str text;
    w->works = true;
    if (!w->out)
        return ST_OK;
    if (w->out->n == SQL_TABLE_SEQUENCES_MAX)
        return err_set(w->r.err, SQLSTATE_PROGRAM_LIMIT_EXCEEDED,
                       "a table can have at most %d serial columns", SQL_TABLE_SEQUENCES_MAX);
    struct sql_table_sequence *sequence = &w->out->sequences[w->out->n++];
    sequence->options = options;
    TRY(sequence_of(w, &sequence->name));
    TRY(default_of(w, sequence->name, before, after, &text));
    return change(w, from, to, text);
}

/* The options of an identity's sequence, at its bracket; lent. */
static int read_options(struct walk *w, struct str *out)
{
    struct reader *r = &w->r;
    *out = (struct str){"", 0};
    if (!sql_token_is(&r->token, '('))
        return ST_OK;
    if (!w->out) {
        reader_skip_brackets(r);
        return ST_OK;
    }
    struct sql_sequence_options options;
    struct sql_token at = r->token;
    reader_next(r);
    TRY(sql_read_sequence_options(r, &options));
    if (options.name.n)
        return refuse(w, &at, "SEQUENCE NAME of an identity column");
    reader_next(r);
    return sql_sequence_text(r->arena, &options, NULL, out, r->err);
}

/* GENERATED … AS IDENTITY [(…)], GENERATED ALWAYS AS (…) STORED. The engine computes such a column when it is
 * read, from other columns of the row by functions that give the same every time, so that it is the same. */
static int generated(struct walk *w)
{
    struct reader *r = &w->r;
    struct str options;
    size_t from = r->token.at;
    reader_next(r);
    bool always = reader_take(r, "ALWAYS");
    if (!always && !(reader_take(r, "BY") && reader_take(r, "DEFAULT")))
        return ST_OK;
    if (!reader_take(r, "AS"))
        return ST_OK;
    if (reader_take(r, "IDENTITY")) {
        TRY(read_options(w, &options));
        TRY(mark_column(w, r->token.at,
                        always ? "generated always as identity" : "generated by default as identity", NULL));
        return put_sequence(w, from, r->token.at, "DEFAULT", "NOT NULL ", options);
    }
    reader_skip_brackets(r);
    size_t stored = r->token.at;
    return reader_take(r, "STORED") ? drop(w, stored) : ST_OK;
}

/* ---- constraints ---- */

/* Every constraint is checked at the end of its statement: one that could wait is never violated then. */
static int when_checked(struct walk *w)
{
    struct reader *r = &w->r;
    size_t from = r->token.at;
    if (reader_take(r, "INITIALLY")) {
        if (reader_take(r, "DEFERRED") || reader_take(r, "IMMEDIATE"))
            return drop(w, from);
        return ST_OK;
    }
    if (reader_take(r, "NOT") && !sql_token_is_word(&r->token, "DEFERRABLE"))
        return ST_OK;
    return reader_take(r, "DEFERRABLE") ? drop(w, from) : ST_OK;
}

/* Behind UNIQUE or PRIMARY KEY: how the index is kept. */
static int index_clauses(struct walk *w, const char *words)
{
    struct reader *r = &w->r;
    struct sql_token nulls = r->token;
    if (reader_take(r, "NULLS")) {
        if (reader_take(r, "NOT"))
            return refuse(w, &nulls, "NULLS NOT DISTINCT");
        (void)reader_take(r, "DISTINCT");
        TRY(drop(w, nulls.at));
    }
    struct reader list = *r;
    if (sql_token_is(&r->token, '('))
        reader_skip_brackets(r);
    TRY(named_key(w, words, list));
    size_t from = r->token.at;
    if (reader_take(r, "INCLUDE")) {
        reader_skip_brackets(r);
        TRY(drop(w, from));
        from = r->token.at;
    }
    if (reader_take(r, "WITH")) {
        reader_skip_brackets(r);
        TRY(drop(w, from));
        from = r->token.at;
    }
    if (reader_take(r, "USING")) {
        (void)(reader_take(r, "INDEX") && reader_take(r, "TABLESPACE"));
        reader_skip_name(r);
        TRY(drop(w, from));
    }
    return ST_OK;
}

static bool ends_piece(const struct sql_token *t)
{
    return sql_token_is(t, ',') || sql_token_is(t, ')') || t->kind == SQL_TOK_END || t->kind == SQL_TOK_BAD;
}

/* The expression behind DEFAULT, made to fit the column's type. */
static int default_value(struct walk *w)
{
    static const char *const words[] = {"NOT",        "NULL",       "UNIQUE",     "PRIMARY",
                                        "CHECK",      "REFERENCES", "CONSTRAINT", "GENERATED",
                                        "DEFERRABLE", "INITIALLY",  "COLLATE"};
    struct reader *r = &w->r;
    struct str before, after;
    size_t from = r->token.at, to = from;
    for (bool first = true, ends = false; !ends_piece(&r->token); first = false) {
        for (size_t i = 0; !first && i < sizeof words / sizeof *words; i++)
            ends |= sql_token_is_word(&r->token, words[i]);
        if (ends)
            break;
        struct sql_token t = r->token;
        if (sql_token_is(&t, '('))
            reader_skip_brackets(r);
        else
            reader_next(r);
        to = sql_token_is(&t, '(') ? r->lexer.at - r->token.text.n : t.at + t.text.n;
        while (to > from && (r->text.p[to - 1] == ' ' || r->text.p[to - 1] == '\n'))
            to--;
    }
    if (!w->out || w->limit.kind == SQL_LIMIT_NONE)
        return ST_OK;
    TRY(sql_limit_default(r->arena, &w->limit, &before, &after, r->err));
    if (!before.n)
        return ST_OK;
    TRY(edits_replace(&w->marks, from, 0, before, r->err));
    return edits_replace(&w->marks, to, 0, after, r->err);
}

/* Behind REFERENCES: what it is, and in which words the engine gets it. Which of them the engine can have is
 * the session's to know, so that each of them is something to do. */
static int references(struct walk *w)
{
    struct reader *r = &w->r;
    struct sql_token at = r->token;
    struct sql_reference x = {.name = w->constraint, .columns = w->column.text};
    w->works = true;
    if (sql_token_is(&w->foreign.token, '('))
        x.columns = list_of(&w->foreign);
    if (!w->out)
        return ST_OK;
    TRY(sql_read_reference(r, &x));
    if (x.full && memchr(x.columns.p, ',', x.columns.n))
        return refuse(w, &at, "MATCH FULL");
    if (w->out->nreferences == SQL_REFERENCES_MAX)
        return err_set(r->err, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "a table can have at most %d foreign keys",
                       SQL_REFERENCES_MAX);
    size_t i = w->out->nreferences++;
    w->out->references[i] = x;
    if (w->instead && w->instead[i].p) {
        w->constraint = (struct sql_token){.kind = SQL_TOK_END};
        return change(w, w->constraint_at, x.end, w->instead[i]);
    }
    if (x.end > x.timing)
        TRY(change(w, x.timing, x.end, STR("")));
    return named_key(w, "FOREIGN KEY ", w->foreign);
}

/* At a token of depth 1 in a column or constraint; goes on behind what it knows. */
static int piece(struct walk *w)
{
    struct reader *r = &w->r;
    struct sql_token t = r->token;
    size_t from = t.at;
    if (sql_token_is(&t, '(')) {
        reader_skip_brackets(r);
    } else if (sql_token_is_word(&t, "GENERATED")) {
        return generated(w);
    } else if (sql_token_is_word(&t, "NOT") || sql_token_is_word(&t, "DEFERRABLE") ||
               sql_token_is_word(&t, "INITIALLY")) {
        return when_checked(w);
    } else if (reader_take(r, "DEFAULT")) {
        return default_value(w);
    } else if (reader_take(r, "CONSTRAINT")) {
        w->constraint = r->token;
        w->constraint_at = from;
        if (sql_token_is_name(&r->token))
            reader_next(r);
    } else if (reader_take(r, "CHECK")) {
        return check(w);
    } else if (reader_take(r, "UNIQUE")) {
        return index_clauses(w, "UNIQUE ");
    } else if (reader_take(r, "PRIMARY")) {
        (void)reader_take(r, "KEY");
        if (w->out)
            w->out->primary = sql_token_is(&r->token, '(') ? list_of(r) : w->column.text;
        return index_clauses(w, "PRIMARY KEY ");
    } else if (reader_take(r, "FOREIGN")) {
        if (w->constraint.kind == SQL_TOK_END)
            w->constraint_at = from;
        (void)reader_take(r, "KEY");
        w->foreign = *r;
        if (sql_token_is(&r->token, '('))
            reader_skip_brackets(r);
    } else if (reader_take(r, "REFERENCES")) {
        if (w->constraint.kind == SQL_TOK_END && w->column.kind != SQL_TOK_END)
            w->constraint_at = from;
        return references(w);
    } else if (reader_take(r, "NO")) {
        return reader_take(r, "INHERIT") ? drop(w, from) : ST_OK;
    } else if (sql_token_is_word(&t, "STORAGE") || sql_token_is_word(&t, "COMPRESSION")) {
        reader_next(r);
        reader_next(r);
        return drop(w, from);
    } else {
        reader_next(r);
    }
    return ST_OK;
}

/* A column's definition or a constraint, up to the comma or bracket behind it. */
static int definition(struct walk *w)
{
    static const char *const constraints[] = {"CONSTRAINT", "CHECK", "UNIQUE", "PRIMARY", "FOREIGN"};
    struct reader *r = &w->r;
    struct sql_token first = r->token;
    bool constraint = false;
    for (size_t i = 0; i < sizeof constraints / sizeof *constraints; i++)
        constraint |= sql_token_is_word(&first, constraints[i]);
    w->column = w->constraint = (struct sql_token){.kind = SQL_TOK_END};
    w->foreign = *r; /* at no bracket */
    w->limit = (struct sql_limit){.kind = SQL_LIMIT_NONE};
    if (!constraint && sql_token_is_name(&first)) {
        reader_next(r);
        if (sql_token_is_word(&first, "EXCLUDE") &&
            (sql_token_is(&r->token, '(') || sql_token_is_word(&r->token, "USING")))
            return refuse(w, &first, "EXCLUDE");
        if (sql_token_is_word(&first, "LIKE") && !ends_piece(&r->token) && !sql_serial_type(&r->token))
            return refuse(w, &first, "LIKE in CREATE TABLE");
        w->column = first;
        const char *type = sql_serial_type(&r->token);
        if (type) {
            char before[32];
            (void)snprintf(before, sizeof before, "%s DEFAULT", type);
            struct str bound = strcmp(type, "SMALLINT") == 0  ? STR("MAXVALUE 32767")
                               : strcmp(type, "INTEGER") == 0 ? STR("MAXVALUE 2147483647")
                                                              : STR("");
            TRY(put_sequence(w, r->token.at, r->token.at + r->token.text.n, before, "NOT NULL", bound));
        } else {
            struct sql_lexer ahead = r->lexer;
            struct sql_type limited;
            if (sql_read_type_at(&ahead, r->token, &limited))
                TRY(mark_limit(w, &limited));
        }
        if (!ends_piece(&r->token))
            reader_next(r); /* a type, whatever it is called */
    }
    while (!ends_piece(&r->token))
        TRY(piece(w));
    return mark_names(w);
}

/* ---- behind the brackets ---- */

static int tablespace(struct walk *w, size_t from)
{
    struct reader *r = &w->r;
    struct sql_token name = r->token;
    reader_next(r);
    if (str_ieq(sql_name_bare(&name), STR("pg_default")))
        return drop(w, from);
    w->works = true;
    return w->out ? err_set(r->err, SQLSTATE_UNDEFINED_OBJECT, "tablespace \"%.*s\" does not exist",
                            (int)(name.text.n < 64 ? name.text.n : 64), name.text.p)
                  : ST_OK;
}

/* What becomes of a temporary table's rows, or of it. */
static int on_commit(struct walk *w, size_t from)
{
    struct reader *r = &w->r;
    bool keeps = reader_take(r, "PRESERVE"), drops = !keeps && reader_take(r, "DROP");
    w->works = true;
    if (!w->out) /* it is only asked whether there is something to be done */
        return ST_OK;
    if (!drops && !((keeps || reader_take(r, "DELETE")) && reader_take(r, "ROWS")))
        return reader_syntax_error(r);
    w->out->drops_on_commit = drops;
    w->out->empties_on_commit = !drops && !keeps;
    return drop(w, from);
}

/* A clause behind the brackets. How and where a table is stored is the engine's business, so such words are
 * left out; what would make it another kind of table is refused. */
static int clause(struct walk *w)
{
    struct reader *r = &w->r;
    struct sql_token first = r->token;
    size_t from = first.at;
    if (reader_take(r, "INHERITS"))
        return refuse(w, &first, "INHERITS");
    if (reader_take(r, "PARTITION"))
        return refuse(w, &first, "PARTITION BY");
    if (reader_take(r, "OF"))
        return refuse(w, &first, "CREATE TABLE OF");
    if (reader_take(r, "TABLESPACE"))
        return tablespace(w, from);
    if (reader_take(r, "USING")) {
        reader_skip_name(r);
        return drop(w, from);
    }
    if (reader_take(r, "WITH")) {
        if (reader_take(r, "OIDS"))
            return refuse(w, &first, "WITH OIDS");
        reader_skip_brackets(r);
        return drop(w, from);
    }
    if (reader_take(r, "WITHOUT"))
        return reader_take(r, "OIDS") ? drop(w, from) : ST_OK;
    if (reader_take(r, "ON") && reader_take(r, "COMMIT"))
        return on_commit(w, from);
    if (r->token.at == from)
        reader_next(r);
    return ST_OK;
}

static int walk(struct walk *w)
{
    struct reader *r = &w->r;
    if (sql_token_is(&r->token, '(')) {
        reader_next(r);
        if (sql_token_is(&r->token, ')'))
            return refuse(w, &r->token, "a table without columns");
        for (;;) {
            TRY(definition(w));
            if (!sql_token_is(&r->token, ','))
                break;
            reader_next(r);
        }
        reader_next(r);
    }
    while (r->token.kind != SQL_TOK_END && r->token.kind != SQL_TOK_BAD) {
        if (sql_token_is_word(&r->token, "AS")) { /* its columns have no types */
            w->works = false;
            return ST_OK;
        }
        TRY(clause(w));
    }
    return ST_OK;
}

bool sql_is_table(struct sql_tokens sql)
{
    struct walk w = {.out = NULL};
    reader_init(&w.r, NULL, sql, NULL);
    return read_head(&w.r, &w.head) && walk(&w) == ST_OK && w.works;
}

int sql_parse_table(struct arena *a, const struct sql_statement *s, struct sql_table *out, struct err *e)
{
    return sql_table_instead(a, s, NULL, out, e);
}

int sql_table_instead(struct arena *a, const struct sql_statement *s, const struct str *instead,
                      struct sql_table *out, struct err *e)
{
    struct walk w = {.out = out, .instead = instead};
    reader_init(&w.r, a, sql_statement_tokens(s), e);
    if (!read_head(&w.r, &w.head))
        return reader_syntax_error(&w.r);
    *out = (struct sql_table){.name = w.head.name,
                              .temporary = w.head.temporary,
                              .keeps = w.head.if_not_exists || w.head.replaces,
                              .sequences = arena_calloc(a, SQL_TABLE_SEQUENCES_MAX, sizeof *out->sequences),
                              .references = arena_calloc(a, SQL_REFERENCES_MAX, sizeof *out->references)};
    if (!out->sequences || !out->references)
        return err_oom(e);
    edits_init(&w.edits, a, s->text);
    edits_init(&w.marks, a, s->text);
    TRY(walk(&w));
    if (w.head.first.at != w.head.relation.at && w.head.database.n)
        out->database = w.head.database;
    TRY(edits_apply(&w.edits, &out->table, e));
    TRY(edits_join(&w.edits, &w.marks, e));
    return edits_apply(&w.edits, &out->marked, e);
}
