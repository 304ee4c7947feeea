/* A scalar function that takes whole rows and gives a ticket for each of their chunks. The engine makes a
 * state for each of its tasks that calls it, and hands states to threads as it likes. What goes through its
 * hands as a void pointer carries a magic number. */
#include "engine/sink.h"

#include "base/alloc.h"
#include "engine/sink_priv.h"
#include "engine/view.h"

#include <assert.h>
#include <stdatomic.h>

/* ---- which sink ---- */

static uint64_t number_of(duckdb_client_context context)
{
    uint64_t id = duckdb_client_context_get_connection_id(context);
    duckdb_destroy_client_context(&context);
    return id;
}

void sink_add(struct engine_conn *c)
{
    duckdb_client_context context;
    duckdb_connection_get_client_context(c->conn, &context);
    c->number = number_of(context);
    (void)pthread_mutex_lock(&c->engine->sinks_lock);
    list_append(&c->engine->sinks, &c->by_number);
    (void)pthread_mutex_unlock(&c->engine->sinks_lock);
}

void sink_remove(struct engine_conn *c)
{
    (void)pthread_mutex_lock(&c->engine->sinks_lock);
    list_remove(&c->by_number);
    (void)pthread_mutex_unlock(&c->engine->sinks_lock);
}

void engine_set_sink(struct engine_conn *c, struct engine_sink *sink)
{
    (void)pthread_mutex_lock(&c->engine->sinks_lock);
    assert(!sink || !c->sink); /* one at a time: two could not be told apart by the connection's number */
    c->sink = sink;
    (void)pthread_mutex_unlock(&c->engine->sinks_lock);
}

/* ---- bind: the types ---- */

enum { BOUND_MAGIC = 0x626e6431, RUNNING_MAGIC = 0x72756e31 };

/* Of a plan, and its copies. It is made by the thread that plans and read by those that run; what orders
 * the two lies in the engine's library, so the magic number, which is written last, says it again, to
 * readers and to tools. */
struct bound {
    _Atomic uint32_t magic;
    _Atomic unsigned refs;
    struct arena arena; /* of types */
    const struct engine_column_type **types;
    size_t n;
};

static void bound_unref(void *p)
{
    struct bound *b = p;
    assert(atomic_load(&b->magic) == BOUND_MAGIC);
    if (atomic_fetch_sub(&b->refs, 1) != 1)
        return;
    arena_release(&b->arena);
    mem_free(b);
}

static void *bound_ref(void *p)
{
    struct bound *b = p;
    assert(atomic_load(&b->magic) == BOUND_MAGIC);
    (void)atomic_fetch_add(&b->refs, 1);
    return b;
}

static int learn_types(struct bound *b, duckdb_bind_info info, struct err *e)
{
    b->n = duckdb_scalar_function_bind_get_argument_count(info);
    b->types = arena_calloc(&b->arena, b->n + 1, sizeof(void *));
    if (!b->types)
        return err_oom(e);
    for (size_t i = 0; i < b->n; i++) {
        duckdb_expression expression = duckdb_scalar_function_bind_get_argument(info, i);
        duckdb_logical_type type = duckdb_expression_return_type(expression);
        int st = engine_type_new(&b->arena, type, &b->types[i], e);
        duckdb_destroy_logical_type(&type);
        duckdb_destroy_expression(&expression);
        TRY(st);
    }
    return ST_OK;
}

static void on_bind(duckdb_bind_info info)
{
    struct err e;
    struct bound *b = mem_calloc(1, sizeof *b);
    err_init(&e);
    if (!b) {
        duckdb_scalar_function_bind_set_error(info, "out of memory");
        return;
    }
    atomic_store(&b->refs, 1);
    arena_init(&b->arena, ENGINE_TYPES_MAX);
    if (learn_types(b, info, &e) < 0)
        duckdb_scalar_function_bind_set_error(info, e.message);
    atomic_store(&b->magic, BOUND_MAGIC);
    duckdb_scalar_function_set_bind_data(info, b, bound_unref);
    duckdb_scalar_function_set_bind_data_copy(info, bound_ref);
}

/* ---- run ---- */

/* Of a task that runs the function. The engine passes tasks from one thread to another and back; what makes
 * that safe lies in its library, so a lock of our own says it again, to readers and to tools. */
struct running {
    uint32_t magic;
    pthread_mutex_t busy;
    const struct engine_sink_ops *sink;
    void *state;
    struct arena arena; /* of the views */
    struct column_view *columns;
    size_t n;
};

static void running_free(void *p)
{
    struct running *r = p;
    assert(r->magic == RUNNING_MAGIC);
    (void)pthread_mutex_lock(&r->busy);
    if (r->state)
        r->sink->end(r->state);
    arena_release(&r->arena);
    (void)pthread_mutex_unlock(&r->busy);
    (void)pthread_mutex_destroy(&r->busy);
    mem_free(r);
}

