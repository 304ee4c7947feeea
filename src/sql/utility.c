/* One reader a command, found by its first words. What PostgreSQL's grammar has and does not matter here
 * (options in brackets, GRANT's privileges) is passed over, not checked. */
#include "sql/utility.h"

#include "base/buf.h"
#include "sql/absent.h"
#include "sql/name.h"
#include "sql/reader.h"
#include "sql/sequence.h"
#include "sql/statement.h"

#include <stdio.h>
#include <string.h>

struct parsing {
    struct reader r;
    struct sql_utility *out;
};

/* ---- pieces ---- */

/* As many names as there can be, by the commas. */
static size_t room_for_names(const struct parsing *p)
{
    size_t n = 1;
    for (size_t i = 0; i < p->r.text.n; i++)
        n += p->r.text.p[i] == ',';
    return n;
}

/* name[.name]…, which may be followed by the types of a function's arguments. */
static int read_name(struct parsing *p)
{
    struct reader *r = &p->r;
    struct sql_utility *out = p->out;
    struct sql_token end = {.kind = SQL_TOK_END};
    struct sql_utility_name name = {end, end, end};
    if (!out->names)
        out->names = arena_calloc(r->arena, room_for_names(p), sizeof *out->names);
    if (!out->names)
        return err_oom(r->err);
    for (;;) {
        if (!sql_token_is_name(&r->token))
            return reader_syntax_error(r);
        name.database = name.schema;
        name.schema = name.relation;
        name.relation = r->token;
        reader_next(r);
        if (!sql_token_is(&r->token, '.'))
            break;
        reader_next(r);
    }
    out->names[out->nnames++] = name;
    if (sql_token_is(&r->token, '('))
        reader_skip_brackets(r);
    return ST_OK;
}

/* Names with commas between them: one at least. */
static int read_names(struct parsing *p)
{
    TRY(read_name(p));
    while (sql_token_is(&p->r.token, ',')) {
        reader_next(&p->r);
        TRY(read_name(p));
    }
    return ST_OK;
}

/* Roles, with or without the word GROUP that older versions of PostgreSQL had. */
static int read_roles(struct parsing *p)
{
    struct reader *r = &p->r;
    struct sql_utility *out = p->out;
    out->roles = arena_calloc(r->arena, room_for_names(p), sizeof *out->roles);
    if (!out->roles)
        return err_oom(r->err);
    for (;;) {
        (void)reader_take(r, "GROUP");
        if (!sql_token_is_name(&r->token))
            return reader_syntax_error(r);
        out->roles[out->nroles++] = r->token;
        reader_next(r);
        if (!sql_token_is(&r->token, ','))
            return ST_OK;
        reader_next(r);
    }
}

/* Up to a word outside of brackets; false: it does not come. */
static bool skip_to(struct reader *r, const char *word, const char *other)
{
    size_t depth = 0;
    for (; r->token.kind != SQL_TOK_END && r->token.kind != SQL_TOK_BAD; reader_next(r)) {
        if (depth == 0 &&
            (sql_token_is_word(&r->token, word) || (other && sql_token_is_word(&r->token, other))))
            return true;
        depth += sql_token_is(&r->token, '(');
        depth -= sql_token_is(&r->token, ')') && depth;
    }
    return false;
}

/* The command is PostgreSQL's, and what it says cannot be made true here. */
static int refused(struct parsing *p, const char *tag, const char *why)
{
    p->out->what = SQL_UTILITY_REFUSED;
    p->out->tag = tag;
    p->out->why = why;
    return ST_OK;
}

/* Kinds of objects by the words for them. find_alter() takes those from SQL_OBJECT_SCHEMA on, which are no
 * relations: the order of the enum matters. */
