/* SELECT set_config(…): a query that sets. Its parameters are text (the last of each three boolean), its
 * rows the values that then hold. */
#include "session/set_config.h"

#include "base/alloc.h"
#include "pgtype/oid.h"
#include "pgwire/backend_msg.h"
#include "rows/row_desc.h"
#include "session/session_priv.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static void param_is(uint32_t *oids, uint16_t *n, const struct sql_set_arg *arg, uint32_t oid)
{
    if (!arg->param)
        return;
    if (arg->param > *n)
        *n = (uint16_t)arg->param;
    if (!oids[arg->param - 1])
        oids[arg->param - 1] = oid;
}

static int describe_params(struct statement *st, const struct sql_set_config *all, struct err *e)
{
    uint32_t *oids = arena_calloc(&st->arena, SQL_SET_CONFIG_PARAMS_MAX, sizeof *oids);
    uint16_t n = st->noids < SQL_SET_CONFIG_PARAMS_MAX ? st->noids : SQL_SET_CONFIG_PARAMS_MAX;
    if (!oids)
        return err_oom(e);
    for (uint16_t i = 0; i < n; i++)
        oids[i] = st->oids[i] == PGTYPE_UNKNOWN ? 0 : st->oids[i];
    for (size_t i = 0; i < all->n; i++) {
        param_is(oids, &n, &all->items[i].name, PGTYPE_TEXT);
        param_is(oids, &n, &all->items[i].value, PGTYPE_TEXT);
        param_is(oids, &n, &all->items[i].local, PGTYPE_BOOL);
    }
    for (uint16_t i = 0; i < n; i++)
        if (!oids[i])
            return err_set(e, SQLSTATE_INDETERMINATE_DATATYPE,
                           "could not determine data type of parameter $%u", i + 1u);
    st->oids = oids;
    st->noids = n;
    return ST_OK;
}

int set_config_describe(struct session *s, struct statement *st, struct err *e)
{
    struct column_desc columns[SQL_SET_CONFIG_MAX];
    TRY(statement_parse(s, st, e));
    const struct sql_set_config *all = &st->sql.parsed->set_config;
    TRY(describe_params(st, all, e));
    for (size_t i = 0; i < all->n; i++)
        columns[i] = (struct column_desc){
            .name = all->items[i].column, .type_oid = PGTYPE_TEXT, .type_size = -1, .typmod = -1};
    return row_desc_new(&st->desc, columns, (uint16_t)all->n, e);
}

/* What the client bound, kept until the portal runs: one piece of memory, with the texts behind the
 * pointers. */
struct set_config_params {
    size_t n;
    char *text[]; /* NULL: NULL */
};

/* As text: a binary text is the same, a binary boolean one byte. *room: where it may be put. */
static int param_text(const struct backend_param *p, uint32_t oid, unsigned number, char **room, char **out,
                      struct err *e)
{
    struct str text = {(const char *)p->data, p->len > 0 ? (size_t)p->len : 0};
    size_t at;
    *out = NULL;
    if (p->len < 0)
        return ST_OK;
    if (p->format == 1 && oid == PGTYPE_BOOL) {
        if (text.n != 1)
            return err_set(e, SQLSTATE_INVALID_BINARY_REPRESENTATION,
                           "incorrect binary data format in bind parameter %u", number);
        text = text.p[0] ? STR("t") : STR("f");
    } else if (p->format == 1 && oid != PGTYPE_TEXT && oid != PGTYPE_VARCHAR) {
        return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                       "parameter $%u of set_config is taken as text or boolean alone", number);
    }
    if (text.n >= SETTING_VALUE_MAX)
        return err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "parameter $%u is too long for a setting", number);
    if (!utf8_valid(text.p, text.n, &at))
        return err_set(e, SQLSTATE_CHARACTER_NOT_IN_REPERTOIRE,
                       "invalid byte sequence for encoding \"UTF8\": 0x%02x", (uint8_t)text.p[at]);
    *out = *room;
    memcpy(*out, text.p, text.n);
    (*out)[text.n] = '\0';
    *room += text.n + 1;
    bool ignored;
    return oid == PGTYPE_BOOL ? settings_parse_bool(*out, &ignored, e) : ST_OK;
}

int set_config_bind(struct portal *p, const struct statement *st, const struct backend_param *params,
                    size_t nparams, struct err *e)
{
    size_t bytes = sizeof(struct set_config_params) + nparams * sizeof(char *);
    for (size_t i = 0; i < nparams; i++)
        bytes += params[i].len > 0 ? (size_t)params[i].len : 0;
    TRY(memory_count(p->memory, &p->kept, bytes, e));
    struct set_config_params *v = mem_calloc(1, bytes + nparams); /* with the ends of the texts */
    if (!v)
        return err_oom(e);
    p->set_config = v;
    v->n = nparams;
    char *room = (char *)&v->text[nparams];
    for (size_t i = 0; i < nparams; i++)
        TRY(param_text(&params[i], st->oids[i], (unsigned)i + 1, &room, &v->text[i], e));
    return ST_OK;
}

static const char *arg_text(const struct portal *p, const struct sql_set_arg *arg)
{
    assert(!arg->param || (p->set_config && arg->param <= p->set_config->n));
    return arg->param ? p->set_config->text[arg->param - 1] : arg->text;
}

static int set_item(struct session *s, const struct portal *p, const struct sql_set_item *item,
                    const char **now, struct err *e)
{
    struct sql_set set = {.value = arg_text(p, &item->value)};
    const char *name = arg_text(p, &item->name), *local = arg_text(p, &item->local);
    if (!name)
        return err_set(e, SQLSTATE_NULL_VALUE_NOT_ALLOWED, "SET requires parameter name");
    if (local)
        TRY(settings_parse_bool(local, &set.local, e));
    char *lower = arena_strdup(&s->message_arena, name);
    if (!lower)
        return err_oom(e);
    for (char *c = lower; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    set.name = lower;
    TRY(set_one(s, &set, e));
    int found = settings_find(&s->settings, name);
    *now = found >= 0 ? settings_get(&s->settings, (size_t)found) : set.value ? set.value : "";
    *now = arena_strdup(&s->message_arena, *now); /* another of the same statement may change it */
    return *now ? ST_OK : err_oom(e);
}

/* One row, or none when it was asked of a setting that there is not. */
int set_config_run(struct session *s, struct statement *st, struct command_result *r, struct err *e)
{
    struct portal *p = s->portals.running;
    const char *values[SQL_SET_CONFIG_MAX];
    int32_t lens[SQL_SET_CONFIG_MAX];
    TRY(statement_parse(s, st, e));
    const struct sql_set_config *all = &st->sql.parsed->set_config;
    portal_tell(s, p); /* what goes wrong from here on goes wrong in a query that has begun */
    bool any = !all->only || settings_find(&s->settings, all->only) >= 0;
    for (size_t i = 0; any && i < all->n; i++) {
        TRY(set_item(s, p, &all->items[i], &values[i], e));
        lens[i] = (int32_t)strlen(values[i]);
    }
    if (any)
        be_data_row_text(&r->rows, values, lens, all->n);
    if (!buf_ok(&r->rows))
        return err_oom(e);
    (void)snprintf(r->tag, sizeof r->tag, "SELECT");
    return ST_OK;
}
