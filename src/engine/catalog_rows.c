/* A relation's rows are read into vectors of the engine when they are asked for first, and stay: a scan
 * hands those vectors on. They are the process's, as the lists are that they come from. */
#include "engine/catalog_rows.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "engine/catalog_type_make.h"
#include "sql/catalog_rows.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_ROWS = 2048, CHUNKS_MAX = 8, COLUMNS_MAX = 128, VALUE_MAX = 1 << 20, LIST_MAX = 4096 };

struct relation {
    const struct sql_catalog_rows *rows;
    duckdb_data_chunk chunks[CHUNKS_MAX];
    size_t nchunks, nrows;
};

/* ---- values ---- */

/* The value of COPY's text format that ends at a tab or the row's end, without its backslashes. */
static const char *next_value(const char *p, struct buf *out, bool *null)
{
    buf_clear(out);
    *null = p[0] == '\\' && p[1] == 'N' && (p[2] == '\t' || !p[2]);
    for (; *p && *p != '\t'; p++) {
        char c = *p;
        if (c == '\\' && p[1]) {
            c = *++p;
            c = c == 't' ? '\t' : c == 'n' ? '\n' : c == 'r' ? '\r' : c;
        }
        buf_put_u8(out, (uint8_t)c);
    }
    buf_put_u8(out, '\0');
    return *p ? p + 1 : p;
}

static void put_text(duckdb_vector v, idx_t row, const char *text)
{
    duckdb_vector_assign_string_element(v, row, text);
}

static void put_scalar(duckdb_vector v, duckdb_type type, idx_t row, const char *text)
{
    void *data = duckdb_vector_get_data(v);
    switch (type) {
    case DUCKDB_TYPE_BOOLEAN: ((bool *)data)[row] = *text == 't'; break;
    case DUCKDB_TYPE_SMALLINT: ((int16_t *)data)[row] = (int16_t)strtol(text, NULL, 10); break;
    case DUCKDB_TYPE_INTEGER: ((int32_t *)data)[row] = (int32_t)strtoll(text, NULL, 10); break;
    case DUCKDB_TYPE_BIGINT: ((int64_t *)data)[row] = strtoll(text, NULL, 10); break;
    case DUCKDB_TYPE_FLOAT: ((float *)data)[row] = strtof(text, NULL); break;
    case DUCKDB_TYPE_INTERVAL: { /* [-]hours:minutes:seconds */
        long part[3] = {0};
        bool negative = *text == '-';
        const char *p = text + negative;
        for (int i = 0; i < 3; i++) {
            char *end;
            part[i] = strtol(p, &end, 10);
            p = *end == ':' ? end + 1 : end;
        }
        int64_t seconds = (part[0] * 60 + part[1]) * 60 + part[2];
        ((duckdb_interval *)data)[row] = (duckdb_interval){0, 0, (negative ? -seconds : seconds) * 1000000};
        break;
    }
    default: put_text(v, row, text); break;
    }
}

/* Elements between commas ("{a,b}") or blanks ("1 2"). Those with blanks in them are in quotes. */
static void put_list(duckdb_vector v, duckdb_type element, idx_t row, char *text)
{
    duckdb_vector child = duckdb_list_vector_get_child(v);
    duckdb_list_entry *entry = (duckdb_list_entry *)duckdb_vector_get_data(v) + row;
    idx_t at = duckdb_list_vector_get_size(v), n = 0;
    size_t length = strlen(text);
    if (*text == '{' && text[length - 1] == '}') {
        text[length - 1] = '\0';
        text++;
    }
    (void)duckdb_list_vector_reserve(v, at + LIST_MAX);
    for (char *next = text; *next && n < LIST_MAX; n++) {
        char *from = next, *end = *from == '"' ? strchr(from + 1, '"') + 1 : from + strcspn(from, ", ");
        next = *end ? end + 1 : end;
        *end = '\0';
        if (*from == '"' && end[-1] == '"') {
            end[-1] = '\0';
            from++;
        }
        put_scalar(child, element, at + n, from);
    }
    (void)duckdb_list_vector_set_size(v, at + n);
    *entry = (duckdb_list_entry){at, n};
}

static duckdb_type element_type(duckdb_vector v)
{
    duckdb_logical_type list = duckdb_vector_get_column_type(v), element = duckdb_list_type_child_type(list);
    duckdb_type type = duckdb_get_type_id(element);
    duckdb_destroy_logical_type(&element);
    duckdb_destroy_logical_type(&list);
    return type;
}

static void put_value(duckdb_vector v, idx_t row, struct buf *text, bool null)
{
    if (null) {
        duckdb_vector_ensure_validity_writable(v);
        duckdb_validity_set_row_invalid(duckdb_vector_get_validity(v), row);
        return;
    }
    duckdb_logical_type type = duckdb_vector_get_column_type(v);
    duckdb_type id = duckdb_get_type_id(type);
    duckdb_destroy_logical_type(&type);
    if (id == DUCKDB_TYPE_LIST)
        put_list(v, element_type(v), row, (char *)text->data);
    else
        put_scalar(v, id, row, (const char *)text->data);
}

/* ---- relations ---- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of loading */
static struct relation *relations;                       /* as many as sql_catalog_rows has */

