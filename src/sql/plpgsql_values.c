#include "sql/plpgsql_values.h"

#include "base/cleanup.h"
#include "sql/plpgsql_names.h"
#include "sql/token.h"

#include <assert.h>
#include <string.h>

int plpgsql_too_complex(struct plpgsql_compiling *c)
{
    return err_set(c->err, SQLSTATE_STATEMENT_TOO_COMPLEX, "a body of PL/pgSQL is too complex");
}

int plpgsql_not_supported(struct plpgsql_compiling *c, const char *what, unsigned line)
{
    return err_set(c->err, SQLSTATE_FEATURE_NOT_SUPPORTED,
                   "%s at line %u of a function in language plpgsql is not supported", what, line);
}

int plpgsql_mismatch(struct plpgsql_compiling *c, const char *what)
{
    return err_set(c->err, SQLSTATE_DATATYPE_MISMATCH, "%s", what);
}

int plpgsql_keep(struct plpgsql_compiling *c, struct buf *b, struct str *out)
{
    assert(b && out);
    if (!buf_ok(b))
        return plpgsql_too_complex(c);
    const char *copy = arena_strndup(c->arena, b->len ? (const char *)b->data : "", b->len);
    if (!copy)
        return err_oom(c->err);
    *out = (struct str){copy, b->len};
    return ST_OK;
}

/* ---- names and values ---- */

void plpgsql_read_from(struct plpgsql_compiling *c, size_t level)
{
    c->read_level = level;
}

bool plpgsql_find(struct plpgsql_compiling *c, const char *label, const char *name, size_t *out)
{
    for (size_t i = c->nmeanings; i-- > 0;)
        if (strcmp(c->meanings[i].name, name) == 0 &&
            (label[0] == '\0' || strcmp(c->meanings[i].label, label) == 0)) {
            *out = c->meanings[i].variable;
            return true;
        }
    return false;
}

bool plpgsql_value_of(void *arg, const char *label, const char *name, struct str *out)
{
    struct plpgsql_compiling *c = arg;
    size_t i;
    if (!plpgsql_find(c, label, name, &i))
        return false;
    const struct plpgsql_value *v = &c->variables[i].now;
    c->read_level = v->level > c->read_level ? v->level : c->read_level;
    *out = v->text;
    return true;
}

/* Doubles an array of the arena that is full. */
static int grow(struct plpgsql_compiling *c, void **items, size_t n, size_t *room, size_t size)
{
    if (n < *room)
        return ST_OK;
    if (n >= PLPGSQL_VARIABLES_MAX)
        return plpgsql_too_complex(c);
    size_t more = *room ? 2 * *room : 32;
    void *grown = arena_calloc(c->arena, more, size);
    if (!grown)
        return err_oom(c->err);
    if (n)
        memcpy(grown, *items, n * size);
    *items = grown;
    *room = more;
    return ST_OK;
}

int plpgsql_mean(struct plpgsql_compiling *c, const char *label, const char *name, size_t variable)
{
    void *items = c->meanings;
    TRY(grow(c, &items, c->nmeanings, &c->meanings_room, sizeof *c->meanings));
    c->meanings = items;
    c->meanings[c->nmeanings++] = (struct plpgsql_meaning){label, name, variable};
    return ST_OK;
}

int plpgsql_add_variable(struct plpgsql_compiling *c, struct str type, bool constant, size_t *out)
{
    void *items = c->variables;
    TRY(grow(c, &items, c->nvariables, &c->variables_room, sizeof *c->variables));
    c->variables = items;
    *out = c->nvariables++;
    c->variables[*out] = (struct plpgsql_held){.type = type, .constant = constant};
    return ST_OK;
}

bool plpgsql_is_any(struct str type)
{
    return type.n >= 3 && str_ieq((struct str){type.p, 3}, STR("any"));
}

int plpgsql_open_level(struct plpgsql_compiling *c, size_t level)
{
    if (level > PLPGSQL_LEVELS_MAX)
        return plpgsql_too_complex(c);
    for (; c->nlevels < level; c->nlevels++) {
        buf_init(&c->levels[c->nlevels + 1], PLPGSQL_QUERY_MAX);
        buf_init(&c->joins[c->nlevels + 1], PLPGSQL_QUERY_MAX);
    }
    return ST_OK;
}

/* A value that may be named any number of times: the text itself, or a column that it becomes. */
int plpgsql_hold(struct plpgsql_compiling *c, struct str text, size_t level, bool calls,
                 struct plpgsql_value *out)
{
    if (!calls && text.n <= PLPGSQL_IN_PLACE_MAX) {
        *out = (struct plpgsql_value){text, level};
        return ST_OK;
    }
    CLEANUP(buf_release) struct buf name = {0};
    buf_init(&name, PLPGSQL_IN_PLACE_MAX);
    buf_printf(&name, "_v%zu_", ++c->ncells);
    out->level = level + 1;
    TRY(plpgsql_keep(c, &name, &out->text));
    TRY(plpgsql_open_level(c, out->level));
    struct buf *b = &c->levels[out->level];
    buf_put(b, ", ", 2);
    plpgsql_put_str(b, text);
    buf_printf(b, " AS %s", out->text.p);
    return buf_ok(b) ? ST_OK : plpgsql_too_complex(c);
}

