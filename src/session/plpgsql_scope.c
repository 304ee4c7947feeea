/* A variable's value is kept as the text that a client would be sent, and stands in a statement as that text
 * with its type: CAST('7' AS integer). So no type of value needs code of its own here, and the engine reads a
 * value as it reads any literal. A record has no type before a row is put into it, and then one a field. */
#include "session/plpgsql_scope.h"

#include "rows/row_desc.h"
#include "session/ask.h"
#include "session/value_text.h"
#include "sql/plpgsql_names.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

void plpgsql_scope_init(struct plpgsql_scope *sc, struct account *account)
{
    *sc = (struct plpgsql_scope){.account = account};
    arena_init_of(&sc->arena, SIZE_MAX, account);
    buf_init_of(&sc->text, PLPGSQL_TEXT_MAX, account);
}

void plpgsql_scope_back(struct plpgsql_scope *sc, const struct plpgsql_scope_mark *mark)
{
    assert(mark->ncells <= sc->ncells && mark->nnames <= sc->nnames);
    while (sc->ncells > mark->ncells)
        arena_release(&sc->cells[--sc->ncells].arena);
    sc->nnames = mark->nnames;
}

void plpgsql_scope_release(struct plpgsql_scope *sc)
{
    plpgsql_scope_back(sc, &(struct plpgsql_scope_mark){0});
    buf_release(&sc->text);
    arena_release(&sc->arena);
}

struct plpgsql_scope_mark plpgsql_scope_mark(const struct plpgsql_scope *sc)
{
    return (struct plpgsql_scope_mark){.ncells = sc->ncells, .nnames = sc->nnames};
}

/* Room for one more; the list doubles. */
static int grow(struct arena *a, void **items, size_t n, size_t *room, size_t size, struct err *e)
{
    if (n < *room)
        return ST_OK;
    size_t more = *room ? 2 * *room : 16;
    void *grown = arena_calloc(a, more, size);
    if (!grown)
        return err_oom(e);
    if (n)
        memcpy(grown, *items, n * size);
    *items = grown;
    *room = more;
    return ST_OK;
}

int plpgsql_scope_add(struct plpgsql_scope *sc, struct str type, size_t *cell, struct err *e)
{
    void *items = sc->cells;
    if (sc->ncells == PLPGSQL_CELLS_MAX)
        return err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "more than %d variables of PL/pgSQL at a time",
                       PLPGSQL_CELLS_MAX);
    TRY(grow(&sc->arena, &items, sc->ncells, &sc->cells_room, sizeof *sc->cells, e));
    sc->cells = items;
    struct plpgsql_cell *c = &sc->cells[sc->ncells];
    *c = (struct plpgsql_cell){.type = type};
    arena_init_of(&c->arena, SIZE_MAX, sc->account);
    *cell = sc->ncells++;
    return ST_OK;
}

int plpgsql_scope_name(struct plpgsql_scope *sc, const char *label, const char *name, size_t cell,
                       struct err *e)
{
    void *items = sc->names;
    assert(cell < sc->ncells);
    TRY(grow(&sc->arena, &items, sc->nnames, &sc->names_room, sizeof *sc->names, e));
    sc->names = items;
    sc->names[sc->nnames++] = (struct plpgsql_name){.label = label, .name = name, .cell = cell};
    return ST_OK;
}

struct plpgsql_cell *plpgsql_scope_find(struct plpgsql_scope *sc, const char *label, const char *name)
{
    assert(label && name);
    for (size_t i = sc->nnames; i-- > 0;)
        if (strcmp(sc->names[i].name, name) == 0 && (!label[0] || strcmp(sc->names[i].label, label) == 0))
            return &sc->cells[sc->names[i].cell];
    return NULL;
}

/* ---- values in a text ---- */

/* ('value'), or CAST('value' AS type). */
static void put(struct buf *b, struct str type, const char *value)
{
    buf_printf(b, type.n ? "CAST(" : "(");
    value_put_literal(b, value);
    if (type.n)
        buf_printf(b, " AS %.*s", (int)type.n, type.p);
    buf_put_u8(b, ')');
}

/* A record as a row, or one field of it. */
static int put_record(struct buf *b, const struct plpgsql_cell *c, const char *record, const char *field,
                      struct err *e)
{
    if (!c->given) {
        (void)err_set(e, SQLSTATE_OBJECT_NOT_IN_PREREQUISITE_STATE, "record \"%s\" is not assigned yet",
                      record);
        err_detail(e, "The tuple structure of a not-yet-assigned record is indeterminate.");
        return ST_ERR;
    }
    for (size_t i = 0; field && i < c->n; i++)
        if (strcmp(c->names[i], field) == 0) {
            put(b, str_of(c->types[i]), c->values[i]);
            return ST_OK;
        }
    if (field)
        return err_set(e, SQLSTATE_UNDEFINED_COLUMN, "record \"%s\" has no field \"%s\"", record, field);
    buf_printf(b, "ROW(");
    for (size_t i = 0; i < c->n; i++) {
        buf_printf(b, "%s", i ? ", " : "");
        put(b, str_of(c->types[i]), c->values[i]);
    }
    buf_put_u8(b, ')');
    return ST_OK;
}

/* What the handler that runs has caught. */
static bool put_caught(struct plpgsql_scope *sc, const char *label, const char *name)
{
    bool code = strcmp(name, "sqlstate") == 0;
    if (!sc->caught || label[0] || (!code && strcmp(name, "sqlerrm") != 0))
        return false;
    put(&sc->text, STR("text"), code ? sqlstate_code(sc->caught->code) : sc->caught->message);
    return true;
}

