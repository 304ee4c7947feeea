/* The domains are read each time that something names a type which nobody knows: they are few, and a database
 * without any is asked once for such a statement. */
#include "session/domain_list.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "pgtype/domain_type.h"
#include "session/session_priv.h"
#include "sql/catalog.h"
#include "sql/name.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

enum {
    KEPT_MAX = 1 << 20,
    FIXED_FIELDS = 9, /* before the checks */
};

/* ---- what is kept ---- */

const char *domain_kept(struct session *s, const struct domain *d)
{
    CLEANUP(buf_release) struct buf b = {0};
    assert(domain_type_is(d->oid) && d->name && d->base);
    buf_init(&b, KEPT_MAX);
    buf_printf(&b, DOMAIN_KEPT "%lu%c%u%c%s%c%lu%c%lu%c%ld%c%c%c%s%c%c%s", (unsigned long)d->oid,
               DOMAIN_FIELD, d->version, DOMAIN_FIELD, d->name, DOMAIN_FIELD, (unsigned long)d->base_oid,
               DOMAIN_FIELD, (unsigned long)d->root_oid, DOMAIN_FIELD, (long)d->typmod, DOMAIN_FIELD,
               d->not_null ? 't' : 'f', DOMAIN_FIELD, d->base, DOMAIN_FIELD, d->initial ? 'd' : 'n',
               d->initial ? d->initial : "");
    for (size_t i = 0; i < d->nchecks; i++)
        buf_printf(&b, "%c%s%c%s", DOMAIN_FIELD, d->checks[i].name, DOMAIN_PART, d->checks[i].condition);
    return buf_ok(&b) ? arena_strndup(&s->message_arena, (const char *)b.data, b.len) : NULL;
}

/* The next field, cut out of the text. */
static char *field(char **at)
{
    char *start = *at, *end = start ? strchr(start, DOMAIN_FIELD) : NULL;
    if (end)
        *end = '\0';
    *at = end ? end + 1 : NULL;
    return start;
}

static int64_t number(const char *text)
{
    int64_t v = 0;
    (void)str_to_i64(str_of(text), INT32_MIN, UINT32_MAX, &v);
    return v;
}

/* The fields of a comment, in place. false: it is not as we have written it, and the type is none of ours:
 * anybody may call a type so, and say something of it. */
static bool read_kept(struct session *s, char *text, struct domain *out)
{
    char *fields[FIXED_FIELDS];
    for (size_t i = 0; i < FIXED_FIELDS; i++)
        if (!(fields[i] = field(&text)))
            return false;
    *out = (struct domain){.oid = (uint32_t)number(fields[0]),
                           .version = (unsigned)number(fields[1]),
                           .name = fields[2],
                           .base_oid = (uint32_t)number(fields[3]),
                           .root_oid = (uint32_t)number(fields[4]),
                           .typmod = (int32_t)number(fields[5]),
                           .not_null = fields[6][0] == 't',
                           .base = fields[7],
                           .initial = fields[8][0] == 'd' ? fields[8] + 1 : NULL};
    size_t room = 1;
    for (const char *c = text; c && *c; c++)
        room += *c == DOMAIN_FIELD;
    out->checks = arena_calloc(&s->message_arena, room, sizeof *out->checks);
    while (out->checks && text) {
        char *name = field(&text), *part = strchr(name, DOMAIN_PART);
        if (!part)
            return false;
        *part = '\0';
        out->checks[out->nchecks++] = (struct domain_check){name, part + 1};
    }
    return domain_type_is(out->oid);
}

/* ---- the list ---- */