static const struct {
    const char *word;
    enum sql_utility_object object;
} objects[] = {
    {"TABLE", SQL_OBJECT_RELATION},     {"VIEW", SQL_OBJECT_TABLE},       {"SEQUENCE", SQL_OBJECT_SEQUENCE},
    {"INDEX", SQL_OBJECT_INDEX},        {"SCHEMA", SQL_OBJECT_SCHEMA},    {"DATABASE", SQL_OBJECT_DATABASE},
    {"TYPE", SQL_OBJECT_TYPE},          {"DOMAIN", SQL_OBJECT_TYPE},      {"FUNCTION", SQL_OBJECT_FUNCTION},
    {"PROCEDURE", SQL_OBJECT_FUNCTION}, {"ROUTINE", SQL_OBJECT_FUNCTION}, {"AGGREGATE", SQL_OBJECT_FUNCTION},
    {"LANGUAGE", SQL_OBJECT_OTHER},     {"EXTENSION", SQL_OBJECT_OTHER},
};

/* The kind of object that the reader stands at, and goes on behind. */
static bool take_object(struct reader *r, enum sql_utility_object *out)
{
    for (size_t i = 0; i < sizeof objects / sizeof *objects; i++)
        if (reader_take(r, objects[i].word)) {
            *out = objects[i].object;
            return true;
        }
    return false;
}

/* ---- GRANT, OWNER TO, roles ---- */

/* ON [kind] names; privileges on all tables of a schema are that schema's. */
static int read_grant_objects(struct parsing *p)
{
    struct reader *r = &p->r;
    p->out->object = SQL_OBJECT_RELATION;
    if (reader_take(r, "ALL")) {
        p->out->object = SQL_OBJECT_SCHEMA;
        if (!skip_to(r, "SCHEMA", NULL))
            return reader_syntax_error(r);
        reader_next(r);
    } else if (!take_object(r, &p->out->object) && reader_take(r, "FOREIGN")) {
        return refused(p, "GRANT ON FOREIGN", NULL);
    }
    return read_names(p);
}

/* GRANT privileges ON objects TO roles. Which privileges is of no interest: all of them are there. */
static int grant(struct parsing *p)
{
    struct reader *r = &p->r;
    p->out->tag = "GRANT";
    p->out->public_is_fine = true;
    if (!skip_to(r, "ON", "TO"))
        return reader_syntax_error(r);
    if (reader_take(r, "ON"))
        TRY(read_grant_objects(p));
    else
        return refused(p, "GRANT of a role", "users have no roles here");
    if (p->out->what == SQL_UTILITY_REFUSED)
        return ST_OK;
    if (!reader_take(r, "TO"))
        return reader_syntax_error(r);
    return read_roles(p); /* WITH GRANT OPTION, GRANTED BY: true as well */
}

/* What it says would have to be kept from somebody, and nobody is kept from anything here. */
static int revoke(struct parsing *p)
{
    return refused(p, "REVOKE",
                   "users have no privileges of their own here: who may log in may do everything");
}

/* ALTER DEFAULT PRIVILEGES … GRANT … TO roles: of what is yet to be made the same is true. */
static int default_privileges(struct parsing *p)
{
    struct reader *r = &p->r;
    if (!skip_to(r, "GRANT", "REVOKE"))
        return reader_syntax_error(r);
    if (sql_token_is_word(&r->token, "REVOKE"))
        return revoke(p);
    p->out->tag = "ALTER DEFAULT PRIVILEGES";
    p->out->public_is_fine = true;
    if (!skip_to(r, "TO", NULL))
        return reader_syntax_error(r);
    reader_next(r);
    return read_roles(p);
}

/* ALTER kind name OWNER TO role */
static int owner(struct parsing *p, const char *tag)
{
    struct reader *r = &p->r;
    p->out->tag = tag;
    TRY(read_name(p));
    if (!reader_take(r, "OWNER") || !reader_take(r, "TO"))
        return reader_syntax_error(r);
    TRY(read_roles(p));
    return reader_end(&p->r);
}

/* CREATE, ALTER and DROP of ROLE, USER and GROUP. The server's users are in a file that SQL does not
 * reach. */
static int role(struct parsing *p, const char *tag)
{
    struct reader *r = &p->r;
    if (strncmp(tag, "DROP", 4) != 0)
        return refused(p, tag, "users are those of the server's users file");
    p->out->tag = tag;
    p->out->drops = true;
    if (reader_take(r, "IF") && reader_take(r, "EXISTS"))
        p->out->if_exists = true;
    TRY(read_roles(p));
    return reader_end(&p->r);
}