/* As struct plpgsql_names asks. */
static bool find(void *arg, const char *label, const char *name, struct str *out)
{
    struct plpgsql_scope *sc = arg;
    const struct plpgsql_cell *c = plpgsql_scope_find(sc, label, name);
    const struct plpgsql_cell *record = !c && label[0] ? plpgsql_scope_find(sc, "", label) : NULL;
    int st = ST_OK;
    buf_clear(&sc->text);
    if (record && record->record)
        st = put_record(&sc->text, record, label, name, sc->err);
    else if (!c)
        return put_caught(sc, label, name) &&
               (*out = (struct str){(const char *)sc->text.data, sc->text.len}, true);
    else if (c->record)
        st = put_record(&sc->text, c, name, NULL, sc->err);
    else
        put(&sc->text, c->type, c->value);
    sc->failed |= st < 0 || !buf_ok(&sc->text);
    *out = (struct str){(const char *)sc->text.data, sc->failed ? 0 : sc->text.len};
    return true;
}

int plpgsql_scope_put(struct plpgsql_scope *sc, struct buf *b, struct str text, struct err *e)
{
    const struct plpgsql_names names = {.arg = sc, .find = find};
    struct plpgsql_facts facts;
    sc->err = e;
    sc->failed = false;
    plpgsql_put(b, text, &names, &facts);
    if (err_is_set(e))
        return ST_ERR;
    return sc->failed || !buf_ok(b) ? err_oom(e) : ST_OK;
}

/* ---- what they get ---- */

int plpgsql_scope_target(struct plpgsql_scope *sc, const char *written, struct plpgsql_cell **out,
                         size_t *field, struct err *e)
{
    const char *dot = strchr(written, '.');
    assert(written[0] && out && field);
    char first[ERR_NAME_MAX];
    *field = 0;
    str_copy((struct str){written, dot ? (size_t)(dot - written) : strlen(written)}, first, sizeof first);
    struct plpgsql_cell *c =
        dot ? plpgsql_scope_find(sc, first, dot + 1) : plpgsql_scope_find(sc, "", written);
    struct plpgsql_cell *record = !c && dot ? plpgsql_scope_find(sc, "", first) : NULL;
    if (record && record->record) {
        while (*field < record->n && strcmp(record->names[*field], dot + 1) != 0)
            ++*field;
        if (record->given && *field == record->n)
            return err_set(e, SQLSTATE_UNDEFINED_COLUMN, "record \"%s\" has no field \"%s\"", first, dot + 1);
        if (!record->given)
            return err_set(e, SQLSTATE_OBJECT_NOT_IN_PREREQUISITE_STATE, "record \"%s\" is not assigned yet",
                           first);
        c = record;
    }
    if (!c)
        return err_set(e, SQLSTATE_SYNTAX_ERROR, "\"%s\" is not a known variable", written);
    if (c->constant)
        return err_set(e, SQLSTATE_ERROR_IN_ASSIGNMENT, "variable \"%s\" is declared CONSTANT", written);
    *out = c;
    return ST_OK;
}

int plpgsql_scope_set(struct plpgsql_cell *cell, size_t field, const char *value, const char *name,
                      struct err *e)
{
    if (!value && cell->not_null)
        return err_set(e, SQLSTATE_NULL_VALUE_NOT_ALLOWED,
                       "null value cannot be assigned to variable \"%s\" declared NOT NULL", name);
    if (cell->record) {
        assert(field < cell->n);
        cell->values[field] = value ? arena_strdup(&cell->arena, value) : NULL;
        return value && !cell->values[field] ? err_oom(e) : ST_OK;
    }
    cell->value = NULL;
    arena_clear(&cell->arena);
    cell->value = value ? arena_strdup(&cell->arena, value) : NULL;
    return value && !cell->value ? err_oom(e) : ST_OK;
}

/* A column's type as SQL; "" where it has no name, so that the literal stands alone. */
static const char *type_of(struct arena *a, const struct column_desc *c)
{
    struct buf b;
    buf_init(&b, ERR_NAME_MAX);
    bool named = value_put_type(&b, c);
    const char *type =
        buf_ok(&b) ? arena_strndup(a, named ? (const char *)b.data : "", named ? b.len : 0) : NULL;
    buf_release(&b);
    return type;
}

int plpgsql_scope_set_row(struct plpgsql_cell *cell, const struct row_desc *desc, const struct ask_rows *rows,
                          size_t row, struct err *e)
{
    struct arena *a = &cell->arena;
    assert(cell->record && desc);
    cell->given = false;
    arena_clear(a);
    cell->n = desc->ncolumns;
    cell->names = arena_calloc(a, cell->n + 1, sizeof *cell->names);
    cell->types = arena_calloc(a, cell->n + 1, sizeof *cell->types);
    cell->values = arena_calloc(a, cell->n + 1, sizeof *cell->values);
    bool ok = cell->names && cell->types && cell->values;
    for (size_t i = 0; ok && i < cell->n; i++) {
        const char *value = rows ? ask_value(rows, row, i) : NULL;
        cell->names[i] = arena_strdup(a, desc->columns[i].name);
        cell->types[i] = type_of(a, &desc->columns[i]);
        cell->values[i] = value ? arena_strdup(a, value) : NULL;
        ok = cell->names[i] && cell->types[i] && (!value || cell->values[i]);
    }
    if (!ok) {
        cell->n = 0;
        return err_oom(e);
    }
    cell->given = true;
    return ST_OK;
}