int domain_list_read(struct session *s, struct domain_list *out, struct err *e)
{
    struct ask_rows rows;
    *out = (struct domain_list){0};
    TRY(session_ask(
        s,
        "SELECT database_name, schema_name, comment, system.main.list_contains(path, schema_name) FROM "
        "(SELECT *, "
        "system.main.current_schemas(true)[2:] AS path FROM system.main.duckdb_types() WHERE NOT internal "
        "AND "
        "system.main.starts_with(type_name, '" DOMAIN_NAME
        "') AND database_name IN (system.main.current_database(), 'temp')) ORDER BY database_name <> 'temp', "
        "system.main.list_position(path, schema_name) NULLS LAST, type_name",
        &rows, e));
    out->items = arena_calloc(&s->message_arena, rows.n + 1, sizeof *out->items);
    if (!out->items)
        return err_oom(e);
    for (size_t i = 0; i < rows.n; i++) {
        const char *comment = ask_value(&rows, i, 2), *kept = comment ? strstr(comment, DOMAIN_KEPT) : NULL;
        char *text = kept ? arena_strdup(&s->message_arena, kept + sizeof DOMAIN_KEPT - 1) : NULL;
        struct domain *d = &out->items[out->n];
        if (!text || !read_kept(s, text, d))
            continue;
        d->database = ask_text(&rows, i, 0);
        d->schema = ask_text(&rows, i, 1);
        d->visible = ask_text(&rows, i, 3)[0] == 't' || strcmp(d->database, "temp") == 0;
        d->shown =
            kept > comment ? arena_strndup(&s->message_arena, comment, (size_t)(kept - comment)) : NULL;
        out->n++;
    }
    return ST_OK;
}

struct domain *domain_list_numbered(const struct domain_list *list, uint32_t oid)
{
    for (size_t i = 0; i < list->n; i++)
        if (list->items[i].oid == oid)
            return &list->items[i];
    return NULL;
}

/* What a name's token says, folded. */
static const char *text_of(struct session *s, const struct sql_token *t)
{
    char *name = arena_alloc(&s->message_arena, t->text.n + 1);
    if (name)
        name[sql_name_read(t, name)] = '\0';
    return name;
}

int domain_list_find(struct session *s, const struct domain_list *list, const struct sql_token *schema,
                     const struct sql_token *name, struct domain **out, struct err *e)
{
    bool qualified = schema->kind != SQL_TOK_END;
    const struct str known = qualified ? sql_engine_schema(schema) : (struct str){0};
    const char *wanted = text_of(s, name);
    const char *within = known.p     ? arena_strndup(&s->message_arena, known.p, known.n)
                         : qualified ? text_of(s, schema)
                                     : "";
    *out = NULL;
    if (!wanted || !within)
        return err_oom(e);
    for (size_t i = 0; i < list->n && !*out; i++) {
        struct domain *d = &list->items[i];
        bool temporary = strcmp(d->database, "temp") == 0;
        bool there = !qualified  ? d->visible
                     : temporary ? strcmp(within, "temp") == 0
                                 : strcasecmp(d->schema, within) == 0;
        if (there && strcasecmp(d->name, wanted) == 0)
            *out = d;
    }
    return ST_OK;
}

/* ---- statements ---- */

struct spelling {
    struct session *session;
    struct arena *arena;
    bool asked;
    struct domain_list list;
};

/* For dialect_domains: the list is read when a name is asked for first. */
static int find(void *arg, const struct sql_token *schema, const struct sql_token *name,
                const struct dialect_domain **out, struct err *e)
{
    struct spelling *x = arg;
    struct domain *d;
    assert(name->kind != SQL_TOK_END);
    *out = NULL;
    if (!x->asked)
        TRY(domain_list_read(x->session, &x->list, e));
    x->asked = true;
    TRY(domain_list_find(x->session, &x->list, schema, name, &d, e));
    if (!d)
        return ST_OK;
    struct dialect_domain *made = arena_calloc(x->arena, 1, sizeof *made);
    if (!made)
        return err_oom(e);
    *made = (struct dialect_domain){.oid = d->oid,
                                    .version = d->version,
                                    .name = str_of(d->name),
                                    .base = str_of(d->base),
                                    .array = strchr(d->base, '[') != NULL,
                                    .initial = d->initial != NULL};
    *out = made;
    return ST_OK;
}

int domains_spell(struct session *s, struct arena *a, struct sql_tokens sql, struct sql_rewritten *out,
                  struct err *e)
{
    struct spelling x = {.session = s, .arena = a};
    return dialect_domains(a, sql, find, &x, out, e);
}