/* CREATE SCHEMA [IF NOT EXISTS] [name] AUTHORIZATION role */
static int schema(struct parsing *p)
{
    struct reader *r = &p->r;
    struct sql_token name = {.kind = SQL_TOK_END};
    struct buf b;
    p->out->what = SQL_UTILITY_ENGINE;
    p->out->tag = "CREATE SCHEMA";
    bool if_not_exists = reader_take(r, "IF");
    if (if_not_exists && (!reader_take(r, "NOT") || !reader_take(r, "EXISTS")))
        return reader_syntax_error(r);
    if (!sql_token_is_word(&r->token, "AUTHORIZATION")) {
        name = r->token;
        reader_next(r);
    }
    if (!reader_take(r, "AUTHORIZATION"))
        return reader_syntax_error(r);
    TRY(read_roles(p));
    TRY(reader_end(&p->r));
    name = name.kind == SQL_TOK_END ? p->out->roles[0] : name;
    buf_init(&b, SQL_COMMAND_MAX);
    buf_printf(&b, "CREATE SCHEMA %s%.*s", if_not_exists ? "IF NOT EXISTS " : "", (int)name.text.n,
               name.text.p);
    p->out->text = buf_ok(&b) ? arena_strndup(r->arena, (const char *)b.data, b.len) : NULL;
    buf_release(&b);
    return p->out->text ? ST_OK : err_oom(r->err);
}

/* CREATE [TEMPORARY | UNLOGGED] SEQUENCE [IF NOT EXISTS] name options */
static int sequence(struct parsing *p)
{
    struct reader *r = &p->r;
    struct sql_sequence_options options;
    struct str text;
    struct buf b;
    p->out->what = SQL_UTILITY_ENGINE;
    p->out->tag = "CREATE SEQUENCE";
    bool temporary = reader_take(r, "TEMP") || reader_take(r, "TEMPORARY");
    (void)reader_take(r, "UNLOGGED");
    (void)reader_take(r, "SEQUENCE");
    bool if_not_exists = reader_take(r, "IF");
    if (if_not_exists && (!reader_take(r, "NOT") || !reader_take(r, "EXISTS")))
        return reader_syntax_error(r);
    size_t from = r->token.at, to = from;
    while (sql_token_is_name(&r->token)) {
        to = r->token.at + r->token.text.n;
        reader_next(r);
        if (!sql_token_is(&r->token, '.'))
            break;
        reader_next(r);
    }
    if (to == from)
        return reader_syntax_error(r);
    TRY(sql_read_sequence_options(r, &options));
    TRY(reader_end(&p->r));
    TRY(sql_sequence_text(r->arena, &options, NULL, &text, r->err));
    buf_init(&b, SQL_COMMAND_MAX);
    buf_printf(&b, "CREATE %sSEQUENCE %s%.*s%.*s", temporary ? "TEMPORARY " : "",
               if_not_exists ? "IF NOT EXISTS " : "", (int)(to - from), r->text.p + from, (int)text.n,
               text.p);
    p->out->text = buf_ok(&b) ? arena_strndup(r->arena, (const char *)b.data, b.len) : NULL;
    buf_release(&b);
    return p->out->text ? ST_OK : err_oom(r->err);
}

/* ---- extensions ---- */

/* CREATE EXTENSION [IF NOT EXISTS] name …, DROP EXTENSION [IF EXISTS] name … */
static int extension(struct parsing *p, bool drops)
{
    struct reader *r = &p->r;
    p->out->tag = drops ? "DROP EXTENSION" : "CREATE EXTENSION";
    p->out->drops = drops;
    if (reader_take(r, "IF")) {
        (void)reader_take(r, "NOT");
        if (!reader_take(r, "EXISTS"))
            return reader_syntax_error(r);
        p->out->if_exists = true;
    }
    return reader_name(r, &p->out->extension); /* SCHEMA, VERSION, CASCADE say nothing here */
}

/* ---- maintenance ---- */