/* With the lock, so that a sink that has been taken away begins nothing more. */
static bool begin_with(struct engine *en, uint64_t number, struct running *r, const struct bound *b)
{
    (void)pthread_mutex_lock(&en->sinks_lock);
    for (struct list *l = en->sinks.next; l != &en->sinks && !r->state; l = l->next) {
        const struct engine_conn *c = list_entry(l, struct engine_conn, by_number);
        if (c->number != number || !c->sink)
            continue;
        r->sink = c->sink->ops;
        r->state = c->sink->ops->begin(c->sink, b->types, b->n);
        break;
    }
    (void)pthread_mutex_unlock(&en->sinks_lock);
    return r->state != NULL;
}

static bool make_views(struct running *r, const struct bound *b)
{
    struct err ignored;
    err_init(&ignored);
    r->n = b->n;
    r->columns = arena_calloc(&r->arena, b->n + 1, sizeof *r->columns);
    for (size_t i = 0; r->columns && i < b->n; i++)
        if (engine_view_new(&r->arena, b->types[i], &r->columns[i], &ignored) < 0)
            return false;
    return r->columns != NULL;
}

static void on_init(duckdb_init_info info)
{
    duckdb_client_context context;
    duckdb_scalar_function_init_get_client_context(info, &context);
    uint64_t number = number_of(context);
    const struct bound *b = duckdb_scalar_function_init_get_bind_data(info);
    struct running *r = mem_calloc(1, sizeof *r);
    if (!r) {
        duckdb_scalar_function_init_set_error(info, "out of memory");
        return;
    }
    r->magic = RUNNING_MAGIC;
    assert(b && atomic_load(&b->magic) == BOUND_MAGIC);
    (void)pthread_mutex_init(&r->busy, NULL);
    (void)pthread_mutex_lock(&r->busy);
    arena_init(&r->arena, ENGINE_TYPES_MAX);
    if (!make_views(r, b) || !begin_with(duckdb_scalar_function_init_get_extra_info(info), number, r, b))
        duckdb_scalar_function_init_set_error(info, "the rows cannot be taken");
    (void)pthread_mutex_unlock(&r->busy);
    duckdb_scalar_function_init_set_state(info, r, running_free);
}

static void on_rows(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output)
{
    struct running *r = duckdb_scalar_function_get_state(info);
    assert(r && r->magic == RUNNING_MAGIC && r->state); /* a state that failed to begin is not called */
    (void)pthread_mutex_lock(&r->busy);
    const struct chunk_view rows = {duckdb_data_chunk_get_size(input), r->n, r->columns};
    for (size_t i = 0; i < r->n; i++)
        engine_view_point(&r->columns[i], duckdb_data_chunk_get_vector(input, i), rows.nrows);
    int64_t ticket = r->sink->chunk(r->state, &rows);
    int64_t *tickets =
        duckdb_vector_get_data(output); /* the executor's, which goes from thread to thread too */
    for (size_t i = 0; i < rows.nrows; i++)
        tickets[i] = ticket;
    (void)pthread_mutex_unlock(&r->busy);
    if (ticket < 0)
        duckdb_scalar_function_set_error(info, "the rows cannot be taken");
}

int sink_register(struct engine *en, struct engine_conn *c, struct err *e)
{
    duckdb_scalar_function f = duckdb_create_scalar_function();
    duckdb_logical_type any = duckdb_create_logical_type(DUCKDB_TYPE_ANY);
    duckdb_logical_type bigint = duckdb_create_logical_type(DUCKDB_TYPE_BIGINT);
    duckdb_scalar_function_set_name(f, ENGINE_SINK_FUNCTION);
    duckdb_scalar_function_set_varargs(f, any);
    duckdb_scalar_function_set_return_type(f, bigint);
    duckdb_scalar_function_set_special_handling(f);
    duckdb_scalar_function_set_volatile(f);
    duckdb_scalar_function_set_extra_info(f, en, NULL);
    duckdb_scalar_function_set_bind(f, on_bind);
    duckdb_scalar_function_set_init(f, on_init);
    duckdb_scalar_function_set_function(f, on_rows);
    duckdb_state state = duckdb_register_scalar_function(c->conn, f);
    duckdb_destroy_logical_type(&any);
    duckdb_destroy_logical_type(&bigint);
    duckdb_destroy_scalar_function(&f);
    return state == DuckDBSuccess
               ? ST_OK
               : err_set(e, SQLSTATE_INTERNAL_ERROR, "the engine does not take %s", ENGINE_SINK_FUNCTION);
}