static bool load(struct relation *r)
{
    duckdb_logical_type types[COLUMNS_MAX];
    struct buf text;
    buf_init(&text, VALUE_MAX);
    assert(r->rows->ncolumns <= COLUMNS_MAX);
    for (size_t i = 0; i < r->rows->ncolumns; i++)
        types[i] = catalog_types_make(r->rows->columns[i].type);
    for (size_t n = 0; r->rows->rows && r->rows->rows[n]; n++) {
        idx_t row = n % CHUNK_ROWS;
        if (row == 0) {
            assert(r->nchunks < CHUNKS_MAX);
            r->chunks[r->nchunks++] = duckdb_create_data_chunk(types, r->rows->ncolumns);
        }
        const char *p = r->rows->rows[n];
        duckdb_data_chunk chunk = r->chunks[r->nchunks - 1];
        for (size_t i = 0; i < r->rows->ncolumns; i++) {
            bool null;
            p = next_value(p, &text, &null);
            put_value(duckdb_data_chunk_get_vector(chunk, i), row, &text, null);
        }
        duckdb_data_chunk_set_size(chunk, row + 1);
        r->nrows = n + 1;
    }
    for (size_t i = 0; i < r->rows->ncolumns; i++)
        duckdb_destroy_logical_type(&types[i]);
    bool ok = buf_ok(&text);
    buf_release(&text);
    return ok;
}

static size_t count_relations(void)
{
    size_t n = 0;
    while (sql_catalog_rows[n].name)
        n++;
    return n;
}

/* NULL: there is none of that name, or no memory. */
static struct relation *find(const char *name)
{
    size_t n = count_relations();
    struct relation *found = NULL;
    (void)pthread_mutex_lock(&lock);
    for (size_t i = 0; relations && i < n && !found; i++)
        if (strcmp(sql_catalog_rows[i].name, name) == 0)
            found = &relations[i];
    if (found && !found->rows) {
        found->rows = &sql_catalog_rows[found - relations];
        if (!load(found))
            found = NULL;
    }
    (void)pthread_mutex_unlock(&lock);
    return found;
}

const duckdb_data_chunk *catalog_rows_chunks(const char *relation, size_t *nchunks, size_t *nrows)
{
    const struct relation *r = find(relation);
    *nchunks = r ? r->nchunks : 0;
    *nrows = r ? r->nrows : 0;
    return r ? r->chunks : NULL;
}

/* ---- the function ---- */

struct scan {
    size_t next, ncolumns;
    idx_t columns[COLUMNS_MAX];
};

static void bind_rows(duckdb_bind_info info)
{
    duckdb_value value = duckdb_bind_get_parameter(info, 0);
    char *name = duckdb_get_varchar(value);
    struct relation *r = name ? find(name) : NULL;
    duckdb_free(name);
    duckdb_destroy_value(&value);
    if (!r) {
        duckdb_bind_set_error(info, "there are no such rows");
        return;
    }
    for (size_t i = 0; i < r->rows->ncolumns; i++) {
        duckdb_logical_type type = catalog_types_make(r->rows->columns[i].type);
        duckdb_bind_add_result_column(info, r->rows->columns[i].name, type);
        duckdb_destroy_logical_type(&type);
    }
    duckdb_bind_set_cardinality(info, r->nrows, true);
    duckdb_bind_set_bind_data(info, r, NULL);
}

static void start_rows(duckdb_init_info info)
{
    struct scan *s = mem_calloc(1, sizeof *s);
    if (!s) {
        duckdb_init_set_error(info, "out of memory");
        return;
    }
    s->ncolumns = duckdb_init_get_column_count(info);
    assert(s->ncolumns <= COLUMNS_MAX);
    for (size_t i = 0; i < s->ncolumns; i++)
        s->columns[i] = duckdb_init_get_column_index(info, i);
    duckdb_init_set_max_threads(info, 1);
    duckdb_init_set_init_data(info, s, mem_free);
}

static void give_rows(duckdb_function_info info, duckdb_data_chunk out)
{
    const struct relation *r = duckdb_function_get_bind_data(info);
    struct scan *s = duckdb_function_get_init_data(info);
    assert(r && r->rows && s);
    if (s->next == r->nchunks) {
        duckdb_data_chunk_set_size(out, 0);
        return;
    }
    duckdb_data_chunk in = r->chunks[s->next++];
    for (size_t i = 0; i < s->ncolumns; i++)
        if (s->columns[i] < r->rows->ncolumns) /* the others are not read: count(*) */
            duckdb_vector_reference_vector(duckdb_data_chunk_get_vector(out, i),
                                           duckdb_data_chunk_get_vector(in, s->columns[i]));
    duckdb_data_chunk_set_size(out, duckdb_data_chunk_get_size(in));
}

static bool make_relations(void)
{
    (void)pthread_mutex_lock(&lock);
    if (!relations)
        relations = mem_calloc(count_relations(), sizeof *relations);
    (void)pthread_mutex_unlock(&lock);
    return relations != NULL;
}

int catalog_rows_register(struct engine_conn *c, struct err *e)
{
    if (!make_relations())
        return err_oom(e);
    duckdb_table_function f = duckdb_create_table_function();
    duckdb_logical_type name = duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
    duckdb_table_function_set_name(f, "tavana_fixed");
    duckdb_table_function_add_parameter(f, name);
    duckdb_table_function_set_bind(f, bind_rows);
    duckdb_table_function_set_init(f, start_rows);
    duckdb_table_function_set_function(f, give_rows);
    duckdb_table_function_supports_projection_pushdown(f, true);
    duckdb_state state = duckdb_register_table_function(c->conn, f);
    duckdb_destroy_logical_type(&name);
    duckdb_destroy_table_function(&f);
    return state == DuckDBSuccess
               ? ST_OK
               : err_set(e, SQLSTATE_INTERNAL_ERROR, "could not register function tavana_fixed");
}