/* An expression of the body, in brackets, with values in place of variables. */
void plpgsql_put_expression(struct plpgsql_compiling *c, struct buf *b, struct str text, bool *calls)
{
    struct plpgsql_facts facts;
    const struct plpgsql_names names = {.arg = c, .find = plpgsql_value_of};
    buf_put_u8(b, '(');
    plpgsql_put(b, text, &names, &facts);
    buf_put(b, "\n)", 2); /* behind a comment at its end */
    *calls |= facts.calls;
}

void plpgsql_put_cast(struct plpgsql_compiling *c, struct buf *b, struct str text, struct str type,
                      bool *calls)
{
    bool casts = !plpgsql_is_any(type);
    buf_printf(b, casts ? "CAST(" : "");
    plpgsql_put_expression(c, b, text, calls);
    if (casts)
        buf_printf(b, " AS %.*s)", (int)type.n, type.p);
}

/* variable := value, on the current path. value is of the variable's type already. */
int plpgsql_set(struct plpgsql_compiling *c, size_t variable, struct str value, size_t level, bool calls)
{
    CLEANUP(buf_release) struct buf b = {0};
    struct plpgsql_held *v = &c->variables[variable];
    struct str text = value;
    if (c->path.text.p) {
        buf_init(&b, PLPGSQL_QUERY_MAX);
        buf_put(&b, "CASE WHEN ", 10);
        plpgsql_put_str(&b, c->path.text);
        buf_put(&b, " THEN ", 6);
        plpgsql_put_str(&b, value);
        buf_put(&b, " ELSE ", 6);
        plpgsql_put_str(&b, v->now.text);
        buf_put(&b, " END", 4);
        TRY(plpgsql_keep(c, &b, &text));
        level = plpgsql_higher(level, plpgsql_higher(c->path.level, v->now.level));
    }
    struct plpgsql_value now;
    TRY(plpgsql_hold(c, text, level, calls, &now));
    c->variables[variable].now = now;
    return ST_OK;
}

/* Whether an expression has so much as an operator between two operands: the engine looks at those more often
 * than once where it does not know their types yet, and a value in their place would multiply that. */
static bool is_composed(struct str expression)
{
    enum { MEMBER = 3 }; /* label.name */
    struct sql_lexer l;
    struct sql_token t;
    size_t n = 0;
    bool dot = false;
    sql_lexer_init(&l, sql_tokens_of(expression));
    while (sql_lexer_next(&l, &t) != SQL_TOK_END && ++n <= MEMBER)
        dot |= sql_token_is(&t, '.');
    return n > MEMBER || (n == MEMBER && !dot);
}

int plpgsql_assign(struct plpgsql_compiling *c, size_t variable, struct str expression)
{
    CLEANUP(buf_release) struct buf b = {0};
    struct str value;
    bool calls = is_composed(expression);
    buf_init(&b, PLPGSQL_QUERY_MAX);
    plpgsql_read_from(c, 0);
    plpgsql_put_cast(c, &b, expression, c->variables[variable].type, &calls);
    TRY(plpgsql_keep(c, &b, &value));
    return plpgsql_set(c, variable, value, c->read_level, calls);
}

/* A name as the body writes it, label.name or name, of a variable that may be changed. */
int plpgsql_target(struct plpgsql_compiling *c, const char *written, size_t *out)
{
    const char *dot = strchr(written, '.');
    const char *label = dot ? arena_strndup(c->arena, written, (size_t)(dot - written)) : "";
    if (!label)
        return err_oom(c->err);
    if (!plpgsql_find(c, label, dot ? dot + 1 : written, out))
        return err_set(c->err, SQLSTATE_SYNTAX_ERROR, "\"%s\" is not a known variable", written);
    if (c->variables[*out].constant)
        return err_set(c->err, SQLSTATE_ERROR_IN_ASSIGNMENT, "variable \"%s\" is declared CONSTANT", written);
    return ST_OK;
}

/* "(SELECT *, … FROM (…) AS _l_ …) AS _l_": the levels, the highest outside. */
void plpgsql_put_levels(const struct plpgsql_compiling *c, struct buf *b)
{
    for (size_t i = c->nlevels; i > 0; i--) {
        buf_printf(b, "(SELECT *");
        plpgsql_put_str(b, (struct str){(const char *)c->levels[i].data, c->levels[i].len});
        buf_printf(b, " FROM ");
    }
    buf_printf(b, "(SELECT 1 AS _v0_) AS _l_");
    for (size_t i = 1; i <= c->nlevels; i++) {
        plpgsql_put_str(b, (struct str){(const char *)c->joins[i].data, c->joins[i].len});
        buf_printf(b, ") AS _l_");
    }
}