/* [(options)] [FULL] [FREEZE] [VERBOSE] [ANALYZE] [names]; whether ANALYZE is among them. */
static int maintenance_options(struct parsing *p, bool *analyze)
{
    static const char *const words[] = {"FULL", "FREEZE", "VERBOSE"};
    struct reader *r = &p->r;
    if (sql_token_is(&r->token, '('))
        for (size_t depth = 0; r->token.kind != SQL_TOK_END; reader_next(r)) {
            depth += sql_token_is(&r->token, '(');
            depth -= sql_token_is(&r->token, ')') && depth;
            *analyze |= sql_token_is_word(&r->token, "ANALYZE");
            if (depth == 0)
                break;
        }
    if (sql_token_is(&r->token, ')'))
        reader_next(r);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        (void)reader_take(r, words[i]);
    *analyze |= reader_take(r, "ANALYZE") || reader_take(r, "ANALYSE");
    p->out->object = SQL_OBJECT_TABLE;
    if (r->token.kind != SQL_TOK_END)
        TRY(read_names(p));
    return reader_end(&p->r);
}

/* VACUUM leaves nothing to be done: the engine gives room back by itself, at its checkpoints. */
static int vacuum(struct parsing *p)
{
    bool analyze = false;
    p->out->tag = "VACUUM";
    p->out->outside = true;
    TRY(maintenance_options(p, &analyze));
    p->out->what = analyze ? SQL_UTILITY_ANALYZE : SQL_UTILITY_NOTHING;
    return ST_OK;
}

/* ANALYZE has the engine look at the tables for its estimates. */
static int analyze(struct parsing *p)
{
    bool ignored = true;
    p->out->tag = "ANALYZE";
    p->out->what = SQL_UTILITY_ANALYZE;
    return maintenance_options(p, &ignored);
}

/* The order of a table's rows on the disk is nobody's business here. */
static int cluster(struct parsing *p)
{
    struct reader *r = &p->r;
    p->out->tag = "CLUSTER";
    p->out->object = SQL_OBJECT_TABLE;
    if (sql_token_is(&r->token, '('))
        reader_skip_brackets(r);
    (void)reader_take(r, "VERBOSE");
    p->out->outside = r->token.kind == SQL_TOK_END;
    if (r->token.kind != SQL_TOK_END)
        TRY(read_name(p));
    if (reader_take(r, "USING"))
        reader_next(r);
    return reader_end(&p->r);
}

/* The engine's indexes are always what they should be. */
static int reindex(struct parsing *p)
{
    struct reader *r = &p->r;
    p->out->tag = "REINDEX";
    if (sql_token_is(&r->token, '('))
        reader_skip_brackets(r);
    bool all = sql_token_is_word(&r->token, "SYSTEM");
    if (all)
        reader_next(r);
    else if (!take_object(r, &p->out->object))
        return reader_syntax_error(r);
    p->out->outside = all || p->out->object == SQL_OBJECT_DATABASE || p->out->object == SQL_OBJECT_SCHEMA;
    p->out->outside |= reader_take(r, "CONCURRENTLY");
    if (all)
        p->out->object = SQL_OBJECT_DATABASE;
    if (r->token.kind != SQL_TOK_END)
        TRY(read_name(p));
    return reader_end(&p->r);
}

/* [TABLE] [ONLY] name [, …] [IN mode MODE] [NOWAIT] */
static int lock(struct parsing *p)
{
    struct reader *r = &p->r;
    p->out->tag = "LOCK TABLE";
    p->out->what = SQL_UTILITY_LOCK;
    p->out->inside = p->out->exclusive = true;
    p->out->object = SQL_OBJECT_TABLE;
    (void)reader_take(r, "TABLE");
    (void)reader_take(r, "ONLY");
    TRY(read_names(p));
    if (reader_take(r,
                    "IN")) { /* SHARE UPDATE EXCLUSIVE and what is stronger exclude themselves, but SHARE */
        bool access = sql_token_is_word(&r->token, "ACCESS"), row = sql_token_is_word(&r->token, "ROW");
        if (access || row)
            reader_next(r);
        bool share = reader_take(r, "SHARE"),
             more = share && (reader_take(r, "UPDATE") || reader_take(r, "ROW"));
        bool exclusive = reader_take(r, "EXCLUSIVE");
        p->out->exclusive = more || (exclusive && !row);
        if (!(share || exclusive) || !reader_take(r, "MODE"))
            return reader_syntax_error(r);
    }
    p->out->nowait = reader_take(r, "NOWAIT");
    return reader_end(&p->r);
}

/* ---- COMMENT ON ---- */

/* COMMENT ON kind name IS text: of what the engine keeps no comments for, or where ours lie beside them. */
static int comment(struct parsing *p)
{
    struct reader *r = &p->r;
    p->out->tag = "COMMENT";
    p->out->what = SQL_UTILITY_COMMENT;
    (void)reader_take(r, "ON");
    if (reader_take(r, "CONSTRAINT")) {
        p->out->object = SQL_OBJECT_CONSTRAINT;
        if (!sql_token_is_name(&r->token))
            return reader_syntax_error(r);
        p->out->part = r->token;
        reader_next(r);
        if (!reader_take(r, "ON"))
            return reader_syntax_error(r);
        if (reader_take(r, "DOMAIN"))
            return refused(p, "COMMENT ON CONSTRAINT of a domain", NULL);
    } else if (reader_take(r, "MATERIALIZED")) {
        p->out->object = SQL_OBJECT_MATVIEW;
        (void)reader_take(r, "VIEW");
    } else if (reader_take(r, "TABLE")) {
        p->out->object = SQL_OBJECT_TABLE;
    } else if (!take_object(r, &p->out->object)) {
        return refused(p, "COMMENT ON this kind of object", NULL);
    }
    TRY(read_name(p));
    TRY(reader_comment(r, &p->out->comment));
    return reader_end(&p->r);
}

/* ---- which it is ---- */

/* COMMENT ON what the engine has comments for is the engine's. */
static bool is_comment(struct reader *r)
{
    static const char *const engine[] = {"VIEW", "COLUMN", "MACRO"};
    if (!reader_take(r, "ON"))
        return false;
    for (size_t i = 0; i < sizeof engine / sizeof *engine; i++)
        if (sql_token_is_word(&r->token, engine[i]))
            return false;
    return true;
}

typedef int run_fn(struct parsing *p);

static int create_role(struct parsing *p)
{
    return role(p, "CREATE ROLE");
}

static int alter_role(struct parsing *p)
{
    return role(p, "ALTER ROLE");
}

static int drop_role(struct parsing *p)
{
    return role(p, "DROP ROLE");
}

static int create_extension(struct parsing *p)
{
    return extension(p, false);
}

static int drop_extension(struct parsing *p)
{
    return extension(p, true);
}

/* ALTER kind name OWNER TO role, of all that is no relation: those are sql/alter.c's. */
static int alter_owner(struct parsing *p)
{
    static const char *const tags[] = {[SQL_OBJECT_SCHEMA] = "ALTER SCHEMA",
                                       [SQL_OBJECT_DATABASE] = "ALTER DATABASE",
                                       [SQL_OBJECT_TYPE] = "ALTER TYPE",
                                       [SQL_OBJECT_FUNCTION] = "ALTER FUNCTION",
                                       [SQL_OBJECT_OTHER] = "ALTER LANGUAGE"};
    (void)take_object(&p->r, &p->out->object);
    return owner(p, tags[p->out->object]);
}

/* REASSIGN OWNED, DROP OWNED: nothing here belongs to one user more than to another. */
static int owned(struct parsing *p)
{
    return refused(p, sql_token_is_word(&p->r.token, "BY") ? "DROP OWNED" : "REASSIGN OWNED",
                   "objects have no owners here");
}

static int range_type(struct parsing *p)
{
    return refused(p, "CREATE TYPE AS RANGE", NULL);
}

/* CREATE TYPE name AS RANGE, behind the first word; NULL: it is something else. */
static run_fn *find_type(struct reader r)
{
    if (!reader_take(&r, "TYPE"))
        return NULL;
    while (sql_token_is_name(&r.token) && !sql_token_is_word(&r.token, "AS")) {
        reader_next(&r);
        if (!sql_token_is(&r.token, '.'))
            break;
        reader_next(&r);
    }
    if (!reader_take(&r, "AS"))
        return NULL;
    return sql_token_is_word(&r.token, "RANGE") ? range_type : NULL;
}

/* ALTER kind name … OWNER TO */
static run_fn *find_alter(struct reader *r)
{
    enum sql_utility_object object;
    struct reader ahead;
    if (reader_take(r, "DEFAULT") && reader_take(r, "PRIVILEGES"))
        return default_privileges;
    if (reader_take(r, "ROLE") || reader_take(r, "USER") || reader_take(r, "GROUP"))
        return alter_role;
    ahead = *r;
    bool known = take_object(&ahead, &object) && object >= SQL_OBJECT_SCHEMA;
    return known && skip_to(&ahead, "OWNER", NULL) ? alter_owner : NULL;
}

/* CREATE of a role, an extension, a sequence, or of a schema that is to be somebody's. */
static run_fn *find_create(struct reader *r)
{
    if (reader_take(r, "ROLE") || reader_take(r, "USER") || reader_take(r, "GROUP"))
        return create_role;
    if (reader_take(r, "EXTENSION"))
        return create_extension;
    run_fn *type = find_type(*r);
    if (type)
        return type;
    struct reader ahead = *r;
    (void)(reader_take(&ahead, "TEMP") || reader_take(&ahead, "TEMPORARY") ||
           reader_take(&ahead, "UNLOGGED"));
    if (sql_token_is_word(&ahead.token, "SEQUENCE"))
        return sequence;
    ahead = *r;
    if (!reader_take(&ahead, "SCHEMA"))
        return NULL;
    struct reader behind = ahead;
    if (!skip_to(&behind, "AUTHORIZATION", NULL))
        return NULL;
    *r = ahead;
    return schema;
}

/* What nobody can make here, or drop. */
static int absent(struct parsing *p)
{
    struct sql_absent x;
    if (!sql_absent_read(&p->r, &x))
        return reader_syntax_error(&p->r);
    if (!x.drops)
        return refused(p, x.tag, NULL);
    p->out->tag = x.tag;
    p->out->if_exists = x.if_exists;
    p->out->noun = x.noun;
    p->out->part = x.name;
    p->out->what = SQL_UTILITY_ABSENT;
    return ST_OK;
}

/* What reads the command; the reader stands behind the words that say which it is. NULL: it is none. */
static run_fn *find(struct reader *r)
{
    static const struct {
        const char *word;
        run_fn *run;
    } commands[] = {{"GRANT", grant},     {"REVOKE", revoke},   {"VACUUM", vacuum},   {"ANALYZE", analyze},
                    {"ANALYSE", analyze}, {"CLUSTER", cluster}, {"REINDEX", reindex}, {"LOCK", lock}};
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (reader_take(r, commands[i].word))
            return commands[i].run;
    struct reader whole = *r;
    struct sql_absent x;
    if (sql_absent_read(&whole, &x))
        return absent;
    if (reader_take(r, "COMMENT")) {
        struct reader ahead = *r;
        return is_comment(&ahead) ? comment : NULL;
    }
    if (reader_take(r, "REASSIGN") && reader_take(r, "OWNED"))
        return owned;
    if (reader_take(r, "ALTER"))
        return find_alter(r);
    if (reader_take(r, "CREATE"))
        return find_create(r);
    if (!reader_take(r, "DROP"))
        return NULL;
    if (reader_take(r, "OWNED"))
        return owned;
    if (reader_take(r, "ROLE") || reader_take(r, "USER") || reader_take(r, "GROUP"))
        return drop_role;
    return reader_take(r, "EXTENSION") ? drop_extension : NULL;
}

bool sql_is_utility(struct sql_tokens sql)
{
    struct reader r;
    reader_init(&r, NULL, sql, NULL);
    return find(&r) != NULL;
}

/* find() also answers sql_is_utility(), so that the two always agree on what is such a command. */
int sql_parse_utility(struct arena *a, const struct sql_statement *s, struct sql_utility *out, struct err *e)
{
    struct parsing p = {.out = out};
    struct sql_token end = {.kind = SQL_TOK_END};
    *out = (struct sql_utility){.part = end, .comment = end, .object = SQL_OBJECT_OTHER};
    reader_init(&p.r, a, sql_statement_tokens(s), e);
    run_fn *run = find(&p.r);
    return run ? run(&p) : reader_syntax_error(&p.r);
}
